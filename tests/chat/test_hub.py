"""The hub itself: people who come together all hear."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
import redis.asyncio
from asgiref.sync import async_to_sync

from chat.hub import Socket, hub
from chat.services.posting import Post, post_messages
from community.policies import AgeBand
from tests.cast import open_member, open_room

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def distant_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis on another host: a connection to it takes a moment, and some take longer than others."""
    delays = itertools.count(1)
    connect = redis.asyncio.ConnectionPool.get_connection

    async def slowly(pool: redis.asyncio.ConnectionPool, *args: object, **kwargs: object) -> object:
        await asyncio.sleep(0.02 * next(delays))
        return await connect(pool, *args, **kwargs)

    monkeypatch.setattr(redis.asyncio.ConnectionPool, "get_connection", slowly)


def test_sockets_that_open_at_the_same_moment_all_hear(distant_redis: None) -> None:
    people = [open_member(f"p{number}", AgeBand.ADULT) for number in range(12)]
    room = open_room("Le banc", *people)

    async def ignore(_payload: dict[str, Any]) -> None:
        """Nothing here concerns a member's rights."""

    async def story() -> list[list[str]]:
        sockets = [Socket(person.pk, person.public_id, ignore) for person in people]
        await asyncio.gather(*(hub().attach(socket) for socket in sockets))
        await asyncio.gather(*(hub().join(socket, room.public_id, 0) for socket in sockets))
        await asyncio.to_thread(post_messages, [Post(people[0], room, "one", "Bonjour du banc")])
        # Two seconds: less than the heartbeat, which would find it without any publication.
        heard = await asyncio.wait_for(asyncio.gather(*(socket.queue.get() for socket in sockets)), 2)
        await asyncio.gather(*(hub().detach(socket) for socket in sockets))
        return heard

    heard = async_to_sync(story)()
    assert len(heard) == 12
    assert all('"type":"event"' in frame for frame in heard)
