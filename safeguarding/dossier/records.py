"""Persons, chronology, decisions, notifications, custody and connections as plain records."""

from __future__ import annotations

from collections.abc import Iterator

import rfc8785

from .chronology import chronology
from .codec import encode, utc_text
from .frozen import FrozenCase
from .tables import csv_chunks
from .times import local_iso, zone_of


def decisions_json(case: FrozenCase) -> bytes:
    """Decisions with the reasons as sent, appeals, and what the machine did to protect; canonical JSON."""
    return rfc8785.dumps({"decisions": encode(case.decisions), "measures": encode(case.measures)})


def persons_json(case: FrozenCase) -> bytes:
    """Who is who, with the rooms they were in and how many messages of theirs are enclosed; canonical JSON."""
    told = []
    for person in case.persons:
        one = encode(person)
        if "notifier" not in person.roles:
            one["stays"] = [
                {"room": room.id, "room_name": room.name, **encode(stay)}
                for room in case.rooms
                for stay in room.stays
                if stay.person == person.id
            ]
            one["messages_enclosed"] = sum(message.author == person.id for message in case.messages)
        told.append(one)
    return rfc8785.dumps({"persons": told})


def chronology_csv(case: FrozenCase) -> Iterator[bytes]:
    """Every line of the chronology; the report may show fewer."""
    zone = zone_of(case.platform.timezone)
    return csv_chunks(
        ("at_utc", "at_local", "kind", "reference", "text"),
        ((utc_text(one.at), local_iso(one.at, zone), one.kind, one.reference, one.text) for one in chronology(case)),
    )


def notifications_json(case: FrozenCase) -> bytes:
    """Who was told and who must be, and for whom this dossier is made, on which ground; canonical JSON."""
    return rfc8785.dumps({"handover": encode(case.handover), "transmissions": encode(case.transmissions)})


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


def redactions_json(case: FrozenCase) -> bytes:
    """What this copy does not tell, by whom it was masked and why; canonical JSON."""
    handover = case.handover
    return rfc8785.dumps(
        {
            "recipient": handover.recipient,
            "masked_by": encode(handover.exported_by),
            "masked_at": utc_text(handover.exported_at),
            "redactions": encode(case.redactions),
        }
    )


def hashes_csv(case: FrozenCase) -> Iterator[bytes]:
    """Every piece in the vault: its id there, what it is a copy of, when it was frozen, its salted SHA-256 commitment.

    All that ever leaves of a file: no file is enclosed, and what cannot be held cannot be handed over (CP 227-23).
    """
    return csv_chunks(
        ("vault_id", "kind", "source", "version", "frozen_utc", "commitment_sha256", "erased"),
        (
            (
                one.id,
                one.kind,
                one.source,
                one.ordinal,
                utc_text(one.frozen_at),
                one.commitment,
                "yes" if one.erased else "no",
            )
            for one in case.pieces
        ),
    )


def access_log_csv(case: FrozenCase) -> Iterator[bytes]:
    """Who read the case or took a copy, when and why (the platform’s own staff; members read nothing of a case)."""
    zone = zone_of(case.platform.timezone)
    return csv_chunks(
        ("at_utc", "at_local", "who", "role", "what", "reason"),
        (
            (utc_text(one.at), local_iso(one.at, zone), one.by.name, one.by.role, one.action, one.reason)
            for one in case.accesses
        ),
    )


def connections_csv(case: FrozenCase) -> Iterator[bytes]:
    """Sign-ups and logins: who, when (UTC), from which address and source port."""
    return csv_chunks(
        ("person", "at_utc", "kind", "address", "source_port"),
        ((one.person, utc_text(one.at), one.kind, one.address, one.port) for one in case.connections),
    )
