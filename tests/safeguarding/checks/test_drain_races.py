"""Several workers at once, on real connections: nothing twice, nothing lost, order kept."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connection, connections
from django.test.utils import CaptureQueriesContext

from chat.models import Message, RoomEvent
from community.models import Member
from safeguarding.models import Alert, Case, Evidence, Ledger, RiskCheck, RoomLease
from safeguarding.services.cases import open_or_extend_case
from safeguarding.services.checks import drain_rooms
from safeguarding.services.leases import claim_room

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4


def at_once(function, times=WORKERS):
    """Run `function(n)` in threads that start together, each with its own connection; return the results."""
    barrier = threading.Barrier(times)

    def run(n):
        close_old_connections()
        try:
            barrier.wait(timeout=30)
            return function(n)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def test_four_workers_check_every_message_once_and_in_order(said, say, alice, bob, make_room):
    rooms = [make_room(f"room {n}", alice, bob) for n in range(3)]
    for n in range(45):
        # Pairs and authors are shared by all rooms: the workers meet in the ledgers.
        say(alice if n % 2 else bob, rooms[n % 3], f"line {n:02}", mentions=[(bob if n % 2 else alice).public_id])
    settled = sum(at_once(lambda n: drain_rooms()))
    while Message.objects.filter(check_state="pending").exists():
        settled += drain_rooms()  # what was given up under contention, as the sweep would
    assert settled == 45
    assert Counter(Message.objects.values_list("check_state", "visibility")) == {("done", "visible"): 45}
    for room in rooms:
        shown = [e.message_id for e in RoomEvent.objects.filter(room=room).order_by("seq")]
        assert shown == sorted(shown)
        assert [e.seq for e in RoomEvent.objects.filter(room=room).order_by("seq")] == list(range(1, 16))
    # Every message was counted exactly once in each ledger it touched.
    for author, other in ((alice, bob), (bob, alice)):
        count = Message.objects.filter(author=author).count()
        assert Ledger.objects.get(key=f"author:{author.public_id}").data["n"] == count
        assert Ledger.objects.get(key=f"pair:{author.public_id}>{other.public_id}").data["n"] == count


def test_alerts_of_two_rooms_about_one_person_make_one_case(said, say, alice, bob, make_room):
    rooms = [make_room(f"room {n}", alice, bob) for n in range(4)]
    for room in rooms:
        say(bob, room, "alert M1", mentions=[alice.public_id])
    at_once(lambda n: drain_rooms())
    while Message.objects.filter(check_state="pending").exists():
        drain_rooms()
    case = Case.objects.get()
    assert Alert.objects.filter(case=case).count() == RiskCheck.objects.count() == 4
    assert case.parties.count() == 2
    pieces = Counter(Evidence.objects.values_list("kind", "source_ref", "ordinal"))
    assert set(pieces.values()) == {1}


def test_one_of_many_claims_the_first_lease_of_a_room(room):
    tokens = at_once(lambda n: claim_room(room.pk))
    assert sum(token is not None for token in tokens) == 1
    assert RoomLease.objects.count() == 1


def test_one_case_is_opened_by_many_at_once(bob, room):
    def open_case(n):
        return open_or_extend_case(
            actor=None, component="test", code="M1", severity="P1", subject=bob, room=room, automated=True
        ).pk

    assert len(set(at_once(open_case))) == 1
    assert Case.objects.count() == 1


def test_message_stored_while_its_room_is_being_drained_is_not_forgotten(said, say, alice, room):
    """The nudge for it was heard by a second worker, which found the room leased: the first must look again."""
    say(alice, room, "first")
    late = []

    def post_late(utterance):
        if utterance.text == "first" and not late:
            late.append(True)
            worker = threading.Thread(target=store_and_drain)
            worker.start()
            worker.join(timeout=30)

    def store_and_drain():
        close_old_connections()
        try:
            say(Member.objects.get(pk=alice.pk), room, "second")
            assert drain_rooms() == 0  # the room is leased
        finally:
            connections.close_all()

    said.before = post_late
    assert drain_rooms() == 2
    assert not Message.objects.filter(check_state="pending").exists()


def test_search_for_work_uses_the_index_of_unchecked_messages(said, say, alice, room):
    """With a history worth an index, as a room has: what the planner prefers for a handful of rows says nothing."""
    Message.objects.bulk_create(
        Message(room=room, author=alice, client_id=str(n), check_state="done", visibility="visible", shown_revision=1)
        for n in range(2_000)
    )
    say(alice, room, "waiting")
    with CaptureQueriesContext(connection) as captured:
        drain_rooms()
    search = next(q["sql"] for q in captured if "MIN(" in q["sql"].upper())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE chat_message")
            cursor.execute(f"EXPLAIN {search}")
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {search}")
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "message_unchecked" in plan, plan
