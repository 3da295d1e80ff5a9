"""One live case a relationship: opened, extended, raised, never lowered."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from community.models import AuditEvent
from safeguarding.models import Case, CaseParty, Page
from safeguarding.services.cases import open_or_extend_case

pytestmark = pytest.mark.django_db


def opened(subject, room, code="M1", severity="P2", **more):
    return open_or_extend_case(
        actor=None, component="test", code=code, severity=severity, subject=subject, room=room, automated=True, **more
    )


def roles(case):
    return {(party.member.pseudonym, party.role) for party in case.parties.all()}


def test_second_alert_of_the_family_extends_the_first_case(alice, bob, room):
    first = opened(bob, room, protects=[alice])
    second = opened(bob, room, code="M6", severity="P3")
    assert first.pk == second.pk
    assert (second.code, second.severity) == ("M1", "P2")
    assert roles(first) == {("Bob", "subject"), ("Alice", "to_protect")}


def test_other_family_and_other_person_have_cases_of_their_own(alice, bob, room):
    assert len({opened(bob, room).pk, opened(bob, room, code="H1").pk, opened(alice, room).pk}) == 3


def test_graver_alert_raises_severity_code_and_clock_and_calls(bob, room):
    case = opened(bob, room, code="M6", severity="P3")
    version = case.version
    assert not Page.objects.exists()
    raised = opened(bob, room, code="M1", severity="P0")
    assert (raised.code, raised.severity) == ("M1", "P0")
    assert raised.due_at <= timezone.now() + dt.timedelta(minutes=15)
    assert raised.version > version
    assert Page.objects.get().case_id == case.pk
    assert AuditEvent.objects.filter(action="case.severity_raised").count() == 1


def test_milder_alert_never_lowers(bob, room):
    opened(bob, room, severity="P0")
    due = Case.objects.get().due_at
    case = opened(bob, room, severity="P3")
    assert (case.severity, case.due_at) == ("P0", due)


def test_closed_case_is_left_alone_and_a_new_one_opens(bob, room):
    old = opened(bob, room)
    Case.objects.filter(pk=old.pk).update(state="closed", open_key=None, closed_at=timezone.now())
    new = opened(bob, room)
    assert new.pk != old.pk
    assert Case.objects.waiting().get().pk == new.pk


def test_person_in_distress_is_subject_and_to_protect(alice, room):
    case = opened(alice, room, code="D1", severity="P0", protects=[alice])
    assert roles(case) == {("Alice", "subject"), ("Alice", "to_protect")}


def test_case_without_subject_is_about_the_one_to_protect_else_the_room(alice, bob, room):
    one = opened(None, room, code="D1", protects=[alice])
    other = opened(None, room, code="D1", protects=[bob])
    whole = opened(None, room, code="D1", protects=[alice, bob])
    assert [case.open_key.split(":")[0] for case in (one, other, whole)] == ["member", "member", "room"]
    assert len({one.pk, other.pk, whole.pk}) == 3


def test_case_about_nobody_and_nothing_is_refused(db):
    with pytest.raises(ValueError, match="person or a room"):
        opened(None, None)


def test_party_keeps_the_band_they_had_when_the_case_met_them(alice, bob, room):
    case = opened(bob, room, protects=[alice])
    assert dict(case.parties.values_list("member__pseudonym", "band_then")) == {"Bob": "adult", "Alice": "teen_15_17"}
    alice.age_facts.update(revoked_at=timezone.now())
    opened(bob, room, protects=[alice])
    assert CaseParty.objects.get(case=case, member=alice).band_then == "teen_15_17"


def test_adding_a_party_moves_the_case_so_that_an_older_page_decides_nothing(alice, bob, room):
    case = opened(bob, room)
    version = case.version
    assert opened(bob, room, protects=[alice]).version > version


def test_every_change_of_a_case_is_audited(alice, bob, room):
    opened(bob, room)
    opened(bob, room, protects=[alice], severity="P1")
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["case.opened", "case.party_added", "case.severity_raised", "case.party_added"]
