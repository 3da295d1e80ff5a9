"""A report is heard whatever the other person did since, and shows the other person nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from chat.models import Membership, Message, RoomEvent
from community.errors import BadText
from community.models import AuditEvent, Block, Restriction
from safeguarding.errors import CannotReport, CannotReportYourself
from safeguarding.incidents import INCIDENTS
from safeguarding.models import Case, Evidence, Page, ProtectiveMeasure, Report, SafetyCard
from safeguarding.services.reports import CALLING_REPORTS_A_DAY, CODES, file_report, qualify_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(say, room):
    """Say something that others saw."""

    def show(author, text="something unpleasant", place=room):
        message = say(author, place, text)
        place.refresh_from_db()
        place.last_seq += 1
        place.save()
        RoomEvent.objects.create(room=place, seq=place.last_seq, kind="posted", message=message, revision=1)
        Message.objects.filter(pk=message.pk).update(visibility="visible", shown_revision=1, check_state="done")
        message.refresh_from_db()
        return message

    return show


def report(actor, subject, message=None, **more):
    return file_report(
        actor=actor,
        subject=subject,
        message=message,
        **{"category": "harassment", "text": "", "danger_now": False, **more},
    )


def test_report_opens_a_case_and_freezes_what_was_said(shown, alice, bob):
    message = shown(bob)
    filed = report(alice, bob, message, text="He insists.")
    case = Case.objects.get()
    assert (case.code, case.severity, case.automated) == ("C1", "P1", False)
    assert Evidence.objects.filter(case=case, kind="message", source_ref=message.public_id).exists()
    assert Evidence.objects.filter(case=case, kind="report", source_ref=filed.public_id).exists()
    assert AuditEvent.objects.filter(action="report.filed", actor=alice).exists()


@pytest.mark.invariant(5)
def test_report_works_when_the_person_blocked_left_deleted_and_closed(shown, alice, bob):
    message = shown(bob)
    Block.objects.create(blocker=bob, blocked=alice)
    Membership.objects.filter(member=bob).update(left_at=timezone.now())
    Message.objects.filter(pk=message.pk).update(visibility="removed", removed_by_author=True)
    type(bob).objects.filter(pk=bob.pk).update(closed_at=timezone.now(), email=None)
    report(alice, bob, message)
    report(alice, bob)
    assert Report.objects.count() == 2
    assert Case.objects.count() == 1


def test_report_by_somebody_who_has_left_works(shown, alice, bob):
    message = shown(bob)
    Membership.objects.filter(member=alice).update(left_at=timezone.now())
    assert report(alice, bob, message)


def test_message_shown_after_the_reporter_left_cannot_be_reported(shown, alice, bob):
    Membership.objects.filter(member=alice).update(left_at=timezone.now() - dt.timedelta(hours=1))
    with pytest.raises(CannotReport):
        report(alice, bob, shown(bob))


def test_outsider_cannot_report_a_room_they_were_never_in(shown, charlie, bob):
    with pytest.raises(CannotReport):
        report(charlie, bob, shown(bob))
    with pytest.raises(CannotReport):
        report(charlie, bob)
    assert not Case.objects.exists()


def test_held_message_cannot_be_reported_for_nobody_saw_it(say, alice, bob, room):
    with pytest.raises(CannotReport):
        report(alice, bob, say(bob, room, "held", screen="hold"))


def test_message_of_somebody_else_is_not_held_against_the_person_named(shown, alice, bob, make_member, room):
    eve = make_member("eve")
    Membership.objects.create(room=room, member=eve)
    with pytest.raises(CannotReport):
        report(alice, eve, shown(bob))


def test_people_who_were_never_in_the_room_together_cannot_report_each_other(make_room, make_member):
    early, late = make_member("early"), make_member("late")
    room = make_room("passing")
    now = timezone.now()
    Membership.objects.create(
        room=room, member=early, joined_at=now - dt.timedelta(days=3), left_at=now - dt.timedelta(days=2)
    )
    Membership.objects.create(room=room, member=late, joined_at=now - dt.timedelta(days=1))
    with pytest.raises(CannotReport):
        report(late, early)


def test_nobody_reports_themselves(alice):
    with pytest.raises(CannotReportYourself):
        report(alice, alice)


def test_unreadable_words_are_refused_and_an_unknown_category_too(shown, alice, bob):
    message = shown(bob)
    with pytest.raises(BadText):
        report(alice, bob, message, text="nul \x00")
    with pytest.raises(CannotReport):
        report(alice, bob, message, category="nonsense")


def test_same_message_reported_twice_is_one_report_and_what_is_added_counts(shown, alice, bob):
    message = shown(bob)
    first = report(alice, bob, message, text="He insists.")
    again = report(alice, bob, message, text="He knows my school.", danger_now=True)
    assert first.pk == again.pk
    stored = Report.objects.get()
    assert stored.text == "He insists.\n\nHe knows my school."
    assert stored.danger_now
    assert Case.objects.get().severity == "P0"
    assert Evidence.objects.filter(kind="report").count() == 2


def test_danger_now_calls_an_officer_and_plain_hate_does_not(shown, alice, bob, make_room):
    adults = make_room("grown-ups", alice, bob, minors=False)
    alice.age_facts.update(revoked_at=timezone.now())
    report(alice, bob, shown(bob, place=adults), category="hate")
    assert not Page.objects.exists()
    report(alice, bob, shown(bob, place=adults), category="threat", danger_now=True)
    assert Page.objects.get().case.severity == "P0"


def test_reports_cause_nothing_the_reported_person_could_see(shown, alice, bob):
    report(alice, bob, shown(bob), danger_now=True)
    report(alice, bob)
    assert not Restriction.objects.exists()
    assert not ProtectiveMeasure.objects.exists()
    assert not SafetyCard.objects.filter(member=bob).exists()


def test_reporter_addressed_by_the_message_is_to_protect_and_any_other_a_witness(
    shown, say, alice, bob, make_member, room
):
    eve = make_member("eve")
    Membership.objects.create(room=room, member=eve, joined_at=timezone.now() - dt.timedelta(hours=1))
    message = shown(bob)
    Message.objects.filter(pk=message.pk).update(mentions=[alice.public_id])
    message.refresh_from_db()
    report(alice, bob, message)
    report(eve, bob, message)
    parties = set(Case.objects.get().parties.values_list("member__pseudonym", "role"))
    assert parties == {("Bob", "subject"), ("Alice", "to_protect"), ("Eve", "witness")}


def test_worry_about_somebody_makes_them_the_person_to_protect(shown, alice, bob):
    report(alice, bob, shown(bob), category="suicide")
    parties = set(Case.objects.get().parties.values_list("member__pseudonym", "role"))
    assert parties == {("Bob", "subject"), ("Bob", "to_protect"), ("Alice", "witness")}


def test_flood_of_reports_is_kept_but_calls_nobody_any_more(shown, alice, make_member, room):
    for n in range(CALLING_REPORTS_A_DAY):
        target = make_member(f"m{n}")
        Membership.objects.create(room=room, member=target, joined_at=timezone.now() - dt.timedelta(hours=1))
        report(alice, target, danger_now=True)
    last = make_member("last")
    Membership.objects.create(room=room, member=last, joined_at=timezone.now() - dt.timedelta(hours=1))
    filed = report(alice, last, danger_now=True)
    assert filed.danger_now
    assert filed.case.severity == "P2"
    assert Page.objects.count() == CALLING_REPORTS_A_DAY


def test_every_category_has_a_code_that_exists():
    assert set(CODES) == set(Report.Category.values)
    assert set(CODES.values()) <= set(INCIDENTS)


@pytest.mark.parametrize(
    ("category", "minors", "danger", "expected"),
    [
        ("minor", True, False, ("M1", "P1")),
        ("sex", True, False, ("M1", "P1")),
        ("sex", False, False, ("S1", "P2")),
        ("age", True, False, ("M6", "P1")),
        ("age", False, False, ("M6", "P3")),
        ("harassment", True, False, ("C1", "P1")),
        ("harassment", False, False, ("C1", "P2")),
        ("suicide", False, False, ("D1", "P0")),
        ("other", True, False, ("C1", "P3")),
        ("scam", False, True, ("X1", "P0")),
    ],
)
def test_category_place_and_danger_make_code_and_severity(category, minors, danger, expected):
    assert qualify_report(category=category, among_minors=minors, danger_now=danger) == expected
