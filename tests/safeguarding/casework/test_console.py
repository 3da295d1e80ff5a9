"""The console: a second factor, roles by group, cases nobody may know of nowhere, every button a service."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chat.models import Message
from community.models import AuditEvent, Restriction
from safeguarding.admin import console
from safeguarding.models import Case, CaseNote, Decision
from safeguarding.services import casework
from safeguarding.services.evidence import freeze_relationship
from safeguarding.services.reports import file_report

PAGES = [
    "admin:index",
    "admin:safeguarding_case_changelist",
    "admin:safeguarding_appeal_changelist",
    "admin:chat_roomproposal_changelist",
]
OFFICERS_PAGES = [
    "admin:safeguarding_incidentexport_changelist",
    "admin:safeguarding_urgentsheet_changelist",
    "admin:safeguarding_transmission_changelist",
    "admin:safeguarding_authorityorder_changelist",
    "admin:safeguarding_authorityorder_new",
    "admin:safeguarding_legalhold_changelist",
    "admin:safeguarding_legalhold_new",
    "admin:safeguarding_retentionrun_changelist",
    "admin:safeguarding_erasurerequest_changelist",
    "admin:safeguarding_transparencymonth_changelist",
    "admin:community_association_changelist",
    "admin:community_auditevent_changelist",
]


def page_of(case: Case) -> str:
    return reverse("admin:safeguarding_case_page", args=[case.public_id])


def verb(case: Case, name: str) -> str:
    return reverse("admin:safeguarding_case_verb", args=[case.public_id, name])


def queries_of(browser, url: str) -> int:
    """How many queries a page costs, without the settings row, which is kept in memory outside a test's transaction."""
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url).status_code == 200
    return sum('FROM "community_community"' not in query["sql"] for query in captured.captured_queries)


def form(case: Case, action: str, **more: str) -> dict[str, object]:
    case.refresh_from_db()
    return {
        "version": case.version,
        "action": action,
        "reasons": "You wrote hurtful things to a member.",
        "clauses": ["respect.harassment"],
        **more,
    }


# -- who gets in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("who", ["mo", "sam", "dana"])
def test_staff_with_a_second_factor_open_the_console(people, visit, who, name):
    assert visit(people[who]).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", OFFICERS_PAGES)
def test_officers_open_the_officers_pages(sam, visit, name):
    assert visit(sam).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", OFFICERS_PAGES)
def test_a_moderator_does_not_open_the_officers_pages(mo, visit, name):
    assert visit(mo).get(reverse(name)).status_code == 403


@pytest.mark.parametrize("name", [*PAGES, *OFFICERS_PAGES])
def test_without_a_second_factor_the_way_leads_to_it(sam, visit, name):
    answer = visit(sam, second_factor=False).get(reverse(name), follow=True)
    assert answer.redirect_chain
    assert answer.redirect_chain[-1][0].startswith(reverse("community:second_factor"))


@pytest.mark.parametrize("name", [*PAGES, *OFFICERS_PAGES])
def test_nobody_else_opens_the_console(charlie, visit, client, name):
    assert visit(charlie).get(reverse(name), follow=True).status_code == 403
    answer = client.get(reverse(name), follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))


def test_a_superuser_without_a_role_stays_outside(charlie, visit):
    charlie.is_staff = charlie.is_superuser = True
    charlie.save()
    assert visit(charlie).get(reverse("admin:index"), follow=True).status_code == 403


@pytest.mark.invariant(9)
def test_the_console_lists_no_members_messages_or_age_facts(sam, visit, case):
    """Invariant 9: what the site registers is what it can list."""
    assert {model._meta.label for model in console._registry} == {
        "safeguarding.Case",
        "safeguarding.Appeal",
        "safeguarding.IncidentExport",
        "safeguarding.UrgentSheet",
        "safeguarding.Transmission",
        "safeguarding.AuthorityOrder",
        "safeguarding.LegalHold",
        "safeguarding.RetentionRun",
        "safeguarding.ErasureRequest",
        "safeguarding.TransparencyMonth",
        "safeguarding.Rule",
        "safeguarding.RulePack",
        "safeguarding.RuleReplay",
        "safeguarding.RuleAlarm",
        "chat.Room",
        "chat.RoomProposal",
        "community.AgeContest",
        "community.BanMark",
        "community.Community",  # its settings of ages
        "community.GuardianConsent",  # those alone in which one adult stands for several children
        "community.Association",
        "community.AuditEvent",
    }
    for admin in console._registry.values():
        assert not any(
            url.name and url.name.endswith(("_add", "_change", "_delete", "_history")) for url in admin.get_urls()
        )


# -- the queue -------------------------------------------------------------------------------------------------------


def test_the_queue_shows_what_one_may_work_and_nothing_else(mo, sam, visit, case, severe_case):
    queue = reverse("admin:safeguarding_case_changelist")
    for_mo = visit(mo).get(queue).content.decode()
    for_sam = visit(sam).get(queue).content.decode()
    assert case.public_id in for_mo
    assert severe_case.public_id not in for_mo
    assert severe_case.public_id in for_sam


def test_the_party_to_a_case_finds_it_nowhere(bob, mo, visit, case):
    bob.groups.set(mo.groups.all())
    browser = visit(bob)
    assert case.public_id not in browser.get(reverse("admin:safeguarding_case_changelist")).content.decode()
    assert browser.get(page_of(case)).status_code == 404
    for name in ("claim", "look", "decide", "note", "close", "acknowledge", "release", "escalate", "tell", "urgent"):
        assert browser.post(verb(case, name), {"reason": "x"}).status_code == 404
    assert "0</b>" in browser.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("state", ["waiting", "mine", "overdue", "closed"])
def test_the_queue_filters(mo, visit, case, state):
    casework.claim_case(actor=mo, case=case)
    answer = visit(mo).get(reverse("admin:safeguarding_case_changelist"), {"state": state})
    assert (case.public_id in answer.content.decode()) == (state in ("waiting", "mine"))


def test_the_queue_costs_the_same_however_long_it_is(mo, visit, case):
    browser = visit(mo)
    queue = reverse("admin:safeguarding_case_changelist")
    few = queries_of(browser, queue)
    assert few <= 12
    for index in range(20):
        Case.objects.create(
            code="C1", severity="P2", open_key=f"k{index}", due_at=case.due_at, room=case.room, assigned_to=mo
        )
    assert queries_of(browser, queue) == few


def test_the_dashboard_costs_the_same_however_much_waits(sam, visit, case, severe_case):
    browser = visit(sam)
    few = queries_of(browser, reverse("admin:index"))
    assert few <= 29
    for index in range(20):
        Case.objects.create(code="C1", severity="P2", open_key=f"k{index}", due_at=case.due_at, room=case.room)
    assert queries_of(browser, reverse("admin:index")) == few


# -- the case page ---------------------------------------------------------------------------------------------------


def test_what_was_said_is_shown_once_the_case_is_claimed(mo, visit, case):
    browser = visit(mo)
    assert "Nobody wants you here" not in browser.get(page_of(case)).content.decode()
    browser.post(verb(case, "claim"))
    page = browser.get(page_of(case)).content.decode()
    assert "<mark>Nobody wants you here,</mark>" in page
    assert "C1 · en.exclusion · ab12" in page
    assert "Again and again." in page


def test_reading_without_claiming_takes_a_reason_that_is_logged(mo, max_, visit, case):
    casework.claim_case(actor=mo, case=case)
    browser = visit(max_)
    browser.post(verb(case, "look"), {"reason": ""})
    assert "Nobody wants you here" not in browser.get(page_of(case)).content.decode()
    browser.post(verb(case, "look"), {"reason": "Mo asked for a second opinion."})
    assert "<mark>Nobody wants you here,</mark>" in browser.get(page_of(case)).content.decode()
    assert AuditEvent.objects.filter(action="case.read", actor=max_).count() == 1


def test_the_case_page_costs_the_same_however_long_the_conversation(mo, visit, case, bob, insult, say):
    casework.claim_case(actor=mo, case=case)
    browser = visit(mo)
    few = queries_of(browser, page_of(case))
    assert few <= 40
    more = [say(bob, insult.room, f"And another thing, number {n}.") for n in range(12)]
    freeze_relationship(actor=None, case=case, anchors=more, component="test")
    assert queries_of(browser, page_of(case)) == few
    assert "number 11" in browser.get(page_of(case)).content.decode()


VERBS = ["claim", "release", "look", "note", "name", "escalate", "close", "acknowledge", "decide"]


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_is_a_post_with_its_token(mo, visit, case, name):
    browser = visit(mo)
    assert browser.get(verb(case, name)).status_code == 405
    browser.handler.enforce_csrf_checks = True
    assert browser.post(verb(case, name)).status_code == 403
    case.refresh_from_db()
    assert case.assigned_to is None


def test_a_moderator_decides_in_the_console_and_the_person_is_told(mo, visit, case, bob):
    browser = visit(mo)
    browser.post(verb(case, "claim"))
    answer = browser.post(verb(case, "decide"), form(case, "suspend", member=bob.public_id, days="7"), follow=True)
    assert answer.status_code == 200
    assert Restriction.objects.get(member=bob).kind == "suspension"
    assert "What was sent" in browser.get(page_of(case)).content.decode()


def test_a_message_is_decided_from_its_place_in_the_conversation(mo, visit, case, insult):
    browser = visit(mo)
    browser.post(verb(case, "claim"))
    browser.post(verb(case, "decide"), form(case, "remove_message", message=insult.public_id))
    insult.refresh_from_db()
    assert insult.visibility == Message.Visibility.REMOVED
    assert Decision.objects.get().member == insult.author


def test_a_preview_stores_nothing_and_keeps_what_was_typed(mo, visit, case, bob):
    browser = visit(mo)
    browser.post(verb(case, "claim"))
    answer = browser.post(
        verb(case, "decide"), form(case, "warn", member=bob.public_id, private_notes="Mind this one.", preview="1")
    )
    page = answer.content.decode()
    assert "You have received a warning." in page
    assert "Mind this one." in page
    assert not Decision.objects.exists()
    letter = page.split('<pre class="hv-letter">')[1].split("</pre>")[0]
    assert "Mind this one." not in letter
    assert "Reference: given when the decision is taken" in letter


def test_a_preview_says_when_nothing_is_sent_and_when_nobody_is_chosen(mo, visit, case):
    browser = visit(mo)
    browser.post(verb(case, "claim"))
    assert (
        "Nothing is sent to anybody."
        in browser.post(verb(case, "decide"), form(case, "no_action", preview="1")).content.decode()
    )
    page = browser.post(verb(case, "decide"), form(case, "warn", member="", preview="1")).content.decode()
    assert "is not part of this case" in page
    assert '<pre class="hv-letter">' not in page


def test_a_refused_decision_loses_nothing_that_was_typed(mo, visit, case, bob):
    browser = visit(mo)
    browser.post(verb(case, "claim"))
    stale = form(case, "warn", member=bob.public_id, reasons="A long and careful text.", private_notes="And a note.")
    browser.post(verb(case, "note"), {"text": "Meanwhile."})
    Case.objects.filter(pk=case.pk).update(version=99)
    page = browser.post(verb(case, "decide"), stale).content.decode()
    assert "has changed since" in page
    assert "A long and careful text." in page
    assert "And a note." in page
    assert 'name="version" value="99"' in page
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("missing", "field", "told"),
    [
        ({"reasons": ""}, "reasons", "Say why."),
        ({"clauses": []}, "clauses", "Cite at least one clause of the terms, or the law."),
        ({"days": ""}, "days", "Say until when. It must be in the future."),
        ({"reasons": "You insulted Eve yesterday."}, "reasons", "The reasons name somebody else"),
    ],
)
def test_a_refused_decision_says_so_where_it_can_be_mended(mo, visit, case, bob, missing, field, told):
    browser = visit(mo)
    browser.post(verb(case, "claim"))
    given = {**form(case, "suspend", member=bob.public_id, days="7"), **missing}
    answer = browser.post(verb(case, "decide"), given)
    assert told in answer.context["decision_form"].errors[field][0]
    assert told in answer.content.decode().split('id="decision"')[1]
    assert not Decision.objects.exists()


def test_what_was_said_comes_out_as_text_never_as_markup(mo, visit, bob, eve, make_room, say):
    room = make_room("music", bob, eve)
    evil = say(bob, room, '<script>alert(1)</script> "quoted" & more')
    case = file_report(actor=eve, subject=bob, message=evil, category="harassment", text="<b>see</b>").case
    browser = visit(mo)
    browser.post(verb(case, "claim"))
    page = browser.get(page_of(case)).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>see</b>" not in page


def test_notes_are_added_by_the_holder_alone(mo, max_, visit, case):
    visit(mo).post(verb(case, "claim"))
    visit(max_).post(verb(case, "note"), {"text": "Not mine."})
    visit(mo).post(verb(case, "note"), {"text": "Mine."})
    assert list(CaseNote.objects.values_list("text", flat=True)) == ["Mine."]


def test_a_ban_proposed_in_the_console_is_approved_by_another(mo, max_, visit, case, bob):
    visit(mo).post(verb(case, "claim"))
    visit(mo).post(verb(case, "decide"), form(case, "ban", member=bob.public_id))
    decision = Decision.objects.get()
    visit(mo).post(verb(case, "approve"), {"decision": decision.public_id})
    assert not Restriction.objects.exists()
    visit(max_).post(verb(case, "approve"), {"decision": decision.public_id})
    assert Restriction.objects.get(member=bob).kind == "ban"


def test_a_proposal_is_pointed_out_to_the_others_and_not_to_who_made_it(mo, max_, visit, case, bob, decide):
    decide(mo, case, "ban", member=bob)
    waiting = reverse("admin:safeguarding_case_changelist") + "?state=second"
    assert case.public_id in visit(max_).get(waiting).content.decode()
    assert case.public_id not in visit(mo).get(waiting).content.decode()


def test_a_moderator_prepares_no_dossier(mo, visit, case):
    browser = visit(mo)
    browser.post(verb(case, "claim"))
    page = reverse("admin:safeguarding_case_dossier", args=[case.public_id])
    assert browser.get(page).status_code == 404
    asked = {"recipient": "police", "legal_basis": "Requisition 12", "language": "fr", "do": "ask"}
    assert browser.post(page, asked).status_code == 404
    assert not case.exports.exists()
    assert page not in browser.get(page_of(case)).content.decode()


def test_ringing_stops_when_somebody_says_they_are_looking(sam, visit, severe_case):
    browser = visit(sam)
    assert "stop calling" in browser.get(reverse("admin:index")).content.decode()
    browser.post(verb(severe_case, "acknowledge"))
    assert "stop calling" not in browser.get(reverse("admin:index")).content.decode()
