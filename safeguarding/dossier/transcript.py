"""Who wrote what, when, in every version: one JSON object a message, one table row a version."""

from __future__ import annotations

from collections.abc import Iterator

import rfc8785

from .codec import encode, utc_text
from .frozen import FrozenCase, Message, Person
from .tables import csv_chunks
from .times import local_iso, zone_of

HEAD = (
    "message",
    "version",
    "versions",
    "sent_utc",
    "sent_local",
    "zone",
    "written_utc",
    "room",
    "room_name",
    "author",
    "author_pseudonym_then",
    "author_roles",
    "author_band",
    "state",
    "shown_to_others",
    "verdict",
    "findings",
    "reply_to",
    "mentions",
    "context",
    "text",
)


def pseudonym_then(person: Person, message: Message) -> str:
    """The pseudonym the author carried when the message was sent."""
    worn = [pseudonym.name for pseudonym in person.pseudonyms if pseudonym.since <= message.sent_at]
    return worn[-1] if worn else person.name


def transcript_jsonl(case: FrozenCase) -> Iterator[bytes]:
    """One canonical JSON object (RFC 8785) a line, in the order of sending, all versions inside; verbatim."""
    zone = zone_of(case.platform.timezone)
    persons = {person.id: person for person in case.persons}
    for message in case.messages:
        told = encode(message)
        told["author_pseudonym_then"] = pseudonym_then(persons[message.author], message)
        told["sent_local"] = local_iso(message.sent_at, zone)
        told["zone"] = case.platform.timezone
        yield rfc8785.dumps(told) + b"\n"


def transcript_csv(case: FrozenCase) -> Iterator[bytes]:
    """One row a version; an erased version has an empty text and the verdict "erased"."""
    zone = zone_of(case.platform.timezone)
    persons = {person.id: person for person in case.persons}
    rooms = {room.id: room.name for room in case.rooms}

    def rows() -> Iterator[tuple[object, ...]]:
        for message in case.messages:
            author = persons[message.author]
            for version in message.versions:
                yield (
                    message.id,
                    version.number,
                    len(message.versions),
                    utc_text(message.sent_at),
                    local_iso(message.sent_at, zone),
                    case.platform.timezone,
                    utc_text(version.written_at),
                    message.room,
                    rooms[message.room],
                    message.author,
                    pseudonym_then(author, message),
                    " ".join(author.roles),
                    author.band,
                    message.state,
                    "yes" if version.number == message.shown_version else "no",
                    version.verdict if version.text is not None else "erased",
                    " ".join(f"{one.code}:{one.rule}@{one.version}[{one.start},{one.end})" for one in version.findings),
                    message.reply_to,
                    " ".join(message.mentions),
                    "yes" if message.context else "no",
                    version.text or "",
                )

    return csv_chunks(HEAD, rows())
