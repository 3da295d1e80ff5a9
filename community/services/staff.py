"""Who works here: appointing people to the fixed roles, and taking a role back."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from community import audit, terms
from community.errors import NotAllowed
from community.models import Member, PseudonymChange
from community.names import pseudonym_key
from community.roles import OFFICER_LEAD, has_role, roles_of

from .access import bump_access
from .mail import queue_mail
from .members import check_pseudonym


def open_staff_account(
    *, actor: Member | None, email: str, pseudonym: str, language: str, role: str, component: str = ""
) -> Member:
    """Open the account of somebody who will work here, with their role, and mail them a link to choose a password.

    The appointer vouches for the address. Nothing but the account pages opens before a second factor is enrolled.
    Raises NotAllowed, and what check_pseudonym raises; IntegrityError for an address that has an account.
    """
    _may_appoint(actor, component)
    shown = check_pseudonym(pseudonym)
    now = timezone.now()
    with transaction.atomic():
        member = Member(
            email=email,
            pseudonym=shown,
            pseudonym_key=pseudonym_key(shown),
            language=language,
            terms_version=terms.current().version,
            terms_accepted_at=now,
        )
        member.set_unusable_password()
        member.save()
        PseudonymChange.objects.create(member=member, pseudonym=shown, since=now)
        EmailAddress.objects.create(user=member, email=email, verified=True, primary=True)
        audit.record(actor=actor, component=component, action="account.opened", subject=member, data={"staff": True})
        grant_role(actor=actor, component=component, member=member, role=role)
        queue_mail(template="reset_password", member=member)
    return member


def grant_role(*, actor: Member | None, member: Member, role: str, component: str = "") -> None:
    """Put a member into a role. Idempotent. NotAllowed unless the lead safeguarding officer (or setup) does it, and
    never for oneself; KeyError for an unknown role."""
    _may_appoint(actor, component, member)
    with transaction.atomic():
        member = Member.objects.open().select_for_update().get(pk=member.pk)
        if role in roles_of(member):
            return
        member.groups.add(Group.objects.get(name=role))
        _follow_roles(member)
        audit.record(actor=actor, component=component, action="role.granted", subject=member, data={"role": role})
        bump_access(member)


def withdraw_role(*, actor: Member | None, member: Member, role: str, component: str = "") -> None:
    """Take a role back. Idempotent. The last lead officer keeps theirs: somebody must be able to appoint."""
    _may_appoint(actor, component, member)
    with transaction.atomic():
        # The group's row serialises two withdrawals that would each leave the other's officer as the last.
        group = Group.objects.select_for_update().get(name=role)
        member = Member.objects.select_for_update().get(pk=member.pk)
        if role not in roles_of(member):
            return
        if role == OFFICER_LEAD and not group.user_set.exclude(pk=member.pk).filter(closed_at__isnull=True).exists():
            raise NotAllowed
        member.groups.remove(group)
        _follow_roles(member)
        audit.record(actor=actor, component=component, action="role.withdrawn", subject=member, data={"role": role})
        bump_access(member)


def _may_appoint(actor: Member | None, component: str, member: Member | None = None) -> None:
    if actor is None:
        if not component:
            raise NotAllowed
        return
    if not has_role(actor, OFFICER_LEAD) or (member is not None and member.pk == actor.pk):
        raise NotAllowed


def _follow_roles(member: Member) -> None:
    """`is_staff` says that a second factor is asked of the person; what they then see follows from their roles."""
    is_staff = bool(roles_of(member))
    if member.is_staff != is_staff:
        member.is_staff = is_staff
        member.save(update_fields=["is_staff"])
