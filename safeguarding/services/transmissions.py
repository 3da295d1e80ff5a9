"""The register of whom was told of a case: a person tells them and writes it down here. Nothing is sent from here."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from community import audit
from community.errors import NotAllowed, ReasonRequired
from community.models import Member
from community.roles import is_officer
from safeguarding.errors import CaseMoved, LegalBasisRequired, NotInTheFuture, RecipientRequired
from safeguarding.incidents import CHANNELS, CLOCKS
from safeguarding.models import Case, IncidentExport, Transmission

from . import casework
from .duties import first_reminder

# An officer who adds a line means to see to it within a day, unless the table knows better.
ADDED_WITHIN = dt.timedelta(hours=24)


def _require_officer(*, actor: Member, case: Case) -> None:
    if not is_officer(actor):
        raise NotAllowed
    casework.require_no_conflict(actor=actor, case=case)


@transaction.atomic
def add_transmission(*, actor: Member, case: Case, channel: str) -> Transmission:
    """Have somebody else to tell in the register, or somebody told before once more. One line a channel waits at most:
    the one that waits is given back. Raises NotAllowed, Conflict; KeyError for a channel the table does not know."""
    CHANNELS[channel]
    case = casework.locked(case)
    _require_officer(actor=actor, case=case)
    waiting = case.transmissions.filter(channel=channel, state=Transmission.State.DUE).first()
    if waiting:
        return waiting
    now = timezone.now()
    clock = CLOCKS.get(channel)
    due_at = now + (dt.timedelta(hours=clock.hours) if clock else ADDED_WITHIN)
    line = Transmission.objects.create(
        case=case,
        channel=channel,
        basis=clock.basis.in_language(settings.LANGUAGE_CODE) if clock else "",
        due_at=due_at,
        remind_at=first_reminder(since=now, due_at=due_at),
    )
    audit.record(actor=actor, action="transmissions.opened", subject=case, data={"channels": [channel]})
    return line


def _locked(*, actor: Member, line: Transmission, state: str) -> Transmission:
    line = Transmission.objects.select_for_update(of=("self",)).select_related("case").get(pk=line.pk)
    _require_officer(actor=actor, case=line.case)
    if line.state != state:
        raise CaseMoved
    return line


@transaction.atomic
def record_sent(
    *,
    actor: Member,
    line: Transmission,
    recipient: str,
    basis: str,
    sent_at: dt.datetime,
    reference: str = "",
    export: IncidentExport | None = None,
) -> Transmission:
    """Write down that `actor` told them: whom, when, on what ground, with which dossier. A reference received at once
    acknowledges it too. Raises RecipientRequired, LegalBasisRequired, NotInTheFuture, CaseMoved, NotAllowed, Conflict.
    """
    line = _locked(actor=actor, line=line, state=Transmission.State.DUE)
    if not recipient.strip():
        raise RecipientRequired
    if not basis.strip():
        raise LegalBasisRequired
    if sent_at > timezone.now():
        raise NotInTheFuture
    if export is not None and export.case_id != line.case_id:
        raise CaseMoved
    line.recipient, line.basis, line.reference = recipient.strip(), basis.strip(), reference.strip()
    line.sent_at, line.sent_by, line.export, line.remind_at = sent_at, actor, export, None
    line.state = Transmission.State.ACKNOWLEDGED if line.reference else Transmission.State.SENT
    line.acknowledged_at = sent_at if line.reference else None
    line.save()
    audit.record(
        actor=actor,
        action="transmission.sent",
        subject=line.case,
        data={"line": line.public_id, "channel": line.channel, "export": export.public_id if export else ""},
    )
    return line


@transaction.atomic
def record_acknowledged(*, actor: Member, line: Transmission, reference: str) -> Transmission:
    """Write down the reference they gave. Raises ReasonRequired without one, CaseMoved unless it was sent."""
    line = _locked(actor=actor, line=line, state=Transmission.State.SENT)
    if not reference.strip():
        raise ReasonRequired
    line.reference, line.acknowledged_at = reference.strip(), timezone.now()
    line.state = Transmission.State.ACKNOWLEDGED
    line.save(update_fields=["reference", "acknowledged_at", "state"])
    audit.record(
        actor=actor,
        action="transmission.acknowledged",
        subject=line.case,
        data={"line": line.public_id, "channel": line.channel},
    )
    return line


@transaction.atomic
def record_not_needed(*, actor: Member, line: Transmission, reason: str) -> Transmission:
    """Say why this one need not be told. Raises ReasonRequired, CaseMoved."""
    line = _locked(actor=actor, line=line, state=Transmission.State.DUE)
    if not reason.strip():
        raise ReasonRequired
    line.state, line.reason, line.remind_at = Transmission.State.NOT_NEEDED, reason.strip(), None
    line.save(update_fields=["state", "reason", "remind_at"])
    audit.record(
        actor=actor,
        action="transmission.not_needed",
        subject=line.case,
        data={"line": line.public_id, "channel": line.channel},
    )
    return line
