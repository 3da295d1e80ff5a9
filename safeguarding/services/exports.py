"""Incident exports: asked for by an officer, approved by another when a minor is named, built by a worker.

The row is the queue. A worker claims it by a conditional UPDATE; if it dies, its claim runs out and another one
starts again. The file appears under its name only when it is whole.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from community import audit
from community.errors import NotAllowed, ReasonRequired
from community.models import Member
from community.policies import MINOR_BANDS
from community.queue import nudge
from community.roles import is_officer
from safeguarding.dossier.bag import build_bag
from safeguarding.dossier.encrypt import NoRecipient, check_age_key, encrypt_age, encrypt_zip, passphrase_for
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
from safeguarding.models import AuthorityOrder, Case, Evidence, ExportDownload, IncidentExport

from . import casework
from .freezer import notifier_names
from .freezing import freeze_case
from .people import bands_of
from .seals import seals, signer
from .vault import Piece, seal_pieces

logger = logging.getLogger(__name__)

CLAIM_LASTS = dt.timedelta(minutes=10)
# A dossier is readable by whoever has the file; evidence that is erased later must not live on in it.
FILE_LASTS = dt.timedelta(days=30)
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


def exports_waiting() -> list[int]:
    """Primary keys of exports to build: approved, or left behind by a worker that died. For the sweep."""
    return list(IncidentExport.objects.filter(_claimable()).order_by("pk").values_list("pk", flat=True))


def _claimable() -> Q:
    state = IncidentExport.State
    return Q(state=state.APPROVED) | Q(state=state.BUILDING, claimed_until__lt=timezone.now())


def folder() -> Path:
    """Where finished dossiers lie, readable by this process alone."""
    path = Path(settings.VAR_DIR) / "exports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def build_export(*, export_pk: int) -> bool:
    """Build one dossier if it waits to be built; return whether this call did it.

    Claimed by a conditional UPDATE, so two workers never build one twice; finished under the same token, so one that
    was overtaken writes nothing. The file gets its name only when it is whole and synced: no half file is ever
    offered. A failure is stated on the row, logged, and may be retried by an officer.
    """
    token = secrets.token_hex(16)
    state = IncidentExport.State
    claimed = IncidentExport.objects.filter(_claimable(), pk=export_pk).update(
        state=state.BUILDING, claim_token=token, claimed_until=timezone.now() + CLAIM_LASTS, progress=5, error=""
    )
    if not claimed:
        return False
    export = IncidentExport.objects.select_related("case", "requested_by", "approved_by").get(pk=export_pk)
    for left in folder().glob(f"*{export.public_id}.*.part*"):  # by a worker that was killed
        left.unlink(missing_ok=True)
    partial = folder() / f"{export.public_id}.{token}.part"
    try:
        redacted = redact(
            freeze_case(export=export), notifiers=notifier_names(export.case)
        )  # as this recipient may read it
        frozen = redacted.case
        _seal_key(export, redacted.key)
        _progress(export_pk, token, 10)
        bag = build_bag(
            frozen,
            out=partial,
            signer=signer(),
            seals=seals(),
            progress=lambda per_cent: _progress(export_pk, token, 10 + per_cent * 8 // 10),
        )
        name = f"{frozen.reference}-{export.public_id}.zip"
        sha256, name = _encrypted(export, partial, name, sha256=bag.sha256)
        partial.chmod(0o600)
        counts = {
            "reference": frozen.reference,
            "messages": len(frozen.messages),
            "persons": len(frozen.persons),
            "decisions": len(frozen.decisions),
            "custody": len(frozen.custody),
            "bag_sha256": bag.sha256,
        }
        return _finish(export, token=token, partial=partial, file_name=name, sha256=sha256, counts=counts)
    except Exception as error:
        logger.exception("export %s was not built", export_pk)
        _fail(export, token=token, error=type(error).__name__)
        return False
    finally:
        partial.unlink(missing_ok=True)


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


def _seal_key(export: IncidentExport, key: Mapping[str, str]) -> None:
    """Who stands behind the labels of this copy, in the vault: to be asked for by whoever holds the copy."""
    if key:
        with transaction.atomic():
            seal_pieces(
                case=export.case,
                pieces=[
                    Piece(Evidence.Kind.REDACTION, export.public_id, {"export": export.public_id, "key": dict(key)})
                ],
            )


def _encrypted(export: IncidentExport, file: Path, name: str, *, sha256: str) -> tuple[str, str]:
    """The file made unreadable in place for anybody but its recipient, where it is to be; its new digest and name."""
    if export.encryption == IncidentExport.Encryption.NONE:
        return sha256, name
    sealed = file.with_suffix(".sealed")
    try:
        if export.encryption == IncidentExport.Encryption.AGE:
            name += ".age"
            encrypt_age(file, sealed, key=export.encrypt_to)
        else:
            encrypt_zip(file, sealed, passphrase=_passphrase(export), name=name)
            name = name.removesuffix(".zip") + ".aes.zip"
        sealed.replace(file)
    finally:
        sealed.unlink(missing_ok=True)
    with file.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest(), name


def _passphrase(export: IncidentExport) -> str:
    return passphrase_for(export.public_id, key=settings.HASH_KEY)


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
    return _passphrase(export)


def _progress(export_pk: int, token: str, per_cent: int) -> None:
    """Say how far it is, and keep the claim alive."""
    IncidentExport.objects.filter(pk=export_pk, claim_token=token).update(
        progress=per_cent, claimed_until=timezone.now() + CLAIM_LASTS
    )


@transaction.atomic
def _finish(
    export: IncidentExport, *, token: str, partial: Path, file_name: str, sha256: str, counts: dict[str, object]
) -> bool:
    mine = IncidentExport.objects.filter(pk=export.pk, claim_token=token, state=IncidentExport.State.BUILDING).update(
        state=IncidentExport.State.READY,
        file_name=file_name,
        sha256=sha256,
        frozen=counts,
        progress=100,
        claim_token="",
        claimed_until=None,
        built_at=timezone.now(),
    )
    if not mine:
        return False
    partial.replace(folder() / file_name)
    audit.record(
        actor=None, component="exports", action="export.built", subject=export, data={"sha256": sha256, **counts}
    )
    return True


@transaction.atomic
def _fail(export: IncidentExport, *, token: str, error: str) -> None:
    if IncidentExport.objects.filter(pk=export.pk, claim_token=token).update(
        state=IncidentExport.State.FAILED, error=error, claim_token="", claimed_until=None
    ):
        audit.record(actor=None, component="exports", action="export.failed", subject=export, data={"error": error})


def remove_old_files() -> int:
    """Remove dossiers FILE_LASTS after they were built; return how many. The rows stay; one may be asked for anew."""
    old = IncidentExport.objects.filter(
        state=IncidentExport.State.READY, built_at__lt=timezone.now() - FILE_LASTS
    ).exclude(file_name="")
    removed = 0
    for export in old:
        with transaction.atomic():
            if not IncidentExport.objects.filter(pk=export.pk, file_name=export.file_name).update(file_name=""):
                continue
            audit.record(actor=None, component="exports", action="export.file_removed", subject=export)
            removed += 1
        (folder() / export.file_name).unlink(missing_ok=True)
    return removed


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
