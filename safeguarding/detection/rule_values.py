"""What rule files come to: rules, the words they are read with, and the whole set. Values alone; see `rulesets`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

LANGS = ("fr", "en")
ACTIONS = ("flag", "hold", "refuse")
TARGETS = (None, "you", "group", "third", "self")
GUARDS = ("negated", "quoted", "reported", "reclaimed", "attended", "yours", "anothers")
SCOPES = ("text", "name")
BANDS = ("none", "teen_13_14", "teen_15_17", "adult")
ENGINE = "2"  # part of every digest: raise it when the meaning of a rule file changes


class RulesetError(ValueError):
    """A rule file that cannot be used: which file, which rule ("-" when none), and why."""

    def __init__(self, file: str, rule: str, reason: str) -> None:
        super().__init__(f"{file}: {rule}: {reason}")
        self.file, self.rule, self.reason = file, rule, reason


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence that proves a rule, with the room it is said in where that matters."""

    text: str
    band: str | None = None
    room: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, validated. `version` is the hash of its content and of the words its classes hold."""

    id: str
    code: str
    lang: str
    patterns: tuple[str, ...]
    version: str
    file: str
    unless: tuple[str, ...] = ()
    tactic: str | None = None
    weight: float = 1.0
    action: str = "flag"
    target: str | None = None
    alerting: bool = True
    guards: tuple[str, ...] = ()
    scope: str = "text"
    bands: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    must_fire: tuple[Example, ...] = ()
    must_not_fire: tuple[Example, ...] = ()


class Context(NamedTuple):
    """A spelling that its neighbours settle: read `meant` when followed by a word of `before` ("*": any) or of a
    class, and not preceded by one of `not_after`; where `after` names words, by one of them.
    """

    meant: str
    before: frozenset[str]
    classes: tuple[str, ...]
    not_after: frozenset[str]
    after: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one language: classes with all their forms (folded), spellings, and what may be repaired."""

    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spelling: Mapping[str, str] = field(default_factory=dict)
    repair: frozenset[str] = frozenset()
    unheard: frozenset[str] = frozenset()
    fillers: frozenset[str] = frozenset()
    glue: frozenset[str] = frozenset()
    ordinary: frozenset[str] = frozenset()
    context: Mapping[str, Context] = field(default_factory=dict)
    slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All rules and words. Equal digests mean equal behaviour, byte for byte."""

    digest: str
    rules: tuple[Rule, ...]
    vocabularies: Mapping[str, Vocabulary]

    def __hash__(self) -> int:
        return hash(self.digest)
