"""Who may work a case, who must not, and what each step leaves behind."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from community.errors import NotAllowed, ReasonRequired
from community.models import AgeFact, AuditEvent
from safeguarding import selectors
from safeguarding.errors import CaseMoved, CaseTaken, Conflict, NotClaimed, OfficersOnly
from safeguarding.models import Case, Page
from safeguarding.services import casework


def attest(member, officer):
    today = timezone.localdate()
    AgeFact.objects.create(
        member=member,
        threshold=15,
        is_over=True,
        method="in_person",
        level="enhanced",
        issuer_ref="club",
        attested_by=officer,
        verified_on=today,
        expires_on=today + dt.timedelta(days=365),
    )


def seen_by(member, *, officer=False):
    return set(selectors.visible_cases(member, officer=officer).values_list("pk", flat=True))


@pytest.mark.parametrize("name", ["mo", "max", "sam", "dana"])
def test_staff_claim_an_ordinary_case(people, case, name):
    assert casework.claim_case(actor=people[name], case=case).assigned_to == people[name]


@pytest.mark.parametrize("name", ["alice", "charlie"])
def test_members_claim_nothing(people, case, name):
    with pytest.raises(NotAllowed):
        casework.claim_case(actor=people[name], case=case)
    case.refresh_from_db()
    assert case.assigned_to is None


def test_a_superuser_has_no_right_by_being_one(charlie, case):
    charlie.is_superuser = True
    charlie.save()
    with pytest.raises(NotAllowed):
        casework.claim_case(actor=charlie, case=case)


@pytest.mark.parametrize("name", ["sam", "dana"])
def test_officers_claim_a_severe_case(people, severe_case, name):
    assert casework.claim_case(actor=people[name], case=severe_case).assigned_to == people[name]


def test_a_moderator_works_no_severe_case_and_does_not_see_it(mo, severe_case):
    with pytest.raises(OfficersOnly):
        casework.claim_case(actor=mo, case=severe_case)
    assert severe_case.pk not in seen_by(mo)


@pytest.mark.parametrize(("code", "severity"), [("M6", "P3"), ("V1", "P1"), ("V3", "P1"), ("D1", "P0"), ("C1", "P0")])
def test_severe_is_minors_ambush_arranged_rape_and_every_p0(case, code, severity):
    case.code, case.severity = code, severity
    case.save()
    assert casework.is_severe(case)
    assert Case.objects.filter(casework.severe(), pk=case.pk).exists()


@pytest.mark.parametrize(("code", "severity"), [("C1", "P1"), ("V2", "P1"), ("H1", "P2")])
def test_the_rest_is_any_moderators(case, code, severity):
    case.code, case.severity = code, severity
    case.save()
    assert not casework.is_severe(case)
    assert not Case.objects.filter(casework.severe(), pk=case.pk).exists()


@pytest.mark.invariant(8)
def test_party_to_a_case_neither_works_nor_sees_it(bob, mo, case):
    bob.groups.set(mo.groups.all())
    with pytest.raises(Conflict):
        casework.claim_case(actor=bob, case=case)
    assert seen_by(bob) == set()
    assert seen_by(mo) == {case.pk}


def test_whoever_reported_neither_works_nor_sees_it(eve, mo, case):
    eve.groups.set(mo.groups.all())
    with pytest.raises(Conflict):
        casework.claim_case(actor=eve, case=case)
    assert seen_by(eve) == set()


def test_an_age_officer_works_no_case_of_somebody_their_club_attested(bob, mo, max_, club, case):
    attest(bob, mo.age_officer)
    with pytest.raises(Conflict):
        casework.claim_case(actor=mo, case=case)
    assert seen_by(mo) == set()
    assert casework.claim_case(actor=max_, case=case).assigned_to == max_


def test_being_an_age_officer_bars_no_case_of_strangers(mo, club, case):
    assert casework.claim_case(actor=mo, case=case).assigned_to == mo


def test_one_person_claims_a_case_and_a_second_is_told_so(mo, max_, case):
    casework.claim_case(actor=mo, case=case)
    with pytest.raises(CaseTaken):
        casework.claim_case(actor=max_, case=case)


def test_a_claim_left_alone_may_be_taken_over(mo, max_, case):
    casework.claim_case(actor=mo, case=case)
    Case.objects.filter(pk=case.pk).update(claimed_at=timezone.now() - casework.CLAIM_LASTS - dt.timedelta(minutes=1))
    assert casework.claim_case(actor=max_, case=case).assigned_to == max_


def test_claiming_is_the_first_look_and_stops_the_calls(sam, severe_case):
    assert Page.objects.get(case=severe_case).acknowledged_at is None
    claimed = casework.claim_case(actor=sam, case=severe_case)
    assert claimed.first_look_at is not None
    assert Page.objects.get(case=severe_case).acknowledged_by == sam


def test_a_claim_is_given_back_by_its_holder_or_an_officer_and_nobody_else(mo, max_, sam, case):
    casework.claim_case(actor=mo, case=case)
    with pytest.raises(NotClaimed):
        casework.release_claim(actor=max_, case=case)
    casework.release_claim(actor=sam, case=case)
    case.refresh_from_db()
    assert case.assigned_to is None


@pytest.mark.invariant(9)
def test_reading_outside_a_claimed_case_needs_a_reason_and_leaves_a_line(mo, case):
    assert not casework.may_read(actor=mo, case=case)
    with pytest.raises(ReasonRequired):
        casework.look_at_case(actor=mo, case=case, reason="  ")
    assert not casework.may_read(actor=mo, case=case)
    casework.look_at_case(actor=mo, case=case, reason="Asked by the holder to compare.")
    assert casework.may_read(actor=mo, case=case)
    line = AuditEvent.objects.get(action="case.read", actor=mo)
    assert line.payload.data == {"reason": "Asked by the holder to compare."}


def test_a_reading_closes_by_itself(mo, case):
    casework.look_at_case(actor=mo, case=case, reason="To compare.")
    later = timezone.now() + casework.READING_LASTS + dt.timedelta(minutes=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: later)
        assert not casework.may_read(actor=mo, case=case)


def test_the_holder_reads_and_notes_and_others_do_not(mo, max_, case):
    case = casework.claim_case(actor=mo, case=case)
    assert casework.may_read(actor=mo, case=case)
    casework.add_note(actor=mo, case=case, text="Third time this month.")
    assert not casework.may_read(actor=max_, case=case)
    with pytest.raises(NotClaimed):
        casework.add_note(actor=max_, case=case, text="Me too.")


def test_an_escalated_case_is_the_officers(mo, sam, case):
    casework.claim_case(actor=mo, case=case)
    casework.escalate_case(actor=mo, case=case, reason="It looks graver than it was reported.")
    case.refresh_from_db()
    assert (case.state, case.assigned_to) == ("escalated", None)
    assert seen_by(mo) == set()
    with pytest.raises(OfficersOnly):
        casework.claim_case(actor=mo, case=case)
    assert casework.claim_case(actor=sam, case=case).assigned_to == sam


def test_a_case_is_closed_only_once_decided(mo, case, decide):
    case = casework.claim_case(actor=mo, case=case)
    with pytest.raises(ReasonRequired):
        casework.close_case(actor=mo, case=case, version=case.version)
    decide(mo, case, "no_action", reasons="", clauses=[])
    case.refresh_from_db()
    closed = casework.close_case(actor=mo, case=case, version=case.version)
    assert closed.state == "closed"
    assert closed.open_key is None
    with pytest.raises(CaseTaken):
        casework.claim_case(actor=mo, case=case)


def test_a_case_that_moved_is_not_closed_on_an_older_page(mo, case, decide):
    decide(mo, case, "no_action", reasons="", clauses=[])
    case.refresh_from_db()
    with pytest.raises(CaseMoved):
        casework.close_case(actor=mo, case=case, version=case.version - 1)


def test_every_step_leaves_its_audit_line(mo, case, decide):
    casework.claim_case(actor=mo, case=case)
    casework.add_note(actor=mo, case=case, text="Read.")
    casework.release_claim(actor=mo, case=case)
    decide(mo, case, "no_action", reasons="", clauses=[], close=True)
    done = AuditEvent.objects.filter(actor=mo, subject_type="safeguarding.case").order_by("pk")
    assert list(done.values_list("action", flat=True)) == [
        "case.claimed",
        "case.noted",
        "case.released",
        "case.claimed",
        "case.closed",
    ]
