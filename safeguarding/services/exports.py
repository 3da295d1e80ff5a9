"""Incident exports: asked for by an officer, approved by another when a minor is named, downloaded under a name.

`building` makes the file; here is what people do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import transaction

from community import audit
from community.errors import NotAllowed, ReasonRequired
from community.models import Member
from community.policies import MINOR_BANDS
from community.queue import nudge
from community.roles import is_officer
from safeguarding.dossier.encrypt import NoRecipient, check_age_key
from safeguarding.dossier.frozen import UNREDACTED, FrozenCase
from safeguarding.dossier.redact import PROFILES, redact
from safeguarding.errors import (
    AnotherPersonRequired,
    BadRecipientKey,
    CaseMoved,
    ExportNotReady,
    LegalBasisRequired,
    NotForThem,
)
from safeguarding.models import AuthorityOrder, Case, ExportDownload, IncidentExport

from . import casework
from .building import folder, passphrase_of
from .freezer import notifier_names
from .freezing import freeze_case
from .people import bands_of

LANGUAGES = ("fr", "en")


def names_minor(case: Case) -> bool:
    """Whether a party was a minor when the case met them, or is one by the facts that hold now."""
    parties = list(case.parties.all())
    bands = set(bands_of(party.member_id for party in parties).values()) | {party.band_then for party in parties}
    return bool(bands & MINOR_BANDS)


def _require_officer(*, actor: Member, case: Case) -> None:
    if not is_officer(actor):
        raise NotAllowed
    casework.require_no_conflict(actor=actor, case=case)


@transaction.atomic
def request_export(
    *,
    actor: Member,
    case: Case,
    recipient: str,
    legal_basis: str,
    language: str,
    recipient_name: str = "",
    request: str = "",
    unredacted: bool = False,
    with_connections: bool = False,
    encryption: str = "none",
    encrypt_to: str = "",
    order: AuthorityOrder | None = None,
) -> IncidentExport:
    """Ask for a dossier of the case. One that names a minor, is unredacted or holds connection records waits for a
    second officer; any other is built at once.

    `recipient` is one of IncidentExport.Recipient, `language` "fr" or "en", `request` what is asked of them,
    `encryption` one of IncidentExport.Encryption, `encrypt_to` the recipient’s public age key, `order` the request of
    an authority that it answers.
    Raises NotAllowed, Conflict, LegalBasisRequired, NotForThem, BadRecipientKey.
    """
    case = casework.locked(case)
    _require_officer(actor=actor, case=case)
    if not legal_basis.strip():
        raise LegalBasisRequired
    if language not in LANGUAGES:
        raise ValueError(language)
    if unredacted and recipient not in UNREDACTED:
        raise NotForThem
    if order is not None and order.case_id != case.pk:
        raise CaseMoved
    if with_connections and not PROFILES[recipient].connections:
        raise NotForThem
    encryption = IncidentExport.Encryption(encryption)
    if encryption == IncidentExport.Encryption.AGE:
        try:
            check_age_key(encrypt_to.strip())
        except NoRecipient as error:
            raise BadRecipientKey from error
    minor = names_minor(case)
    second = minor or unredacted or with_connections
    state = IncidentExport.State
    export = IncidentExport.objects.create(
        case=case,
        requested_by=actor,
        recipient=IncidentExport.Recipient(recipient),
        recipient_name=recipient_name.strip(),
        request=request.strip(),
        order=order,
        legal_basis=legal_basis.strip(),
        language=language,
        names_minor=minor,
        unredacted=unredacted,
        with_connections=with_connections,
        encryption=encryption,
        encrypt_to=encrypt_to.strip() if encryption == IncidentExport.Encryption.AGE else "",
        state=state.AWAITING_SECOND if second else state.APPROVED,
    )
    audit.record(
        actor=actor,
        action="export.requested",
        subject=export,
        data={
            "case": case.public_id,
            "recipient": export.recipient,
            "names_minor": minor,
            "unredacted": unredacted,
            "with_connections": with_connections,
        },
    )
    if not second:
        nudge("safeguarding.tasks.build_export", export.pk)
    return export


def _locked_request(*, actor: Member, export: IncidentExport) -> IncidentExport:
    export = IncidentExport.objects.select_for_update().get(pk=export.pk)
    _require_officer(actor=actor, case=export.case)
    if export.state != IncidentExport.State.AWAITING_SECOND:
        raise CaseMoved
    if actor.pk == export.requested_by_id:
        raise AnotherPersonRequired
    return export


@transaction.atomic
def approve_export(*, actor: Member, export: IncidentExport) -> IncidentExport:
    """A second officer agrees, and it is built. Raises AnotherPersonRequired, CaseMoved, NotAllowed, Conflict."""
    export = _locked_request(actor=actor, export=export)
    export.approved_by = actor
    export.state = IncidentExport.State.APPROVED
    export.save(update_fields=["approved_by", "state"])
    audit.record(actor=actor, action="export.approved", subject=export, data={"case": export.case.public_id})
    nudge("safeguarding.tasks.build_export", export.pk)
    return export


@transaction.atomic
def refuse_export(*, actor: Member, export: IncidentExport, reason: str) -> IncidentExport:
    """A second officer refuses, and says why; nothing is built."""
    export = _locked_request(actor=actor, export=export)
    if not reason.strip():
        raise ReasonRequired
    export.state = IncidentExport.State.REFUSED
    export.error = reason.strip()[:300]
    export.save(update_fields=["state", "error"])
    audit.record(actor=actor, action="export.refused", subject=export, data={"reason": export.error})
    return export


@transaction.atomic
def retry_export(*, actor: Member, export: IncidentExport) -> None:
    """Build again what failed."""
    export = IncidentExport.objects.select_for_update().get(pk=export.pk)
    _require_officer(actor=actor, case=export.case)
    if export.state != IncidentExport.State.FAILED:
        raise CaseMoved
    export.state = IncidentExport.State.APPROVED
    export.error, export.progress = "", 0
    export.save(update_fields=["state", "error", "progress"])
    audit.record(actor=actor, action="export.retried", subject=export)
    nudge("safeguarding.tasks.build_export", export.pk)


def preview_case(*, actor: Member, case: Case, language: str = "fr", **given: Any) -> FrozenCase:
    """The case as a dossier for these wishes (see `request_export`) would tell it, and nothing stored of it.

    For the page that prepares a dossier: its pages (`dossier.pdf.report_pages`) and what is missing
    (`dossier.missing.missing_pieces`). Connection records are never opened for a preview. Raises NotAllowed, Conflict.
    """
    _require_officer(actor=actor, case=case)
    given = {"requested_by": actor, **given, "with_connections": False}
    wished = IncidentExport(case=case, language=language, public_id="", **given)
    wished.unredacted = False  # an unredacted copy takes two officers, and so does looking at one
    return redact(freeze_case(export=wished), notifiers=notifier_names(case)).case


# What was wished of a dossier, as `preview_case` takes it.
_WISHED = ("recipient", "recipient_name", "legal_basis", "request", "order", "language", "requested_by")


def may_see_unredacted(*, actor: Member, export: IncidentExport) -> bool:
    """Whether `actor` is one of the two officers who signed an unredacted copy that still stands."""
    state = IncidentExport.State
    signed = export.approved_by_id is not None and actor.pk in (export.requested_by_id, export.approved_by_id)
    return export.unredacted and signed and export.state in (state.APPROVED, state.BUILDING, state.READY)


def preview_export(*, actor: Member, export: IncidentExport) -> FrozenCase:
    """The case as this dossier tells it, and nothing stored of it. An unredacted copy is told whole to the two
    officers who sign it, once the second has agreed, and each look is on record; masked to any other and until then
    (`handover.unredacted` says which). Connection records are never opened for it. Raises NotAllowed, Conflict.
    """
    _require_officer(actor=actor, case=export.case)
    if not may_see_unredacted(actor=actor, export=export):
        return preview_case(actor=actor, case=export.case, **{name: getattr(export, name) for name in _WISHED})
    audit.record(actor=actor, action="export.read_unredacted", subject=export, data={"case": export.case.public_id})
    told = IncidentExport.objects.select_related("case", "requested_by", "approved_by", "order").get(pk=export.pk)
    told.with_connections = False
    return redact(freeze_case(export=told), notifiers=notifier_names(told.case)).case


@transaction.atomic
def show_passphrase(*, actor: Member, export: IncidentExport) -> str:
    """What opens an AES zip, to be told to the recipient by another way than the file; asking leaves its line.

    Raises NotAllowed, Conflict, ExportNotReady where there is none.
    """
    export = IncidentExport.objects.select_related("case").get(pk=export.pk)
    _require_officer(actor=actor, case=export.case)
    if export.encryption != IncidentExport.Encryption.ZIP or export.state != IncidentExport.State.READY:
        raise ExportNotReady
    audit.record(actor=actor, action="export.passphrase_shown", subject=export, data={"case": export.case.public_id})
    return passphrase_of(export)


@transaction.atomic
def record_download(*, actor: Member, export: IncidentExport) -> Path:
    """Log that `actor` takes a copy, and only then say where the file is. Nothing is served without its line.

    Raises NotAllowed, Conflict, ExportNotReady.
    """
    export = IncidentExport.objects.select_related("case").get(pk=export.pk)
    _require_officer(actor=actor, case=export.case)
    path = folder() / (export.file_name or "removed")
    if export.state != IncidentExport.State.READY or not path.is_file():
        raise ExportNotReady
    ExportDownload.objects.create(export=export, member=actor)
    audit.record(
        actor=actor,
        action="export.downloaded",
        subject=export,
        data={"sha256": export.sha256, "case": export.case.public_id},
    )
    return path
