"""Decisions: with their reasons, their enforcement and their way out, or not at all."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.models import Message
from chat.protocol import CLOSE_FORBIDDEN
from community.errors import NotAllowed, ReasonRequired
from community.models import AuditEvent, MailJob, Restriction
from safeguarding import enforcement
from safeguarding.errors import (
    AnotherPersonRequired,
    CaseMoved,
    ClauseRequired,
    Conflict,
    EndRequired,
    HelpNotSanction,
    NotAParty,
    NotClaimed,
    OfficersOnly,
    SaysTooMuch,
)
from safeguarding.models import Decision, StatementOfReasons
from safeguarding.services import casework, decisions, telling
from safeguarding.services.decisions import approve_decision, record_decision, refuse_decision

SECRET = "I know this person from school and I have never trusted a word of what they say."


@pytest.fixture
def soon():
    return timezone.now() + dt.timedelta(days=7)


@pytest.fixture
def closed_sockets(monkeypatch):
    """Whose sockets were asked to close."""
    told = []
    monkeypatch.setattr(telling, "disconnect_member", lambda member, code, reason: told.append((member.pk, code)))
    return told


def test_every_action_has_its_measure():
    assert set(enforcement.MEASURES) == set(Decision.Action)


# -- who -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mo", "max", "sam", "dana"])
def test_staff_decide_an_ordinary_case(people, case, bob, decide, name):
    assert decide(people[name], case, "warn", member=bob).decided_by == people[name]


@pytest.mark.parametrize(("name", "error"), [("alice", NotAllowed), ("charlie", NotAllowed), ("bob", Conflict)])
def test_nobody_else_decides(people, case, bob, mo, name, error):
    if name == "bob":
        bob.groups.set(mo.groups.all())
    with pytest.raises((error, NotAllowed)):
        record_decision(actor=people[name], case=case, version=case.version, action="no_action")
    assert not Decision.objects.exists()


def test_officers_decide_a_severe_case_and_moderators_do_not(mo, sam, severe_case, bob, decide):
    with pytest.raises(OfficersOnly):
        decide(mo, severe_case, "warn", member=bob)
    assert decide(sam, severe_case, "warn", member=bob, clauses=["minors.contact"])


def test_a_case_is_decided_by_whoever_claimed_it(mo, max_, case, bob):
    casework.claim_case(actor=mo, case=case)
    case.refresh_from_db()
    with pytest.raises(NotClaimed):
        record_decision(actor=max_, case=case, version=case.version, action="no_action")


def test_nobody_decides_about_themselves_or_somebody_outside_the_case(mo, case, charlie, decide):
    with pytest.raises(NotAParty):
        decide(mo, case, "warn", member=charlie)
    assert not StatementOfReasons.objects.exists()


# -- what it takes ---------------------------------------------------------------------------------------------------


@pytest.mark.invariant(7)
@pytest.mark.parametrize("action", ["warn", "suspend", "ban", "mute"])
def test_no_decision_against_a_person_without_reasons(mo, case, bob, soon, decide, action):
    with pytest.raises(ReasonRequired):
        decide(mo, case, action, member=bob, ends_at=soon, reasons=" ")
    assert not Decision.objects.exists()
    assert not Restriction.objects.exists()


@pytest.mark.invariant(7)
def test_the_database_itself_refuses_a_sanction_without_reasons(mo, case, bob):
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(case=case, decided_by=mo, action="warn", member=bob, reasons="")


def test_a_clause_that_exists_must_be_cited(mo, case, bob, decide):
    for clauses in ([], ["no.such.clause"]):
        with pytest.raises(ClauseRequired):
            decide(mo, case, "warn", member=bob, clauses=clauses)


def test_a_law_that_the_code_may_touch_is_a_ground_by_itself_and_is_told(mo, case, bob, decide):
    decision = decide(mo, case, "warn", member=bob, clauses=[], laws=["CP 222-33-2-2"])
    body = decision.statement.body
    assert "French Criminal Code, article 222-33-2-2: harassment" in body
    assert "Only a court can say that an offence was committed." in body
    assert "Our terms" not in body


def test_a_law_of_another_code_is_no_ground(mo, case, bob, decide):
    for laws in (["CP 227-23"], ["no such law"], ["CP 222-33-2-2", "CP 227-23"]):
        with pytest.raises(ClauseRequired):
            decide(mo, case, "warn", member=bob, laws=laws)


def test_what_lasts_has_an_end_in_the_future(mo, case, bob, decide):
    for ends_at in (None, timezone.now() - dt.timedelta(minutes=1)):
        with pytest.raises(EndRequired):
            decide(mo, case, "suspend", member=bob, ends_at=ends_at)


def test_distress_is_never_sanctioned(sam, case, bob, decide):
    case.code = "D1"
    case.save()
    with pytest.raises(HelpNotSanction):
        decide(sam, case, "warn", member=bob)
    assert decide(sam, case, "no_action", reasons="", clauses=[])


def test_a_decision_on_an_older_page_is_refused_and_changes_nothing(mo, case, bob, decide):
    with pytest.raises(CaseMoved):
        decide(mo, case, "warn", member=bob, version=case.version - 1)
    assert not Decision.objects.exists()


def test_whatever_fails_on_the_way_nothing_was_done(mo, case, bob, soon, decide, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(decisions, "send_statement", fail)
    with pytest.raises(RuntimeError):
        decide(mo, case, "suspend", member=bob, ends_at=soon)
    assert not Decision.objects.exists()
    assert not Restriction.objects.exists()
    assert not AuditEvent.objects.filter(action="decision.recorded").exists()


# -- what it does ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "kind"), [("mute", "mute"), ("suspend", "suspension"), ("room_ban", "room_ban")])
def test_a_decision_restricts_explains_and_is_logged_at_once(mo, case, bob, insult, soon, decide, action, kind):
    decision = decide(mo, case, action, member=bob, ends_at=soon, room=insult.room)
    restriction = Restriction.objects.get(member=bob)
    assert (restriction.kind, restriction.ends_at) == (kind, soon)
    assert decision.restriction_ref == restriction.public_id
    assert decision.statement.recipient == bob
    assert AuditEvent.objects.filter(action="decision.recorded", actor=mo).count() == 1


def test_contact_is_paused_between_two_people_of_the_case(mo, case, bob, eve, soon, decide):
    decide(mo, case, "pause_contact", member=bob, counterpart=eve, ends_at=soon)
    restriction = Restriction.objects.get()
    assert (restriction.member, restriction.counterpart) == (bob, eve)


def test_a_message_is_removed_and_its_author_told(mo, case, bob, insult, decide):
    decision = decide(mo, case, "remove_message", member=bob, message=insult)
    insult.refresh_from_db()
    assert insult.visibility == Message.Visibility.REMOVED
    assert decision.statement.recipient == bob


def test_a_message_outside_the_case_is_not_touched(mo, case, bob, eve, make_room, say, decide):
    other = say(bob, make_room("books", bob, eve), "Hello all.")
    with pytest.raises(NotAParty):
        decide(mo, case, "remove_message", member=bob, message=other)
    other.refresh_from_db()
    assert other.visibility == Message.Visibility.VISIBLE


def test_no_action_writes_to_nobody_under_decision(mo, case, decide):
    decision = decide(mo, case, "no_action", reasons="", clauses=[])
    assert not StatementOfReasons.objects.filter(decision=decision).exists()
    assert not MailJob.objects.exists()


@pytest.mark.parametrize("action", ["suspend", "warn"])
def test_a_suspension_closes_open_sockets_and_a_warning_does_not(mo, case, bob, soon, decide, closed_sockets, action):
    decide(mo, case, action, member=bob, ends_at=soon)
    assert closed_sockets == ([(bob.pk, CLOSE_FORBIDDEN)] if action == "suspend" else [])


def test_a_decision_may_close_its_case_and_tell_those_who_reported(mo, case, bob, eve, decide):
    decide(mo, case, "warn", member=bob, close=True)
    case.refresh_from_db()
    assert case.state == "closed"
    assert set(MailJob.objects.values_list("member", "template")) == {
        (bob.pk, "decision"),
        (eve.pk, "report_outcome"),
    }


# -- two people ------------------------------------------------------------------------------------------------------


def test_a_ban_waits_for_a_second_person_and_touches_nobody_until_then(mo, case, bob, decide, closed_sockets):
    decision = decide(mo, case, "ban", member=bob)
    assert decision.takes_effect_at is None
    assert not Restriction.objects.exists()
    assert not StatementOfReasons.objects.exists()
    assert closed_sockets == []


def test_a_second_person_makes_a_ban_take_effect(mo, max_, case, bob, decide, closed_sockets):
    decision = approve_decision(actor=max_, decision=decide(mo, case, "ban", member=bob))
    assert Restriction.objects.get(member=bob).kind == "ban"
    assert decision.statement.recipient == bob
    assert closed_sockets == [(bob.pk, CLOSE_FORBIDDEN)]


def test_the_same_person_does_not_approve_their_own_ban(mo, case, bob, decide):
    decision = decide(mo, case, "ban", member=bob)
    with pytest.raises(AnotherPersonRequired):
        approve_decision(actor=mo, decision=decision)
    assert not Restriction.objects.exists()


@pytest.mark.invariant(8)
def test_the_database_itself_refuses_a_ban_by_one_person(mo, case, bob):
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(
            case=case, decided_by=mo, action="ban", member=bob, reasons="Because.", takes_effect_at=timezone.now()
        )


def test_neither_a_member_nor_a_party_is_a_second_person(mo, case, bob, charlie, decide):
    decision = decide(mo, case, "ban", member=bob)
    with pytest.raises(NotAllowed):
        approve_decision(actor=charlie, decision=decision)
    bob.groups.set(mo.groups.all())
    with pytest.raises(Conflict):
        approve_decision(actor=bob, decision=decision)


def test_a_refused_ban_does_nothing_to_anybody_and_cannot_be_approved_later(mo, max_, sam, case, bob, decide):
    decision = decide(mo, case, "ban", member=bob)
    refuse_decision(actor=max_, decision=decision, reason="A suspension would do.")
    with pytest.raises(CaseMoved):
        approve_decision(actor=sam, decision=decision)
    assert not Restriction.objects.exists()
    assert case.notes.get().text == "A suspension would do."


def test_a_case_with_a_proposal_waiting_is_not_closed(mo, case, bob, decide):
    with pytest.raises(CaseMoved):
        decide(mo, case, "ban", member=bob, close=True)
    assert not Decision.objects.exists()


# -- what is sent ----------------------------------------------------------------------------------------------------


def outgoing() -> str:
    """Everything that left: statements, mails, restrictions' reasons."""
    parts = list(StatementOfReasons.objects.values_list("body", flat=True))
    parts += [str(params) for params in MailJob.objects.values_list("params", flat=True)]
    parts += list(Restriction.objects.values_list("reason", flat=True))
    return "\n".join(parts)


@pytest.mark.invariant(12)
@pytest.mark.parametrize("action", ["warn", "suspend", "mute", "remove_message", "pause_contact"])
def test_private_notes_are_in_nothing_that_is_sent(mo, case, bob, eve, insult, soon, decide, action):
    decide(
        mo, case, action, member=bob, counterpart=eve, message=insult, ends_at=soon, private_notes=SECRET, close=True
    )
    assert "school" not in outgoing()
    assert "trusted" not in outgoing()


def test_a_private_note_copied_into_the_reasons_is_refused(mo, case, bob, decide):
    with pytest.raises(SaysTooMuch):
        decide(mo, case, "warn", member=bob, reasons=f"Stop it. {SECRET}", private_notes=SECRET)
    assert not StatementOfReasons.objects.exists()


def test_reasons_that_name_who_reported_are_refused(mo, case, bob, decide):
    with pytest.raises(SaysTooMuch):
        decide(mo, case, "warn", member=bob, reasons="You were unkind to EVE.")
    assert decide(mo, case, "warn", member=bob, reasons="Bob, you were unkind to a member every evening.")


def test_a_statement_has_all_that_article_17_asks_for(mo, case, bob, soon, decide):
    body = decide(mo, case, "suspend", member=bob, ends_at=soon).statement.body
    for part in (
        "Your account is suspended until",
        "You wrote hurtful things to a member",
        "(respect.harassment)",
        "after a report",
        "No automated means took part",
        "A person decided",
        "You can appeal here, free of charge, until",
        "out-of-court",
        "courts",
    ):
        assert part in body


def test_a_statement_names_neither_the_case_nor_anybody_else(sam, severe_case, bob, alice, soon, decide):
    decision = decide(sam, severe_case, "suspend", member=bob, ends_at=soon, clauses=["minors.contact"])
    body = decision.statement.body
    assert "M1" not in body
    assert "Alice" not in body
    assert severe_case.public_id not in body
    assert "grooming" not in body


@pytest.mark.invariant(10)
def test_automated_detection_is_said_wherever_it_was_so(mo, case, bob, decide):
    case.automated = True
    case.save()
    statement = decide(mo, case, "warn", member=bob).statement
    assert statement.automated_detection
    assert "Automated means helped to detect it." in statement.body


def test_a_statement_speaks_the_language_of_its_reader(mo, case, bob, decide):
    bob.language = "fr"
    bob.save()
    statement = decide(mo, case, "warn", member=bob).statement
    assert statement.language == "fr"
    assert "respect.harassment" in statement.body


def test_a_statement_can_be_appealed_for_six_months(mo, case, bob, decide):
    left = decide(mo, case, "warn", member=bob).statement.appeal_until - timezone.now()
    assert dt.timedelta(days=183) < left <= dt.timedelta(days=184)


def test_what_a_decision_said_cannot_be_rewritten(mo, case, bob, decide):
    decision = decide(mo, case, "warn", member=bob)
    for changed in ({"reasons": "Something else."}, {"action": "no_action"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.objects.filter(pk=decision.pk).update(**changed)
    with pytest.raises(IntegrityError), transaction.atomic():
        StatementOfReasons.objects.filter(decision=decision).update(body="Never mind.")
