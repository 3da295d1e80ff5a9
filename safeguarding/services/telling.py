"""Telling people that something waits in their account, and nothing of what it is."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import override

from chat.broadcast import disconnect_member, tell_member
from chat.protocol import CLOSE_FORBIDDEN
from community.models import Member
from community.services.mail import queue_mail
from safeguarding.models import Case


def tell_something_waits(member: Member) -> None:
    """Queue a neutral mail and nudge the open pages, in the caller's transaction. Nobody is told on a tombstone."""
    if member.closed_at is not None:
        return
    queue_mail(template="decision", member=member)
    with override(member.language):
        text = _("Something waits for you in your account.")
    tell_member(member, {"type": "notice", "code": "decision.waiting", "text": text})


def close_sockets(member: Member) -> None:
    """Close the member's open sockets once the caller's transaction commits."""
    with override(member.language):
        reason = _("A decision about your account waits for you.")
    disconnect_member(member, CLOSE_FORBIDDEN, reason)


def tell_reporters(case: Case) -> None:
    """Tell those who reported that there is an outcome (DSA art. 16(5)); their page says it neutrally."""
    for reporter in Member.objects.open().filter(reports_made__case=case).distinct():
        queue_mail(template="report_outcome", member=reporter)
