"""Outgoing mail: a row first, sent by a worker, neutral in all it says (DESIGN section 4, invariant 12).

Every mail has the same sender and subject and says that something waits and where. Links that carry a token are
made at the moment of sending and stored nowhere.
"""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import filter_users_by_email, user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from community.guardian_links import address_hash, mail_token
from community.models import GuardianConsent, MailJob, Member
from community.queue import nudge

logger = logging.getLogger(__name__)

LEASE = dt.timedelta(minutes=5)  # a worker that dies while sending gives the job back after this
MOST_ATTEMPTS = 10
KEEP_SENT = dt.timedelta(days=7)
LONGEST_PAUSE = dt.timedelta(hours=6)


class NothingToSend(Exception):
    """What the mail was about is not there: an address confirmed meanwhile, an account closed, or none at all."""


def _confirm_link(job: MailJob) -> str:
    address = EmailAddress.objects.filter(user=job.member, email__iexact=job.to_email, verified=False).first()
    if address is None:
        raise NothingToSend
    return reverse("account_confirm_email", args=[EmailConfirmationHMAC.create(address).key])


def _reset_link(job: MailJob) -> str:
    member = job.member or _owner_of(job.to_email)
    if member is None or member.closed_at is not None:
        raise NothingToSend
    key = f"{user_pk_to_url_str(member)}-{default_token_generator.make_token(member)}"
    return reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"}).replace("UID-KEY", key)


def _guardian_link(job: MailJob) -> str:
    consent = GuardianConsent.objects.open().filter(public_id=job.params.get("consent", "")).first()
    # Another address was given since: this mail would hand its link to somebody who is no longer meant.
    if consent is None or consent.email_hash != address_hash(job.to_email):
        raise NothingToSend
    return reverse("community:guardian", args=[mail_token(consent.public_id, consent.email_hash)])


def _owner_of(address: str) -> Member | None:
    """Whose account an address that somebody typed is: a confirmed one rather than one that is not."""
    owners = filter_users_by_email(address, is_active=True, prefer_verified=True)
    return owners[0] if owners else None


@dataclass(frozen=True)
class _Mail:
    """The body's template and what makes its link."""

    body: str
    link: Callable[[MailJob], str]


def _page(name: str) -> Callable[[MailJob], str]:
    return lambda job: reverse(name)


MAILS: Mapping[str, _Mail] = {
    "confirm_email": _Mail("confirm_email", _confirm_link),
    "account_exists": _Mail("account_exists", _page("account_login")),
    "reset_password": _Mail("reset_password", _reset_link),
    "security_changed": _Mail("security_changed", _page("account_reset_password")),
    # What waits is said on the page, after logging in, and nowhere before.
    "waiting": _Mail("waiting", _page("community:account")),
    "guardian": _Mail("waiting", _guardian_link),
    "decision": _Mail("waiting", _page("community:account")),
    "report_outcome": _Mail("waiting", _page("community:account")),
    "page": _Mail("waiting", lambda job: "/console/"),
}


def queue_mail(
    *,
    template: str,
    member: Member | None = None,
    to_email: str | None = None,
    params: Mapping[str, Any] | None = None,
    language: str | None = None,
) -> MailJob | None:
    """Write the row of a mail in the caller's transaction and nudge a worker after commit.

    To the member's own address, or to `to_email`. None for a member whose account is closed: there is nobody to
    write to. `params` must hold no token and no content. KeyError for an unknown template.
    """
    if template not in MAILS:
        raise KeyError(template)
    address = to_email or (member.email if member is not None else None)
    if not address:
        return None
    job = MailJob.objects.create(
        template=template,
        member=member,
        to_email=address,
        params=dict(params or {}),
        language=language or (member.language if member is not None else translation.get_language() or "fr"),
    )
    nudge("community.tasks.send_mail", job.pk)
    return job


def send_mail_job(pk: int) -> bool:
    """Claim one due job and send it; return whether it was sent now. At least once: a worker that dies between
    sending and saying so sends again. Failures wait longer each time; after ten the job is FAILED, loudly."""
    now = timezone.now()
    claimed = MailJob.objects.filter(pk=pk, state=MailJob.State.PENDING, not_before__lte=now).update(
        not_before=now + LEASE, attempts=F("attempts") + 1
    )
    if not claimed:
        return False
    job = MailJob.objects.select_related("member").get(pk=pk)
    try:
        message = render_mail(job)
        message.send()
    except NothingToSend:
        MailJob.objects.filter(pk=pk).delete()  # an address that somebody typed is not kept
        return False
    except (OSError, smtplib.SMTPException) as error:
        pause = min(dt.timedelta(minutes=2**job.attempts), LONGEST_PAUSE)
        state = MailJob.State.FAILED if job.attempts >= MOST_ATTEMPTS else MailJob.State.PENDING
        MailJob.objects.filter(pk=pk).update(state=state, not_before=now + pause)
        log = logger.error if state == MailJob.State.FAILED else logger.warning
        log("mail %s not sent (%s), attempt %s", pk, type(error).__name__, job.attempts)
        return False
    sent = {"state": MailJob.State.SENT, "sent_at": timezone.now()}
    if job.template == "guardian":  # somebody without an account: their address has served its purpose
        sent["to_email"] = ""
    MailJob.objects.filter(pk=pk).update(**sent)
    return True


def render_mail(job: MailJob) -> EmailMessage:
    """The mail as it goes out, in the job's language; tokens are minted here."""
    mail = MAILS[job.template]
    link = settings.SITE_URL + mail.link(job)
    with translation.override(job.language):
        subject = render_to_string("mail/subject.txt").strip()
        body = render_to_string(f"mail/{mail.body}.txt", {"link": link})
    return EmailMessage(subject=subject, body=body, to=[job.to_email])


def due_mail(limit: int = 200) -> list[int]:
    """The jobs whose time has come, oldest first."""
    due = MailJob.objects.filter(state=MailJob.State.PENDING, not_before__lte=timezone.now())
    return list(due.order_by("not_before").values_list("pk", flat=True)[:limit])


def purge_mail() -> int:
    """Delete what was sent or given up a week ago: addresses are not kept here. Return how many."""
    with transaction.atomic():
        deleted, _by_model = (
            MailJob.objects.filter(created_at__lte=timezone.now() - KEEP_SENT)
            .exclude(state=MailJob.State.PENDING)
            .delete()
        )
    return deleted
