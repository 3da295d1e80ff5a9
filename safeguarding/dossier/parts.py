"""The parts of a frozen case: who was where, and what was said. What was done about it is in `acts`. See `frozen`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Answer = Literal["yes", "no", "unknown"]
Band = Literal["none", "teen_13_14", "teen_15_17", "adult"]
Role = Literal["subject", "to_protect", "witness", "notifier", "other"]
MessageState = Literal["pending", "visible", "held", "refused", "removed", "deleted"]
SeverityLevel = Literal["P0", "P1", "P2", "P3"]
Recipient = Literal["police", "prosecutor", "child_protection", "regulator", "ncmec", "nca"]
OrderKind = Literal["production", "emergency", "preservation", "requisition"]
DataCategory = Literal["subscriber", "identification", "traffic", "content"]
CircumstanceKey = Literal[
    "meeting",
    "place",
    "money_or_gifts",
    "images_asked",
    "images_sent",
    "threat",
    "secrecy",
    "other_platform",
    "hate_words",
]

_NOTIFIER = re.compile(r"N[1-9][0-9]*")


class FrozenCaseError(ValueError):
    """The case handed over contradicts itself or cannot be read; the message names the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """A member of staff who acts in their own name. `role` is said as it should be read ("safeguarding officer")."""

    name: str
    role: str
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Who hands over. `timezone` is the community's (IANA name); `country` is ISO 3166-1 alpha-2."""

    name: str
    url: str
    operator: str
    country: str
    timezone: str
    contact_name: str
    contact_email: str
    contact_phone: str = ""
    address: str = ""
    public_body: bool = False  # reports under CPP art. 40 al. 2; anybody else writes as a citizen
    terms_url: str = ""
    software: str = "Havre"
    software_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pseudonym:
    """A name somebody carried, from `since` until the next one."""

    name: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssuredAge:
    """A band that was checked, how and when. Nothing of a document or a birth date exists to be handed over."""

    band: Band
    method: str = ""
    level: str = ""  # IEEE 2089.1: asserted, standard, enhanced, strict
    verified_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the case. `declared_age` is what they said of themselves in words, where it differs or matters.

    A notifier is a label ("N1") with that one role, and nothing else; their pseudonyms stand in an unredacted
    copy alone (FrozenCase refuses them elsewhere).
    """

    id: str
    roles: tuple[Role, ...]
    pseudonyms: tuple[Pseudonym, ...] = ()  # oldest first
    age: AssuredAge | None = None
    declared_age: str = ""
    age_disagrees: bool = False  # what they said of their age and the assured band cannot both be true
    joined_at: datetime | None = None
    closed_at: datetime | None = None
    language: str = ""
    past_decisions: int = 0

    def __post_init__(self) -> None:
        if not self.roles:
            raise FrozenCaseError(f"persons {self.id}: no role")
        if "notifier" in self.roles or _NOTIFIER.fullmatch(self.id):
            told = (self.age, self.age_disagrees, self.declared_age, self.joined_at, self.closed_at, self.language)
            if not _NOTIFIER.fullmatch(self.id) or self.roles != ("notifier",) or any(told) or self.past_decisions:
                raise FrozenCaseError(f"persons {self.id}: a notifier carries a label (N1, N2 ...) and nothing else")

    @property
    def name(self) -> str:
        """The latest pseudonym, or the label where there is none."""
        return self.pseudonyms[-1].name if self.pseudonyms else self.id

    @property
    def band(self) -> Band:
        """The assured band; "none" where nothing was assured."""
        return self.age.band if self.age else "none"

    @property
    def is_minor(self) -> bool:
        """Whether a check said under eighteen."""
        return self.band in ("teen_13_14", "teen_15_17")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Somebody refused another’s contact, at a moment: what was written to them afterwards was unwanted."""

    by: str
    against: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A dated interval of somebody in a room."""

    person: str
    joined_at: datetime
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Where it was said. `audience` decides the French qualification (law of 1881 or contraventions)."""

    id: str
    name: str
    audience: Literal["public", "restricted", "private"]
    at_least: int
    under: int | None = None
    topic: str = ""
    language: str = ""
    stays: tuple[Stay, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that met words of one version, with the version of the rule."""

    code: str
    rule: str
    version: str
    start: int
    end: int
    tactic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What was written at one moment. `text` is None where the law made us erase it (its commitment remains)."""

    number: int
    text: str | None
    written_at: datetime
    verdict: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """When a piece was frozen and the salted SHA-256 commitment it was frozen under."""

    id: str
    frozen_at: datetime
    commitment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message with every version, in whatever state. `context` marks what is only there to understand the rest."""

    id: str
    room: str
    author: str
    sent_at: datetime
    state: MessageState
    versions: tuple[Version, ...]  # oldest first, at least one
    shown_version: int | None = None  # the number others saw last; None: nobody but the author ever saw it
    reply_to: str = ""
    mentions: tuple[str, ...] = ()
    context: bool = False
    sealed: Sealed | None = None
