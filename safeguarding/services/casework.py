"""Working a case: who may, who must not, and what each step leaves behind.

Nobody works a case they are in, have reported, or whose people they know. *Know* is a stated rule: an age officer
knows the fellow officers of their association and everybody whose age it attested in person. Such cases are not
merely refused: they are nowhere to be seen (`selectors.visible_cases`).
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from community import audit
from community.errors import NotAllowed, ReasonRequired
from community.models import AgeFact, AgeOfficer, AuditEvent, Member
from community.roles import MODERATOR, OFFICER_DEPUTY, OFFICER_LEAD, roles_of
from safeguarding.errors import CaseMoved, CaseTaken, Conflict, NotClaimed, OfficersOnly
from safeguarding.models import Case, CaseNote, CaseParty, Report

from .cards import take_back_unseen_cards
from .clearing import Held, clear_unfounded, hold_ledgers
from .duties import drop_needless, open_transmissions
from .paging import acknowledge_page
from .telling import tell_reporters

OFFICERS = frozenset({OFFICER_LEAD, OFFICER_DEPUTY})
# A claim that nobody has used for this long may be taken over: a clock is running.
CLAIM_LASTS = dt.timedelta(hours=2)
# A reading outside a claimed case is opened by its reason, and closes by itself.
READING_LASTS = dt.timedelta(minutes=30)


def is_severe(case: Case) -> bool:
    """Whether only safeguarding officers work it: minors (M), ambush (V1), arranged rape (V3), and every P0."""
    return case.code.startswith("M") or case.code in ("V1", "V3") or case.severity == Case.Severity.P0


def severe() -> Q:
    """`is_severe` as a condition on Case."""
    return Q(code__startswith="M") | Q(code__in=["V1", "V3"]) | Q(severity=Case.Severity.P0)


def people_known_to(member: Member) -> Q:
    """Condition on Member: the people `member` knows through an association whose age officer they are."""
    associations = AgeOfficer.objects.filter(member=member).values("association")
    attested = AgeFact.objects.filter(
        Q(attested_by__association__in=associations) | Q(confirmed_by__association__in=associations)
    )
    return Q(pk__in=AgeOfficer.objects.filter(association__in=associations).values("member")) | Q(
        pk__in=attested.values("member")
    )


def conflicts_of(member: Member) -> Q:
    """Condition on Case: those `member` is in, has reported, or whose people they know."""
    known = Member.objects.filter(people_known_to(member) | Q(pk=member.pk)).values("pk")
    return Q(pk__in=CaseParty.objects.filter(member__in=known).values("case")) | Q(
        pk__in=Report.objects.filter(reporter=member).values("case")
    )


def require_no_conflict(*, actor: Member, case: Case) -> None:
    """Raise Conflict when `actor` may not even know of the case."""
    if Case.objects.filter(conflicts_of(actor), pk=case.pk).exists():
        raise Conflict


def require_worker(*, actor: Member, case: Case) -> None:
    """Raise unless `actor` may work this case: role, severity, no conflict."""
    roles = roles_of(actor)
    officer = bool(roles & OFFICERS)
    if not (officer or MODERATOR in roles):
        raise NotAllowed
    require_no_conflict(actor=actor, case=case)
    if not officer and (is_severe(case) or case.state == Case.State.ESCALATED):
        raise OfficersOnly


def holds(*, actor: Member, case: Case) -> bool:
    """Whether `actor` has claimed the case."""
    return case.assigned_to_id == actor.pk


def locked(case: Case) -> Case:
    """The case as it is now, locked until the transaction ends."""
    # no_key: evidence and alerts of the case may be written meanwhile (see services.cases).
    return Case.objects.select_for_update(no_key=True).get(pk=case.pk)


def locked_claimed(*, actor: Member, case: Case, version: int | None = None) -> Case:
    """Lock the case for work by the person who claimed it.

    Raises CaseMoved when it is closed or, if `version` is given, when it has changed since that version was read.
    """
    case = locked(case)
    require_worker(actor=actor, case=case)
    if not holds(actor=actor, case=case):
        raise NotClaimed
    if case.state == Case.State.CLOSED or (version is not None and case.version != version):
        raise CaseMoved
    return case


def _first_look(*, actor: Member, case: Case) -> None:
    """A person has looked: the clock of the case stops, those of whom to tell start."""
    if Case.objects.filter(pk=case.pk, first_look_at__isnull=True).update(first_look_at=timezone.now()):
        take_back_unseen_cards(case=case)
        open_transmissions(actor=actor, case=case)


@transaction.atomic
def claim_case(*, actor: Member, case: Case) -> Case:
    """Take the case: one person works it, decided by one conditional UPDATE. Claiming is the first look, and
    answers the pages that ring for it.

    Raises CaseTaken when somebody holds it (a claim unused for CLAIM_LASTS may be taken over).
    """
    case = Case.objects.get(pk=case.pk)
    require_worker(actor=actor, case=case)
    now = timezone.now()
    free = Q(assigned_to__isnull=True) | Q(assigned_to=actor) | Q(claimed_at__lt=now - CLAIM_LASTS)
    if not Case.objects.waiting().filter(free, pk=case.pk).update(assigned_to=actor, claimed_at=now):
        raise CaseTaken
    _first_look(actor=actor, case=case)
    acknowledge_page(actor=actor, case=case)
    taken_from = case.assigned_to_id if case.assigned_to_id != actor.pk else None
    audit.record(actor=actor, action="case.claimed", subject=case, data={"taken_from": taken_from})
    case.refresh_from_db()
    return case


@transaction.atomic
def release_claim(*, actor: Member, case: Case) -> None:
    """Put the case back in the queue. An officer may release anybody's claim."""
    case = locked(case)
    require_worker(actor=actor, case=case)
    if case.assigned_to_id is None or not (holds(actor=actor, case=case) or roles_of(actor) & OFFICERS):
        raise NotClaimed
    holder = case.assigned_to_id
    Case.objects.filter(pk=case.pk).update(assigned_to=None, claimed_at=None)
    audit.record(actor=actor, action="case.released", subject=case, data={"holder": holder})


def may_read(*, actor: Member, case: Case) -> bool:
    """Whether `actor` may see what was said: they hold the case, or gave a reason less than READING_LASTS ago."""
    if holds(actor=actor, case=case):
        return True
    return AuditEvent.objects.filter(
        subject_type="safeguarding.case",
        subject_id=str(case.pk),
        actor=actor,
        action="case.read",
        at__gt=timezone.now() - READING_LASTS,
    ).exists()


@transaction.atomic
def look_at_case(*, actor: Member, case: Case, reason: str) -> None:
    """Open the content of a case that `actor` has not claimed, for READING_LASTS, against a reason (audited).

    Raises ReasonRequired for an empty reason.
    """
    case = Case.objects.get(pk=case.pk)
    require_worker(actor=actor, case=case)
    if not reason.strip():
        raise ReasonRequired
    _first_look(actor=actor, case=case)
    audit.record(actor=actor, action="case.read", subject=case, data={"reason": reason.strip()})


@transaction.atomic
def read_about_person(*, actor: Member, member: Member, reason: str) -> None:
    """Log that an officer reads what several cases say of one person, against a reason (audited).

    Raises NotAllowed, Conflict for oneself or somebody one knows, ReasonRequired.
    """
    if not roles_of(actor) & OFFICERS:
        raise NotAllowed
    if Member.objects.filter(people_known_to(actor) | Q(pk=actor.pk), pk=member.pk).exists():
        raise Conflict
    if not reason.strip():
        raise ReasonRequired
    audit.record(actor=actor, action="person.chronology_read", subject=member, data={"reason": reason.strip()})


@transaction.atomic
def add_note(*, actor: Member, case: Case, text: str) -> CaseNote:
    """Add a working note; it is never sent."""
    case = locked_claimed(actor=actor, case=case)
    if not text.strip():
        raise ReasonRequired
    note = CaseNote.objects.create(case=case, author=actor, text=text.strip())
    audit.record(actor=actor, action="case.noted", subject=case, data={"note": note.pk})
    return note


@transaction.atomic
def escalate_case(*, actor: Member, case: Case, reason: str) -> Case:
    """Hand the case to the safeguarding officers and let go of it. Its severity and clock stay."""
    case = locked(case)
    require_worker(actor=actor, case=case)
    if not reason.strip():
        raise ReasonRequired
    if case.state != Case.State.OPEN:
        raise CaseMoved
    Case.objects.filter(pk=case.pk).update(
        state=Case.State.ESCALATED, assigned_to=None, claimed_at=None, version=F("version") + 1
    )
    CaseNote.objects.create(case=case, author=actor, text=reason.strip())
    audit.record(actor=actor, action="case.escalated", subject=case)
    case.refresh_from_db()
    return case


def close_locked(*, actor: Member, case: Case, held: Held) -> None:
    """Close a case locked by the caller (see `close_case`), and tell those who reported it. `held`: what was locked of
    the engine's memory before, which forgets where people found it unfounded."""
    decisions = list(case.decisions.all())
    if not decisions:
        raise ReasonRequired
    if any(decision.takes_effect_at is None and decision.refused_at is None for decision in decisions):
        raise CaseMoved
    Case.objects.filter(pk=case.pk).update(
        state=Case.State.CLOSED,
        open_key=None,
        closed_at=timezone.now(),
        assigned_to=None,  # nobody holds it any more: reading it again needs a reason
        claimed_at=None,
        version=F("version") + 1,
    )
    drop_needless(actor=actor, case=case)
    tell_reporters(case)
    audit.record(actor=actor, action="case.closed", subject=case)
    case.refresh_from_db()
    clear_unfounded(actor=actor, case=case, held=held)


@transaction.atomic
def close_case(*, actor: Member, case: Case, version: int) -> Case:
    """Close a case that has been decided, and stop its pages ringing.

    Raises CaseMoved when it changed since `version`, or while a decision waits for its second person;
    ReasonRequired when nothing has been decided.
    """
    held = hold_ledgers(case)
    case = locked_claimed(actor=actor, case=case, version=version)
    close_locked(actor=actor, case=case, held=held)
    return case
