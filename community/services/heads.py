"""The head of the audit chain at the end of every day, signed with the installation's key and stamped from outside.

The chain proves that nothing was changed inside it; a signed and stamped head, noted elsewhere, proves that the whole
of it was not made anew afterwards.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from community import timestamps
from community.models import AuditHead, AuditSeal

logger = logging.getLogger(__name__)

STAMPED_AT_ONCE = 30  # heads asked for in one round


@dataclass(frozen=True, slots=True)
class HeadFault:
    """A head that does not hold: its day and a word for what is wrong."""

    day: dt.date
    what: str


def statement_of(day: dt.date, seq: int, digest: str) -> bytes:
    """What is signed: four lines that say which place of the chain stood last on which day (UTC)."""
    return f"havre-audit-head 1\n{day.isoformat()}\n{seq}\n{digest}\n".encode()


def sign_head(*, today: dt.date | None = None) -> AuditHead | None:
    """Sign where the chain stood at the end of yesterday (UTC), once; None where it is signed or nothing is sealed."""
    today = today or timezone.now().astimezone(dt.UTC).date()
    day = today - dt.timedelta(days=1)
    if AuditHead.objects.filter(day=day).exists():
        return None
    midnight = dt.datetime.combine(today, dt.time(), tzinfo=dt.UTC)
    last = AuditSeal.objects.filter(sealed_at__lt=midnight).order_by("-seq").first()
    if last is None:
        return None
    key = Ed25519PrivateKey.from_private_bytes(settings.SIGNING_KEY)
    signature = key.sign(statement_of(day, last.seq, last.digest))
    try:
        with transaction.atomic():
            return AuditHead.objects.create(
                day=day,
                seq=last.seq,
                digest=last.digest,
                signature=signature.hex(),
                public_key=key.public_key().public_bytes_raw().hex(),
            )
    except IntegrityError:
        return None  # another worker signed the same day


def stamp_heads() -> int:
    """Have the authority stamp the heads it has not seen, the newest first; return how many it did.

    A head that cannot be stamped now is asked for again in the next round: the head itself stands meanwhile.
    """
    if not timestamps.is_configured():
        return 0
    done = 0
    for head in AuditHead.objects.filter(stamp=None).order_by("-day")[:STAMPED_AT_ONCE]:
        try:
            answer = timestamps.stamp(bytes.fromhex(head.signature))
        except timestamps.NotStamped as error:
            logger.warning("the head of %s is not stamped: %s", head.day, error)
            break
        done += AuditHead.objects.filter(pk=head.pk, stamp=None).update(stamp=answer, stamped_at=timezone.now())
    return done


def head_fault(head: AuditHead, digest: str | None) -> HeadFault | None:
    """What does not hold of a head, given the digest that the chain has at its place (None: no such place)."""
    if digest != head.digest:
        return HeadFault(head.day, "the chain is not the one that was signed")
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head.public_key))
        key.verify(bytes.fromhex(head.signature), statement_of(head.day, head.seq, head.digest))
    except (InvalidSignature, ValueError):
        return HeadFault(head.day, "the signature is false")
    if head.stamp and timestamps.is_configured():
        try:
            timestamps.stamped_at(bytes(head.stamp), bytes.fromhex(head.signature))
        except timestamps.NotStamped as error:
            return HeadFault(head.day, str(error))
    return None
