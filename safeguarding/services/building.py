"""Building a dossier: the worker's side of an export. The row is the queue.

A worker claims it by a conditional UPDATE; if it dies, its claim runs out and another one starts again. The file
appears under its name only when it is whole, and is removed when its time is over.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import secrets
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from community import audit
from safeguarding.dossier.bag import build_bag
from safeguarding.dossier.encrypt import encrypt_age, encrypt_zip, passphrase_for
from safeguarding.dossier.redact import redact
from safeguarding.models import Evidence, IncidentExport

from .freezer import notifier_names
from .freezing import freeze_case
from .seals import seals, signer
from .vault import Piece, seal_pieces

logger = logging.getLogger(__name__)

CLAIM_LASTS = dt.timedelta(minutes=10)
# A dossier is readable by whoever has the file; evidence that is erased later must not live on in it.
FILE_LASTS = dt.timedelta(days=30)


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
            encrypt_zip(file, sealed, passphrase=passphrase_of(export), name=name)
            name = name.removesuffix(".zip") + ".aes.zip"
        sealed.replace(file)
    finally:
        sealed.unlink(missing_ok=True)
    with file.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest(), name


def passphrase_of(export: IncidentExport) -> str:
    """What opens its AES zip."""
    return passphrase_for(export.public_id, key=settings.HASH_KEY)


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
