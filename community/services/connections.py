"""Connection records: address, source port and time of sign-ups and logins, sealed, kept one year.

Who hosts what others write keeps what identifies them, for one year (LCEN art. 6, V; decree 2021-1362 art. 2 and 5).
Apart from everything else; nobody reads them in passing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from community import audit
from community.client import Client
from community.errors import CannotJudgeYourself, NotAllowed, ReasonRequired, TwoOfficersRequired
from community.models import ConnectionLog, Member
from community.ports import held_members
from community.roles import is_officer

_NONCE_BYTES = 12


class Ground(StrEnum):
    """Why connection records may be read at all."""

    AUTHORITY = "authority"  # a request of a judge, a prosecutor or the police
    DANGER = "danger"  # life or safety at risk (DSA art. 18)


@dataclass(frozen=True, slots=True)
class Connection:
    """One record, opened. `at` is UTC; `address` and `port` are None where the key that sealed it is in no setting."""

    kind: str
    at: dt.datetime
    address: str | None
    port: int | None


def _keep() -> dt.timedelta:
    """One year (LCEN art. 6; decree 2021-1362), unless the installation's counsel has set another term."""
    return dt.timedelta(days=settings.RETENTION_DAYS["connections"])


def record_connection(*, member: Member, kind: str, client: Client) -> ConnectionLog:
    """Seal where a sign-up or login came from. The row itself says no more than who and when."""
    at = timezone.now()
    nonce = secrets.token_bytes(_NONCE_BYTES)
    plain = json.dumps({"address": client.address, "port": client.port, "at": at.isoformat()}).encode()
    sealed = nonce + AESGCM(settings.CONNECTION_LOG_KEY).encrypt(nonce, plain, _bound_to(member.pk, kind))
    return ConnectionLog.objects.create(
        member=member, kind=kind, key_id=_key_id(settings.CONNECTION_LOG_KEY), sealed=sealed, created_at=at
    )


def sealed_connections(*, member: Member) -> list[dict[str, str]]:
    """The member's records of the last year as they lie, oldest first, to be frozen as evidence: nothing is opened.

    Plain JSON: {"kind", "key_id", "at" (ISO 8601), "sealed" (hexadecimal)}; `read_connections` opens it as `kept`.
    """
    return [
        {"kind": row.kind, "key_id": row.key_id, "at": row.created_at.isoformat(), "sealed": bytes(row.sealed).hex()}
        for row in _living(member)
    ]


def read_connections(
    *,
    actor: Member,
    second: Member,
    member: Member,
    ground: Ground,
    reason: str,
    kept: Sequence[Mapping[str, str]] = (),
) -> Sequence[Connection]:
    """The member's connections, oldest first, for an export. Audited, with both officers.

    Those of the last year, and those of `kept` (see `sealed_connections`), which were frozen before they ran out.

    Raises NotAllowed unless both are safeguarding officers, TwoOfficersRequired unless they differ,
    CannotJudgeYourself when one of them is the member, ReasonRequired.
    """
    if not (is_officer(actor) and is_officer(second)):
        raise NotAllowed
    if actor.pk == second.pk:
        raise TwoOfficersRequired
    if member.pk in (actor.pk, second.pk):
        raise CannotJudgeYourself
    if not reason.strip():
        raise ReasonRequired
    with transaction.atomic():
        rows = {bytes(row.sealed): row for row in _living(member)}
        for one in kept:
            sealed = bytes.fromhex(one["sealed"])
            rows.setdefault(
                sealed,
                ConnectionLog(
                    member=member,
                    kind=one["kind"],
                    key_id=one["key_id"],
                    sealed=sealed,
                    created_at=dt.datetime.fromisoformat(one["at"]),
                ),
            )
        found = [_open(row) for row in sorted(rows.values(), key=lambda row: row.created_at)]
        audit.record(
            actor=actor,
            action="connections.read",
            subject=member,
            data={"second": second.public_id, "ground": Ground(ground).value, "reason": reason[:500], "n": len(found)},
        )
    return found


def _living(member: Member) -> QuerySet[ConnectionLog]:
    return ConnectionLog.objects.filter(member=member, created_at__gt=timezone.now() - _keep()).order_by("created_at")


def expired_connections(*, held: bool = True) -> QuerySet[ConnectionLog]:
    """Records that have outlived their term; with `held`, without those of members whom a floor above holds."""
    expired = ConnectionLog.objects.filter(created_at__lte=timezone.now() - _keep())
    return expired.exclude(member__in=held_members()) if held else expired


def purge_connections() -> int:
    """Delete what is older than its term and held by nobody; return how many."""
    deleted, _by_model = expired_connections().delete()
    return deleted


def _open(row: ConnectionLog) -> Connection:
    sealed = bytes(row.sealed)
    nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    keys = {_key_id(key): key for key in (settings.CONNECTION_LOG_KEY, *settings.CONNECTION_LOG_OLD_KEYS)}
    try:
        plain = AESGCM(keys[row.key_id]).decrypt(nonce, ciphertext, _bound_to(row.member_id, row.kind))
    except (KeyError, InvalidTag):
        return Connection(row.kind, row.created_at, None, None)
    told = json.loads(plain)
    return Connection(row.kind, dt.datetime.fromisoformat(told["at"]), told["address"], told["port"])


def _bound_to(member_pk: int, kind: str) -> bytes:
    # Authenticated beside the text: a row moved to another member does not open.
    return f"{member_pk}:{kind}".encode()


def _key_id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:12]
