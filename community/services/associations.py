"""The associations whose officers attest ages, and who these officers are. Safeguarding officers decide it."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import transaction

from community import audit
from community.errors import AlreadyThere, CannotJudgeYourself, NotAllowed, ReasonRequired, RestrictionInvalid
from community.models import AgeOfficer, Association, Member
from community.roles import AGE_OFFICER, may, roles_of

from .access import bump_access


def register_association(*, actor: Member, name: str, daily_quota: int = 60) -> Association:
    """Enter a club, school or charity. Whoever enters it answers for having met it."""
    _require_oversight(actor)
    if not name.strip():
        raise ReasonRequired
    with transaction.atomic():
        association, news = Association.objects.get_or_create(
            name=name.strip()[:120], defaults={"daily_quota": daily_quota}
        )
        if not news:
            raise AlreadyThere
        audit.record(actor=actor, action="association.registered", subject=association, data={"name": name.strip()})
    return association


def set_association_active(*, actor: Member, association: Association, active: bool, reason: str) -> None:
    """Let an association attest, or stop it. What it attested stays until it is revoked (services.revocations)."""
    _require_oversight(actor)
    if not reason.strip():
        raise ReasonRequired
    with transaction.atomic():
        Association.objects.filter(pk=association.pk).update(active=active)
        association.active = active
        audit.record(
            actor=actor,
            action="association.opened" if active else "association.stopped",
            subject=association,
            data={"reason": reason.strip()[:500]},
        )


def appoint_age_officer(
    *, actor: Member, member: Member, association: Association, daily_quota: int = 25
) -> AgeOfficer:
    """Make a member an age officer of an association; their second factor is asked for at their first visit."""
    _require_oversight(actor)
    if actor.pk == member.pk:
        raise CannotJudgeYourself
    with transaction.atomic():
        officer, _created = AgeOfficer.objects.update_or_create(
            member=member, defaults={"association": association, "active": True, "daily_quota": daily_quota}
        )
        member.groups.add(Group.objects.get(name=AGE_OFFICER))
        Member.objects.filter(pk=member.pk).update(is_staff=True)
        bump_access(member)
        audit.record(
            actor=actor,
            action="age_officer.appointed",
            subject=officer,
            data={"member": member.public_id, "association": association.public_id},
        )
    return officer


def dismiss_age_officer(*, actor: Member, officer: AgeOfficer, reason: str) -> None:
    """End an appointment. What they attested stays until it is revoked (services.revocations)."""
    _require_oversight(actor)
    if not reason.strip():
        raise ReasonRequired
    with transaction.atomic():
        AgeOfficer.objects.filter(pk=officer.pk).update(active=False)
        officer.active = False
        member = officer.member
        member.groups.remove(Group.objects.get(name=AGE_OFFICER))
        if not roles_of(member):
            Member.objects.filter(pk=member.pk).update(is_staff=False)
        bump_access(member)
        audit.record(
            actor=actor, action="age_officer.dismissed", subject=officer, data={"reason": reason.strip()[:500]}
        )


def describe_association(*, actor: Member, association: Association, kind: str, whereabouts: str) -> None:
    """What kind of place it is and, if members should find it there, where and when to come."""
    _require_oversight(actor)
    if kind not in Association.Kind.values:
        raise RestrictionInvalid
    with transaction.atomic():
        association.kind, association.whereabouts = kind, whereabouts.strip()[:200]
        association.save(update_fields=["kind", "whereabouts"])
        audit.record(
            actor=actor,
            action="association.described",
            subject=association,
            data={"kind": kind, "whereabouts": association.whereabouts},
        )


def places_to_go() -> list[Association]:
    """Where members can be seen in person, the neutral places first: going there says nothing about why one goes."""
    listed = Association.objects.filter(active=True).exclude(whereabouts="").order_by("name")
    return sorted(listed, key=lambda place: not place.is_neutral)


def _require_oversight(actor: Member) -> None:
    if not may(actor, "oversee_age_officers"):
        raise NotAllowed
