"""Life at risk: one officer has a sheet at once, by one press; another reviews it within a day."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from community.errors import NotAllowed, ReasonRequired
from community.models import AuditEvent, MailJob
from safeguarding.errors import AnotherPersonRequired, CaseMoved, Conflict
from safeguarding.models import UrgentSheet
from safeguarding.services.reminders import free_officers, send_reminders
from safeguarding.services.urgent import complete_urgent_sheet, open_urgent_sheet, review_urgent_sheet


@pytest.fixture
def sheet(sam, severe_case) -> UrgentSheet:
    MailJob.objects.all().delete()
    return open_urgent_sheet(actor=sam, case=severe_case)


def page_of(sheet: UrgentSheet) -> str:
    return reverse("admin:safeguarding_urgentsheet_page", args=[sheet.public_id])


def verb(sheet: UrgentSheet, name: str) -> str:
    return reverse("admin:safeguarding_urgentsheet_verb", args=[sheet.public_id, name])


# -- at once, by one -------------------------------------------------------------------------------------------------


def test_one_press_gives_one_officer_the_whole_sheet(sam, visit, severe_case):
    url = reverse("admin:safeguarding_case_verb", args=[severe_case.public_id, "urgent"])
    page = visit(sam).post(url, follow=True).content.decode()
    assert "You can tell me everything, it stays between us." in page
    for said in ("Bob", "Alice", "homework", "15", "17", "112", "114", "PHAROS is not for emergencies"):
        assert said in page
    assert page.index("Police emergency (17 or 112") < page.index("OFMIN")
    assert "PHAROS (never" not in page


def test_the_sheet_says_so_in_french_too(sam, visit, severe_case):
    sam.language = "fr"
    sam.save()
    url = reverse("admin:safeguarding_case_verb", args=[severe_case.public_id, "urgent"])
    page = visit(sam).post(url, follow=True).content.decode()
    assert "Vie en danger" in page
    assert "PHAROS ne traite pas les urgences" in page


def test_the_case_becomes_p0_the_calls_stop_and_what_is_due_is_in_the_register(sheet, severe_case):
    severe_case.refresh_from_db()
    assert severe_case.severity == "P0"
    assert not severe_case.pages.filter(acknowledged_at__isnull=True).exists()
    due = set(severe_case.transmissions.filter(state="due").values_list("channel", flat=True))
    assert {"emergency", "dsa_art18", "crip", "ofmin"} <= due


def test_pressing_twice_opens_one_sheet(sam, dana, sheet, severe_case):
    assert open_urgent_sheet(actor=sam, case=severe_case) == sheet
    assert open_urgent_sheet(actor=dana, case=severe_case) == sheet


def test_the_reading_is_logged(sam, sheet):
    event = AuditEvent.objects.get(action="case.read", actor=sam)
    assert event.payload.data["reason"] == "vie en danger", "in the words of who reads: a dossier tells it"


def test_what_becomes_known_is_written_down_and_what_was_said_before_stays_in_the_log(sam, sheet, visit):
    visit(sam).post(verb(sheet, "complete"), {"where": "Behind the station.", "called": "17 at 22:41."})
    complete_urgent_sheet(actor=sam, sheet=sheet, where="At the station, platform B.")
    sheet.refresh_from_db()
    assert (sheet.where, sheet.called) == ("At the station, platform B.", "17 at 22:41.")
    first = AuditEvent.objects.filter(action="urgent.completed").order_by("pk").first()
    assert first.payload.data["words"]["where"] == "Behind the station."
    assert "At the station, platform B." in visit(sam).get(page_of(sheet)).content.decode()


# -- who may not -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mo", "charlie", "alice"])
def test_nobody_but_an_officer_opens_completes_reads_or_reviews_one(people, visit, sheet, severe_case, name):
    actor = people[name]
    with pytest.raises(NotAllowed):
        open_urgent_sheet(actor=actor, case=severe_case)
    with pytest.raises(NotAllowed):
        complete_urgent_sheet(actor=actor, sheet=sheet, who="x")
    with pytest.raises(NotAllowed):
        review_urgent_sheet(actor=actor, sheet=sheet, agreed=True, text="x")
    assert visit(actor).get(page_of(sheet), follow=True).status_code in (403, 404)


def test_an_officer_who_is_party_sees_no_sheet(bob, dana, visit, sheet, severe_case):
    bob.groups.set(dana.groups.all())
    with pytest.raises(Conflict):
        open_urgent_sheet(actor=bob, case=severe_case)
    with pytest.raises(Conflict):
        review_urgent_sheet(actor=bob, sheet=sheet, agreed=False, text="x")
    browser = visit(bob)
    assert browser.get(page_of(sheet)).status_code == 404
    listed = browser.get(reverse("admin:safeguarding_urgentsheet_changelist")).content.decode()
    assert sheet.public_id not in listed
    assert sheet.public_id not in browser.get(reverse("admin:index")).content.decode()
    assert bob not in free_officers(case=severe_case)


def test_a_second_officer_reads_the_words_only_by_a_logged_reading(dana, visit, sheet):
    browser = visit(dana)
    assert "stays between us" not in browser.get(page_of(sheet)).content.decode()
    browser.post(verb(sheet, "read"))
    assert "stays between us" in browser.get(page_of(sheet)).content.decode()
    assert AuditEvent.objects.filter(action="case.read", actor=dana).count() == 1


# -- the review ------------------------------------------------------------------------------------------------------


def test_a_second_officer_reviews_and_the_clock_stops(dana, visit, sheet):
    answer = visit(dana).post(verb(sheet, "review"), {"agreed": "yes", "review": "A meeting was set for tonight."})
    assert answer.status_code == 302
    sheet.refresh_from_db()
    assert (sheet.reviewed_by, sheet.agreed, sheet.remind_at) == (dana, True, None)
    with pytest.raises(CaseMoved):
        review_urgent_sheet(actor=dana, sheet=sheet, agreed=False, text="No.")


def test_who_opened_it_does_not_review_it(sam, sheet):
    with pytest.raises(AnotherPersonRequired):
        review_urgent_sheet(actor=sam, sheet=sheet, agreed=True, text="I was right.")


@pytest.mark.invariant(8)
def test_the_database_itself_refuses_a_review_by_the_same_officer(sam, sheet):
    with pytest.raises(IntegrityError), transaction.atomic():
        UrgentSheet.objects.filter(pk=sheet.pk).update(
            reviewed_by=sam, reviewed_at=timezone.now(), agreed=True, remind_at=None
        )


def test_a_review_says_why_and_loses_nothing_when_it_does_not(dana, visit, sheet):
    with pytest.raises(ReasonRequired):
        review_urgent_sheet(actor=dana, sheet=sheet, agreed=True, text=" ")
    page = visit(dana).post(verb(sheet, "review"), {"review": "Kept as it was typed."}).content.decode()
    assert "Kept as it was typed." in page
    assert "This field is required." in page


def test_the_others_are_told_at_once_and_again_and_never_who_opened_it(sam, dana, sheet):
    def told() -> list[int]:
        return list(MailJob.objects.filter(template="page").values_list("member", flat=True))

    sheet.case.transmissions.update(remind_at=None)
    assert send_reminders() == 1
    assert told() == [dana.pk]
    assert send_reminders() == 0
    with time_machine.travel(sheet.due_at + dt.timedelta(seconds=1)):
        assert send_reminders() == 1
    with time_machine.travel(sheet.due_at + dt.timedelta(minutes=30)):
        assert send_reminders() == 0
    with time_machine.travel(sheet.due_at + dt.timedelta(hours=1, minutes=1)):
        assert send_reminders() == 1
    assert set(told()) == {dana.pk}


def test_the_dashboard_shows_the_clock_and_then_that_it_has_run_out(dana, sam, visit, sheet):
    board = reverse("admin:index")
    assert page_of(sheet) in visit(dana).get(board).content.decode()
    assert page_of(sheet) not in visit(sam).get(board).content.decode()
    with time_machine.travel(sheet.due_at + dt.timedelta(hours=2)):
        page = visit(dana).get(board).content.decode()
    assert "overdue by 2" in page
