"""The hub itself: people who come together all hear."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
import redis.asyncio
from asgiref.sync import async_to_sync

from chat.hub import Socket, hub
from chat.services.posting import Post, post_messages
from chat.threads import in_reader
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

    async def story() -> list[list[str]]:
        sockets = [Socket(person.pk, person.public_id, nothing_about) for person in people]
        await asyncio.gather(*(hub().attach(socket) for socket in sockets))
        await asyncio.gather(*(socket.hub.join(socket, room.public_id, 0) for socket in sockets))
        await in_reader(post_messages, [Post(people[0], room, "one", "Bonjour du banc")])
        # Two seconds: less than the heartbeat, which would find it without any publication.
        heard = await asyncio.wait_for(asyncio.gather(*(socket.queue.get() for socket in sockets)), 2)
        await asyncio.gather(*(socket.hub.detach(socket) for socket in sockets))
        return heard

    heard = async_to_sync(story)()
    assert len(heard) == 12
    assert all('"type":"event"' in frame for frame in heard)


def test_events_that_come_together_come_in_one_frame_to_who_asked_and_only_there() -> None:
    author, blocked, *readers = (open_member(f"q{number}", AgeBand.ADULT) for number in range(5))
    room = open_room("La jetée", author, blocked, *readers)
    asked, blocking, plain = sockets = [Socket(one.pk, one.public_id, nothing_about) for one in readers]
    blocking.hidden = frozenset({blocked.pk})

    async def story() -> None:
        for socket in sockets:
            await hub().attach(socket)
            await socket.hub.join(socket, room.public_id, 0, together=socket is not plain)
        posts = [Post(author, room, "a", "Un"), Post(blocked, room, "b", "Deux"), Post(author, room, "c", "Trois")]
        await in_reader(post_messages, posts)
        await until(lambda: asked.queue.qsize() == 1 and blocking.queue.qsize() == plain.queue.qsize() == 3)
        await in_reader(post_messages, [Post(author, room, "d", "Quatre")])
        await until(lambda: asked.queue.qsize() == 2 and plain.queue.qsize() == 4)
        for socket in sockets:
            await socket.hub.detach(socket)

    async_to_sync(story)()
    first, second = (json.loads(asked.queue.get_nowait() or "") for _ in range(2))
    assert first["type"] == "events"
    assert [item["message"]["body"] for item in first["items"]] == ["Un", "Deux", "Trois"]
    assert [item["seq"] for item in first["items"]] == [1, 2, 3]
    assert (second["type"], second["seq"]) == ("event", 4)
    one_by_one = [json.loads(plain.queue.get_nowait() or "") for _ in range(4)]
    assert one_by_one == [*first["items"], second]
    kinds = [json.loads(blocking.queue.get_nowait() or "")["kind"] for _ in range(3)]
    assert kinds == ["posted", "skip", "posted"]


def test_in_a_rush_several_commits_are_told_together_and_nobody_hears_twice() -> None:
    author, reader, late = (open_member(f"r{number}", AgeBand.ADULT) for number in range(3))
    room = open_room("La digue", author, reader, late)
    first, second = (Socket(one.pk, one.public_id, nothing_about) for one in (reader, late))

    async def story() -> None:
        await hub().attach(first)
        await first.hub.join(first, room.public_id, 0, together=True)
        feed = hub()._feeds[room.public_id]
        feed.tell_at = asyncio.get_running_loop().time() + 3600  # as after telling a crowd
        for number in range(3):
            await in_reader(post_messages, [Post(author, room, f"c{number}", f"Message {number}")])
        await until(lambda: feed.last_seq == 3)
        assert first.queue.empty()
        await hub().attach(second)
        await second.hub.join(second, room.public_id, 0, together=True)
        await until(lambda: second.queue.qsize() == 3)  # from the database
        hub()._tell_now(feed)
        for socket in (first, second):
            await socket.hub.detach(socket)

    async_to_sync(story)()
    assert [item["seq"] for item in json.loads(first.queue.get_nowait() or "")["items"]] == [1, 2, 3]
    assert [json.loads(second.queue.get_nowait() or "")["seq"] for _ in range(3)] == [1, 2, 3]
    assert first.queue.empty()
    assert second.queue.empty()


def test_who_comes_while_the_last_ones_leave_at_the_same_moment_hears() -> None:
    """Two that leave at once both find themselves the last: the hub that somebody opens meanwhile is not theirs."""
    first, second, comer, later = (open_member(f"r{number}", AgeBand.ADULT) for number in range(4))
    room = open_room("Le quai", first, second, comer, later)
    one, two, three, four = (Socket(who.pk, who.public_id, nothing_about) for who in (first, second, comer, later))

    async def story() -> str | None:
        for socket in (one, two):
            await hub().attach(socket)
        old = hub()

        async def come() -> None:
            while hub() is old:
                await asyncio.sleep(0)
            await hub().attach(three)

        await asyncio.gather(old.detach(one), old.detach(two), come())
        await hub().attach(four)
        assert three.hub is four.hub is hub()
        await three.hub.join(three, room.public_id, 0)
        await in_reader(post_messages, [Post(first, room, "one", "Bonsoir du quai")])
        heard = await asyncio.wait_for(three.queue.get(), 2)
        for socket in (three, four):
            await socket.hub.detach(socket)
        return heard

    assert '"type":"event"' in (async_to_sync(story)() or "")


async def nothing_about(_payload: dict[str, Any]) -> None:
    """Nothing here concerns a member's rights."""


async def until(holds: Callable[[], bool]) -> None:
    end = asyncio.get_running_loop().time() + 5
    while not holds():
        assert asyncio.get_running_loop().time() < end
        await asyncio.sleep(0.005)
