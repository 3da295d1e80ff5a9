"""The parts of a frozen case that somebody did: told, decided, kept, handed over. See `frozen`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from .parts import (
    Answer,
    CircumstanceKey,
    DataCategory,
    Officer,
    OrderKind,
    Recipient,
    SeverityLevel,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A sealed piece of the vault: what it copies, when it was frozen, its commitment; `erased`: its key is gone."""

    id: str
    kind: str
    source: str
    frozen_at: datetime
    commitment: str
    ordinal: int = 0
    erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Somebody of the staff read the case or took a copy of a dossier, and why."""

    at: datetime
    by: Officer
    action: str  # the audit event: "case.read", "case.claimed", "connections.read", "export.downloaded"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What somebody told the platform. `notifier` is a label; the person behind it is not handed over."""

    id: str
    kind: Literal["report", "notice"]
    made_at: datetime
    category: str
    notifier: str
    text: str = ""
    danger_now: bool = False
    subject: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What the machine said of a relationship, and the person who looked at it since. Machines never sign."""

    code: str
    severity: SeverityLevel
    raised_at: datetime
    score: float
    ruleset: str
    subject: str = ""
    protects: tuple[str, ...] = ()
    tactics: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()  # ids of messages
    explanation: dict[str, Any] | None = None  # plain JSON of the engine
    confirmed_by: Officer | None = None
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What the machine did to protect: always with an end and a reason."""

    kind: Literal["hold", "pause_contact", "slow_room", "fresh_age_proof", "account_hold"]
    reason: str
    starts_at: datetime
    ends_at: datetime
    person: str = ""
    message: str = ""
    ended_at: datetime | None = None
    contested_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The statement of reasons exactly as rendered and sent (DSA art. 17)."""

    language: str
    body: str
    sent_at: datetime
    automated_detection: bool
    source: Literal["report", "own"]
    appeal_until: datetime
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """How the decision was contested and what another person answered."""

    lodged_at: datetime
    text: str
    state: Literal["pending", "upheld", "overturned"]
    judged_at: datetime | None = None
    judged_by: Officer | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided. Of the reasons only what was sent is here."""

    id: str
    action: str
    decided_at: datetime
    decided_by: Officer
    person: str = ""
    counterpart: str = ""
    message: str = ""
    room: str = ""
    second_person: Officer | None = None
    effective_at: datetime | None = None  # None: waits for a second person, or was refused by one
    ends_at: datetime | None = None
    clauses: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()  # keys of incidents.LAW: the ground is illegal content; none: the terms alone
    terms_version: str = ""
    statement: Statement | None = None
    appeal: Appeal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What an officer thinks, kept apart from what was observed or reported."""

    by: Officer
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstance:
    """A fact on which a qualification turns. What nobody answered is told as unknown."""

    key: CircumstanceKey
    answer: Answer
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmission:
    """Who was told, or must be. `channel` is a key of incidents.CHANNELS."""

    channel: str
    state: Literal["due", "sent", "acknowledged"]
    recipient: str = ""
    at: datetime | None = None
    reference: str = ""
    by: Officer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A sign-up or login: address and source port. Handed over by two officers, or where life is at risk."""

    person: str
    at: datetime
    kind: Literal["login", "signup"]
    address: str
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyEntry:
    """One link of the audit chain. Links of other cases pass with their commitment alone, so that none is missing.

    `digest` is SHA-256 over the bytes of `previous` and of `commitment`; `commitment` is SHA-256 over the bytes of
    `salt` and the RFC 8785 canonical `event`. All four are lower-case hexadecimal; an event not sealed yet has only
    its commitment.
    """

    commitment: str
    seq: int | None = None
    previous: str = ""
    digest: str = ""
    at: datetime | None = None
    action: str = ""
    actor: str = ""
    salt: str = ""
    event: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """Something this copy does not tell: under which label, what kind of thing, and why."""

    label: str
    kind: Literal["person", "room", "connections", "orientation"]
    why: str
    count: int = 0  # how many times, where words were masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The request of an authority that this dossier answers (Regulation (EU) 2023/1543, or a national requisition)."""

    kind: OrderKind
    authority: str
    file_number: str
    received_at: datetime
    due_at: datetime
    categories: tuple[DataCategory, ...] = ()
    about: str = ""  # about whom or what, as the order says it
    period_from: date | None = None
    period_to: date | None = None
    may_inform: bool = False  # whether the user may be told
    authentic_by: Officer | None = None  # who checked that the order is genuine
    authentic_how: str = ""
    refused: str = ""  # why it is not executed, where it is not


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """To whom, on what ground, by whom, when. `request` is what the recipient is asked to do.

    `unredacted` tells everybody’s names: to police or a prosecutor, by two officers. `reference` names the copy.
    """

    recipient: Recipient
    legal_basis: str
    exported_by: Officer
    exported_at: datetime
    recipient_name: str = ""
    request: str = ""
    approved_by: Officer | None = None
    unredacted: bool = False
    reference: str = ""
    order: Order | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a duty officer must know first. `summary` is the officer's own account of what is suspected."""

    danger_now: Answer = "unknown"
    danger_why: str = ""
    summary: str = ""
    family_knows: Answer = "unknown"
    family_may_know: Answer = "unknown"
    family_note: str = ""
