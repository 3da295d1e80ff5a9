"""Decisions: a person's finding, its enforcement, its reasons and its way out, all in one transaction or not at all.

An irreversible act (a ban) waits for a second person and touches nobody until then. Where danger is immediate, an
officer suspends at once, which a single person may do because it can be undone.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from chat.models import Message, Room
from community import audit, terms
from community.errors import ReasonRequired
from community.models import Member
from safeguarding import enforcement
from safeguarding.errors import (
    AnotherPersonRequired,
    CaseMoved,
    ClauseRequired,
    EndRequired,
    HelpNotSanction,
    NotAParty,
    SaysTooMuch,
)
from safeguarding.incidents import INCIDENTS
from safeguarding.models import Case, Decision, Report

from . import casework, telling
from .clearing import hold_ledgers
from .measures import lift_holds
from .statements import send_statement


def _require_of_the_case(
    case: Case, *, member: Member | None, counterpart: Member | None, message: Message | None, room: Room | None
) -> None:
    """A decision is about the people, messages and rooms of its case."""
    people = set(case.parties.values_list("member_id", flat=True))
    if any(person is not None and person.pk not in people for person in (member, counterpart)):
        raise NotAParty
    if member is not None and counterpart is not None and member.pk == counterpart.pk:
        raise NotAParty
    if message is not None:
        known = case.evidence.filter(kind="message", source_ref=message.public_id).exists()
        if not known or (member is not None and message.author_id != member.pk):
            raise NotAParty
    if room is not None:
        rooms = set(Message.objects.filter(
            public_id__in=case.evidence.filter(kind="message").values("source_ref")
        ).values_list("room_id", flat=True))  # fmt: skip
        if room.pk not in rooms | {case.room_id}:
            raise NotAParty


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _require_discreet(case: Case, *, member: Member, reasons: str, private_notes: str) -> None:
    """What is sent names nobody but its recipient and repeats no private note."""
    said = f" {_words(reasons)} "
    others = Member.objects.filter(
        Q(case_parties__case=case) | Q(pk__in=Report.objects.filter(case=case).values("reporter"))
    ).exclude(pk=member.pk)
    names = {_words(name) for name in others.values_list("pseudonym", flat=True)} - {_words(member.pseudonym), ""}
    notes = [_words(line) for line in re.split(r"[\n.!?]", private_notes)]
    # A note of a few words ("see above") may well occur in honest reasons; a sentence of it may not.
    if any(f" {name} " in said for name in names) or any(len(note) >= 20 and note in said for note in notes):
        raise SaysTooMuch


@transaction.atomic
def record_decision(
    *,
    actor: Member,
    case: Case,
    version: int,
    action: str,
    member: Member | None = None,
    counterpart: Member | None = None,
    message: Message | None = None,
    room: Room | None = None,
    ends_at: dt.datetime | None = None,
    clauses: Sequence[str] = (),
    laws: Sequence[str] = (),
    reasons: str = "",
    private_notes: str = "",
    close: bool = False,
) -> Decision:
    """Decide on a case that `actor` has claimed, as it stood at `version`.

    It rests on `clauses` of the terms, on `laws` (keys of those the code may touch), or on both; where a law is cited,
    what it is about is treated as illegal content (DSA art. 17(3)(d)), otherwise as against the terms ((e)).
    In one transaction: the decision, its enforcement, the statement of reasons and the audit line. Sockets of a
    person suspended or banned close once it commits. A ban is only proposed: it takes effect by `approve_decision`.
    Raises CaseMoved, NotClaimed, OfficersOnly, Conflict, ReasonRequired, ClauseRequired, EndRequired, NotAParty,
    HelpNotSanction, SaysTooMuch; whatever is raised, nothing was done.
    """
    held = hold_ledgers(case) if close else {}
    case = casework.locked_claimed(actor=actor, case=case, version=version)
    measure = enforcement.MEASURES[Decision.Action(action)]
    given = {"member": member, "counterpart": counterpart, "message": message, "room": room, "ends_at": ends_at}
    if "ends_at" in measure.needs and ends_at is None:
        raise EndRequired
    if ends_at is not None and ends_at <= timezone.now():
        raise EndRequired
    if any(given[field] is None for field in measure.needs):
        raise NotAParty
    _require_of_the_case(case, member=member, counterpart=counterpart, message=message, room=room)
    reasons, private_notes = reasons.strip(), private_notes.strip()
    cited = terms.current()
    if measure.adverse:
        assert member is not None
        if not INCIDENTS[case.code].sanctioned:
            raise HelpNotSanction
        if not reasons:
            raise ReasonRequired
        known = set(clauses) <= {clause.id for clause in cited.clauses} and set(laws) <= set(INCIDENTS[case.code].law)
        if not known or not (clauses or laws):
            raise ClauseRequired
        _require_discreet(case, member=member, reasons=reasons, private_notes=private_notes)
    decision = Decision.objects.create(
        case=case,
        decided_by=actor,
        action=action,
        member=member if measure.adverse else None,
        counterpart=counterpart if "counterpart" in measure.needs else None,
        message=message if "message" in measure.needs else None,
        room=room if "room" in measure.needs else None,
        ends_at=ends_at if measure.adverse and not measure.final else None,
        clauses=list(clauses) if measure.adverse else [],
        laws=list(laws) if measure.adverse else [],
        terms_version=cited.version,
        reasons=reasons,
        private_notes=private_notes,
        takes_effect_at=None if measure.final else timezone.now(),
    )
    Case.objects.filter(pk=case.pk).update(version=F("version") + 1)
    audit.record(
        actor=actor,
        action="decision.proposed" if measure.final else "decision.recorded",
        subject=decision,
        data={"case": case.public_id, "action": action, "clauses": decision.clauses, "laws": decision.laws},
    )
    if not measure.final:
        _take_effect(decision, actor=actor)
    if action == Decision.Action.NO_ACTION:
        lift_holds(actor=actor, case=case)
    if close:
        casework.close_locked(actor=actor, case=case, held=held)
    return decision


def _take_effect(decision: Decision, *, actor: Member) -> None:
    """Enforce and explain, in the caller's transaction."""
    decision.restriction_ref = enforcement.carry_out(decision, actor=actor)
    decision.save(update_fields=["restriction_ref"])
    if enforcement.MEASURES[decision.action].adverse:
        assert decision.member is not None
        send_statement(decision)
        telling.tell_something_waits(decision.member)
        if decision.action in (Decision.Action.SUSPEND, Decision.Action.BAN):
            telling.close_sockets(decision.member)


def _locked_proposal(*, actor: Member, decision: Decision) -> Decision:
    decision = Decision.objects.select_for_update().get(pk=decision.pk)
    casework.require_worker(actor=actor, case=decision.case)
    if decision.takes_effect_at is not None or decision.refused_at is not None:
        raise CaseMoved
    if actor.pk == decision.decided_by_id:
        raise AnotherPersonRequired
    return decision


@transaction.atomic
def approve_decision(*, actor: Member, decision: Decision) -> Decision:
    """A second person makes a proposed decision take effect, with its statement of reasons.

    Raises AnotherPersonRequired for the person who proposed it, CaseMoved if it is no longer proposed.
    """
    decision = _locked_proposal(actor=actor, decision=decision)
    decision.second_person = actor
    decision.takes_effect_at = timezone.now()
    decision.save(update_fields=["second_person", "takes_effect_at"])
    Case.objects.filter(pk=decision.case_id).update(version=F("version") + 1)
    audit.record(actor=actor, action="decision.approved", subject=decision, data={"action": decision.action})
    _take_effect(decision, actor=actor)
    return decision


@transaction.atomic
def refuse_decision(*, actor: Member, decision: Decision, reason: str) -> Decision:
    """A second person refuses a proposed decision: nothing happens to anybody, and why is kept as a note."""
    decision = _locked_proposal(actor=actor, decision=decision)
    if not reason.strip():
        raise ReasonRequired
    decision.second_person = actor
    decision.refused_at = timezone.now()
    decision.save(update_fields=["second_person", "refused_at"])
    decision.case.notes.create(author=actor, text=reason.strip())
    Case.objects.filter(pk=decision.case_id).update(version=F("version") + 1)
    audit.record(actor=actor, action="decision.refused", subject=decision, data={"action": decision.action})
    return decision
