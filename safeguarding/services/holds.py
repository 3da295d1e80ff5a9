"""Legal holds: while one stands, nothing of its case or member is erased. Each is looked at again in ninety days."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from community import audit
from community.errors import NotAllowed, ReasonRequired
from community.models import Member
from community.roles import may
from safeguarding.errors import AnotherPersonRequired, CaseMoved, Conflict
from safeguarding.models import AuthorityOrder, Case, CaseParty, LegalHold

from . import casework
from .duties import first_reminder

REVIEW_EVERY = dt.timedelta(days=90)


def standing() -> Q:
    """Condition on LegalHold: those not lifted."""
    return Q(lifted_at__isnull=True)


def held_cases() -> Q:
    """Condition on Case: those under a hold of their own, or of somebody in them."""
    on_people = LegalHold.objects.filter(standing(), member__isnull=False).values("member")
    return Q(pk__in=LegalHold.objects.filter(standing(), case__isnull=False).values("case")) | Q(
        pk__in=CaseParty.objects.filter(member__in=on_people).values("case")
    )


def held_members() -> Q:
    """Condition on Member: those under a hold of their own, or in a case that is."""
    on_cases = LegalHold.objects.filter(standing(), case__isnull=False).values("case")
    return Q(pk__in=LegalHold.objects.filter(standing(), member__isnull=False).values("member")) | Q(
        pk__in=CaseParty.objects.filter(case__in=on_cases).values("member")
    )


def require_free(*, actor: Member, case: Case | None, member: Member | None) -> None:
    """Raise NotAllowed unless `actor` may hold evidence, Conflict where case or member is theirs or of their people."""
    if not may(actor, "hold_evidence"):
        raise NotAllowed
    if case is not None:
        casework.require_no_conflict(actor=actor, case=case)
    if member is not None:
        known = Member.objects.filter(casework.people_known_to(actor) | Q(pk=actor.pk))
        if known.filter(pk=member.pk).exists():
            raise Conflict


@transaction.atomic
def place_hold(
    *,
    actor: Member,
    case: Case | None = None,
    member: Member | None = None,
    reason: str,
    order: AuthorityOrder | None = None,
) -> LegalHold:
    """Keep everything of a case, or of a member, from now on. Raises ReasonRequired, NotAllowed, Conflict."""
    if (case is None) == (member is None):
        raise ValueError("a hold is on a case or on a member")
    require_free(actor=actor, case=case, member=member)
    if not reason.strip():
        raise ReasonRequired
    now = timezone.now()
    due_at = now + REVIEW_EVERY
    hold = LegalHold.objects.create(
        case=case,
        member=member,
        order=order,
        reason=reason.strip()[:500],
        placed_by=actor,
        placed_at=now,
        due_at=due_at,
        remind_at=first_reminder(since=now, due_at=due_at),
    )
    audit.record(
        actor=actor,
        action="hold.placed",
        subject=hold,
        data={
            "case": case.public_id if case else "",
            "member": member.public_id if member else "",
            "reason": hold.reason,
        },
    )
    return hold


def _locked(*, actor: Member, hold: LegalHold) -> LegalHold:
    hold = LegalHold.objects.select_for_update(of=("self",)).select_related("case", "member").get(pk=hold.pk)
    require_free(actor=actor, case=hold.case, member=hold.member)
    if hold.lifted_at is not None:
        raise CaseMoved
    return hold


@transaction.atomic
def review_hold(*, actor: Member, hold: LegalHold, reason: str) -> LegalHold:
    """Say why it still stands; it is looked at again in ninety days. Raises ReasonRequired, CaseMoved."""
    hold = _locked(actor=actor, hold=hold)
    if not reason.strip():
        raise ReasonRequired
    now = timezone.now()
    hold.reviewed_at, hold.reviewed_by = now, actor
    hold.due_at = now + REVIEW_EVERY
    hold.remind_at = first_reminder(since=now, due_at=hold.due_at)
    hold.save(update_fields=["reviewed_at", "reviewed_by", "due_at", "remind_at"])
    audit.record(actor=actor, action="hold.reviewed", subject=hold, data={"reason": reason.strip()[:500]})
    return hold


@transaction.atomic
def lift_hold(*, actor: Member, hold: LegalHold, reason: str) -> LegalHold:
    """Let go of it: what has outlived its term may be erased that very night, so it takes another person than the one
    who placed it. Raises AnotherPersonRequired, ReasonRequired, CaseMoved."""
    hold = _locked(actor=actor, hold=hold)
    if actor.pk == hold.placed_by_id:
        raise AnotherPersonRequired
    if not reason.strip():
        raise ReasonRequired
    hold.lifted_at, hold.lifted_by, hold.lift_reason, hold.remind_at = timezone.now(), actor, reason.strip()[:500], None
    hold.save(update_fields=["lifted_at", "lifted_by", "lift_reason", "remind_at"])
    audit.record(actor=actor, action="hold.lifted", subject=hold, data={"reason": hold.lift_reason})
    return hold
