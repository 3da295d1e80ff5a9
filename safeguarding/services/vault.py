"""The vault: how a piece of evidence is sealed, opened, erased and re-wrapped.

Envelope encryption: every piece has a data key of its own (AES-256-GCM), wrapped by a key of settings.EVIDENCE_KEYS
(NIST SP 800-38D; 96-bit random nonces, each data key used once). The header of the piece is the associated data, so
that a ciphertext moved to another case, place or order does not open. `commitment` is SHA-256(salt || plaintext): it
proves the content to whoever has the salt and tells nothing without it. Erasure deletes the wrapped key and the salt.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community import audit
from community.errors import Refused
from community.models import Member
from safeguarding.models import Case, Evidence, EvidenceKey

NONCE_BYTES = 12
KEY_BYTES = 32
HEADER_VERSION = 1


class EvidenceErased(Refused):
    """The key of this piece was destroyed: it can never be read again."""

    code = "evidence_erased"
    message = _("This piece of evidence was erased; only its header is left.")


class EvidenceAltered(Refused):
    """The piece does not open under its header: ciphertext, header or key row were changed."""

    code = "evidence_altered"
    message = _("This piece of evidence does not match its seal: it was changed after it was frozen.")


class EvidenceKeyMissing(Refused):
    """EVIDENCE_KEYS no longer holds the key that wraps this piece."""

    code = "evidence_key_missing"
    message = _("The key that opens this piece of evidence is not in EVIDENCE_KEYS.")


@dataclass(frozen=True, slots=True)
class Piece:
    """Something to freeze: plain JSON under the public id of what it was."""

    kind: Evidence.Kind
    source_ref: str
    content: dict[str, Any]

    def plaintext(self) -> bytes:
        """RFC 8785 canonical JSON: the same content is the same bytes, whenever it is frozen."""
        return rfc8785.dumps(self.content)


def header_of(evidence: Evidence, case_public_id: str) -> bytes:
    """The associated data: everything about the piece that may be read without a key, canonical."""
    return rfc8785.dumps(
        {
            "v": HEADER_VERSION,
            "id": evidence.public_id,
            "case": case_public_id,
            "kind": str(evidence.kind),
            "source": evidence.source_ref,
            "ordinal": evidence.ordinal,
            "frozen_at": evidence.frozen_at.isoformat(),
            "commitment": evidence.commitment,
        }
    )


def commitment_of(salt: str, plaintext: bytes) -> str:
    """SHA-256 (hex) over the salt (hex) and the plaintext."""
    return hashlib.sha256(bytes.fromhex(salt) + plaintext).hexdigest()


def seal_pieces(*, case: Case, pieces: Iterable[Piece]) -> list[Evidence]:
    """Seal what is not sealed yet, in the caller's transaction; return the new rows.

    Idempotent by content: a piece that equals the newest sealed version of its source is skipped, one that differs
    gets the next ordinal. What was erased and is frozen anew gets the next ordinal too.
    """
    wanted = {(piece.kind.value, piece.source_ref): piece for piece in pieces}
    if not wanted:
        return []
    newest = {
        (evidence.kind, evidence.source_ref): evidence
        for evidence in Evidence.objects.filter(case=case, source_ref__in={ref for _kind, ref in wanted})
        .select_related("key")
        .defer("ciphertext", "nonce")
        .order_by("ordinal")
    }
    now = timezone.now()
    rows: list[Evidence] = []
    keys: list[EvidenceKey] = []
    for place, piece in wanted.items():
        plaintext = piece.plaintext()
        before = newest.get(place)
        key_row = getattr(before, "key", None)
        if before and key_row and commitment_of(key_row.salt, plaintext) == before.commitment:
            continue
        salt = secrets.token_hex(32)
        evidence = Evidence(
            case=case,
            kind=piece.kind,
            source_ref=piece.source_ref,
            ordinal=before.ordinal + 1 if before else 0,
            commitment=commitment_of(salt, plaintext),
            nonce=secrets.token_bytes(NONCE_BYTES),
            frozen_at=now,
        )
        data_key = secrets.token_bytes(KEY_BYTES)
        evidence.ciphertext = AESGCM(data_key).encrypt(evidence.nonce, plaintext, header_of(evidence, case.public_id))
        key_id, wrapped = _wrap(data_key, evidence)
        rows.append(evidence)
        keys.append(EvidenceKey(evidence=evidence, key_id=key_id, wrapped=wrapped, salt=salt))
    Evidence.objects.bulk_create(rows)
    EvidenceKey.objects.bulk_create(keys)
    return rows


def open_evidence(evidence: Evidence) -> dict[str, Any]:
    """The content of one piece, authenticated against its header and commitment.

    For many, fetch them with select_related("key", "case"). Raises EvidenceErased, EvidenceKeyMissing or
    EvidenceAltered. Who may read is for the caller to say.
    """
    try:
        key_row = evidence.key
    except EvidenceKey.DoesNotExist as error:
        raise EvidenceErased from error
    try:
        plaintext = AESGCM(_unwrap(key_row, evidence)).decrypt(
            bytes(evidence.nonce), bytes(evidence.ciphertext), header_of(evidence, evidence.case.public_id)
        )
    except InvalidTag as error:
        raise EvidenceAltered from error
    if not secrets.compare_digest(commitment_of(key_row.salt, plaintext), evidence.commitment):
        raise EvidenceAltered
    content: dict[str, Any] = json.loads(plaintext)
    return content


@transaction.atomic
def erase_evidence(*, actor: Member | None, evidence: Evidence, reason: str, component: str = "") -> None:
    """Destroy the key of a piece for ever; the header and the chain of seals stay valid.

    The case must be closed, and nobody erases what a legal duty or an open case still needs: that is the caller's
    question. Erasing twice is one erasure.
    """
    deleted, _by_model = EvidenceKey.objects.filter(evidence=evidence).delete()
    if deleted:
        audit.record(
            actor=actor,
            component=component,
            action="evidence.erased",
            subject=evidence,
            data={"reason": reason, "case": evidence.case.public_id},
        )


def rotate_evidence_keys(*, actor: Member | None, limit: int = 1000) -> int:
    """Re-wrap up to `limit` data keys under the current (first) evidence key; return how many were.

    Only wrappings change, no content is opened. Run until it returns 0, then the old key may leave EVIDENCE_KEYS.
    """
    current = _current_key_id()
    with transaction.atomic():
        stale = list(
            EvidenceKey.objects.select_for_update(of=("self",), skip_locked=True)
            .exclude(key_id=current)
            .select_related("evidence")
            .order_by("pk")[:limit]
        )
        for row in stale:
            try:
                row.key_id, row.wrapped = _wrap(_unwrap(row, row.evidence), row.evidence)
            except InvalidTag as error:
                raise EvidenceAltered from error
        EvidenceKey.objects.bulk_update(stale, ["key_id", "wrapped"])
        if stale:
            audit.record(
                actor=actor,
                component="" if actor else "vault",
                action="evidence.keys_rotated",
                subject=stale[0],
                data={"keys": len(stale), "to": current},
            )
    return len(stale)


def keys_in_use() -> list[str]:
    """Ids of the envelope keys that wrap something."""
    return sorted(EvidenceKey.objects.order_by().values_list("key_id", flat=True).distinct())


def _current_key_id() -> str:
    return next(iter(settings.EVIDENCE_KEYS))


def _wrap(data_key: bytes, evidence: Evidence) -> tuple[str, bytes]:
    key_id = _current_key_id()
    nonce = secrets.token_bytes(NONCE_BYTES)
    wrapped = AESGCM(settings.EVIDENCE_KEYS[key_id]).encrypt(nonce, data_key, evidence.public_id.encode())
    return key_id, nonce + wrapped


def _unwrap(row: EvidenceKey, evidence: Evidence) -> bytes:
    envelope = settings.EVIDENCE_KEYS.get(row.key_id)
    if envelope is None:
        raise EvidenceKeyMissing
    wrapped = bytes(row.wrapped)
    return AESGCM(envelope).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], evidence.public_id.encode())
