"""Whom we believe about an age: the certificates of attestation providers, brought by an operator in a file.

Nothing is ever fetched. The file's SHA-256 is what the operator compares with what the list's publisher prints.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from community import audit
from community.age.eu_wallet.certificates import Anchors, Certificate, load_pem
from community.age.eu_wallet.refusals import Refusal
from community.errors import TrustListRefused
from community.models import TrustList

_kept: tuple[tuple[int, str] | None, Anchors] = (None, Anchors([]))


@dataclass(frozen=True, slots=True)
class TrustChange:
    """What importing a file would change; names by SHA-256 fingerprint."""

    sha256: str
    pem: str
    added: Mapping[str, str]
    removed: Mapping[str, str]
    kept: Mapping[str, str]


def anchor_ref(fingerprint: str) -> str:
    """How a fact names the provider that vouched for it (AgeFact.issuer_ref), by its certificate's fingerprint."""
    return f"anchor:{fingerprint}"


def current_anchors() -> Anchors:
    """The anchors of the latest import, read once a process. One query."""
    global _kept
    latest = TrustList.objects.order_by("-pk").values_list("pk", "sha256").first()
    if latest != _kept[0]:
        _kept = (latest, Anchors.from_pem(TrustList.objects.get(pk=latest[0]).pem) if latest else Anchors([]))
    return _kept[1]


def read_trust_list(data: bytes) -> TrustChange:
    """Compare a PEM file with what holds now. Raises TrustListRefused where it holds no readable certificate, or one
    that is no authority."""
    try:
        pem = data.decode()
        found = load_pem(pem)
        for certificate in found:
            certificate.require_authority(below=0)
    except (UnicodeDecodeError, Refusal) as error:
        raise TrustListRefused from error
    latest = TrustList.objects.order_by("-pk").first()
    before, after = names_of(latest.pem) if latest else {}, _names(found)
    return TrustChange(
        sha256=hashlib.sha256(data).hexdigest(),
        pem=pem,
        added={key: name for key, name in after.items() if key not in before},
        removed={key: name for key, name in before.items() if key not in after},
        kept={key: name for key, name in after.items() if key in before},
    )


def import_trust_list(change: TrustChange, *, component: str) -> TrustList:
    """Put the list in force. It is an operator's act, by `component`; the audit line names every certificate."""
    with transaction.atomic():
        latest = TrustList.objects.create(sha256=change.sha256, pem=change.pem)
        audit.record(
            actor=None,
            component=component,
            action="trust.imported",
            subject=latest,
            data={
                "sha256": change.sha256,
                "added": dict(change.added),
                "removed": dict(change.removed),
                "kept": sorted(change.kept),
            },
        )
    return latest


def names_of(pem: str) -> dict[str, str]:
    """The certificates of an import, by fingerprint: whose each is, and until when."""
    return _names(load_pem(pem))


def _names(certificates: list[Certificate]) -> dict[str, str]:
    return {
        one.fingerprint: f"{one.parsed.subject.rfc4514_string()}, until {one.not_after:%Y-%m-%d}"
        for one in certificates
    }
