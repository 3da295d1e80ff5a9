"""A conversation as something to learn from: who wrote what things, who is to be looked at, and by when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.detection.corpora import Line, seen
from safeguarding.detection.batch import assess_conversation
from safeguarding.detection.engine import assess
from safeguarding.detection.lexicon import lexicon_for
from safeguarding.detection.likeness import RULE, classes_of, things_in
from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.types import Assessment, Utterance

from .corpus import author_of


@dataclass(frozen=True)
class Talk:
    """`messages`: (author, things), in the order of time. `until`: messages by which an alert is still useful.
    `source`: who wrote it, if anybody in particular.
    """

    messages: tuple[tuple[str, frozenset[str]], ...]
    subjects: frozenset[str]
    codes: tuple[str, ...]
    until: int
    source: str


def read_talk(line: Line, ruleset: Ruleset) -> Talk:
    """Read a line of a suite by the engine itself, so that what is learned is what will be met."""
    lexicon = lexicon_for(ruleset, line["lang"])
    classes = classes_of(lexicon)
    found: list[tuple[str, frozenset[str]]] = []
    refs: list[str] = []

    def look(utterance: Utterance, **around: Any) -> Assessment:
        result = assess(utterance, **around)
        told = [finding for finding in result.findings if not finding.rule.startswith(RULE)]
        found.append((utterance.author, frozenset(things_in(lexicon.read(utterance.text), told, classes))))
        refs.append(utterance.ref)
        return result

    assess_conversation(seen(line), ruleset, check=look)
    expect = line["expect"]
    risky = line["kind"] == "risk"
    last = f"{expect.get('alert_by_conversation', 0)}:{expect['alert_by']}" if risky else refs[-1]
    return Talk(
        tuple(found),
        frozenset(expect.get("subjects") or [expect["subject"]]) if risky else frozenset(),
        tuple(expect["codes"]) if risky else (),
        refs.index(last) + 1,
        author_of(line),
    )
