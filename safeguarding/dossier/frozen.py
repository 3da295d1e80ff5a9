"""A case as it is handed over: what the exporting service fills in, and all that any document of the dossier knows.

Frozen values. Times are aware datetimes; spans are half-open intervals of code points of the version they stand on;
every reference between parts is by public id, and `FrozenCase` refuses one that leads nowhere.

What must never leave has no place to stand: there is no field for private notes, moderators’ working notes or a
risk ledger, and a notifier is a label ("N1") that carries nothing about the person but in an unredacted copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from .acts import (
    Access,
    Alert,
    Appeal,
    Circumstance,
    Connection,
    CustodyEntry,
    Decision,
    Handover,
    Measure,
    Opinion,
    Order,
    Piece,
    Redaction,
    Report,
    Situation,
    Statement,
    Transmission,
)
from .codec import decode, encode
from .parts import (
    AssuredAge,
    Block,
    Finding,
    FrozenCaseError,
    Message,
    Officer,
    Person,
    Platform,
    Pseudonym,
    Recipient,
    Role,
    Room,
    Sealed,
    SeverityLevel,
    Stay,
    Version,
)

__all__ = [
    "Access",
    "Alert",
    "Appeal",
    "AssuredAge",
    "Block",
    "Circumstance",
    "Connection",
    "CustodyEntry",
    "Decision",
    "Finding",
    "FrozenCase",
    "FrozenCaseError",
    "Handover",
    "Measure",
    "Message",
    "Officer",
    "Opinion",
    "Order",
    "Person",
    "Piece",
    "Platform",
    "Pseudonym",
    "Recipient",
    "Redaction",
    "Report",
    "Role",
    "Room",
    "Sealed",
    "SeverityLevel",
    "Situation",
    "Statement",
    "Stay",
    "Transmission",
    "Version",
]

UNREDACTED = frozenset({"police", "prosecutor"})  # who may be handed an unredacted copy

_PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenCase:
    """The whole case. Raises FrozenCaseError where a reference leads nowhere or an id is used twice.

    `messages` stand in the order in which they were sent. `language` is that of the recipient ("fr" or "en").
    """

    id: str
    code: str
    severity: SeverityLevel
    language: Literal["fr", "en"]
    opened_at: datetime
    automated: bool  # opened by the machine (DSA art. 17(3)(c): automated detection)
    platform: Platform
    handover: Handover
    situation: Situation
    closed_at: datetime | None = None
    rooms: tuple[Room, ...] = ()
    persons: tuple[Person, ...] = ()
    messages: tuple[Message, ...] = ()
    reports: tuple[Report, ...] = ()
    alerts: tuple[Alert, ...] = ()
    measures: tuple[Measure, ...] = ()
    decisions: tuple[Decision, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    circumstances: tuple[Circumstance, ...] = ()
    transmissions: tuple[Transmission, ...] = ()
    connections: tuple[Connection, ...] = ()
    blocks: tuple[Block, ...] = ()
    pieces: tuple[Piece, ...] = ()
    accesses: tuple[Access, ...] = ()
    custody: tuple[CustodyEntry, ...] = ()
    redactions: tuple[Redaction, ...] = ()  # what `redact` masked; empty in an unmasked copy

    def __post_init__(self) -> None:
        _check(self)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with every field. `from_json(to_json())` is equal, times cut to the millisecond."""
        return dict(encode(self))

    @classmethod
    def from_json(cls, value: Any) -> FrozenCase:
        """Read what `to_json` wrote. Raises FrozenCaseError naming the field that is wrong."""
        return decode(cls, value)

    @property
    def reference(self) -> str:
        """How the dossier is called everywhere: year of opening and public id of the case."""
        return f"INC-{self.opened_at.year}-{self.id}"

    @property
    def names_minor(self) -> bool:
        """Whether somebody assured to be under eighteen is a party."""
        return any(person.is_minor for person in self.persons if set(person.roles) - {"other"})

    def with_role(self, role: Role) -> tuple[Person, ...]:
        """The persons who hold `role`, in the order handed over."""
        return tuple(person for person in self.persons if role in person.roles)


def _unique(where: str, ids: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    for identity in ids:
        if not _PUBLIC_ID.fullmatch(identity):
            raise FrozenCaseError(f"{where}: {identity!r} is not a public id")
        if identity in seen:
            raise FrozenCaseError(f"{where}: {identity} stands twice")
        seen.add(identity)
    return seen


def _known(where: str, references: Iterable[str], known: set[str]) -> None:
    for reference in references:
        if reference and reference not in known:
            raise FrozenCaseError(f"{where}: {reference!r} is not in the case")


def _check(case: FrozenCase) -> None:
    """Refuse a case whose parts do not hold together."""
    _unique("id", [case.id])
    persons = _unique("persons", (person.id for person in case.persons))
    rooms = _unique("rooms", (room.id for room in case.rooms))
    messages = _unique("messages", (message.id for message in case.messages))
    _unique("decisions", (decision.id for decision in case.decisions))
    _unique("reports", (report.id for report in case.reports))
    notifiers = {person.id for person in case.with_role("notifier")}
    people = persons - notifiers
    for room in case.rooms:
        _known(f"rooms {room.id} stays", (stay.person for stay in room.stays), people)
    for message in case.messages:
        where = f"messages {message.id}"
        _known(where, (message.author, *message.mentions), people)
        _known(where, (message.room,), rooms)
        numbers = [version.number for version in message.versions]
        if not numbers or numbers != sorted(set(numbers)):
            raise FrozenCaseError(f"{where}: versions must be numbered and in order")
        if message.shown_version is not None and message.shown_version not in numbers:
            raise FrozenCaseError(f"{where}: version {message.shown_version} was shown and is not there")
        for version in message.versions:
            length = len(version.text) if version.text is not None else 0
            for finding in version.findings:
                if version.text is not None and not 0 <= finding.start <= finding.end <= length:
                    raise FrozenCaseError(f"{where}: finding {finding.rule} lies outside version {version.number}")
    for report in case.reports:
        _known(f"reports {report.id}", (report.subject,), people)
        _known(f"reports {report.id}", (report.message,), messages)
        _known(f"reports {report.id} notifier", (report.notifier,), notifiers)
    for alert in case.alerts:
        _known("alerts", (alert.subject, *alert.protects), people)
        _known("alerts evidence", alert.evidence, messages)
    for measure in case.measures:
        _known("measures", (measure.person,), people)
        _known("measures", (measure.message,), messages)
    for decision in case.decisions:
        _known(f"decisions {decision.id}", (decision.person, decision.counterpart), people)
        _known(f"decisions {decision.id}", (decision.message,), messages)
        _known(f"decisions {decision.id}", (decision.room,), rooms)
    _known("connections", (connection.person for connection in case.connections), people)
    if case.connections and case.handover.approved_by is None and case.situation.danger_now != "yes":
        raise FrozenCaseError("connections: two officers hand them over, or one where life is at risk")
    for block in case.blocks:
        _known("blocks", (block.by, block.against), people)
    if case.handover.unredacted and (case.handover.recipient not in UNREDACTED or case.handover.approved_by is None):
        raise FrozenCaseError("handover.unredacted: for police or a prosecutor alone, by two officers")
    if not case.handover.unredacted and any(person.pseudonyms for person in case.with_role("notifier")):
        raise FrozenCaseError("persons: a notifier is named in an unredacted copy alone")
    approver = case.handover.approved_by
    if approver is not None and approver.name == case.handover.exported_by.name:
        raise FrozenCaseError("handover: the second officer is another person")
