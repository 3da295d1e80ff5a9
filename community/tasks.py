"""What workers do for the ground floor. Every task works on rows and may run twice."""

from __future__ import annotations

import datetime as dt

from celery import shared_task
from django.utils import timezone

from .services.age_checks import expire_checks
from .services.age_facts import purge_proofs
from .services.connections import purge_connections
from .services.heads import sign_head, stamp_heads
from .services.mail import due_mail, purge_mail, send_mail_job
from .services.members import close_unconfirmed
from .services.remote import fetch_result, rung_checks
from .services.sealing import seal_audit
from .services.signs import forget_devices, forget_marks

UNCONFIRMED = dt.timedelta(days=7)


@shared_task(name="community.tasks.send_mail")
def send_mail(pk: int) -> None:
    """Send one mail, as nudged when its row was written."""
    send_mail_job(pk)


@shared_task(name="community.tasks.sweep_mail")
def sweep_mail() -> None:
    """Send what is due and was not nudged, or failed before."""
    for pk in due_mail():
        send_mail_job(pk)


@shared_task(name="community.tasks.seal")
def seal() -> None:
    """Append the seals of the audit events written meanwhile."""
    seal_audit()


@shared_task(name="community.tasks.sign_heads")
def sign_heads() -> None:
    """Sign where the audit chain stood at the end of the day, and have it stamped where an authority is configured."""
    sign_head()
    stamp_heads()


@shared_task(name="community.tasks.expire")
def expire() -> None:
    """End age checks whose ten minutes are over."""
    expire_checks()


@shared_task(name="community.tasks.fetch_age_result")
def fetch_age_result(pk: int) -> None:
    """Fetch one vendor's result, as nudged when it rang."""
    fetch_result(pk)


@shared_task(name="community.tasks.sweep_age_results")
def sweep_age_results() -> None:
    """Fetch the results whose vendors rang and whose nudge was lost, or that were not there yet."""
    for pk in rung_checks():
        fetch_result(pk)


@shared_task(name="community.tasks.purge")
def purge() -> None:
    """A few times a day: what is kept for a time goes when the time is over, and no event stays unsealed."""
    seal_audit(whole=True)
    purge_connections()
    purge_proofs()
    purge_mail()
    forget_devices()
    forget_marks()
    close_unconfirmed(before=timezone.now() - UNCONFIRMED)
