"""Members' pages: report in two taps, follow it, safety cards, measures; open whatever one's own state is."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chat.models import Membership
from community.models import Block
from community.roles import MODERATOR
from community.services.access import bump_access
from community.services.restrictions import restrict_member
from safeguarding.models import Evidence, ProtectiveMeasure, Report, SafetyCard
from safeguarding.services.casework import claim_case


def report_page(message):
    return reverse("safeguarding:report_message", args=[message.public_id])


# -- reporting -------------------------------------------------------------------------------------------------------


def test_a_message_is_reported_in_two_taps_and_frozen_at_that_moment(visit, eve, bob, insult):
    browser = visit(eve, second_factor=False)
    page = browser.get(report_page(insult)).content.decode()
    assert page.count('name="category"') == len(Report.Category.choices)
    answer = browser.post(report_page(insult), {"category": "harassment"}, follow=True)
    assert "Report received" in answer.content.decode()
    report = Report.objects.get()
    assert (report.reporter, report.subject, report.message) == (eve, bob, insult)
    assert Evidence.objects.filter(case=report.case, source_ref=insult.public_id).exists()


def test_the_enter_key_reports_nothing_for_each_category_is_a_report(visit, eve, insult):
    browser = visit(eve, second_factor=False)
    page = browser.get(report_page(insult)).content.decode()
    assert "category" not in re.findall(r"<button[^>]*>", page[page.index("<main") :])[0]  # what Enter presses
    answer = browser.post(report_page(insult), {"danger_now": "on"})
    assert 'name="danger_now" checked' in answer.content.decode()
    assert "Nothing is sent yet" in answer.content.decode()
    assert not Report.objects.exists()


def test_whoever_reported_can_block_the_other_at_once_and_go_back_to_the_room(visit, eve, bob, insult):
    browser = visit(eve, second_factor=False)
    page = browser.post(report_page(insult), {"category": "harassment"}, follow=True)
    block = reverse("community:block", args=[bob.public_id])
    assert f'action="{block}"' in page.content.decode()
    assert reverse("chat:room", args=[insult.room.public_id]) in page.content.decode()
    here = page.request["PATH_INFO"]
    page = browser.post(block, {"next": here}, follow=True)
    assert page.request["PATH_INFO"] == here
    assert f'action="{block}"' not in page.content.decode()


@pytest.mark.parametrize("closed", ["age", "suspended"])
def test_a_block_is_offered_only_to_whom_the_gate_lets_block(visit, sam, eve, bob, insult, closed):
    browser = visit(eve, second_factor=False)
    page = browser.post(report_page(insult), {"category": "harassment"}, follow=True)
    if closed == "age":
        eve.age_facts.update(superseded_at=timezone.now())
        bump_access(eve)
    else:
        restrict_member(
            actor=sam, member=eve, kind="suspension", reason="x", ends_at=timezone.now() + dt.timedelta(days=9)
        )
    assert "/block/" not in browser.get(page.request["PATH_INFO"]).content.decode()


def test_that_the_other_has_blocked_one_is_not_told_by_the_page(visit, eve, bob, insult):
    Block.objects.create(blocker=bob, blocked=eve)
    page = visit(eve, second_factor=False).post(report_page(insult), {"category": "harassment"}, follow=True)
    assert reverse("community:block", args=[bob.public_id]) in page.content.decode()


def test_danger_now_and_words_go_with_it(visit, eve, insult):
    browser = visit(eve, second_factor=False)
    browser.post(report_page(insult), {"category": "threat", "danger_now": "on", "text": "He says he is outside."})
    report = Report.objects.get()
    assert report.danger_now
    assert report.text == "He says he is outside."
    assert report.case.severity == "P0"


@pytest.mark.parametrize("how", ["blocked", "left", "closed", "deleted"])
def test_reporting_works_when_the_other_has_blocked_left_closed_or_deleted(visit, eve, bob, insult, how):
    if how == "blocked":
        Block.objects.create(blocker=bob, blocked=eve)
    elif how == "left":
        Membership.objects.filter(member=bob).update(left_at=timezone.now())
    elif how == "closed":
        bob.closed_at = timezone.now()
        bob.save()
    else:
        insult.visibility, insult.removed_by_author = "removed", True
        insult.save()
    browser = visit(eve, second_factor=False)
    browser.post(report_page(insult), {"category": "harassment"})
    browser.post(reverse("safeguarding:report_member", args=[bob.public_id]), {"category": "harassment"})
    assert Report.objects.filter(reporter=eve, subject=bob).count() == 2


def test_a_person_is_reported_in_the_room_where_it_happens(visit, eve, bob, insult):
    page = reverse("safeguarding:report_member", args=[bob.public_id]) + f"?room={insult.room.public_id}"
    visit(eve, second_factor=False).post(page, {"category": "scam"})
    assert Report.objects.get().room == insult.room


def test_a_stranger_reports_nothing_and_learns_of_nothing(visit, charlie, bob, insult):
    browser = visit(charlie, second_factor=False)
    for page in (report_page(insult), reverse("safeguarding:report_member", args=[bob.public_id])):
        assert browser.get(page).status_code == 404
        assert browser.post(page, {"category": "harassment"}).status_code == 404
    assert not Report.objects.exists()


def test_a_held_message_is_nobodys_to_report_because_nobody_saw_it(visit, eve, bob, insult, say):
    held = say(bob, insult.room, "I know where you live.", held=True)
    assert visit(eve, second_factor=False).get(report_page(held)).status_code == 404


def test_nobody_reports_themselves(visit, bob, insult):
    assert visit(bob, second_factor=False).get(report_page(insult)).status_code == 404


def test_bad_input_is_told_and_loses_nothing(visit, eve, insult):
    browser = visit(eve, second_factor=False)
    answer = browser.post(report_page(insult), {"category": "nonsense", "text": "A long careful text."})
    assert answer.status_code == 200
    assert "A long careful text." in answer.content.decode()
    answer = browser.post(report_page(insult), {"category": "scam", "text": "x" * 2001})
    assert "errorlist" in answer.content.decode()
    assert not Report.objects.exists()


def test_a_report_is_a_post_with_its_token(eve, insult):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(eve)
    assert browser.post(report_page(insult), {"category": "harassment"}).status_code == 403


def test_whoever_reported_follows_it_and_is_told_the_outcome_neutrally(visit, mo, eve, bob, case, decide):
    browser = visit(eve, second_factor=False)
    mine = reverse("safeguarding:my_reports")
    assert "Nobody has looked yet." in browser.get(mine).content.decode()
    claim_case(actor=mo, case=case)
    assert "Somebody is looking into it." in browser.get(mine).content.decode()
    decide(mo, case, "suspend", member=bob, ends_at=timezone.now() + dt.timedelta(days=9), close=True)
    page = browser.get(mine).content.decode()
    assert "acted" in page
    assert "suspend" not in page.lower()


def test_nobody_sees_the_reports_of_somebody_else(visit, bob, case):
    browser = visit(bob, second_factor=False)
    assert "Again and again." not in browser.get(reverse("safeguarding:my_reports")).content.decode()
    done = reverse("safeguarding:report_done", args=[Report.objects.get().public_id])
    assert browser.get(done).status_code == 404


# -- whatever one's state --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["suspension", "ban"])
def test_a_suspended_or_banned_member_still_reports_and_reads(visit, sam, eve, insult, kind):
    ends_at = timezone.now() + dt.timedelta(days=9) if kind == "suspension" else None
    restrict_member(actor=sam, member=eve, kind=kind, reason="Another matter.", ends_at=ends_at)
    browser = visit(eve, second_factor=False)
    for name in ("my_reports", "my_decisions", "cards"):
        assert browser.get(reverse(f"safeguarding:{name}")).status_code == 200
    browser.post(report_page(insult), {"category": "harassment"})
    assert Report.objects.count() == 1


def test_a_member_whose_proof_of_age_ran_out_still_reports_and_reads(visit, eve, insult):
    eve.age_facts.update(superseded_at=timezone.now())
    browser = visit(eve, second_factor=False)
    assert browser.get(reverse("safeguarding:my_decisions")).status_code == 200
    browser.post(report_page(insult), {"category": "harassment"})
    assert Report.objects.count() == 1


@pytest.mark.parametrize("name", ["my_reports", "my_decisions", "cards"])
def test_visitors_are_asked_to_log_in(client, db, name):
    answer = client.get(reverse(f"safeguarding:{name}"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


# -- measures and cards ----------------------------------------------------------------------------------------------


@pytest.fixture
def measure(severe_case, bob):
    return ProtectiveMeasure.objects.create(
        kind="pause_contact",
        case=severe_case,
        member=bob,
        reason="A protective pause.",
        ends_at=timezone.now() + dt.timedelta(days=3),
    )


def test_a_measure_is_contested_by_the_person_it_binds_and_shown_with_the_case(visit, sam, bob, severe_case, measure):
    browser = visit(bob, second_factor=False)
    page = browser.get(reverse("safeguarding:my_decisions")).content.decode()
    assert "A protective pause." in page
    assert "Alice" not in page
    browser.post(reverse("safeguarding:contest", args=[measure.public_id]), {"text": "We only spoke of homework."})
    claim_case(actor=sam, case=severe_case)
    shown = visit(sam).get(reverse("admin:safeguarding_case_page", args=[severe_case.public_id])).content.decode()
    assert "We only spoke of homework." in shown


def test_several_pauses_in_one_case_are_told_as_one(visit, bob, severe_case, measure):
    for _ in range(2):
        ProtectiveMeasure.objects.create(
            kind="pause_contact", case=severe_case, member=bob, reason="A protective pause.", ends_at=measure.ends_at
        )
    browser = visit(bob, second_factor=False)
    page = browser.get(reverse("safeguarding:my_decisions")).content.decode()
    assert page.count("A protective pause.") == 1
    # A page opened before the others came still speaks of a measure that binds.
    browser.post(reverse("safeguarding:contest", args=[measure.public_id]), {"text": "We only spoke of homework."})
    measure.refresh_from_db()
    assert measure.contested_at


def test_nobody_contests_a_measure_of_somebody_else(visit, alice, measure):
    browser = visit(alice, second_factor=False)
    answer = browser.post(reverse("safeguarding:contest", args=[measure.public_id]), {"text": "Mine."})
    assert answer.status_code == 404
    measure.refresh_from_db()
    assert measure.contested_at is None


def test_cards_wait_on_every_page_until_put_away_by_their_reader(visit, alice, eve):
    SafetyCard.objects.create(kind="safety", member=alice)
    browser = visit(alice, second_factor=False)
    page = reverse("safeguarding:my_reports")
    assert "Take a moment." in browser.get(page).content.decode()
    visit(eve, second_factor=False).post(reverse("safeguarding:dismiss_card", args=["safety"]))
    assert "Take a moment." in browser.get(page).content.decode()
    answer = browser.post(reverse("safeguarding:dismiss_card", args=["safety"]), {"next": page})
    assert answer["Location"] == page
    assert "Take a moment." not in browser.get(page).content.decode()


def test_only_whoever_reported_is_told_of_a_report_that_nobody_has_looked_at(visit, alice, eve, case):
    for member in (eve, alice):  # alice is to be protected, and may know of no report
        SafetyCard.objects.create(kind="unseen", member=member, case=case)
    pages = [
        visit(one, second_factor=False).get(reverse("safeguarding:cards")).content.decode() for one in (eve, alice)
    ]
    assert ["your report" in page for page in pages] == [True, False]
    assert all("Do not wait for us." in page for page in pages)


def test_putting_a_card_away_leads_to_no_other_site(visit, alice):
    browser = visit(alice, second_factor=False)
    answer = browser.post(reverse("safeguarding:dismiss_card", args=["safety"]), {"next": "https://evil.example/"})
    assert answer["Location"] == reverse("safeguarding:cards")


def test_many_cards_cost_a_page_one_query(visit, alice):
    browser = visit(alice, second_factor=False)
    page = reverse("safeguarding:cards")
    for kind in SafetyCard.Kind.values:
        SafetyCard.objects.create(kind=kind, member=alice)
    with CaptureQueriesContext(connection) as captured:
        browser.get(page)
    assert sum("safeguarding_safetycard" in query["sql"] for query in captured.captured_queries) == 1


def test_reports_cost_their_page_the_same_however_many(visit, eve, bob, insult, say):
    browser = visit(eve, second_factor=False)
    page = reverse("safeguarding:my_reports")

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(page)
        return sum("safeguarding_" in query["sql"] for query in captured.captured_queries)

    browser.post(report_page(insult), {"category": "harassment"})
    one = cost()
    for number in range(4):
        browser.post(report_page(say(bob, insult.room, f"Number {number}.")), {"category": "harassment"})
    assert cost() == one


def test_every_members_page_says_when_somebody_watches(visit, eve):
    for name in ("my_reports", "my_decisions", "cards"):
        page = visit(eve, second_factor=False).get(reverse(f"safeguarding:{name}")).content.decode()
        assert "hours of cover" in page


def test_moderators_read_their_own_decisions_like_anybody(visit, eve, case):
    eve.groups.set(Group.objects.filter(name=MODERATOR))
    assert visit(eve).get(reverse("safeguarding:my_decisions")).status_code == 200
