"""Whatever happens in a room, who applies its events sees what a fresh page shows."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.errors import MessageSettled, MessageUnknown, NotCheckedYet
from chat.models import Message, Room, RoomEvent
from chat.selectors import events_since, room_history
from chat.services.messages import (
    delete_message,
    edit_message,
    hold_message,
    release_message,
    remove_message,
    restore_message,
)
from chat.services.posting import Post, post_messages
from community.models import Member
from community.names import pseudonym_key
from community.services.access import access_of
from tests.chat.careful import check

pytestmark = pytest.mark.django_db

BODIES = st.sampled_from(["hello", "HOLD", "REFUSE", "DOUBTED", "UNFIT", "and you?"])
WHICH = st.integers(0, 30)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("post"), BODIES, st.booleans()),
        st.tuples(st.just("edit"), BODIES, WHICH),
        st.tuples(st.sampled_from(["delete", "hold", "release", "remove", "restore"]), st.just(""), WHICH),
        st.tuples(st.just("check"), st.just(""), st.just(0)),
        st.tuples(st.just("away"), st.just(""), st.just(0)),
        st.tuples(st.just("back"), st.just(""), st.just(0)),
    ),
    min_size=4,
    max_size=40,
)


class Client:
    """What room.js does with events, in a few lines: append, replace, take away, remember the number."""

    def __init__(self) -> None:
        self.seq = 0
        self.log: dict[str, str] = {}
        self.seen: list[int] = []

    def apply(self, frame: dict) -> None:
        assert frame["seq"] == self.seq + 1, "a gap, or the same twice"
        self.seq = frame["seq"]
        message = frame["message"]
        if frame["kind"] == "posted":
            self.log.pop(message["id"], None)
            self.log[message["id"]] = message["body"]
        elif frame["kind"] == "edited" and message["id"] in self.log:
            self.log[message["id"]] = message["body"]
        elif frame["kind"] == "removed":
            self.log.pop(message["id"], None)


@pytest.mark.parametrize("kind", ["pub", "club"])
def test_applying_the_events_equals_a_fresh_read(kind, request, mo, alice, amina, bob, bea):
    room: Room = request.getfixturevalue(kind)
    author, reader = (bob, bea) if kind == "pub" else (alice, amina)
    numbers = iter(range(10**6))

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def story(steps) -> None:
        name = f"{kind} {next(numbers)}"
        here = Room.objects.create(
            name=name, name_key=pseudonym_key(name), at_least=room.at_least, under=room.under, delivery=room.delivery
        )
        for member in (author, reader):
            here.memberships.create(member=member)
        live, client = True, Client()

        def catch_up() -> None:
            for frame in events_since(room=here, access=access_of(reader), after=client.seq):
                client.apply(frame)

        for step in steps:
            live = {"away": False, "back": True}.get(step[0], live)
            act(step, here, author, mo, next(numbers))
            if live:
                catch_up()
        catch_up()
        fresh = {one["id"]: one["body"] for one in room_history(room=here, access=access_of(reader), limit=500)}
        assert list(client.log.items()) == list(fresh.items())
        seqs = list(RoomEvent.objects.filter(room=here).order_by("seq").values_list("seq", flat=True))
        here.refresh_from_db()
        assert seqs == list(range(1, here.last_seq + 1))
        stopped = Message.objects.filter(room=here).exclude(visibility="visible").values_list("public_id", flat=True)
        assert not set(stopped) & set(client.log)
        assert "REFUSE" not in client.log.values()

    story()


def act(step, room: Room, author: Member, mo: Member, number: int) -> None:
    kind, body, which = step
    if kind == "post":
        last = Message.objects.filter(room=room, visibility="visible").last()
        reply = last.public_id if which and last else ""
        post_messages([Post(author, room, f"c{number}", body, reply)])
    elif kind == "check":
        check(room)
    elif kind not in ("away", "back"):
        messages = list(Message.objects.filter(room=room).order_by("pk"))
        if not messages:
            return
        message = messages[which % len(messages)]
        try:
            match kind:
                case "edit":
                    edit_message(actor=author, message=message, body=body)
                case "delete":
                    delete_message(actor=author, message=message)
                case "hold":
                    hold_message(actor=mo, message=message)
                case "release":
                    release_message(actor=mo, message=message)
                case "remove":
                    remove_message(actor=mo, message=message)
                case "restore":
                    restore_message(actor=mo, message=message)
        except (MessageSettled, MessageUnknown, NotCheckedYet):
            pass
