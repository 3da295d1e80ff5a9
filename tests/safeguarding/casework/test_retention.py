"""What goes when its time is over, what a hold keeps, and what a member who asks to be forgotten is answered."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from chat.models import Message, MessageRevision
from chat.services.messages import delete_message
from community.client import Client as NetworkClient
from community.models import AuditEvent, ConnectionLog, PseudonymChange, Restriction
from community.services.connections import record_connection
from community.services.members import close_account, export_personal_data
from community.services.restrictions import lift_restriction
from community.services.sealing import seal_audit, verify_audit
from safeguarding.models import (
    Case,
    CaseNote,
    ErasureRequest,
    Evidence,
    EvidenceKey,
    Report,
    RetentionRun,
    StatementOfReasons,
)
from safeguarding.services.appeals import judge_appeal, lodge_appeal
from safeguarding.services.casework import add_note, claim_case, close_case
from safeguarding.services.decisions import approve_decision
from safeguarding.services.erasure import answer_of, erase_requested, request_erasure
from safeguarding.services.holds import lift_hold, place_hold
from safeguarding.services.retention import cases_of, run_retention
from safeguarding.services.statements import APPEAL_WITHIN
from safeguarding.services.transmissions import add_transmission, record_sent
from tests.cast import PASSWORD

DAY = dt.timedelta(days=1)


@pytest.fixture
def closed(decide):
    """Decide and close a case; the person who works it, the case."""

    def close(actor, case, action, **given) -> Case:
        claim_case(actor=actor, case=case)
        add_note(actor=actor, case=case, text="Murmured: seen before.")
        decide(actor, case, action, **given)
        case.refresh_from_db()
        return close_case(actor=actor, case=case, version=case.version)

    return close


@pytest.fixture
def sanctioned(closed, mo, case, bob):
    return closed(mo, case, "warn", member=bob)


def anonymous() -> Client:
    return Client(headers={"accept-language": "en"})


def nights(days: float) -> dict[str, int]:
    """What is erased by rule, so many days from now."""
    with time_machine.travel(timezone.now() + days * DAY):
        return {line.rule: line.erased for line in run_retention(dry_run=False) if line.erased}


def words_left(case: Case) -> bool:
    return EvidenceKey.objects.filter(evidence__case=case).exists()


# -- terms -----------------------------------------------------------------------------------------------------------


def test_every_rule_reads_a_term_of_the_settings_and_none_is_shorter_than_an_appeal(db):
    lines = run_retention(dry_run=True)
    assert {line.rule for line in lines} - {"removed_messages"} == set(settings.RETENTION_DAYS)
    assert all(line.days in settings.RETENTION_DAYS.values() for line in lines)
    assert settings.RETENTION_DAYS["restricted"] >= APPEAL_WITHIN.days


@pytest.mark.parametrize(("days", "gone"), [(214, False), (216, True)])
def test_the_words_of_a_case_go_with_their_term_and_its_index_stays(sanctioned, days, gone):
    before = Evidence.objects.filter(case=sanctioned).count()
    nights(days)
    assert words_left(sanctioned) is not gone
    assert Evidence.objects.filter(case=sanctioned).count() == before
    assert Report.objects.get(case=sanctioned).text == ("" if gone else "Again and again.")
    assert CaseNote.objects.get(case=sanctioned).text == ("" if gone else "Murmured: seen before.")
    assert bool(sanctioned.decisions.get().reasons) is not gone


def test_the_chain_of_seals_holds_after_an_erasure(sanctioned):
    nights(216)
    seal_audit(whole=True)
    assert verify_audit().holds
    assert AuditEvent.objects.filter(action="case.erased").count() == 1


def test_what_nobody_acted_on_goes_after_three_months(closed, mo, case):
    closed(mo, case, "no_action", reasons="", clauses=[])
    nights(89)
    assert words_left(case)
    assert nights(91)["unfounded"] == 1
    assert not words_left(case)


@pytest.mark.parametrize(
    ("code", "rule"), [("M1", "minors"), ("H1", "hate"), ("C1", "restricted"), ("D1", "restricted")]
)
def test_each_closed_case_falls_under_one_rule(sanctioned, code, rule):
    Case.objects.filter(pk=sanctioned.pk).update(code=code)
    much_later = timezone.now() + 1000 * DAY
    rules = ("handed_over", "minors", "hate", "unfounded", "restricted")
    assert [name for name in rules if cases_of(name, now=much_later).exists()] == [rule]


def test_what_was_told_to_ncmec_is_kept_a_year_whatever_else_it_is(sam, closed, severe_case):
    line = add_transmission(actor=sam, case=severe_case, channel="ncmec")
    record_sent(actor=sam, line=line, recipient="NCMEC", basis="Voluntary", sent_at=timezone.now())
    closed(sam, severe_case, "no_action", reasons="", clauses=[])
    nights(300)
    assert words_left(severe_case)
    assert nights(366)["handed_over"] == 1


@pytest.mark.invariant(5)
def test_an_open_case_loses_nothing_however_old(case):
    nights(5000)
    assert words_left(case)
    assert Report.objects.get(case=case).text


def test_an_appeal_that_waits_keeps_the_words(sanctioned, bob):
    lodge_appeal(actor=bob, decision=sanctioned.decisions.get(), text="It was a joke.")
    nights(1000)
    assert words_left(sanctioned)


def test_a_message_that_a_decision_removed_is_emptied_when_no_case_needs_it(closed, mo, case, insult):
    closed(mo, case, "remove_message", message=insult, member=insult.author)
    nights(214)
    assert MessageRevision.objects.get(message=insult).body
    nights(216)  # the keys go first, then what they pinned
    assert MessageRevision.objects.get(message=insult).body == ""
    assert MessageRevision.objects.exclude(body="").exists()  # what eve said is still there: it was never removed


def test_connections_go_after_a_year_and_the_names_of_closed_accounts_too(charlie):
    PseudonymChange.objects.create(member=charlie, pseudonym="Charlie")
    record_connection(member=charlie, kind="login", client=NetworkClient("192.0.2.7", 4711))
    close_account(actor=charlie, member=charlie)
    assert nights(364) == {}
    assert nights(366) == {"connections": 1, "accounts": 1}
    assert not ConnectionLog.objects.exists()
    assert not PseudonymChange.objects.exists()


def test_whoever_is_in_a_case_that_waits_keeps_their_connections(case, bob):
    record_connection(member=bob, kind="login", client=NetworkClient("192.0.2.7", 4711))
    assert "connections" not in nights(366)
    assert ConnectionLog.objects.exists()


# -- the reasons of decisions ----------------------------------------------------------------------------------------


def reasons_left(case: Case) -> bool:
    decision = case.decisions.get()
    return bool(decision.reasons or decision.statement.body)


def test_reasons_statement_and_appeal_go_after_their_term_and_what_was_decided_stays(dana, sanctioned, bob):
    decision = sanctioned.decisions.get()
    with time_machine.travel(timezone.now() + 10 * DAY):
        appeal = lodge_appeal(actor=bob, decision=decision, text="It was a joke.")
    with time_machine.travel(timezone.now() + 20 * DAY):
        judge_appeal(actor=dana, appeal=appeal, overturn=False, answer="It was none.")
    nights(234)  # the words of the case are over by now; the reasons run from the judgement
    assert not words_left(sanctioned)
    assert reasons_left(sanctioned)
    assert nights(236) == {"reasons": 1}
    decision.refresh_from_db()
    appeal.refresh_from_db()
    assert (decision.reasons, decision.private_notes, decision.statement.body) == ("", "", "")
    assert (appeal.text, appeal.answer, appeal.state) == ("", "", "upheld")
    assert (decision.action, decision.member, bool(decision.clauses)) == ("warn", bob, True)
    assert AuditEvent.objects.filter(action="case.reasons_erased").count() == 1
    assert nights(300) == {}


@pytest.mark.invariant(5)
def test_reasons_become_empty_and_never_another_text(sanctioned):
    decisions = sanctioned.decisions.all()
    for rewritten in ({"reasons": "Something else."}, {"private_notes": "Something else."}):
        with pytest.raises(IntegrityError), transaction.atomic():
            decisions.update(**rewritten)
    with pytest.raises(IntegrityError), transaction.atomic():
        decisions.update(reasons="")  # only with the time at which its term was over
    with pytest.raises(IntegrityError), transaction.atomic():
        StatementOfReasons.objects.update(body="Something else.")


def test_reasons_stay_while_an_appeal_waits_may_still_be_lodged_or_the_sanction_lasts(settings, closed, mo, case, bob):
    settings.RETENTION_DAYS = {**settings.RETENTION_DAYS, "reasons": 10, "restricted": 5}
    closed(mo, case, "mute", member=bob, ends_at=timezone.now() + 190 * DAY)
    EvidenceKey.objects.filter(evidence__case=case).delete()
    nights(183)  # may still be lodged
    assert reasons_left(case)
    nights(189)  # still muted
    assert reasons_left(case)
    nights(191)
    assert not reasons_left(case)


def test_reasons_of_a_ban_without_end_stay_as_long_as_the_ban(mo, max_, dana, decide, case, bob):
    """Whoever is kept out may ask why, however long ago it was decided."""
    decision = approve_decision(actor=max_, decision=decide(mo, case, "ban", member=bob))
    case.refresh_from_db()
    close_case(actor=mo, case=case, version=case.version)
    assert nights(5000) == {"restricted": 1}
    assert reasons_left(case)
    lift_restriction(actor=dana, restriction=Restriction.objects.get(public_id=decision.restriction_ref), reason="x")
    assert nights(5000) == {"reasons": 1}
    assert not reasons_left(case)


def test_own_data_says_in_words_what_is_no_longer_kept(dana, sanctioned, bob, insult):
    decision = sanctioned.decisions.get()
    appeal = lodge_appeal(actor=bob, decision=decision, text="It was a joke.")
    judge_appeal(actor=dana, appeal=appeal, overturn=False, answer="It was none.")
    delete_message(actor=bob, message=insult)
    nights(217)
    with override("en"):
        held = export_personal_data(actor=bob)
    gone = "(no longer kept)"
    assert held["safeguarding"]["decisions"][0]["text"] == gone
    assert [held["safeguarding"]["appeals"][0][key] for key in ("text", "answer")] == [gone, gone]
    assert [one["body"] for one in held["chat"]["messages"] if one["id"] == insult.public_id] == [gone]


def test_an_appeal_that_waits_keeps_the_reasons(sanctioned, bob):
    lodge_appeal(actor=bob, decision=sanctioned.decisions.get(), text="It was a joke.")
    EvidenceKey.objects.filter(evidence__case=sanctioned).delete()
    nights(1000)
    assert reasons_left(sanctioned)


@pytest.mark.invariant(5)
def test_reasons_of_an_open_case_stay_however_old(mo, case, bob, decide):
    claim_case(actor=mo, case=case)
    decide(mo, case, "warn", member=bob)
    EvidenceKey.objects.filter(evidence__case=case).delete()
    nights(5000)
    assert reasons_left(case)


def test_what_was_told_to_the_nca_keeps_its_judgement_a_year_and_its_reference_five(sam, closed, severe_case, bob):
    line = add_transmission(actor=sam, case=severe_case, channel="nca")
    record_sent(actor=sam, line=line, recipient="NCA", basis="SI 2026/268", sent_at=timezone.now(), reference="NCA-7")
    closed(sam, severe_case, "warn", member=bob)
    EvidenceKey.objects.filter(evidence__case=severe_case).delete()
    nights(364)
    assert reasons_left(severe_case)
    assert nights(366) == {"reasons": 1}
    nights(5 * 365)
    assert severe_case.transmissions.get(channel="nca").reference == "NCA-7"
    assert nights(5 * 366) == {"nca_reference": 1}
    assert severe_case.transmissions.get(channel="nca").reference == ""


def test_a_page_whose_reasons_are_gone_says_so(sanctioned, bob):
    nights(216)
    decision = sanctioned.decisions.get()
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(bob)
    mine = browser.get(reverse("safeguarding:decision", args=[decision.public_id])).content.decode()
    assert "The reasons are no longer kept" in mine
    listed = browser.get(reverse("safeguarding:my_decisions")).content.decode()
    assert "Decision whose reasons are no longer kept" in listed


# -- holds -----------------------------------------------------------------------------------------------------------


def test_a_hold_stops_everything_and_lifting_it_lets_go(sam, dana, sanctioned, bob):
    record_connection(member=bob, kind="login", client=NetworkClient("192.0.2.7", 4711))
    hold = place_hold(actor=sam, case=sanctioned, reason="A judge may ask.")
    assert nights(1000) == {}
    assert words_left(sanctioned)
    lift_hold(actor=dana, hold=hold, reason="Nobody asked.")
    assert nights(1000) == {"restricted": 1, "reasons": 1, "connections": 1}


def test_a_hold_on_a_member_keeps_their_cases(sam, sanctioned, bob):
    place_hold(actor=sam, member=bob, reason="A judge may ask.")
    assert nights(1000) == {}


# -- saying what it does ---------------------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_go_and_touches_nothing(sam, sanctioned):
    with time_machine.travel(timezone.now() + 216 * DAY):
        out = io.StringIO()
        call_command("retention", "--dry-run", stdout=out)
        lines = {line.rule: line for line in run_retention(dry_run=True)}
    assert (lines["restricted"].due, lines["restricted"].erased, lines["restricted"].held) == (1, 0, 0)
    assert "would go" in out.getvalue()
    assert [row.split() for row in out.getvalue().splitlines() if row.startswith("restricted")] == [
        ["restricted", "215", "1", "0", "1"]
    ]
    assert words_left(sanctioned)
    assert not RetentionRun.objects.exists()
    assert not AuditEvent.objects.filter(action="retention.ran").exists()


def test_a_night_says_what_it_did_and_officers_read_it(sam, mo, visit, sanctioned):
    place_hold(actor=sam, case=sanctioned, reason="A judge may ask.")
    nights(216)
    run = RetentionRun.objects.get()
    assert next(line for line in run.lines if line["rule"] == "restricted") == {
        "rule": "restricted", "days": 215, "due": 1, "erased": 0, "held": 1
    }  # fmt: skip
    page = visit(sam).get(reverse("admin:safeguarding_retentionrun_changelist")).content.decode()
    assert "words of other cases" in page
    assert visit(mo).get(reverse("admin:safeguarding_retentionrun_changelist")).status_code == 403


# -- a member asks to be forgotten -----------------------------------------------------------------------------------


@pytest.fixture
def chatter(charlie, bob, make_room, say) -> Message:
    """What charlie said where no case is."""
    return say(charlie, make_room("garden", charlie, bob), "I grow tomatoes.")


def test_what_a_member_said_leaves_the_rooms_and_is_erased_word_for_word(charlie, chatter):
    request, _code = request_erasure(actor=charlie)
    assert erase_requested() == 1
    chatter.refresh_from_db()
    request.refresh_from_db()
    charlie.refresh_from_db()
    assert chatter.visibility == "removed"
    assert MessageRevision.objects.get(message=chatter).body == ""
    assert (charlie.email, charlie.is_active) == (None, False)
    assert (request.state, request.erased, request.restricted) == ("done", 1, 0)
    assert erase_requested() == 0


def test_what_a_case_needs_is_restricted_and_goes_when_the_case_lets_go(bob, eve, insult, case, mo, decide, say):
    elsewhere = say(bob, insult.room, "What is on tonight?")
    EvidenceKey.objects.filter(evidence__source_ref=elsewhere.public_id).delete()
    request, _code = request_erasure(actor=bob)
    erase_requested()
    request.refresh_from_db()
    insult.refresh_from_db()
    assert insult.visibility == "removed"
    assert MessageRevision.objects.get(message=insult).body == "Nobody wants you here, just go."
    assert request.restricted >= 1
    assert request.state == "restricted"
    decide(mo, case, "warn", member=bob)
    case.refresh_from_db()
    close_case(actor=mo, case=case, version=case.version)
    nights(216)
    with time_machine.travel(timezone.now() + 217 * DAY):
        erase_requested()
    request.refresh_from_db()
    assert MessageRevision.objects.get(message=insult).body == ""
    assert (request.state, request.restricted) == ("done", 0)


def test_a_hold_on_the_member_restricts_everything(sam, charlie, chatter):
    place_hold(actor=sam, member=charlie, reason="A preservation order.")
    request, _code = request_erasure(actor=charlie)
    assert erase_requested() == 0
    request.refresh_from_db()
    assert (request.state, request.restricted) == ("restricted", 1)
    assert MessageRevision.objects.get(message=chatter).body == "I grow tomatoes."


def test_a_message_on_its_way_through_its_check_is_not_erased_from_under_it(charlie, chatter):
    Message.objects.filter(pk=chatter.pk).update(check_state="pending")
    request, _code = request_erasure(actor=charlie)
    assert erase_requested() == 0
    request.refresh_from_db()
    assert request.state == "working"
    Message.objects.filter(pk=chatter.pk).update(check_state="done")
    assert erase_requested() == 1


def test_the_answer_opens_with_its_code_alone_and_says_what_is_kept_and_why(charlie, chatter):
    charlie.set_password(PASSWORD)
    charlie.save()
    browser = Client()
    browser.force_login(charlie)
    ask = reverse("safeguarding:erase")
    assert "GDPR art. 17(3)(b)" in browser.get(ask).content.decode()
    assert browser.post(ask, {"password": "wrong", "sure": "on"}).status_code == 422
    assert not ErasureRequest.objects.exists()
    page = browser.post(ask, {"password": PASSWORD, "sure": "on"}).content.decode()
    code = page.split("<code>")[1].split("</code>")[0]
    assert answer_of(code) == ErasureRequest.objects.get()
    assert code not in ErasureRequest.objects.get().code_hash
    erase_requested()
    reading = reverse("safeguarding:erasure_answer")
    answer = anonymous().post(reading, {"code": code.upper()}).content.decode()
    assert "1 message was erased." in answer
    assert "LCEN" in answer
    wrong = anonymous().post(reading, {"code": "2345-2345-2345-2345"})
    assert wrong.status_code == 422
    assert "erased." not in wrong.content.decode()


def test_the_answer_does_not_tell_whether_there_is_a_case(bob, insult, case):
    _request, code = request_erasure(actor=bob)
    erase_requested()
    page = anonymous().post(reverse("safeguarding:erasure_answer"), {"code": code}).content.decode()
    assert "where there are any" in page
    assert "restricted:" not in page.replace("they are restricted:", "")
    for told in ("case", "hold", "evidence"):
        assert f" {told} " not in page.partition("<main")[2].partition("</main>")[0]


def test_few_codes_may_be_tried(db):
    reading = reverse("safeguarding:erasure_answer")
    browser = anonymous()
    for _try in range(10):
        browser.post(reading, {"code": "2345-2345-2345-2345"})
    assert "Too many attempts" in browser.post(reading, {"code": "2345-2345-2345-2345"}).content.decode()


def test_staff_give_their_role_back_first(mo, visit):
    mo.set_password(PASSWORD)
    mo.save()
    browser = visit(mo)
    page = browser.post(reverse("safeguarding:erase"), {"password": PASSWORD, "sure": "on"})
    assert page.status_code == 422
    assert not ErasureRequest.objects.exists()
