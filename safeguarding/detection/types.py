"""The values that pass between the detector and its callers.

Pure data: frozen, comparable, without behaviour. Times are aware datetimes (UTC); spans are half-open
intervals of code points in the *original* text; person and room keys are opaque strings chosen by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

Band = Literal["none", "teen_13_14", "teen_15_17", "adult"]
RoomKind = Literal["room", "direct"]


class Verdict(StrEnum):
    """What the detector advises. `chat.safeguard` has its own twin and the adapter maps one to the other."""

    ALLOW = "allow"
    HOLD = "hold"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that fired on one text.

    `version` names the content of the rule that fired, so that a finding can be replayed later.
    `alerting` is False where the words matter to a moderator but accuse nobody (quotation, counter-speech).
    """

    code: str
    rule: str
    version: str
    span: tuple[int, int]
    tactic: str | None = None
    weight: float = 1.0
    target: str | None = None  # "you", "group", "third" or "self"
    alerting: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    """What the engine may know of somebody: a band, an age of account, a display name. Nothing else."""

    key: str
    band: Band
    account_age_days: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class RoomInfo:
    """Where something is said. `band` is the youngest band admitted."""

    key: str
    kind: RoomKind
    name: str
    topic: str
    band: Band
    lang: str = "fr"


@dataclass(frozen=True, slots=True)
class Utterance:
    """One message. `to` holds person keys (author replied to, mentions); `ref` is quoted back as evidence."""

    ref: str
    author: str
    at: datetime
    text: str
    to: tuple[str, ...] = ()
    lang: str = "fr"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a person must look at. `severity` is "P0" (gravest) to "P3".

    `measures` are protective only: "hold", "pause_contact", "slow_room", "fresh_age_proof", "safety_card", "help_card".
    `others` acted with the subject, each by an act of their own; `onlookers` had a smaller part in it, which accuses
    nobody by itself (applause, an ordinary proposal that the alert rests on). Nobody who is attacked, drawn, or answers
    back is among them.
    `explanation` is plain JSON: weights, counterfactual, rule ids and versions, whether anything was degraded.
    """

    code: str
    severity: str
    subject: str | None
    protects: tuple[str, ...]
    score: float
    tactics: tuple[str, ...]
    evidence: tuple[str, ...]
    measures: tuple[str, ...]
    explanation: dict[str, Any]
    others: tuple[str, ...] = ()
    onlookers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Screening:
    """The answer given in the posting path. `ruleset` is the digest of the rules used."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    ruleset: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer of the full check. `ledgers` holds only the ledgers that changed.

    `meeting` names two adults who speak of a first meeting: both are shown the same advice, and nothing else follows.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    alerts: tuple[Alert, ...]
    ledgers: Mapping[str, dict[str, Any]]
    ruleset: str
    degraded: bool = False
    meeting: tuple[str, ...] = ()
