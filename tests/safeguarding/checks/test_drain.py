"""No message escapes its check, whatever dies, waits or races."""

from __future__ import annotations

import datetime as dt
import logging

import pytest
from django.db import OperationalError
from django.utils import timezone

from chat.models import Message, RoomEvent
from community import queue
from community.queue import nudge_heard
from safeguarding.models import Alert, Case, Evidence, Ledger, ProtectiveMeasure, RiskCheck, RoomLease
from safeguarding.services import checks
from safeguarding.services.checks import drain_rooms
from safeguarding.services.leases import claim_room, release_room, renew_lease
from safeguarding.services.ledgers import LedgersMoved, Notebook

pytestmark = pytest.mark.django_db


def states():
    return list(Message.objects.order_by("pk").values_list("check_state", "visibility"))


def test_message_is_born_pending_and_only_its_check_shows_it(said, say, alice, room):
    say(alice, room, "hello")
    assert states() == [("pending", "pending")]
    assert not RoomEvent.objects.exists()
    assert drain_rooms() == 1
    assert states() == [("done", "visible")]
    assert drain_rooms() == 0


def test_messages_of_a_room_are_judged_in_the_order_they_were_written(said, say, alice, bob, room, make_room):
    other = make_room("chess", alice, bob)
    for n in range(6):
        say(alice if n % 2 else bob, other if n % 3 == 2 else room, f"line {n}")
    drain_rooms()
    assert [t for t in said.texts if t in {"line 0", "line 1", "line 3", "line 4"}] == [
        "line 0", "line 1", "line 3", "line 4",
    ]  # fmt: skip
    assert [e.message.revisions.get().body for e in RoomEvent.objects.filter(room=room).order_by("seq")] == [
        "line 0", "line 1", "line 3", "line 4",
    ]  # fmt: skip


def test_more_than_a_batch_is_drained_to_the_last(said, say, alice, room):
    for n in range(checks.BATCH + 3):
        say(alice, room, f"line {n}")
    assert drain_rooms() == checks.BATCH + 3
    assert not Message.objects.filter(check_state="pending").exists()
    assert Ledger.objects.get(key=f"room:{room.public_id}").data["n"] == checks.BATCH + 3


def test_what_is_said_while_a_worker_gathers_is_checked_in_the_same_run(said, say, alice, room, monkeypatch):
    pauses = []

    def speak_meanwhile(seconds):
        pauses.append(seconds)
        if len(pauses) == 1:
            say(alice, room, "second")
            say(alice, room, "third")

    monkeypatch.setattr(checks, "sleep", speak_meanwhile)
    say(alice, room, "first")
    assert drain_rooms(gather=0.5) == 3
    assert pauses == [0.5, 0.5]
    assert states() == [("done", "visible")] * 3


def test_held_message_stays_unseen_and_waits_for_a_person(said, say, alice, room):
    message = say(alice, room, "hold this")
    drain_rooms()
    assert states() == [("done", "held")]
    assert not RoomEvent.objects.exists()
    measure = ProtectiveMeasure.objects.get(message=message)
    assert measure.kind == "hold"
    assert measure.ends_at > timezone.now()


@pytest.mark.parametrize(("screen", "visibility"), [("hold", "held"), ("refuse", "refused")])
def test_full_check_never_frees_what_the_screen_stopped(said, say, alice, room, screen, visibility):
    say(alice, room, "harmless by itself", screen=screen)
    drain_rooms()
    assert states() == [("done", visibility)]


@pytest.mark.invariant(14)
def test_detector_that_raises_holds_its_message_loudly_and_the_others_go_on(said, say, alice, room, caplog):
    say(alice, room, "before")
    say(alice, room, "boom")
    say(alice, room, "after")
    with caplog.at_level(logging.CRITICAL):
        drain_rooms()
    assert states() == [("done", "visible"), ("failed", "held"), ("done", "visible")]
    assert any(record.levelno == logging.CRITICAL for record in caplog.records)
    assert Ledger.objects.get(key=f"room:{room.public_id}").data["n"] == 2


def test_broken_rules_hold_everything_loudly(said, say, alice, room, monkeypatch, caplog):
    def broken():
        raise ValueError("rules.yaml: line 3")

    monkeypatch.setattr(checks, "refreshed_rules", broken)
    say(alice, room, "hello")
    with caplog.at_level(logging.CRITICAL):
        drain_rooms()
    assert states() == [("failed", "held")]
    assert "rules do not load" in caplog.text


def test_leased_room_is_left_to_its_holder_and_taken_over_when_the_lease_ends(said, say, alice, room):
    say(alice, room, "hello")
    assert claim_room(room.pk)
    assert drain_rooms() == 0
    assert states() == [("pending", "pending")]
    RoomLease.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert drain_rooms() == 1


def test_lease_is_given_to_one_and_returned_by_its_holder_only(room):
    token = claim_room(room.pk)
    assert token
    assert claim_room(room.pk) is None
    release_room(room.pk, "not the token")
    assert claim_room(room.pk) is None
    release_room(room.pk, token)
    assert claim_room(room.pk)


def test_lease_lost_meanwhile_writes_nothing(said, say, alice, room):
    say(alice, room, "alert M1")

    def steal(utterance):
        RoomLease.objects.update(token="somebody else")

    said.before = steal
    assert drain_rooms() == 0
    assert states() == [("pending", "pending")]
    assert not (Ledger.objects.exists() or Case.objects.exists() or RiskCheck.objects.exists())


def test_renewing_needs_a_transaction_and_the_token(room):
    token = claim_room(room.pk)
    assert renew_lease(room.pk, token)
    assert not renew_lease(room.pk, "not the token")


@pytest.mark.invariant(1)
def test_message_edited_meanwhile_is_assessed_anew_as_it_now_reads(said, say, edit, alice, room):
    message = say(alice, room, "first")

    def change(utterance):
        if utterance.text == "first":
            edit(message, "second")

    said.before = change
    assert drain_rooms() == 1
    assert said.texts == ["first", "second"]
    message.refresh_from_db()
    assert (message.check_state, message.shown_revision) == ("done", 2)
    assert Ledger.objects.get(key=f"room:{room.public_id}").data == {"n": 1, "last": "second"}


def test_ledger_written_meanwhile_is_read_again_and_nothing_is_lost(said, say, alice, bob, room):
    say(alice, room, "hello", mentions=[bob.public_id])
    key = f"pair:{alice.public_id}>{bob.public_id}"

    def meddle(utterance):
        if len(said.texts) == 1:
            Ledger.objects.update_or_create(key=key, defaults={"data": {"n": 41}, "updated_at": timezone.now()})

    said.before = meddle
    assert drain_rooms() == 1
    assert said.texts == ["hello", "hello"]
    assert Ledger.objects.get(key=key).data["n"] == 42


def test_ledger_that_appeared_since_it_was_read_is_noticed(db):
    notebook = Notebook()
    notebook.read(["author:x"])
    Ledger.objects.create(key="author:x", data={"n": 1}, updated_at=timezone.now() - dt.timedelta(seconds=1))
    with pytest.raises(LedgersMoved):
        notebook.lock()


def test_database_that_is_busy_delays_and_loses_nothing(said, say, alice, room, monkeypatch):
    say(alice, room, "hello")
    calls = []
    settle = checks.settle_checks

    def busy_once(**kwargs):
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("deadlock detected")
        return settle(**kwargs)

    monkeypatch.setattr(checks, "settle_checks", busy_once)
    drain_rooms()
    drain_rooms()
    assert states() == [("done", "visible")]
    assert Ledger.objects.get(key=f"room:{room.public_id}").data["n"] == 1


def test_check_is_kept_only_where_there_is_something_to_keep(said, say, alice, room):
    say(alice, room, "hello")
    told = say(alice, room, "alert C1")
    drain_rooms()
    check = RiskCheck.objects.get()
    assert (check.message, check.ruleset, check.verdict) == (told, "test-rules", "allow")
    assert check.signals.get().rule == "c1.test"


def test_alert_opens_a_case_with_the_evidence_in_the_same_transaction(said, say, alice, bob, room):
    context = say(alice, room, "earlier")
    message = say(bob, room, "alert M1", mentions=[alice.public_id])
    drain_rooms()
    case = Case.objects.get()
    assert (case.code, case.automated) == ("M1", True)
    assert {(p.member, p.role) for p in case.parties.all()} == {(bob, "subject"), (alice, "to_protect")}
    alert = Alert.objects.get()
    assert alert.explanation["subject"] == bob.public_id
    frozen = set(Evidence.objects.filter(case=case, kind="message").values_list("source_ref", flat=True))
    assert frozen == {context.public_id, message.public_id}


def test_edited_message_of_a_case_is_frozen_again_as_it_now_reads(said, say, edit, bob, room):
    message = say(bob, room, "alert M1")
    drain_rooms()
    edit(message, "never said that")
    drain_rooms()
    versions = Evidence.objects.filter(source_ref=message.public_id).order_by("ordinal")
    assert [piece.ordinal for piece in versions] == [0, 1]


def test_batch_of_many_costs_no_more_statements_than_a_batch_of_few(
    said, say, alice, bob, room, monkeypatch, django_assert_max_num_queries
):
    def settle(*, room, outcomes):  # what chat does with them is counted by its own tests
        pks = [outcome.message_pk for outcome in outcomes]
        Message.objects.filter(pk__in=pks).update(check_state="done")
        return pks

    monkeypatch.setattr(checks, "settle_checks", settle)
    for n in range(40):
        say(alice if n % 2 else bob, room, f"line {n}")
    with django_assert_max_num_queries(26):
        assert drain_rooms() == 40


def test_one_nudge_covers_a_burst_until_the_drain_begins(db, django_capture_on_commit_callbacks, monkeypatch):
    sent = []
    monkeypatch.setattr(queue, "_send", lambda name, args: sent.append(name))
    monkeypatch.setattr(queue._sender, "submit", lambda function, *args: function(*args))
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(5):
            checks.kick_drain()
    assert sent == [checks.DRAIN]
    nudge_heard(checks.DRAIN)
    with django_capture_on_commit_callbacks(execute=True):
        checks.kick_drain()
    assert sent == [checks.DRAIN] * 2


def test_commits_that_follow_each_other_closely_share_a_nudge_and_later_ones_ask_again(
    db, django_capture_on_commit_callbacks, monkeypatch
):
    sent, asked = [], []
    monkeypatch.setattr(queue, "_send", lambda name, args: sent.append(name))
    monkeypatch.setattr(queue._sender, "submit", lambda function, *args: asked.append((function, args)))
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            checks.kick_drain()
    [(function, args)] = asked
    function(*args)
    nudge_heard(checks.DRAIN)
    with django_capture_on_commit_callbacks(execute=True):
        checks.kick_drain()
    assert len(asked) == 2  # committed after the first was sent: it may have begun to look before
    function(*args)
    assert sent == [checks.DRAIN] * 2
