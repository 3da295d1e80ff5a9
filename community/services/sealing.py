"""The chain over the audit events: SHA-256 over the previous seal and the event's commitment, in order.

Whoever changes, removes or inserts an event must rewrite every later seal, which triggers refuse and copies of the
last seal (in exports, in backups) betray. Payloads may be erased: the chain is over commitments, not over content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from community.audit import canonical, commitment_of
from community.models import AuditEvent, AuditHead, AuditSeal
from community.triggers import missing_triggers

from .heads import HeadFault, head_fault

GENESIS = hashlib.sha256(b"havre audit chain 1").hexdigest()
BATCH = 2000
# How far below the highest sealed key each round looks for events that committed late; `whole` looks everywhere.
LOOK_BACK = 5000
# An id for pg_advisory_xact_lock: one sealer at a time. SQLite has one writer anyway.
_LOCK = 0x4841565245


@dataclass(frozen=True, slots=True)
class Break:
    """The first thing that does not hold: the seal's number, the event's key and a word for what is wrong."""

    seq: int
    event_id: int
    what: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk along the chain found. `unsealed` events wait for the sealer; `erased` have no payload any more."""

    sealed: int
    unsealed: int
    erased: int
    head: str
    broken: Break | None
    missing_triggers: tuple[str, ...]
    heads: int = 0
    stamped: int = 0
    false_head: HeadFault | None = None

    @property
    def holds(self) -> bool:
        return self.broken is None and self.false_head is None and not self.missing_triggers


def next_digest(previous: str, commitment: str) -> str:
    """SHA-256 (hex) over the raw bytes of the previous seal and of the commitment."""
    return hashlib.sha256(bytes.fromhex(previous) + bytes.fromhex(commitment)).hexdigest()


def seal_audit(*, batch: int = BATCH, whole: bool = False) -> int:
    """Seal every committed event that has no seal yet; return how many. Linear: sealed events are not read again.

    One sealer at a time: another that starts meanwhile does nothing. On PostgreSQL a transaction may commit after
    one that took a later key; its event is found by a later round within LOOK_BACK keys, by `whole` wherever it is.
    What counts is that a place in the chain, once given, never changes.
    """
    sealed = 0
    while (count := _seal_batch(batch, whole)) > 0:
        sealed += count
        if count < batch:
            break
    return sealed


def _seal_batch(batch: int, whole: bool) -> int:
    with transaction.atomic():
        if not _only_sealer():
            return 0
        last = AuditSeal.objects.order_by("-seq").first()
        seq, digest = (last.seq, last.digest) if last else (0, GENESIS)
        # Within a batch keys rise; after a late one the last seal's key is low, and the window must not follow it.
        highest = AuditSeal.objects.aggregate(highest=Max("event_id"))["highest"] or 0
        waiting = AuditEvent.objects.filter(pk__gt=0 if whole else highest - LOOK_BACK, seal__isnull=True)
        seals = []
        for pk, commitment in waiting.order_by("pk").values_list("pk", "commitment")[:batch]:
            seq += 1
            digest = next_digest(digest, commitment)
            seals.append(AuditSeal(seq=seq, event_id=pk, digest=digest))
        AuditSeal.objects.bulk_create(seals)
    return len(seals)


def _only_sealer() -> bool:
    if connection.vendor != "postgresql":
        return True  # an immediate transaction of SQLite holds the one write lock
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def verify_audit(*, progress: Callable[[int], None] | None = None, batch: int = 5000) -> Verification:
    """Walk the chain from its beginning and stop at the first thing that does not hold.

    Checks for each seal: its number follows, its digest is the hash of the one before and of the event's commitment,
    and the commitment is that of the event's own columns and payload, unless the payload was erased. Then that every
    signed head is of this chain, by its signature and, where an authority is configured, by its stamp. Streams: memory
    does not grow with the chain.
    """
    previous, seq, erased = GENESIS, 0, 0
    broken: Break | None = None
    heads = {head.pk: head for head in AuditHead.objects.order_by("day")}
    wanted = {head.seq for head in heads.values()}
    found: dict[int, str] = {}
    for row in _rows(batch):
        seq += 1
        broken = _fault(row, seq, previous)
        if broken:
            break
        erased += row["event__payload__salt"] is None
        previous = row["digest"]
        if seq in wanted:
            found[seq] = previous
        if progress and seq % batch == 0:
            progress(seq)
    faults = (
        head_fault(head, found.get(head.seq)) for head in heads.values() if broken is None or head.seq < broken.seq
    )
    return Verification(
        sealed=seq if broken is None else broken.seq,
        unsealed=AuditEvent.objects.filter(seal__isnull=True).count(),
        erased=erased,
        head=previous,
        broken=broken,
        missing_triggers=tuple(missing_triggers()),
        heads=len(heads),
        stamped=sum(head.stamp is not None for head in heads.values()),
        false_head=next((fault for fault in faults if fault), None),
    )


_COLUMNS = (
    "seq",
    "event_id",
    "digest",
    "event__actor_id",
    "event__component",
    "event__action",
    "event__subject_type",
    "event__subject_id",
    "event__at",
    "event__commitment",
    "event__payload__salt",
    "event__payload__data",
)


def _rows(batch: int) -> Iterator[dict[str, Any]]:
    """Every seal with its event and payload, in order, a batch of rows at a time by number: the same on both
    databases, and no long transaction."""
    after = -1
    while True:
        rows = list(AuditSeal.objects.filter(seq__gt=after).order_by("seq").values(*_COLUMNS)[:batch])
        yield from rows
        if len(rows) < batch:
            return
        after = rows[-1]["seq"]


def _fault(row: dict[str, Any], seq: int, previous: str) -> Break | None:
    if row["seq"] != seq:
        return Break(row["seq"], row["event_id"], f"seal {seq} is missing")
    try:
        expected = next_digest(previous, row["event__commitment"])
    except ValueError:
        expected = ""
    if row["digest"] != expected:
        return Break(seq, row["event_id"], "the seal does not follow from the one before and the event's commitment")
    if row["event__payload__salt"] is None:
        return None  # erased: the commitment stands, what it committed to is gone
    event = canonical(
        actor_id=row["event__actor_id"],
        component=row["event__component"],
        action=row["event__action"],
        subject=(row["event__subject_type"], row["event__subject_id"]),
        at=row["event__at"].isoformat(),
        data=row["event__payload__data"],
    )
    try:
        committed = commitment_of(salt=row["event__payload__salt"], event=event)
    except ValueError:
        committed = ""
    if committed != row["event__commitment"]:
        return Break(seq, row["event_id"], "the event or its payload is not what was committed to")
    return None
