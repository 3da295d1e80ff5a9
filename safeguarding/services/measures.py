"""What the machine may do while people look: protective, dated, with stored reasons, and open to being contested.

None of it names the other person or follows a report in a way that could be seen: reports cause none of it.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, override

from chat.models import Message, Room
from chat.services.messages import remove_message
from chat.services.rooms import set_slow_mode
from community import audit
from community.errors import RestrictionOver
from community.models import Member, Restriction
from community.services.restrictions import lift_restriction, restrict_member
from safeguarding.errors import AlreadyContested, NotYourMeasure, ReasonRequired
from safeguarding.models import Case, ProtectiveMeasure

from .quotas import spend, watch_holds
from .telling import tell_something_waits

logger = logging.getLogger(__name__)

COMPONENT = "protection"
HOLD_LASTS = dt.timedelta(days=7)
PAUSE_LASTS = dt.timedelta(hours=72)
PROOF_LASTS = dt.timedelta(days=7)
RENEWED_BEFORE = dt.timedelta(hours=1)  # its end, so that nobody walks in between two sweeps
ACCOUNT_HOLD_LASTS = dt.timedelta(days=30)
SLOW_LASTS = dt.timedelta(hours=1)
SLOW_SECONDS = 30
Kind = ProtectiveMeasure.Kind


def note_hold(*, message: Message, case: Case | None) -> ProtectiveMeasure | None:
    """Write down that a message waits for a person, until when and why; None when that is written already."""
    if ProtectiveMeasure.objects.filter(kind=Kind.HOLD, message=message, ended_at__isnull=True).exists():
        return None
    watch_holds()
    with override(message.author.language):
        reason = gettext("An automatic check asked for a person to read this message first.")
    return _note(kind=Kind.HOLD, case=case, member=message.author, message=message, lasts=HOLD_LASTS, reason=reason)


def pause_contact(*, case: Case, subject: Member, protects: Member) -> ProtectiveMeasure | None:
    """Pause contact between two people for 72 hours; None while a pause between them stands. Raises QuotaUsedUp."""
    now = timezone.now()
    kind = Restriction.Kind.CONTACT_PAUSE
    both = Q(member=subject, counterpart=protects) | Q(member=protects, counterpart=subject)
    if Restriction.objects.in_force(now).filter(both, kind=kind).exists():
        return None
    spend(Kind.PAUSE_CONTACT)
    with override(subject.language):
        reason = gettext("A protective pause, automatic and limited in time, until a person has looked.")
    return _restrict(
        Kind.PAUSE_CONTACT,
        kind,
        case=case,
        member=subject,
        counterpart=protects,
        reason=reason,
        now=now,
        lasts=PAUSE_LASTS,
    )


def ask_fresh_age_proof(
    *, case: Case, member: Member, why: str = "", by_rule: bool = False
) -> ProtectiveMeasure | None:
    """Ask for a fresh proof of age, and tell the member that something waits; None while one is asked for, which from
    now on is asked for `case`.

    The request has an end in seven days and is prolonged until a proof is there or its case is closed (see
    `end_due_measures`). `why` is told to the member, in their language, and accuses nobody; without it they are told
    that everybody in this situation is asked. What a rule asks for has a quota a day: raises QuotaUsedUp.
    """
    now = timezone.now()
    kind = Restriction.Kind.FRESH_AGE_PROOF
    if asked_before := Restriction.objects.in_force(now).filter(member=member, kind=kind).first():
        _carry_over(asked_before, case)
        return None
    if by_rule:
        spend(Kind.FRESH_AGE_PROOF)
    with override(member.language):
        reason = why or gettext("An automatic check asks everybody in this situation to prove their age again.")
    asked = _restrict(Kind.FRESH_AGE_PROOF, kind, case=case, member=member, reason=reason, now=now, lasts=PROOF_LASTS)
    tell_something_waits(member)
    return asked


@transaction.atomic
def _carry_over(asked: Restriction, case: Case) -> None:
    """A proof that was asked for in a case closed since is waited for on account of `case`: no wait outlives its case.

    The closed case keeps its own measure, ended, as it stood; nobody is told twice of one request.
    """
    waits = ProtectiveMeasure.objects.filter(kind=Kind.FRESH_AGE_PROOF, member=asked.member, ended_at__isnull=True)
    # What a person asked for, a person ends.
    if not asked.automated or asked.ends_at is None or waits.filter(case=case).exists():
        return
    now = timezone.now()
    for former in waits.select_for_update(of=("self",)):
        _end(former, now)
    _note(
        kind=Kind.FRESH_AGE_PROOF, case=case, member=asked.member, lasts=asked.ends_at - now, reason=asked.reason,
        restriction_ref=asked.public_id,
    )  # fmt: skip


def hold_account(*, case: Case, member: Member, until: dt.datetime | None = None) -> ProtectiveMeasure | None:
    """Keep an account out of the rooms until a person has looked, or, for a ban that a court ordered, until its end;
    None while it is held. It reads its decisions, reports and help lines, and may contest."""
    now = timezone.now()
    kind = Restriction.Kind.ACCOUNT_HOLD
    if Restriction.objects.in_force(now).filter(member=member, kind=kind).exists():
        return None
    lasts = until - now if until else ACCOUNT_HOLD_LASTS
    with override(member.language):
        reason = gettext(
            "Something about this account looks like one that may not come back for now. A person will look; you can "
            "say here why it is not so."
        )
    return _restrict(Kind.ACCOUNT_HOLD, kind, case=case, member=member, reason=reason, now=now, lasts=lasts)


@transaction.atomic
def lift_holds(*, actor: Member, case: Case) -> None:
    """A person found nothing in the case: the accounts it holds are free again."""
    _release(ProtectiveMeasure.objects.filter(case=case), actor=actor, why=f"case {case.public_id}")


@transaction.atomic
def release_account(*, member: Member) -> None:
    """What an account was held for is over: it is free again."""
    _release(ProtectiveMeasure.objects.filter(member=member), actor=None, why="what it was held for is over")


def _release(measures: QuerySet[ProtectiveMeasure], *, actor: Member | None, why: str) -> None:
    now = timezone.now()
    for measure in measures.filter(kind=Kind.ACCOUNT_HOLD, ended_at__isnull=True):
        held = Restriction.objects.in_force(now).filter(public_id=measure.restriction_ref).first()
        if held is not None:
            lift_restriction(actor=actor, component="" if actor else COMPONENT, restriction=held, reason=why)
        measure.ended_at = now
        measure.save(update_fields=["ended_at"])


def slow_room(*, case: Case, room: Room) -> ProtectiveMeasure | None:
    """Let everybody in a room write less often for an hour; None while it is slowed, or slow by itself. Raises
    QuotaUsedUp."""
    if ProtectiveMeasure.objects.filter(kind=Kind.SLOW_ROOM, room=room, ended_at__isnull=True).exists():
        return None
    before = Room.objects.values_list("slow_mode_seconds", flat=True).get(pk=room.pk)
    if before >= SLOW_SECONDS:
        return None
    spend(Kind.SLOW_ROOM)
    set_slow_mode(actor=None, component=COMPONENT, room=room, seconds=SLOW_SECONDS)
    with override(room.language):
        reason = gettext("Slowed for an hour by an automatic check.")
    return _note(kind=Kind.SLOW_ROOM, case=case, room=room, lasts=SLOW_LASTS, reason=reason, slow_mode_before=before)


@transaction.atomic
def contest_measure(*, actor: Member, measure: ProtectiveMeasure, text: str) -> ProtectiveMeasure:
    """The person a measure binds says why it is wrong; it is put before whoever works the case.

    Raises NotYourMeasure, ReasonRequired, AlreadyContested.
    """
    measure = ProtectiveMeasure.objects.select_for_update().get(pk=measure.pk)
    if measure.member_id != actor.pk:
        raise NotYourMeasure
    if not text.strip():
        raise ReasonRequired
    if measure.contested_at:
        raise AlreadyContested
    measure.contested_at = timezone.now()
    measure.contest_text = text.strip()[:2000]
    measure.save(update_fields=["contested_at", "contest_text"])
    audit.record(actor=actor, action="measure.contested", subject=measure, data={"kind": measure.kind})
    return measure


def end_due_measures() -> int:
    """End what has run its time; return how many ended. Each in a transaction of its own, safe to run twice at once.

    Restrictions end by their own date; the wait for a fresh proof of age does not end by waiting: while nobody has
    closed its case it is prolonged, each time to a date. A room gets its pace back. A message that nobody read within
    its seven days is withdrawn for good and its author told, for the machine neither shows what it doubts nor keeps
    people waiting for ever; that it came to this is logged as a failure of the house. A hold whose message a person
    has decided is over.
    """
    now = timezone.now()
    decided = ~Q(message__visibility=Message.Visibility.HELD)
    soon = Q(kind=Kind.FRESH_AGE_PROOF, ends_at__lte=now + RENEWED_BEFORE)
    due = ProtectiveMeasure.objects.filter(
        Q(ends_at__lte=now) | (Q(kind=Kind.HOLD) & decided) | soon, ended_at__isnull=True
    )
    ended = 0
    for pk in due.values_list("pk", flat=True)[:500]:
        with transaction.atomic():
            measure = (
                ProtectiveMeasure.objects.select_for_update(of=("self",))
                .select_related("room", "message", "case")
                .get(pk=pk)
            )
            if measure.ended_at or (measure.kind == Kind.FRESH_AGE_PROOF and _prolong(measure, now)):
                continue
            _end(measure, now)
            if measure.room and measure.slow_mode_before is not None:
                set_slow_mode(actor=None, component=COMPONENT, room=measure.room, seconds=measure.slow_mode_before)
            if measure.message and measure.message.visibility == Message.Visibility.HELD:
                logger.error("message %s was held for %s and nobody read it", measure.message.public_id, HOLD_LASTS)
                remove_message(actor=None, component=COMPONENT, message=measure.message)
        ended += 1
    return ended


def _end(measure: ProtectiveMeasure, now: dt.datetime) -> None:
    measure.ended_at = now
    measure.save(update_fields=["ended_at"])
    audit.record(actor=None, component=COMPONENT, action="measure.ended", subject=measure, data={"kind": measure.kind})


def _prolong(measure: ProtectiveMeasure, now: dt.datetime) -> bool:
    """Ask on for a proof of age that did not come, if nobody has closed the case. It is the same measure: no quota."""
    asked = Restriction.objects.filter(public_id=measure.restriction_ref).select_related("member").first()
    if asked is None or asked.member.closed_at or measure.case is None or measure.case.state == Case.State.CLOSED:
        return False
    try:
        lift_restriction(actor=None, component=COMPONENT, restriction=asked, reason="asked for anew")
    except RestrictionOver:
        asked.refresh_from_db()
        if asked.lifted_at or _proved_since(asked):  # a proof has come, or a person lifted it
            return False
    anew = restrict_member(
        actor=None, component=COMPONENT, member=asked.member, kind=asked.kind, reason=measure.reason,
        ends_at=now + PROOF_LASTS, automated=True,
    )  # fmt: skip
    measure.restriction_ref, measure.ends_at = anew.public_id, now + PROOF_LASTS
    measure.save(update_fields=["restriction_ref", "ends_at"])
    return True


def _proved_since(asked: Restriction) -> bool:
    """Whether an age was proved after a request had run out, which lifts none: by the day, which is all that is kept
    of a proof. One of that day and before the end would have lifted the request."""
    assert asked.ends_at is not None  # it has run out
    current = asked.member.age_facts.current(timezone.localdate())
    return current.filter(verified_on__gte=timezone.localdate(asked.ends_at)).exists()


def _restrict(
    measure: ProtectiveMeasure.Kind,
    kind: Restriction.Kind,
    *,
    case: Case,
    member: Member,
    reason: str,
    now: dt.datetime,
    lasts: dt.timedelta,
    counterpart: Member | None = None,
) -> ProtectiveMeasure:
    """A restriction that the machine puts on for a time, with the measure that tells of it."""
    restriction = restrict_member(
        actor=None,
        component=COMPONENT,
        member=member,
        kind=kind,
        counterpart=counterpart,
        reason=reason,
        ends_at=now + lasts,
        automated=True,
    )
    return _note(
        kind=measure, case=case, member=member, lasts=lasts, reason=reason, restriction_ref=restriction.public_id
    )


def _note(
    *,
    kind: ProtectiveMeasure.Kind,
    case: Case | None,
    lasts: dt.timedelta,
    reason: str,
    member: Member | None = None,
    room: Room | None = None,
    message: Message | None = None,
    restriction_ref: str = "",
    slow_mode_before: int | None = None,
) -> ProtectiveMeasure:
    now = timezone.now()
    measure = ProtectiveMeasure.objects.create(
        kind=kind,
        case=case,
        member=member,
        room=room,
        message=message,
        restriction_ref=restriction_ref,
        slow_mode_before=slow_mode_before,
        reason=reason,
        starts_at=now,
        ends_at=now + lasts,
    )
    audit.record(
        actor=None, component=COMPONENT, action="measure.taken", subject=measure,
        data={"kind": kind, "ends_at": measure.ends_at.isoformat(), "case": case.public_id if case else None},
    )  # fmt: skip
    return measure
