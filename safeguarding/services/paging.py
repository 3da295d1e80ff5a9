"""Calling a person: the officer on duty for a P0 or P1 case, then the deputy, until somebody acknowledges.

The row rings; the task that sends is only its hand. A page says that something waits and where, nothing else.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, override

from community import audit
from community.models import Member
from community.queue import nudge
from community.roles import OFFICER_DEPUTY, OFFICER_LEAD
from community.services.mail import queue_mail
from safeguarding.models import Case, CaseParty, Page, SafetyCard

from .cards import show_card

logger = logging.getLogger(__name__)

RING_EVERY = dt.timedelta(minutes=5)
RING_SLOWLY_AFTER = 12  # an hour of calls; then four an hour, for as long as it takes
RING_SLOWLY_EVERY = dt.timedelta(minutes=15)
UNSEEN_AFTER = dt.timedelta(minutes=15)
OFFICER, DEPUTY = 1, 2

Notify = Callable[[Sequence[str], str, str], bool]


def ring_officers(*, case: Case) -> Page:
    """Have the officers called about `case` from now on, in the caller's transaction; a page answered rings anew."""
    now = timezone.now()
    page, _created = Page.objects.update_or_create(
        case=case,
        defaults={
            "since": now,
            "rank": OFFICER,
            "next_at": now,
            "attempts": 0,
            "sent_at": None,
            "acknowledged_at": None,
            "acknowledged_by": None,
        },
    )
    nudge("safeguarding.tasks.page")
    return page


@transaction.atomic
def acknowledge_page(*, actor: Member, case: Case) -> bool:
    """Somebody looks at the case: the calls stop. Return whether a page was ringing."""
    answered = Page.objects.filter(case=case, acknowledged_at__isnull=True).update(
        acknowledged_at=timezone.now(), acknowledged_by=actor
    )
    if answered:
        audit.record(actor=actor, action="page.acknowledged", subject=case)
    return bool(answered)


def send_due_pages(*, notify: Notify | None = None) -> int:
    """Call about every page that is due; return how many calls were made. Safe to run twice at once.

    Each page is claimed by moving its next call forward, so a worker that dies while calling costs one call and the
    next one comes five minutes later. The first call is the officer's; from the second on the deputy is called too.
    """
    now = timezone.now()
    made = 0
    # A case that somebody has claimed, or closed, calls nobody.
    due = Page.objects.filter(
        acknowledged_at__isnull=True, next_at__lte=now, case__assigned_to__isnull=True, case__closed_at__isnull=True
    ).select_related("case")
    for page in due.order_by("case__severity", "next_at"):
        every = RING_EVERY if page.attempts < RING_SLOWLY_AFTER else RING_SLOWLY_EVERY
        rank = OFFICER if page.attempts == 0 else DEPUTY
        with transaction.atomic():
            claimed = Page.objects.filter(
                pk=page.pk, attempts=page.attempts, next_at=page.next_at, acknowledged_at__isnull=True
            ).update(attempts=F("attempts") + 1, rank=rank, next_at=now + every)
            if not claimed:
                continue
            for officer in _officers(case=page.case, rank=rank):
                queue_mail(template="page", member=officer)
        made += 1
        urls = [*settings.PAGING_URLS, *(settings.PAGING_DEPUTY_URLS if rank == DEPUTY else ())]
        if not urls:
            continue
        title, body = _wording(page.case.severity)
        if (notify or _notify)(urls, title, body):
            Page.objects.filter(pk=page.pk).update(sent_at=timezone.now())
        else:
            logger.error("page %s: no address of %d answered; it rings again in %s", page.pk, len(urls), every)
    return made


def show_unseen_cards() -> int:
    """Tell people at risk that nobody has looked yet and whom to call, 15 minutes after a page was opened in vain.

    Told once a case, to the people to protect and to those who reported it. Return how many were told.
    """
    late = Case.objects.filter(
        state__in=[Case.State.OPEN, Case.State.ESCALATED],
        pages__acknowledged_at__isnull=True,
        pages__since__lte=timezone.now() - UNSEEN_AFTER,
        first_look_at__isnull=True,
    ).exclude(cards__kind=SafetyCard.Kind.UNSEEN)
    told = 0
    for case in late:
        with transaction.atomic():
            # Re-checked under the lock: another worker, or the officer, may have been quicker.
            live = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
            if live.first_look_at or live.cards.filter(kind=SafetyCard.Kind.UNSEEN).exists():
                continue
            people = Member.objects.open().filter(
                Q(case_parties__case=case, case_parties__role=CaseParty.Role.TO_PROTECT) | Q(reports_made__case=case)
            )
            for member in people.distinct():
                told += show_card(member=member, kind=SafetyCard.Kind.UNSEEN, case=case) is not None
    return told


def _officers(*, case: Case, rank: int) -> list[Member]:
    """Who gets the mail of this call: never somebody who is party to the case."""
    groups = [OFFICER_LEAD] if rank == OFFICER else [OFFICER_LEAD, OFFICER_DEPUTY]
    return list(
        Member.objects.open()
        .filter(groups__name__in=groups)
        .exclude(case_parties__case=case)
        .exclude(reports_made__case=case)
        .distinct()
    )


def _wording(severity: str) -> tuple[str, str]:
    """Title and body of a page in the installation's language: a severity and an address, no content."""
    with override(settings.LANGUAGE_CODE):
        title = gettext("Havre: something urgent waits (%(severity)s)") % {"severity": severity}
        body = gettext("Please log in and look at the queue: %(url)s") % {"url": f"{settings.SITE_URL}/console/"}
    return title, body


def _notify(urls: Sequence[str], title: str, body: str) -> bool:
    import apprise  # heavy, and only the process that pages needs it

    sender = apprise.Apprise()
    for url in urls:
        if not sender.add(url):
            logger.error("an address of PAGING_URLS or PAGING_DEPUTY_URLS is not one that apprise knows")
    try:
        return bool(sender.notify(title=title, body=body))
    except Exception:
        logger.exception("paging failed")
        return False
