"""The card that explains an alert to whoever works the case: what was said, what it weighed, what it would have been.

Everything is read from what was stored with the alert when it was raised; nothing is worked out anew, and nothing here
says that somebody is guilty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from . import rule_figures, words
from .models import Alert, Case
from .rule_figures import Outcomes
from .selectors import CaseFile, Line

_NOT_POINTS = frozenset({"C1", "H1", "X2"})  # their weights are strengths and counts, not points of the score


@dataclass(frozen=True, slots=True)
class Weight:
    """Something that counted. `points` are points of the score, or a plain number where `is_points` is not set."""

    label: str
    points: float
    is_points: bool


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """The score worked out again without one thing; `severity` is None where there would have been no alert."""

    label: str
    before: float
    after: float
    severity: str | None


@dataclass(frozen=True, slots=True)
class RuleMet:
    """A rule the alert rests on, with what people decided of other cases like it (None where that tells nothing)."""

    rule: str
    version: str
    others: Outcomes | None


@dataclass(frozen=True, slots=True)
class Card:
    alert: Alert
    sentences: Sequence[str]
    weights: Sequence[Weight]
    counterfactuals: Sequence[Counterfactual]
    rules: Sequence[RuleMet]
    passages: Sequence[Line]  # empty for whoever may not read what was said
    degraded: bool


def cards_of(case: Case, file: CaseFile) -> list[Card]:
    """A card for each alert of a case, in the language in force. One query, however many there are."""
    others = rule_figures.look_alikes(case, file.alerts)
    lines = {line.message.public_id: line for line in file.lines}
    names = {person.member.public_id: person.member.pseudonym for person in file.people}
    return [_card(alert, lines, names, others) for alert in file.alerts]


def _card(
    alert: Alert, lines: Mapping[str, Line], names: Mapping[str, str], others: Mapping[tuple[str, str], Outcomes]
) -> Card:
    facts = alert.explanation
    rules = {(row["rule"], row["version"]) for row in facts.get("rules", ())}
    return Card(
        alert=alert,
        sentences=words.explain(alert),
        weights=_weights(alert, names),
        counterfactuals=_counterfactuals(alert),
        rules=[RuleMet(rule, version, others.get((alert.code, rule))) for rule, version in sorted(rules)],
        passages=[lines[ref] for ref in alert.evidence if ref in lines],
        degraded=bool(facts.get("degraded")),
    )


def _weights(alert: Alert, names: Mapping[str, str]) -> list[Weight]:
    """What counted how much, heaviest first: tactics, then the circumstances."""
    in_points = alert.code not in _NOT_POINTS
    parts = [(_label(key, names), value) for key, value in alert.explanation.get("weights", {}).items()]
    parts += [
        (str(words.CIRCUMSTANCES.get(key, key)), value) for key, value in alert.explanation.get("bonus", {}).items()
    ]
    parts.sort(key=lambda part: (-part[1], part[0]))
    return [Weight(label, value, in_points) for label, value in parts if value]


def _label(key: str, names: Mapping[str, str]) -> str:
    if key in words.COUNTS:
        return str(words.COUNTS[key])
    return names.get(key) or (words.tactic(key) if key in words.TACTICS else key)


def _counterfactuals(alert: Alert) -> list[Counterfactual]:
    score = float(alert.explanation.get("score", alert.score))
    told = []
    for row in alert.explanation.get("counterfactuals", ()):
        kind, _, name = row["without"].partition(":")
        label = (
            gettext("Without “%(tactic)s”") % {"tactic": words.tactic(name)}
            if kind == "tactic"
            else str(words.LEFT_OUT.get(kind, kind))
        )
        told.append(Counterfactual(label, score, float(row["score"]), row["severity"]))
    return told
