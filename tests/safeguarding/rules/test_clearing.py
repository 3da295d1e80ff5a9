"""Closing a case as unfounded reaches the engine, in the same transaction, with an audit line; nothing else does."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction

from chat.models import Room
from community import terms
from community.models import AuditEvent, Member
from community.policies import AgeBand
from safeguarding.models import Alert, Case, IncidentExport, Ledger
from safeguarding.services import decisions
from safeguarding.services.appeals import judge_appeal, lodge_appeal
from safeguarding.services.casework import claim_case, close_case
from safeguarding.services.checks import drain_rooms
from safeguarding.services.decisions import record_decision
from safeguarding.services.exports import request_export
from safeguarding.services.ledgers import LedgersMoved, Notebook
from tests.cast import open_member, open_room
from tests.safeguarding.rules.conftest import write

pytestmark = pytest.mark.django_db

GROOMING = ("tu as quel âge ?", "t'es mature pour ton âge", "c'est notre secret, ne dis rien à tes parents")
GRAVE = "envoie-moi une photo de toi sans habits, et on se voit ce soir chez moi, viens seule"


@pytest.fixture
def case(alice: Member, bob: Member, homework: Room) -> Case:
    """Bob has groomed alice, as the machine has it."""
    for text in GROOMING:
        write(bob, homework, text, alice)
    drain_rooms()
    return Alert.objects.filter(code="M1").latest("pk").case


def decide(actor: Member, case: Case, action: str = "no_action", *, close: bool = True, **more):
    case = claim_case(actor=actor, case=case)
    return record_decision(actor=actor, case=case, version=case.version, action=action, close=close, **more)


def warn(actor: Member, case: Case, member: Member, **more):
    clause = terms.current().clauses[0].id
    return decide(
        actor, case, "warn", member=member, clauses=[clause], reasons="You asked a child for secrecy.", **more
    )


def cleared() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action="case.cleared"))


def memory() -> dict[str, dict]:
    return dict(Ledger.objects.values_list("key", "data"))


def day_later(bob: Member, room: Room, alice: Member, *texts: str) -> int:
    """How many cases there are when bob has written to alice a day later."""
    for text in texts:
        write(bob, room, text, alice, later=dt.timedelta(days=1, hours=1))
    drain_rooms()
    return Case.objects.count()


SMALL_TALK = ("salut, bien dormi ?", "c'est notre secret", "et le match de samedi ?")


def test_people_found_to_have_done_nothing_are_left_alone_afterwards(case, sam, alice, bob, homework):
    decide(sam, case)
    assert day_later(bob, homework, alice, *SMALL_TALK) == 1
    [line] = cleared()
    assert (line.actor, line.subject_id) == (sam, str(case.pk))
    pair = f"pair:{bob.public_id}>{alice.public_id}"
    assert line.payload.data["codes"] == ["M1"]
    assert pair in line.payload.data["ledgers"]
    assert f"pair:{alice.public_id}>{bob.public_id}" not in line.payload.data["ledgers"]


def test_what_a_decision_against_somebody_rests_on_is_kept(case, sam, alice, bob, homework):
    before = memory()
    warn(sam, case, bob)
    assert (cleared(), memory()) == ([], before)
    assert day_later(bob, homework, alice, *SMALL_TALK) == 2


def test_a_new_grave_lure_opens_a_case_at_once(case, sam, alice, bob, homework):
    decide(sam, case)
    write(bob, homework, GRAVE, alice)
    drain_rooms()
    assert Case.objects.exclude(pk=case.pk).get(code="M1").severity == "P0"


def test_somebody_else_to_protect_is_protected_as_before(case, sam, bob, homework):
    decide(sam, case)
    eve = open_member("eve", AgeBand.TEEN_15_17)
    room = open_room("hall", eve, bob, minors=True, language="fr")
    for text in GROOMING:
        write(bob, room, text, eve)
    drain_rooms()
    again = Case.objects.exclude(pk=case.pk).get(code="M1")
    assert (again.severity, again.parties.get(role="to_protect").member) == (case.severity, eve)


def test_closing_later_clears_too_and_deciding_without_closing_does_not(case, sam):
    decide(sam, case, close=False)
    assert cleared() == []
    case.refresh_from_db()
    close_case(actor=sam, case=case, version=case.version)
    assert len(cleared()) == 1


def test_a_case_handed_to_somebody_is_not_unfounded_though_nothing_was_done_here(case, sam, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    before = memory()
    request_export(actor=sam, case=case, recipient="police", legal_basis="Requisition 2026/114", language="fr")
    decide(sam, case)
    assert IncidentExport.objects.exists()
    assert (cleared(), memory()) == ([], before)


def test_a_call_for_help_that_was_answered_is_not_forgotten(alice, bob, sam):
    room = open_room("hall", alice, bob, minors=True, language="fr")
    write(alice, room, "j'ai envie de mourir, je veux en finir ce soir", bob)
    drain_rooms()
    before = memory()
    decide(sam, Alert.objects.get(code="D1").case)
    assert (cleared(), memory()) == ([], before)


def test_a_decision_overturned_on_appeal_clears_what_it_rested_on(case, sam, dana, bob):
    decision = warn(sam, case, bob)
    appeal = lodge_appeal(actor=bob, decision=decision, text="It was a joke.")
    judge_appeal(actor=dana, appeal=appeal, overturn=True, answer="It was.")
    [line] = cleared()
    assert line.actor == dana


def test_a_decision_upheld_on_appeal_clears_nothing(case, sam, dana, bob):
    before = memory()
    decision = warn(sam, case, bob)
    appeal = lodge_appeal(actor=bob, decision=decision, text="It was a joke.")
    judge_appeal(actor=dana, appeal=appeal, overturn=False, answer="It was not.")
    assert (cleared(), memory()) == ([], before)


def test_whatever_fails_in_the_decision_nothing_is_cleared(case, sam, monkeypatch):
    before = memory()

    def broken(**_given):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(decisions, "lift_holds", broken)
    with pytest.raises(RuntimeError):
        decide(sam, case)
    assert (cleared(), memory()) == ([], before)


def test_a_check_that_read_the_memory_before_it_was_cleared_begins_anew(case, sam, alice, bob):
    notebook = Notebook()
    notebook.read([f"pair:{bob.public_id}>{alice.public_id}"])
    decide(sam, case)
    with pytest.raises(LedgersMoved), transaction.atomic():
        notebook.lock()
