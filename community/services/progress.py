"""How far a proof of age or a consent is, and ringing at a member's open pages when it has gone on."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from community import bus
from community.models import AgeCheck, GuardianConsent, Member

CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Progress:
    """One word for how far a check is, and when its time is over; "closed" and None without one."""

    state: str
    until: dt.datetime | None = None


def progress_of(member: Member) -> Progress:
    """How far the member's running check is, with whichever provider."""
    check = AgeCheck.objects.select_related("wallet").filter(member=member, expires_at__gt=timezone.now()).first()
    if check is None:
        return Progress(CLOSED)
    return Progress(check.wallet.state if hasattr(check, "wallet") else check.state, check.expires_at)


def consent_progress(consent: GuardianConsent | None) -> str:
    """One word for how far a consent and the guardian's running check are; it changes whenever a page about them does.

    It tells what those pages show: which of the three stand, and whether a wallet has answered.
    """
    if consent is None or consent.ended_at is not None:
        return CLOSED
    check = AgeCheck.objects.select_related("wallet").filter(consent=consent, expires_at__gt=timezone.now()).first()
    state = CLOSED if check is None else check.wallet.state if hasattr(check, "wallet") else check.state
    days = (consent.email_confirmed_on, consent.proved_on, consent.child_agreed_on, consent.granted_on)
    return "".join("1" if day else "0" for day in days) + state


def check_changed(member: Member | None) -> None:
    """Ring at the member's open pages once the caller's transaction commits. Losing it costs them a moment.

    The channel `member:<public_id>` carries {"type": "age"} and no more: pages ask how far the check is. None is a
    guardian, who has no account and no socket.
    """
    if member is None:
        return
    channel = f"member:{member.public_id}"
    transaction.on_commit(lambda: bus.publish(channel, json.dumps({"type": "age"}).encode()), robust=True)
