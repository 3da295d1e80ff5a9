"""Appeals: open to everybody decided about, judged by somebody else, and what they undo."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from chat.models import Message
from community.errors import NotAllowed, ReasonRequired
from community.models import AuditEvent, MailJob, Restriction
from community.services.restrictions import restrict_member
from safeguarding import selectors
from safeguarding.errors import AlreadyAppealed, AnotherPersonRequired, AppealTooLate, CaseMoved, Conflict, OfficersOnly
from safeguarding.models import Appeal, StatementOfReasons
from safeguarding.services.appeals import judge_appeal, lodge_appeal
from safeguarding.services.decisions import approve_decision

WHY = "It was a quotation from the film we were talking about."


@pytest.fixture
def decision(mo, case, bob, decide):
    return decide(mo, case, "suspend", member=bob, ends_at=timezone.now() + dt.timedelta(days=30))


@pytest.fixture
def appeal(decision, bob):
    return lodge_appeal(actor=bob, decision=decision, text=WHY)


# -- lodging ---------------------------------------------------------------------------------------------------------


def test_a_suspended_person_appeals(decision, bob):
    appeal = lodge_appeal(actor=bob, decision=decision, text=WHY)
    assert (appeal.state, appeal.lodged_by) == ("pending", bob)
    assert AuditEvent.objects.filter(action="appeal.lodged", actor=bob).exists()


def test_a_banned_person_appeals(mo, max_, case, bob, decide):
    decision = approve_decision(actor=max_, decision=decide(mo, case, "ban", member=bob))
    assert lodge_appeal(actor=bob, decision=decision, text=WHY)


@pytest.mark.parametrize("name", ["eve", "charlie", "mo", "sam"])
def test_nobody_appeals_a_decision_about_somebody_else(people, decision, name):
    with pytest.raises(NotAllowed):
        lodge_appeal(actor=people[name], decision=decision, text=WHY)


def test_a_decision_is_appealed_once_and_with_words(decision, bob):
    with pytest.raises(ReasonRequired):
        lodge_appeal(actor=bob, decision=decision, text=" ")
    lodge_appeal(actor=bob, decision=decision, text=WHY)
    with pytest.raises(AlreadyAppealed):
        lodge_appeal(actor=bob, decision=decision, text=WHY)


@pytest.mark.parametrize(("days", "late"), [(183, False), (185, True)])
def test_an_appeal_is_possible_for_184_days(decision, bob, monkeypatch, days, late):
    later = timezone.now() + dt.timedelta(days=days)
    monkeypatch.setattr(timezone, "now", lambda: later)
    if late:
        with pytest.raises(AppealTooLate):
            lodge_appeal(actor=bob, decision=decision, text=WHY)
    else:
        assert lodge_appeal(actor=bob, decision=decision, text=WHY)


# -- judging ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["max", "sam", "dana"])
def test_other_staff_judge(people, appeal, name):
    judged = judge_appeal(actor=people[name], appeal=appeal, overturn=False, answer="It stands, for this reason.")
    assert (judged.state, judged.judged_by) == ("upheld", people[name])


@pytest.mark.invariant(7)
def test_nobody_judges_the_appeal_of_their_own_decision(mo, appeal):
    with pytest.raises(AnotherPersonRequired):
        judge_appeal(actor=mo, appeal=appeal, overturn=False, answer="It stands.")
    assert appeal not in selectors.appeals_to_judge(mo, officer=False)


def test_the_second_person_of_a_ban_does_not_judge_it_either(mo, max_, sam, case, bob, decide):
    decision = approve_decision(actor=max_, decision=decide(mo, case, "ban", member=bob))
    appeal = lodge_appeal(actor=bob, decision=decision, text=WHY)
    for actor in (mo, max_):
        with pytest.raises(AnotherPersonRequired):
            judge_appeal(actor=actor, appeal=appeal, overturn=True, answer="Sorry.")
    assert judge_appeal(actor=sam, appeal=appeal, overturn=True, answer="Sorry.").state == "overturned"


@pytest.mark.invariant(7)
def test_the_database_itself_refuses_a_judge_in_their_own_cause(mo, appeal):
    with pytest.raises(IntegrityError), transaction.atomic():
        Appeal.objects.filter(pk=appeal.pk).update(state="upheld", judged_by=mo, judged_at=timezone.now())


def test_members_do_not_judge(charlie, eve, appeal):
    with pytest.raises(NotAllowed):
        judge_appeal(actor=charlie, appeal=appeal, overturn=True, answer="Free him.")


def test_parties_do_not_judge(bob, eve, mo, appeal):
    for actor in (bob, eve):
        actor.groups.set(mo.groups.all())
        with pytest.raises(Conflict):
            judge_appeal(actor=actor, appeal=appeal, overturn=True, answer="Free him.")


def test_a_moderator_judges_no_appeal_of_a_severe_case(mo, sam, dana, severe_case, bob, decide):
    decision = decide(sam, severe_case, "warn", member=bob, clauses=["minors.contact"])
    appeal = lodge_appeal(actor=bob, decision=decision, text=WHY)
    with pytest.raises(OfficersOnly):
        judge_appeal(actor=mo, appeal=appeal, overturn=True, answer="Fine.")
    assert judge_appeal(actor=dana, appeal=appeal, overturn=False, answer="It stands.").state == "upheld"


def test_a_judgement_needs_an_answer_and_is_given_once(max_, sam, appeal):
    with pytest.raises(ReasonRequired):
        judge_appeal(actor=max_, appeal=appeal, overturn=False, answer="")
    judge_appeal(actor=max_, appeal=appeal, overturn=False, answer="It stands.")
    with pytest.raises(CaseMoved):
        judge_appeal(actor=sam, appeal=appeal, overturn=True, answer="No, it does not.")


# -- what it undoes --------------------------------------------------------------------------------------------------


def test_overturning_lifts_what_the_decision_imposed_and_nothing_else(max_, sam, appeal, bob):
    other = restrict_member(
        actor=sam, member=bob, kind="mute", reason="Another matter.", ends_at=timezone.now() + dt.timedelta(days=9)
    )
    judge_appeal(actor=max_, appeal=appeal, overturn=True, answer="You are right, and we are sorry.")
    in_force = Restriction.objects.in_force(timezone.now()).filter(member=bob)
    assert list(in_force) == [other]


def test_upholding_changes_nothing(max_, appeal, bob):
    judge_appeal(actor=max_, appeal=appeal, overturn=False, answer="It stands.")
    assert Restriction.objects.in_force(timezone.now()).get(member=bob).kind == "suspension"


def test_overturning_the_removal_of_a_message_shows_it_again(mo, max_, case, bob, insult, decide):
    decision = decide(mo, case, "remove_message", member=bob, message=insult)
    appeal = lodge_appeal(actor=bob, decision=decision, text=WHY)
    judge_appeal(actor=max_, appeal=appeal, overturn=True, answer="It was a quotation indeed.")
    insult.refresh_from_db()
    assert insult.visibility == Message.Visibility.VISIBLE


def test_a_message_its_author_deleted_since_stays_deleted(mo, max_, case, bob, insult, decide):
    decision = decide(mo, case, "remove_message", member=bob, message=insult)
    appeal = lodge_appeal(actor=bob, decision=decision, text=WHY)
    Message.objects.filter(pk=insult.pk).update(removed_by_author=True)
    judge_appeal(actor=max_, appeal=appeal, overturn=True, answer="It was a quotation indeed.")
    insult.refresh_from_db()
    assert insult.visibility == Message.Visibility.REMOVED


def test_an_appeal_of_what_has_ended_by_itself_is_still_judged(max_, appeal, bob, monkeypatch):
    later = timezone.now() + dt.timedelta(days=40)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert judge_appeal(actor=max_, appeal=appeal, overturn=True, answer="You were right.").state == "overturned"


def test_the_person_is_told_that_an_answer_waits(max_, appeal, bob):
    before = MailJob.objects.filter(member=bob).count()
    judge_appeal(actor=max_, appeal=appeal, overturn=False, answer="It stands.")
    assert MailJob.objects.filter(member=bob).count() == before + 1


# -- in the console and in the account -------------------------------------------------------------------------------


def test_an_appeal_is_judged_in_the_console_by_another(mo, max_, visit, appeal):
    page = reverse("admin:safeguarding_appeal_page", args=[appeal.public_id])
    judge = reverse("admin:safeguarding_appeal_verb", args=[appeal.public_id, "judge"])
    given = {"outcome": "overturned", "answer": "You are right."}
    assert visit(mo).get(page).status_code == 404
    assert visit(mo).post(judge, given).status_code == 404
    browser = visit(max_)
    assert WHY in browser.get(page).content.decode()
    browser.post(judge, given)
    appeal.refresh_from_db()
    assert (appeal.state, appeal.judged_by) == ("overturned", max_)


def test_a_suspended_member_reads_the_reasons_appeals_and_reads_the_answer(visit, decision, bob, max_):
    browser = visit(bob, second_factor=False)
    assert decision.public_id in browser.get(reverse("safeguarding:my_decisions")).content.decode()
    page = reverse("safeguarding:decision", args=[decision.public_id])
    assert "You wrote hurtful things to a member" in browser.get(page).content.decode()
    assert StatementOfReasons.objects.get(decision=decision).read_at is not None
    assert browser.post(page, {"text": WHY}).status_code == 302
    judge_appeal(actor=max_, appeal=Appeal.objects.get(), overturn=True, answer="We were wrong.")
    assert "We were wrong." in browser.get(page).content.decode()


def test_who_appeals_twice_from_two_pages_is_told_and_loses_no_word(visit, decision, bob):
    browser = visit(bob, second_factor=False)
    page = reverse("safeguarding:decision", args=[decision.public_id])
    browser.post(page, {"text": WHY})
    answer = browser.post(page, {"text": "And my second thoughts."}).content.decode()
    assert "already been appealed" in answer
    assert "And my second thoughts." in answer
    assert Appeal.objects.get().text == WHY


def test_nobody_reads_the_reasons_of_somebody_else(visit, decision, eve, mo):
    page = reverse("safeguarding:decision", args=[decision.public_id])
    for other in (eve, mo):
        assert visit(other).get(page).status_code == 404
        assert visit(other).post(page, {"text": WHY}).status_code == 404
    assert not Appeal.objects.exists()


# -- what the person reads afterwards --------------------------------------------------------------------------------


def pages_of(browser, decision) -> list[str]:
    pages = [reverse("safeguarding:my_decisions"), reverse("safeguarding:decision", args=[decision.public_id])]
    return [browser.get(page).content.decode() for page in pages]


@pytest.mark.parametrize("overturn", [True, False])
def test_whoever_won_an_appeal_reads_that_the_decision_no_longer_holds(visit, max_, bob, decision, appeal, overturn):
    browser = visit(bob, second_factor=False)
    assert not any("no longer holds" in page for page in pages_of(browser, decision))
    judge_appeal(actor=max_, appeal=appeal, overturn=overturn, answer="Seen again.")
    assert all(("no longer holds" in page) is overturn for page in pages_of(browser, decision))


def test_a_decision_whose_time_is_over_says_so(visit, bob, decision):
    browser = visit(bob, second_factor=False)
    assert not any("This is over since" in page for page in pages_of(browser, decision))
    with time_machine.travel(decision.ends_at + dt.timedelta(minutes=1)):
        browser = visit(bob, second_factor=False)
        assert all("This is over since" in page for page in pages_of(browser, decision))


def test_an_appeal_without_words_comes_back_to_where_it_was_written(visit, bob, decision):
    browser, page = visit(bob, second_factor=False), reverse("safeguarding:decision", args=[decision.public_id])
    assert 'id="appeal" action="#appeal"' in browser.get(page).content.decode()
    answer = browser.post(page, {"text": " "})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()


def test_no_page_about_decisions_or_reports_is_a_dead_end(visit, bob, decision):
    browser = visit(bob, second_factor=False)
    account, mine = reverse("community:account"), reverse("safeguarding:my_decisions")
    for page, onward in ((mine, account), (reverse("safeguarding:my_reports"), account)):
        main = browser.get(page).content.decode().partition("<main")[2]
        assert f'href="{onward}"' in main
    main = pages_of(browser, decision)[1].partition("<main")[2]
    assert f'href="{mine}"' in main
