"""The port of age verification: what Havre asks, and the only thing a provider may answer.

Levels are the words of IEEE 2089.1-2024. No provider is self-declared.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.http import HttpRequest, HttpResponseBase

from community.models import AgeCheck
from community.policies import Ask, Level

__all__ = ["AgeProvider", "Ask", "Level", "Outcome", "Verdict"]


class Verdict(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a check: yes or no at thresholds, never a date, a name or a document.

    `not_after` is the day (community's zone) on which the facts end; `replay_tag` a keyed hash of the
    proof, or None where the method has none, kept until `replay_until` (the end of the proof itself); `reason` a
    short code for the log.
    """

    verdict: Verdict
    facts: Mapping[int, bool] = field(default_factory=dict)
    method: str = ""
    level: Level = Level.STANDARD
    issuer_ref: str = ""
    not_after: dt.date | None = None
    replay_tag: str | None = None
    replay_until: dt.date | None = None
    reason: str = ""


class AgeProvider(ABC):
    """One way of proving an age. Registered by dotted path in settings.AGE_PROVIDERS."""

    slug: str
    level: Level
    for_guardians: bool = False  # whether somebody without an account can prove to be an adult by it

    @property
    @abstractmethod
    def label(self) -> str:
        """The name shown to the person, translated."""

    @property
    @abstractmethod
    def privacy_notice(self) -> str:
        """One calm sentence: what is looked at, and what stays (translated)."""

    def is_ready(self) -> bool:
        """Whether it can be offered now; one that lacks something an operator must still bring is not shown."""
        return True

    @abstractmethod
    def supports(self, ask: Ask) -> bool:
        """Whether this method can answer `ask` at all."""

    @abstractmethod
    def start(self, check: AgeCheck, request: HttpRequest) -> HttpResponseBase:
        """Show the person what to do next. Nothing about the account leaves the site."""
