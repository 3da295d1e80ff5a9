"""Decisions, custody and connections as plain records."""

from __future__ import annotations

from collections.abc import Iterator

import rfc8785

from .codec import encode, utc_text
from .frozen import FrozenCase
from .tables import csv_chunks


def decisions_json(case: FrozenCase) -> bytes:
    """Decisions with the reasons as sent, appeals, and what the machine did to protect; canonical JSON."""
    return rfc8785.dumps({"decisions": encode(case.decisions), "measures": encode(case.measures)})


def custody_jsonl(case: FrozenCase) -> Iterator[bytes]:
    """One link of the audit chain a line.

    `opened` is the canonical event as text, so that anyone checks SHA-256(salt bytes, opened) = commitment and
    SHA-256(previous bytes, commitment bytes) = digest with no JSON library at all. Links of other cases have none.
    """
    for entry in case.custody:
        told = encode(entry)
        event = told.pop("event")
        told["opened"] = rfc8785.dumps(event).decode() if event is not None else None
        yield rfc8785.dumps(told) + b"\n"


def connections_csv(case: FrozenCase) -> Iterator[bytes]:
    """Sign-ups and logins: who, when (UTC), from which address and source port."""
    return csv_chunks(
        ("person", "at_utc", "kind", "address", "source_port"),
        ((one.person, utc_text(one.at), one.kind, one.address, one.port) for one in case.connections),
    )
