"""The socket of a page, over the real hub, Redis and database."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import threading
import time

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.utils import timezone

from chat import broadcast, consumers, presence, protocol
from chat.consumers import RoomConsumer
from chat.hub import hub
from chat.models import Membership, Message, RoomEvent
from chat.selectors import read_seq
from chat.services.messages import release_message, remove_message
from chat.services.posting import Post, post_messages
from chat.services.rooms import close_room, leave_room
from community.models import Member
from community.services.members import block_member, unblock_member
from community.services.restrictions import lift_restriction, restrict_member
from tests.chat.careful import check

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN = 5.0


class Page:
    """One socket: what it was sent, in order."""

    def __init__(self, member: Member | None) -> None:
        self.communicator = WebsocketCommunicator(RoomConsumer.as_asgi(), "/ws/")
        self.communicator.scope["user"] = member
        self.frames: list[dict] = []
        self.closed: int | None = None
        self._ids = 0

    async def open(self, room=None, after: int = 0) -> Page:
        await self.communicator.connect(timeout=WITHIN)
        if room is not None:
            await self.send(type="resume", room=room.public_id, after=after)
            await self.wait("ack")
        return self

    async def send(self, **frame) -> None:
        await self.communicator.send_to(text_data=json.dumps(frame))

    async def post(self, room, body: str, **more) -> dict:
        self._ids += 1
        client_id = more.pop("client_id", f"c{id(self)}-{self._ids}")
        await self.send(type="post", room=room.public_id, client_id=client_id, body=body, **more)
        return await self.wait_for(lambda frame: frame.get("client_id") == client_id)

    async def next(self, within: float = WITHIN) -> dict | None:
        """The next frame; None once the socket is closed."""
        output = await self.communicator.receive_output(timeout=within)
        if output["type"] == "websocket.close":
            self.closed = output.get("code")
            return None
        frame = json.loads(output["text"])
        self.frames.append(frame)
        return frame

    async def wait_for(self, wanted) -> dict:
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            frame = await self.next()
            assert frame is not None, f"closed with {self.closed}: {self.frames}"
            if wanted(frame):
                return frame
        raise AssertionError(self.frames)

    async def wait(self, type_: str, **values) -> dict:
        return await self.wait_for(
            lambda frame: frame["type"] == type_ and all(frame.get(key) == value for key, value in values.items())
        )

    async def wait_closed(self) -> int:
        while await self.next() is not None:
            pass
        assert self.closed is not None
        return self.closed

    async def hears(self, room, actor_page: Page, body: str = "marker") -> list[dict]:
        """Events heard until a message that is posted now arrives: whatever was to come before it has come."""

        def is_it(frame) -> bool:
            return frame["type"] == "event" and (frame["message"] or {}).get("body") == body

        start = len(self.frames)
        await actor_page.post(room, body)
        if not any(map(is_it, self.frames[start:])):
            await self.wait_for(is_it)
        return [frame for frame in self.frames[start:] if frame["type"] == "event" and not is_it(frame)]

    @property
    def bodies(self) -> list[str]:
        return [f["message"]["body"] for f in self.frames if f["type"] == "event" and f["kind"] == "posted"]

    @property
    def seqs(self) -> list[int]:
        return [frame["seq"] for frame in self.frames if frame["type"] == "event"]

    async def close(self) -> None:
        await self.communicator.disconnect(timeout=WITHIN)


@pytest.fixture
def run():
    """Run a story of sockets; whatever pages it opened are closed at its end."""

    def run(story) -> None:
        pages: list[Page] = []

        async def tell() -> None:
            async def page(member, room=None, after: int = 0) -> Page:
                one = Page(member)
                pages.append(one)
                return await one.open(room, after)

            try:
                await story(page)
            finally:
                for one in pages:
                    await one.close()

        asyncio.run(tell())

    return run


do = sync_to_async


# -- talking ---------------------------------------------------------------------------------------------------------


def test_what_one_says_the_other_hears(run, bob, bea, pub):
    async def story(page):
        bobs, beas = await page(bob, pub), await page(bea, pub)
        ack = await bobs.post(pub, "hello")
        assert (ack["type"], ack["state"], ack["seq"]) == ("ack", "visible", 1)
        event = await beas.wait("event")
        assert event["message"]["body"] == "hello"
        assert event["message"]["author"] == {"id": bob.public_id, "name": "Bob"}

    run(story)


@pytest.mark.invariant(2)
def test_held_and_refused_messages_reach_no_socket_but_their_authors(run, bob, bea, pub):
    async def story(page):
        bobs, beas = await page(bob, pub), await page(bea, pub)
        for body, state in (("HOLD it", "held"), ("REFUSE it", "refused")):
            ack = await bobs.post(pub, body)
            assert (ack["state"], ack["seq"], bool(ack["text"])) == (state, None, True)
        assert await beas.hears(pub, bobs) == []
        assert "it" not in " ".join(beas.bodies).split()

    run(story)


def test_released_message_arrives_and_removed_one_goes(run, bob, bea, mo, pub):
    async def story(page):
        bobs, beas = await page(bob, pub), await page(bea, pub)
        held = await bobs.post(pub, "HOLD")
        await do(check)(pub)
        message = await do(Message.objects.get)(public_id=held["message"])
        await do(release_message)(actor=mo, message=message)
        assert (await beas.wait("event"))["message"]["body"] == "HOLD"
        await do(remove_message)(actor=mo, message=message)
        gone = await beas.wait("event")
        assert (gone["kind"], gone["message"]) == ("removed", {"id": held["message"]})

    run(story)


def test_message_held_after_it_was_seen_goes_and_its_author_alone_is_told(run, bob, bea, pub):
    async def story(page):
        bobs, beas = await page(bob, pub), await page(bea, pub)
        posted = await bobs.post(pub, "DOUBTED")
        await do(check)(pub)
        notice = await bobs.wait("notice")
        assert (notice["code"], notice["message"]) == ("message.held", posted["message"])
        assert [frame["kind"] for frame in await beas.hears(pub, bobs)] == ["posted", "removed"]
        assert not [frame for frame in beas.frames if frame["type"] == "notice"]

    run(story)


def test_sent_again_after_no_answer_it_is_stored_once(run, bob, pub):
    async def story(page):
        first, second = await page(bob, pub), await page(bob, pub)
        one = await first.post(pub, "hello", client_id="x1")
        two = await second.post(pub, "hello", client_id="x1")
        assert one["message"] == two["message"]

    run(story)
    assert Message.objects.count() == 1


def test_edit_and_deletion_reach_the_others(run, bob, bea, pub):
    async def story(page):
        bobs, beas = await page(bob, pub), await page(bea, pub)
        message = (await bobs.post(pub, "helo"))["message"]
        await bobs.send(type="edit", room=pub.public_id, message=message, body="hello")
        edited = await beas.wait("event", kind="edited")
        assert (edited["message"]["body"], edited["message"]["edited"]) == ("hello", True)
        await bobs.send(type="delete", room=pub.public_id, message=message)
        assert (await beas.wait("event", kind="removed"))["message"] == {"id": message}

    run(story)


def test_nobody_edits_or_deletes_anothers_message_by_socket(run, bob, bea, pub):
    async def story(page):
        bobs, beas = await page(bob, pub), await page(bea, pub)
        message = (await bobs.post(pub, "mine"))["message"]
        for frame in ({"type": "edit", "body": "not mine"}, {"type": "delete"}):
            await beas.send(**frame, room=pub.public_id, message=message)
            assert (await beas.wait("refused"))["code"] == "message_unknown"

    run(story)


def test_read_marker_is_kept(run, bob, bea, pub):
    async def story(page):
        bobs = await page(bob, pub)
        await bobs.post(pub, "one")
        await bobs.send(type="read", room=pub.public_id, seq=1)
        await bobs.post(pub, "two")
        assert await do(read_seq)(room=pub, member=bob) == 1

    run(story)


def test_typing_and_presence_reach_the_others_and_leave_no_record(run, bob, bea, pub):
    async def story(page):
        bobs, beas = await page(bob, pub), await page(bea, pub)
        # That Bob came may still be on its way when Bea joins, and then arrives before the list.
        listed = await beas.wait_for(lambda frame: "people" in frame)
        assert {one["name"] for one in listed["people"]} == {"Bob", "Bea"}
        await bobs.send(type="typing", room=pub.public_id)
        assert (await beas.wait("typing"))["member"] == {"id": bob.public_id, "name": "Bob"}
        assert await bobs.hears(pub, beas) == []
        assert not [frame for frame in bobs.frames if frame["type"] == "typing"]

    run(story)
    assert not RoomEvent.objects.exclude(kind="posted").exists()


# -- coming back -----------------------------------------------------------------------------------------------------


def test_who_comes_back_misses_nothing_and_sees_nothing_twice(run, bob, bea, pub, say):
    async def story(page):
        bobs, beas = await page(bob, pub), await page(bea, pub)
        for n in range(3):
            await bobs.post(pub, f"line {n}")
        await beas.wait_for(lambda frame: frame["type"] == "event" and frame["seq"] == 3)
        await beas.close()
        for n in range(3, 300):
            await do(say)(bob, pub, f"line {n}")
        again = await page(bea, pub, after=3)
        await bobs.post(pub, "last")
        await again.wait_for(lambda frame: frame["type"] == "event" and frame["seq"] == 301)
        assert again.seqs == list(range(4, 302))
        assert again.bodies == [f"line {n}" for n in range(3, 300)] + ["last"]

    run(story)


def test_lost_publication_is_found_in_the_database(run, bob, bea, pub, say, monkeypatch):
    async def story(page):
        beas = await page(bea, pub)
        with monkeypatch.context() as patch:
            patch.setattr(broadcast, "room_changed", lambda *args, **kwargs: None)
            patch.setattr("chat.services.posting.broadcast.room_changed", lambda *args, **kwargs: None)
            await do(say)(bob, pub, "nobody told")
        await do(say)(bob, pub, "told")
        await beas.wait_for(lambda frame: frame["type"] == "event" and frame["seq"] == 2)
        assert beas.bodies == ["nobody told", "told"]

    run(story)


def test_rooms_go_on_while_redis_is_away(run, bob, bea, pub, redis_server):
    async def story(page):
        bobs, beas = await page(bob, pub), await page(bea, pub)
        await bobs.post(pub, "before")
        await do(redis_server.stop)()
        try:
            await bobs.post(pub, "meanwhile")
        finally:
            await do(redis_server.start)()
        await bobs.post(pub, "after")
        deadline = time.monotonic() + 20
        while beas.bodies[-1:] != ["after"] and time.monotonic() < deadline:
            await beas.next(within=15)
        assert beas.bodies == ["before", "meanwhile", "after"]
        assert beas.seqs == [1, 2, 3]

    run(story)


# -- who may ---------------------------------------------------------------------------------------------------------


def test_nobody_listens_without_logging_in_or_without_a_proved_age(run, charlie, pub):
    async def story(page):
        assert await (await page(None)).wait_closed() == protocol.CLOSE_LOGIN
        assert await (await page(charlie)).wait_closed() == protocol.CLOSE_FORBIDDEN

    run(story)


@pytest.mark.invariant(4)
def test_every_frame_is_authorised(run, alice, bob, pub, club, make_member):
    dora = make_member("dora")

    async def story(page):
        for member, room, code in ((bob, club, "age_does_not_fit"), (alice, pub, "age_does_not_fit"),
                                   (dora, pub, "not_a_member")):  # fmt: skip
            one = await page(member)
            for frame in (
                {"type": "join"}, {"type": "resume", "after": 0}, {"type": "typing"}, {"type": "read", "seq": 1},
                {"type": "post", "client_id": "x", "body": "hi"}, {"type": "edit", "message": "2" * 16, "body": "x"},
                {"type": "delete", "message": "2" * 16},
            ):  # fmt: skip
                await one.send(**frame, room=room.public_id)
                assert (await one.wait("refused"))["code"] == code, frame

    run(story)
    assert not Message.objects.exists()


@pytest.mark.invariant(4)
@pytest.mark.parametrize("kind", ["suspension", "ban", "fresh_age_proof"])
def test_open_sockets_close_at_once_when_a_person_is_shut_out(run, bob, bea, mo, pub, kind):
    async def story(page):
        bobs = await page(bob, pub)
        await do(restrict_member)(actor=mo, member=bob, kind=kind, reason="a test")
        assert await bobs.wait_closed() == protocol.CLOSE_FORBIDDEN
        assert bobs.frames[-1]["type"] == "closed" and bobs.frames[-1]["text"]
        again = await page(bob)
        assert await again.wait_closed() == protocol.CLOSE_FORBIDDEN

    run(story)


@pytest.mark.invariant(4)
def test_expired_fact_closes_the_socket_at_that_moment(run, make_member, make_room, monkeypatch):
    late = make_member("late")
    room = make_room("Late", late)
    ends = timezone.now() + dt.timedelta(seconds=1.5)
    monkeypatch.setattr("community.services.access.start_of_day", lambda day: ends)
    monkeypatch.setattr(
        "community.models.age.AgeFactQuerySet.current",
        lambda self, today: self if timezone.now() < ends else self.none(),
    )

    async def story(page):
        one = await page(late, room)
        started = time.monotonic()
        assert await one.wait_closed() == protocol.CLOSE_FORBIDDEN
        assert time.monotonic() - started < 4

    run(story)


def test_room_ban_and_leaving_and_closing_end_one_room_and_not_the_socket(run, bob, mo, pub, make_room):
    other, third = make_room("Other", bob), make_room("Third", bob)

    async def story(page):
        one = await page(bob, pub)
        for room in (other, third):
            await one.send(type="join", room=room.public_id)
            await one.wait("ack", room=room.public_id)
        await do(restrict_member)(actor=mo, member=bob, kind="room_ban", room_ref=pub.public_id, reason="a test")
        assert (await one.wait("closed"))["room"] == pub.public_id
        await do(leave_room)(actor=bob, room=other)
        assert (await one.wait("closed"))["room"] == other.public_id
        assert (await one.post(third, "still here"))["state"] == "visible"
        await do(close_room)(actor=mo, room=third, reason="a test")
        assert (await one.wait("closed"))["code"] == "room_closed"

    run(story)


def test_who_was_sent_away_hears_no_more(run, bob, bea, mo, pub):
    async def story(page):
        bobs, beas = await page(bob, pub), await page(bea, pub)
        await do(restrict_member)(actor=mo, member=bea, kind="room_ban", room_ref=pub.public_id, reason="a test")
        await beas.wait("closed")
        await bobs.post(pub, "without her")
        await beas.send(type="typing", room=pub.public_id)
        assert (await beas.wait_for(lambda frame: True))["type"] == "refused"
        assert beas.bodies == []

    run(story)


@pytest.mark.invariant(4)
def test_who_is_sent_away_while_joining_is_neither_seen_nor_told_who_is_there(run, bea, mo, pub, monkeypatch):
    """The ban comes after the room was opened and before presence is noted."""
    left = threading.Event()
    arrive, depart = presence.arrive, presence.depart

    def banned_meanwhile(*which) -> None:
        restrict_member(actor=mo, member=bea, kind="room_ban", room_ref=pub.public_id, reason="a test")
        assert left.wait(WITHIN)
        arrive(*which)

    def tell(*which) -> None:
        depart(*which)
        left.set()

    monkeypatch.setattr(presence, "arrive", banned_meanwhile)
    monkeypatch.setattr(presence, "depart", tell)

    async def story(page):
        beas = await page(bea, pub)
        await beas.wait("closed")
        await beas.send(type="typing", room=pub.public_id)
        await beas.wait("refused")
        assert [frame for frame in beas.frames if frame["type"] == "presence"] == []
        assert await do(presence.people_here)(pub.public_id, hidden=()) == []

    run(story)


@pytest.mark.invariant(4)
def test_who_is_sent_away_between_question_and_joining_is_not_let_in(run, bea, mo, pub, monkeypatch):
    asked = threading.Event()
    entry_of, access_of = consumers.entry_of, consumers.access_of

    def banned_meanwhile(**which):
        entry = entry_of(**which)
        monkeypatch.setattr(consumers, "entry_of", entry_of)
        asked.clear()
        restrict_member(actor=mo, member=bea, kind="room_ban", room_ref=pub.public_id, reason="a test")
        assert asked.wait(WITHIN)
        return entry

    def tell(member):
        access = access_of(member)
        asked.set()
        return access

    monkeypatch.setattr(consumers, "entry_of", banned_meanwhile)
    monkeypatch.setattr(consumers, "access_of", tell)

    async def story(page):
        beas = await page(bea, pub)
        assert (await beas.wait("closed"))["room"] == pub.public_id

    run(story)


def test_mute_takes_the_word_and_leaves_the_ear(run, bob, bea, mo, pub):
    async def story(page):
        bobs, beas = await page(bob, pub), await page(bea, pub)
        mute = await do(restrict_member)(actor=mo, member=bob, kind="mute", reason="a test")
        assert (await bobs.post(pub, "hello"))["code"] == "muted"
        await beas.post(pub, "do you hear?")
        await bobs.wait("event")
        await do(lift_restriction)(actor=mo, restriction=mute, reason="a test")
        assert (await bobs.post(pub, "I do"))["state"] == "visible"

    run(story)


# -- blocks ----------------------------------------------------------------------------------------------------------


def test_block_hides_each_from_the_other_at_once_and_from_nobody_else(run, bob, bea, pub, make_member):
    dora = make_member("dora")
    Membership.objects.create(room=pub, member=dora)

    async def story(page):
        bobs, beas, doras = await page(bob, pub), await page(bea, pub), await page(dora, pub)
        await do(block_member)(actor=bea, member=bob)
        while not all(one.hidden for one in hub().people(pub.public_id) if one.member_pk in (bob.pk, bea.pk)):
            await asyncio.sleep(0.01)
        await bobs.post(pub, "from bob")
        await beas.post(pub, "from bea")
        await bobs.send(type="typing", room=pub.public_id)
        for one, heard in ((bobs, ["from bob"]), (beas, ["from bea"]), (doras, ["from bob", "from bea"])):
            await one.hears(pub, doras, f"marker for {heard}")
            assert [body for body in one.bodies if body.startswith("from")] == heard
            assert one.seqs == sorted(one.seqs) and len(set(one.seqs)) == len(one.seqs)
        assert not [frame for frame in beas.frames if frame["type"] == "typing"]
        await do(unblock_member)(actor=bea, member=bob)

    run(story)


# -- bad frames, floods, slow readers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (" ", "bad_json"),
        ("[" * 9000, "bad_json"),
        ('{"type": "post"}', "bad_key"),
        ('{"type": "shout", "room": "2222222222222222"}', "bad_type"),
        ('{"type": "typing", "room": "2222222222222222", "as": "mo"}', "bad_key"),
        ('{"type": "typing", "room": "../../etc"}', "bad_id"),
        ("x" * (16 * 1024 + 1), "too_large"),
    ],
)
def test_bad_frame_is_answered_with_a_code_and_nothing_is_done(run, bob, pub, raw, code):
    async def story(page):
        bobs = await page(bob, pub)
        await bobs.communicator.send_to(text_data=raw)
        assert (await bobs.wait("error"))["code"] == code
        assert (await bobs.post(pub, "still here"))["state"] == "visible"

    run(story)


def test_message_over_two_thousand_characters_is_refused(run, bob, pub):
    async def story(page):
        bobs = await page(bob, pub)
        await bobs.send(type="post", room=pub.public_id, client_id="x", body="x" * 2001)
        assert (await bobs.wait("error"))["code"] == "message_too_long"

    run(story)


def test_three_bad_frames_in_a_row_close_the_socket_two_do_not(run, bob, pub):
    async def story(page):
        bobs = await page(bob, pub)
        for _ in range(2):
            await bobs.communicator.send_to(text_data="{")
        await bobs.post(pub, "a good one")
        for _ in range(3):
            await bobs.communicator.send_to(text_data="{")
        assert await bobs.wait_closed() == protocol.CLOSE_FLOOD

    run(story)


def test_flood_closes_the_socket(run, bob, pub):
    async def story(page):
        bobs = await page(bob, pub)
        for _ in range(200):
            await bobs.send(type="typing", room=pub.public_id)
        assert await bobs.wait_closed() == protocol.CLOSE_FLOOD

    run(story)


def test_frames_of_bytes_are_bad_frames(run, bob, pub):
    async def story(page):
        bobs = await page(bob, pub)
        await bobs.communicator.send_to(bytes_data=b"\xff\x00")
        assert (await bobs.wait("error"))["code"] == "bad_json"

    run(story)


class NeverReads(Page):
    """A page whose connection takes no more: `send` of the server waits, as it does behind a full transport."""

    def __init__(self, member: Member) -> None:
        super().__init__(member)
        self.reads = asyncio.Event()
        self.reads.set()
        inner = RoomConsumer.as_asgi()

        async def stuck(scope, receive, send):
            async def slow_send(message):
                await self.reads.wait()
                await send(message)

            await inner(scope, receive, slow_send)

        self.communicator = WebsocketCommunicator(stuck, "/ws/")
        self.communicator.scope["user"] = member


def test_socket_that_never_reads_delays_nobody_and_is_told_to_resume(run, bob, bea, pub):
    async def story(page):
        stuck = await NeverReads(bea).open(pub)
        bobs = await page(bob, pub)
        stuck.reads.clear()
        for start in range(0, 700, 50):
            posts = [Post(bob, pub, f"c{n}", f"line {n}") for n in range(start, start + 50)]
            await do(post_messages)(posts)
            while bobs.seqs[-1:] != [start + 50]:
                await bobs.next()
        assert bobs.bodies == [f"line {n}" for n in range(700)]
        assert bea.pk not in {one.member_pk for one in hub().people(pub.public_id)}  # nothing more is kept for it
        stuck.reads.set()
        assert await stuck.wait_closed() == protocol.CLOSE_RESUME
        again = await page(bea, pub, after=max(stuck.seqs, default=0))
        while again.seqs[-1:] != [700]:
            await again.next()
        assert [*stuck.seqs, *again.seqs] == list(range(1, 701))

    run(story)
