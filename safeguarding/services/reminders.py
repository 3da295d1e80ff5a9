"""Reminding officers of what they owe: one neutral mail, never to somebody who may not know of the case."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from community.models import Member
from community.roles import OFFICER_DEPUTY, OFFICER_LEAD
from community.services.mail import queue_mail
from safeguarding.models import AuthorityOrder, Case, Duty, LegalHold, Transmission, UrgentSheet

from .casework import conflicts_of, people_known_to
from .duties import next_reminder

KINDS: tuple[type[Duty], ...] = (UrgentSheet, AuthorityOrder, Transmission, LegalHold)


def free_officers(*, case: Case | None, member: Member | None = None) -> list[Member]:
    """The officers who may know of the case and of the member: neither is theirs nor of somebody they know."""
    officers = Member.objects.open().filter(groups__name__in=[OFFICER_LEAD, OFFICER_DEPUTY]).distinct().order_by("pk")
    free = []
    for officer in officers:
        if case is not None and Case.objects.filter(conflicts_of(officer), pk=case.pk).exists():
            continue
        if (
            member is not None
            and Member.objects.filter(people_known_to(officer) | Q(pk=officer.pk), pk=member.pk).exists()
        ):
            continue
        free.append(officer)
    return free


def send_reminders(*, limit: int = 200) -> int:
    """Remind of every duty whose time to be reminded of has come; return of how many. Safe to run twice at once: each
    is claimed by moving its next reminder forward, with the mail in the same transaction."""
    now = timezone.now()
    reminded = 0
    for kind in KINDS:
        due = kind._default_manager.filter(remind_at__lte=now).order_by("due_at")
        for duty in due[:limit]:
            with transaction.atomic():
                again = next_reminder(now=now, due_at=duty.due_at)
                if not kind._default_manager.filter(pk=duty.pk, remind_at=duty.remind_at).update(remind_at=again):
                    continue
                for officer in _whom(duty):
                    queue_mail(template="page", member=officer)
            reminded += 1
    return reminded


def _whom(duty: Duty) -> list[Member]:
    if isinstance(duty, UrgentSheet):  # whoever opened it cannot review it
        return [officer for officer in free_officers(case=duty.case) if officer.pk != duty.opened_by_id]
    if isinstance(duty, Transmission):
        return free_officers(case=duty.case)
    assert isinstance(duty, AuthorityOrder | LegalHold)
    return free_officers(case=duty.case, member=duty.member)
