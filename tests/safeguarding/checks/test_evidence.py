"""What a report or alert froze stays, whatever is edited, deleted, blocked, left or closed afterwards."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError
from django.utils import timezone

from chat.models import Membership, Message
from community.models import AuditEvent, Block
from safeguarding.models import Evidence, FreezeWindow
from safeguarding.services import evidence as evidence_service
from safeguarding.services.cases import open_or_extend_case
from safeguarding.services.evidence import (
    AFTER,
    BEFORE,
    fill_windows,
    freeze_for_live_cases,
    freeze_person,
    freeze_relationship,
    refreeze_case,
)
from safeguarding.services.vault import open_evidence

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(alice, bob, room):
    return open_or_extend_case(
        actor=None, component="test", code="M1", severity="P2", subject=bob, protects=[alice], room=room, automated=True
    )


def freeze(case, *anchors):
    return freeze_relationship(actor=None, component="test", case=case, anchors=anchors)


def frozen(kind, ref=None):
    pieces = Evidence.objects.filter(kind=kind).order_by("source_ref", "ordinal")
    return [open_evidence(piece) for piece in (pieces.filter(source_ref=ref) if ref else pieces)]


def age(*messages):
    """Long enough ago that nobody can still be committing a message before them."""
    pks = [message.pk for message in messages]
    Message.objects.filter(pk__in=pks).update(created_at=timezone.now() - dt.timedelta(minutes=1), check_state="done")


@pytest.mark.invariant(5)
def test_anchor_is_frozen_with_the_fifteen_messages_before_it(case, say, alice, bob, room, make_room):
    say(bob, make_room("elsewhere", bob), "not part of it")
    before = [say(alice, room, f"line {n}") for n in range(20)]
    anchor = say(bob, room, "the anchor")
    freeze(case, anchor)
    bodies = {piece["revisions"][0]["body"] for piece in frozen("message")}
    assert bodies == {m.revisions.get().body for m in before[-BEFORE:]} | {"the anchor"}


def test_what_the_subject_tried_to_say_is_frozen_too(case, say, alice, bob, room):
    refused = say(bob, room, "my number is refused", screen="refuse")
    held = say(bob, room, "held long ago", screen="hold")
    others = say(alice, room, "somebody else's refused words", screen="refuse")
    for n in range(20):
        say(alice, room, f"line {n}")
    freeze(case, say(bob, room, "the anchor"))
    refs = set(Evidence.objects.filter(kind="message").values_list("source_ref", flat=True))
    assert {refused.public_id, held.public_id} <= refs
    assert others.public_id not in refs


def test_every_version_deletion_and_finding_is_in_the_piece(case, say, edit, bob, room):
    message = say(bob, room, "first words")
    edit(message, "other words")
    Message.objects.filter(pk=message.pk).update(visibility="removed", removed_by_author=True)
    message.revisions.filter(number=1).update(findings=[{"code": "M1", "rule": "m1.x", "version": "1", "span": [0, 5]}])
    freeze(case, message)
    [piece] = frozen("message", message.public_id)
    assert [revision["body"] for revision in piece["revisions"]] == ["first words", "other words"]
    assert piece["revisions"][0]["findings"][0]["rule"] == "m1.x"
    assert (piece["visibility"], piece["removed_by_author"]) == ("removed", True)
    assert piece["sent_at"].endswith("+00:00")


def test_people_stays_and_room_are_frozen_without_an_address(case, say, alice, bob, room):
    freeze(case, say(bob, room, "the anchor"))
    profiles = {piece["id"]: piece for piece in frozen("profile")}
    assert {bob.public_id, alice.public_id} == set(profiles)
    assert profiles[alice.public_id]["band"] == "teen_15_17"
    assert profiles[alice.public_id]["pseudonyms"][-1]["name"] == "Alice"
    assert "example.org" not in str(profiles)
    assert {piece["member"] for piece in frozen("membership")} == {bob.public_id, alice.public_id}
    assert [piece["name"] for piece in frozen("room")] == ["music"]


def test_freezing_twice_is_freezing_once(case, say, bob, room):
    anchor = say(bob, room, "the anchor")
    assert freeze(case, anchor)
    assert freeze(case, anchor) == []
    assert FreezeWindow.objects.count() == 1
    assert AuditEvent.objects.filter(action="evidence.frozen").count() == 1


def test_freezing_asks_nothing_of_people_who_blocked_left_or_closed(case, say, alice, bob, room):
    anchor = say(bob, room, "the anchor")
    Block.objects.create(blocker=bob, blocked=alice)
    Membership.objects.filter(member=bob).update(left_at=timezone.now())
    type(bob).objects.filter(pk=bob.pk).update(closed_at=timezone.now(), email=None, pseudonym="gone")
    Message.objects.filter(pk=anchor.pk).update(visibility="removed", removed_by_author=True)
    freeze(case, anchor)
    assert frozen("message", anchor.public_id)[0]["revisions"][0]["body"] == "the anchor"
    stay = next(piece for piece in frozen("membership") if piece["member"] == bob.public_id)
    assert stay["stays"][0]["left_at"]


def test_edit_of_a_frozen_message_leaves_both_versions_sealed(case, say, edit, bob, room):
    anchor = say(bob, room, "the anchor")
    freeze(case, anchor)
    edit(anchor, "nothing to see")
    assert freeze_for_live_cases(anchor) == 1
    first, second = frozen("message", anchor.public_id)
    assert [r["body"] for r in first["revisions"]] == ["the anchor"]
    assert [r["body"] for r in second["revisions"]] == ["the anchor", "nothing to see"]


def test_message_of_no_case_is_not_frozen_when_it_is_deleted(case, say, alice, bob, room, make_room):
    freeze(case, say(bob, room, "the anchor"))
    other = say(alice, make_room("elsewhere", alice), "private joy")
    assert freeze_for_live_cases(other) == 0
    assert not Evidence.objects.filter(source_ref=other.public_id).exists()


def test_message_deleted_within_the_window_after_an_anchor_is_frozen_first(case, say, alice, bob, room):
    freeze(case, say(bob, room, "the anchor"))
    after = say(alice, room, "an answer")
    assert freeze_for_live_cases(after) == 1
    assert frozen("message", after.public_id)


@pytest.mark.invariant(5)
def test_window_fills_as_messages_come_and_closes_after_fifteen(case, say, alice, bob, room):
    freeze(case, say(bob, room, "the anchor"))
    assert fill_windows() == 0
    early = [say(alice, room, f"after {n}") for n in range(3)]
    fill_windows()
    assert FreezeWindow.objects.get().remaining == AFTER  # none of them is settled yet
    assert all(frozen("message", message.public_id) for message in early)
    late = [say(alice, room, f"later {n}") for n in range(20)]
    age(*early, *late)
    fill_windows()
    assert FreezeWindow.objects.get().remaining == 0
    assert frozen("message", late[11].public_id)
    assert not Evidence.objects.filter(source_ref=late[12].public_id).exists()
    assert fill_windows() == 0


def test_message_checked_after_it_was_frozen_is_frozen_again_as_it_ended(case, say, alice, bob, room):
    freeze(case, say(bob, room, "the anchor"))
    after = say(alice, room, "an answer")
    fill_windows()
    Message.objects.filter(pk=after.pk).update(check_state="done", visibility="held")
    fill_windows()
    assert [piece["visibility"] for piece in frozen("message", after.public_id)] == ["pending", "held"]


def test_second_anchor_moves_the_window_on(case, say, alice, bob, room):
    freeze(case, say(bob, room, "one"))
    between = say(alice, room, "between")
    anchor = say(bob, room, "two")
    freeze(case, anchor)
    window = FreezeWindow.objects.get()
    assert (window.after, window.remaining) == (anchor, AFTER)
    assert frozen("message", between.public_id)


def test_refreezing_keeps_how_it_ended(case, say, bob, room):
    anchor = say(bob, room, "the anchor")
    freeze(case, anchor)
    assert refreeze_case(actor=None, component="test", case=case) == []
    Message.objects.filter(pk=anchor.pk).update(visibility="removed")
    assert len(refreeze_case(actor=None, component="test", case=case)) == 1


def test_closing_account_is_frozen_as_it_was(case, say, bob, room):
    freeze(case, say(bob, room, "the anchor"))
    freeze_person(case=case, member=bob)
    assert frozen("profile", bob.public_id)[0]["pseudonyms"][-1]["name"] == "Bob"


def test_somebody_sealing_the_same_piece_at_once_is_no_error(case, say, bob, room, monkeypatch):
    anchor = say(bob, room, "the anchor")
    real, calls = evidence_service.seal_pieces, []

    def raced(**kwargs):
        calls.append(1)
        if len(calls) == 1:
            real(**kwargs)  # theirs, committed while ours was on its way
            raise IntegrityError
        return real(**kwargs)

    monkeypatch.setattr(evidence_service, "seal_pieces", raced)
    freeze(case, anchor)
    assert len(calls) == 2


def test_statements_of_freezing_do_not_grow_with_what_is_frozen(
    case, say, alice, bob, room, django_assert_max_num_queries
):
    for n in range(30):
        say(alice, room, f"line {n}")
    with django_assert_max_num_queries(42):
        freeze(case, say(bob, room, "the anchor"))
