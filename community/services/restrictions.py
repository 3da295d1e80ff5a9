"""Limits on what a member may do: dated rows, imposed and lifted with a reason, never flags."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from community import audit
from community.errors import CannotJudgeYourself, NotAllowed, ReasonRequired, RestrictionInvalid, RestrictionOver
from community.models import Member, Restriction
from community.roles import is_moderator, is_officer

from .access import bump_access
from .signs import lift_marks, mark_ban

# What a machine may do: protective, and it must end by itself (DESIGN section 3, point 5).
PROTECTIVE = frozenset(
    {
        Restriction.Kind.MUTE,
        Restriction.Kind.CONTACT_PAUSE,
        Restriction.Kind.FRESH_AGE_PROOF,
        Restriction.Kind.ACCOUNT_HOLD,
    }
)


def restrict_member(
    *,
    actor: Member | None,
    member: Member,
    kind: str,
    reason: str,
    ends_at: dt.datetime | None = None,
    room_ref: str = "",
    counterpart: Member | None = None,
    automated: bool = False,
    component: str = "",
) -> Restriction:
    """Limit `member` from now until `ends_at` (None: until lifted), audited; open sockets learn it after commit.

    A person needs the role of moderator or safeguarding officer. The machine acts with `actor=None`,
    `automated=True` and a `component`; it may only protect, and only for a time.
    Raises NotAllowed, CannotJudgeYourself, ReasonRequired, RestrictionInvalid.
    """
    now = timezone.now()
    if automated != (actor is None) or (automated and not component):
        raise RestrictionInvalid
    if actor is not None and not (is_moderator(actor) or is_officer(actor)):
        raise NotAllowed
    if actor is not None and actor.pk == member.pk:
        raise CannotJudgeYourself
    if not reason.strip():
        raise ReasonRequired
    if kind not in Restriction.Kind.values or (ends_at is not None and ends_at <= now):
        raise RestrictionInvalid
    if automated and (kind not in PROTECTIVE or ends_at is None):
        raise RestrictionInvalid
    if (kind == Restriction.Kind.ROOM_BAN) != bool(room_ref):
        raise RestrictionInvalid
    if (kind == Restriction.Kind.CONTACT_PAUSE) != (counterpart is not None):
        raise RestrictionInvalid
    if counterpart is not None and counterpart.pk == member.pk:
        raise RestrictionInvalid

    with transaction.atomic():
        restriction = Restriction.objects.create(
            member=member,
            kind=kind,
            room_ref=room_ref,
            counterpart=counterpart,
            starts_at=now,
            ends_at=ends_at,
            reason=reason.strip()[:500],
            automated=automated,
        )
        if kind == Restriction.Kind.BAN:
            mark_ban(restriction)
        bump_access(*([member, counterpart] if counterpart else [member]))
        audit.record(
            actor=actor,
            component=component,
            action="restriction.imposed",
            subject=restriction,
            data={
                "member": member.public_id,
                "kind": kind,
                "ends_at": ends_at.isoformat() if ends_at else None,
                "room": room_ref,
                "automated": automated,
            },
        )
    return restriction


def lift_restriction(
    *, actor: Member | None, restriction: Restriction, reason: str, component: str = ""
) -> Restriction:
    """End a restriction now. Raises RestrictionOver when it has ended or was lifted already.

    With `actor=None` a `component` must say which part of the machine lifts it, and it lifts only what a machine
    imposed: what a person decided, a person ends.
    """
    if actor is not None and not (is_moderator(actor) or is_officer(actor)):
        raise NotAllowed
    if actor is not None and actor.pk == restriction.member_id:
        raise CannotJudgeYourself
    if actor is None and not (restriction.automated and component):
        raise NotAllowed
    if not reason.strip():
        raise ReasonRequired
    now = timezone.now()
    with transaction.atomic():
        lifted = Restriction.objects.filter(pk=restriction.pk).in_force(now).update(lifted_at=now)
        if not lifted:
            raise RestrictionOver
        restriction.lifted_at = now
        lift_marks(restriction)
        bump_access(restriction.member_id, *([restriction.counterpart_id] if restriction.counterpart_id else []))
        audit.record(
            actor=actor,
            component=component,
            action="restriction.lifted",
            subject=restriction,
            data={"kind": restriction.kind, "reason": reason.strip()[:500]},
        )
    return restriction
