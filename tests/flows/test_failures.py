"""What a dead worker, broker or web process loses: nothing. Real processes, killed without warning."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from chat.models import Message, Room, RoomEvent
from community.policies import AgeBand
from safeguarding.models import RiskCheck
from tests.cast import open_member, open_room
from tests.harness.live import LiveHavre
from tests.harness.servers import wait_until
from tests.harness.sessions import session_of
from tests.harness.talkers import Talker

pytestmark = [pytest.mark.live, pytest.mark.invariant(14)]

NAMES = ("bob", "dora", "emile", "fanny", "gabin", "hanae", "ismael", "jules", "karim", "lea")


@pytest.fixture
def room(live_havre: LiveHavre) -> Room:
    return open_room("Le café", *(open_member(name, AgeBand.ADULT) for name in NAMES))


def talkers(havre: LiveHavre, room: Room, count: int) -> list[Talker]:
    members = [membership.member for membership in room.memberships.select_related("member").order_by("pk")[:count]]
    return [Talker(havre.websocket_url, session_of(member), room.public_id) for member in members]


def everything_is_stored_and_checked_once(room: Room, acknowledged: set[str]) -> None:
    """Every acknowledged message is stored once, checked once and told once, in a sequence without a gap."""
    wait_until(
        lambda: not room.messages.filter(check_state=Message.CheckState.PENDING).exists(),
        seconds=60,
        what="every message is checked",
    )
    stored = Counter(room.messages.values_list("client_id", flat=True))
    assert set(stored) == acknowledged
    assert set(stored.values()) == {1}
    assert set(room.messages.values_list("check_state", flat=True)) == {Message.CheckState.DONE}
    assert not RiskCheck.objects.filter(message__room=room, revision__gt=1).exists()
    told = list(room.events.order_by("seq").values_list("seq", "message_id", "kind"))
    assert [seq for seq, _, _ in told] == list(range(1, len(told) + 1))
    assert {kind for _, _, kind in told} == {RoomEvent.Kind.POSTED}
    assert len({message for _, message, _ in told}) == len(acknowledged)


def nobody_missed_anything(room: Room, people: list[Talker]) -> None:
    """Each socket heard every event, once and in order, whatever happened in between."""
    last = Room.objects.get(pk=room.pk).last_seq
    for person in people:
        assert [event["seq"] for event in person.events] == list(range(1, last + 1))


def talk(people: list[Talker], story: Callable[[], Awaitable[None]]) -> None:
    async def play() -> None:
        async with contextlib.AsyncExitStack() as stack:
            for person in people:
                await stack.enter_async_context(person)
            await story()
            for person in people:
                await person.until(lambda one: not one.unanswered)
            said = sum(len(person.acks) for person in people)
            for person in people:
                await person.until(lambda one: len(one.events) >= said)

    async_to_sync(play)()


def test_a_worker_killed_in_the_middle_of_500_checks_loses_none(live_havre: LiveHavre, room: Room) -> None:
    people = talkers(live_havre, room, 10)
    checked = room.messages.filter(check_state=Message.CheckState.DONE)

    async def story() -> None:
        for number in range(50):
            for person in people:
                await person.say(f"Message {number} du soir")
        end = asyncio.get_running_loop().time() + 30
        while not await sync_to_async(checked.count)() > 0 and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.005)
        await sync_to_async(live_havre.kill)("worker")
        for person in people:
            await person.until(lambda one: not one.unanswered)
        await sync_to_async(live_havre.start_worker)()

    talk(people, story)
    acknowledged = {client_id for person in people for client_id in person.acks}
    assert len(acknowledged) == 500
    everything_is_stored_and_checked_once(room, acknowledged)
    nobody_missed_anything(room, people)


def test_ten_seconds_without_redis_lose_nothing(live_havre: LiveHavre, room: Room) -> None:
    people = talkers(live_havre, room, 3)

    async def story() -> None:
        for number in range(60):
            if number == 10:
                await sync_to_async(live_havre.redis.stop)()
            if number == 50:  # ten seconds later
                await sync_to_async(live_havre.redis.start)()
            await people[number % 3].say(f"Phrase {number}")
            await asyncio.sleep(0.25)

    talk(people, story)
    acknowledged = {client_id for person in people for client_id in person.acks}
    assert len(acknowledged) == 60
    everything_is_stored_and_checked_once(room, acknowledged)
    nobody_missed_anything(room, people)


def test_a_web_process_killed_while_people_talk_loses_nothing(live_havre: LiveHavre, room: Room) -> None:
    people = talkers(live_havre, room, 5)

    async def story() -> None:
        for number in range(100):
            if number == 50:
                await sync_to_async(live_havre.kill)("web")
            if number == 70:
                await sync_to_async(live_havre.start_web)()
            await people[number % 5].say(f"Phrase {number}")
            await asyncio.sleep(0.01)

    talk(people, story)
    assert all(person.connections >= 2 for person in people)
    acknowledged = {client_id for person in people for client_id in person.acks}
    assert len(acknowledged) == 100
    everything_is_stored_and_checked_once(room, acknowledged)
    nobody_missed_anything(room, people)
