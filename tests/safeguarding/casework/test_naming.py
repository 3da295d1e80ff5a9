"""A person names who is in a case whom neither a report nor the machine had seen."""

from __future__ import annotations

import pytest

from chat.models import Message
from community.errors import NotAllowed, ReasonRequired
from community.models import AgeOfficer, AuditEvent
from safeguarding.errors import NotAParty, NotClaimed
from safeguarding.services import casework, naming
from safeguarding.services.evidence import freeze_relationship, messages_of
from tests.safeguarding.casework.test_casework import attest
from tests.safeguarding.casework.test_console import verb


@pytest.fixture
def talk(mo, case, insult, charlie, say):
    """The case, held by mo, with what charlie said there among its evidence."""
    freeze_relationship(
        actor=None, case=case, anchors=[say(charlie, insult.room, "Leave her alone.")], component="test"
    )
    return casework.claim_case(actor=mo, case=case)


def parties(case):
    return {(party.member.pseudonym, party.role) for party in case.parties.select_related("member")}


def test_whoever_holds_the_case_names_somebody_who_spoke_there(mo, talk, eve, charlie):
    before = talk.version
    naming.name_party(actor=mo, case=talk, member=eve, role="to_protect", reason="It is said to her.")
    naming.name_party(actor=mo, case=talk, member=charlie, role="witness", reason="He was there.")
    assert {("Eve", "to_protect"), ("Charlie", "witness")} <= parties(talk)
    talk.refresh_from_db()
    assert talk.version > before
    event = AuditEvent.objects.filter(action="case.party_added", actor=mo).first()
    assert event.payload.data == {
        "parties": [{"member": eve.public_id, "role": "to_protect"}], "reason": "It is said to her.",
    }  # fmt: skip


def test_who_is_it_already_stays_as_they_were_met(mo, talk, eve):
    for _ in range(2):
        naming.name_party(actor=mo, case=talk, member=eve, role="to_protect", reason="It is said to her.")
    assert talk.parties.filter(member=eve, role="to_protect").count() == 1
    assert AuditEvent.objects.filter(action="case.party_added", actor=mo).count() == 1


def test_what_was_said_to_whom_is_named_is_frozen_wherever_it_was(mo, talk, bob, eve, make_room, say):
    elsewhere = say(bob, make_room("kitchen", bob, eve), "You again.")
    Message.objects.filter(pk=elsewhere.pk).update(reply_to=Message.objects.filter(author=eve).first())
    assert elsewhere not in messages_of(talk)
    naming.name_party(actor=mo, case=talk, member=eve, role="to_protect", reason="It is said to her.")
    assert elsewhere in messages_of(talk)


def test_nobody_is_named_who_did_not_speak_there_is_of_the_team_or_known_to_the_worker(
    mo, talk, insult, alice, charlie, dana, club, say
):
    freeze_relationship(actor=None, case=talk, anchors=[say(dana, insult.room, "Stop.")], component="test")
    attest(charlie, AgeOfficer.objects.get(member=mo))
    for member in (alice, dana, charlie):
        with pytest.raises(NotAParty):
            naming.name_party(actor=mo, case=talk, member=member, role="witness", reason="x")
    assert {"Alice", "Dana", "Charlie"}.isdisjoint({name for name, _role in parties(talk)})


def test_without_a_reason_or_the_case_in_hand_nobody_is_named(mo, max_, talk, charlie):
    with pytest.raises(ReasonRequired):
        naming.name_party(actor=mo, case=talk, member=charlie, role="witness", reason="  ")
    with pytest.raises(NotClaimed):
        naming.name_party(actor=max_, case=talk, member=charlie, role="witness", reason="x")


def test_who_does_not_hold_the_case_reads_nothing_of_who_wrote_there(mo, max_, talk, visit):
    for name in ("name", "freeze"):
        answer = visit(max_).post(verb(talk, name), {"member": "nobody", "message": "nothing"}, follow=True)
        assert "Charlie" not in answer.content.decode()


def test_nobody_is_accused_by_hand(mo, talk, charlie):
    with pytest.raises(NotAllowed):
        naming.name_party(actor=mo, case=talk, member=charlie, role="subject", reason="x")


def test_it_is_done_on_the_page_and_what_was_typed_wrongly_comes_back(mo, talk, visit, charlie):
    browser = visit(mo)
    wrong = browser.post(verb(talk, "name"), {"member": "nobody", "role": "witness", "reason": "He was there."})
    assert "He was there." in wrong.content.decode() and "Charlie" not in {name for name, _role in parties(talk)}
    given = {"member": charlie.public_id, "role": "witness", "reason": "He was there."}
    page = browser.post(verb(talk, "name"), given, follow=True).content.decode()
    assert "Charlie is a party to this case now." in page
    assert ("Charlie", "witness") in parties(talk)
