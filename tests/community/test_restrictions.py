from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from community.errors import CannotJudgeYourself, NotAllowed, ReasonRequired, RestrictionInvalid, RestrictionOver
from community.models import AuditEvent, Member, Restriction
from community.services.restrictions import lift_restriction, restrict_member

pytestmark = pytest.mark.django_db


def test_restricting_writes_the_row_and_the_audit_line_together(bob: Member, mo: Member) -> None:
    restriction = restrict_member(actor=mo, member=bob, kind="mute", reason="shouting")
    event = AuditEvent.objects.get(action="restriction.imposed")
    assert event.actor == mo
    assert event.subject_id == str(restriction.pk)
    assert event.payload.data["member"] == bob.public_id


@pytest.mark.parametrize("who", ["bob", "charlie", "olive"])
def test_nobody_without_the_role_restricts_anybody(who: str, alice: Member, request: pytest.FixtureRequest) -> None:
    actor = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        restrict_member(actor=actor, member=alice, kind="mute", reason="because")
    assert not Restriction.objects.exists()


def test_a_superuser_has_no_role_by_being_one(alice: Member, bob: Member) -> None:
    Member.objects.filter(pk=bob.pk).update(is_superuser=True, is_staff=True)
    bob.refresh_from_db()
    with pytest.raises(NotAllowed):
        restrict_member(actor=bob, member=alice, kind="mute", reason="because")


def test_nobody_decides_about_themselves(mo: Member) -> None:
    with pytest.raises(CannotJudgeYourself):
        restrict_member(actor=mo, member=mo, kind="mute", reason="because")


def test_a_restriction_needs_a_reason(bob: Member, mo: Member) -> None:
    with pytest.raises(ReasonRequired):
        restrict_member(actor=mo, member=bob, kind="mute", reason="  ")


@pytest.mark.parametrize("kind", ["suspension", "ban", "room_ban"])
def test_a_machine_never_punishes(kind: str, bob: Member) -> None:
    soon = timezone.now() + dt.timedelta(hours=1)
    with pytest.raises(RestrictionInvalid):
        restrict_member(
            actor=None, member=bob, kind=kind, reason="a rule", automated=True, component="drain", ends_at=soon,
            room_ref="r" if kind == "room_ban" else "",
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Restriction.objects.create(member=bob, kind=kind, reason="x", automated=True, ends_at=soon, room_ref="r")


def test_a_machine_protects_for_a_time_and_never_without_an_end(bob: Member) -> None:
    soon = timezone.now() + dt.timedelta(hours=1)
    made = restrict_member(
        actor=None, member=bob, kind="fresh_age_proof", reason="m6", automated=True, component="drain", ends_at=soon
    )
    assert made.automated
    with pytest.raises(RestrictionInvalid):
        restrict_member(actor=None, member=bob, kind="mute", reason="m6", automated=True, component="drain")


def test_a_person_cannot_hide_behind_the_machine(bob: Member, mo: Member) -> None:
    with pytest.raises(RestrictionInvalid):
        restrict_member(actor=mo, member=bob, kind="mute", reason="x", automated=True, component="drain")
    with pytest.raises(RestrictionInvalid):
        restrict_member(actor=None, member=bob, kind="mute", reason="x")


def test_a_machine_lifts_only_what_a_machine_imposed(bob: Member, mo: Member) -> None:
    restriction = restrict_member(actor=mo, member=bob, kind="mute", reason="shouting")
    with pytest.raises(NotAllowed):
        lift_restriction(actor=None, restriction=restriction, reason="over", component="sweep")


def test_a_restriction_is_lifted_once(bob: Member, mo: Member) -> None:
    restriction = restrict_member(actor=mo, member=bob, kind="mute", reason="shouting")
    lift_restriction(actor=mo, restriction=restriction, reason="calm")
    with pytest.raises(RestrictionOver):
        lift_restriction(actor=mo, restriction=restriction, reason="calm")
    with pytest.raises(NotAllowed):
        lift_restriction(actor=bob, restriction=restriction, reason="calm")


def test_a_restriction_cannot_be_rewritten(bob: Member, mo: Member) -> None:
    restriction = restrict_member(actor=mo, member=bob, kind="mute", reason="shouting")
    with pytest.raises(IntegrityError), transaction.atomic():
        Restriction.objects.filter(pk=restriction.pk).update(reason="nothing")
