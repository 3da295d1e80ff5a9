"""The card that explains an alert to whoever works the case: what was said, what it weighed, what it would have been.

Everything is read from what was stored with the alert when it was raised; nothing is worked out anew, and nothing here
says that somebody is guilty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from community.models import Member

from . import rule_figures, words
from .detection.staging import is_watched
from .incidents import TACTICS
from .models import Alert, Case, Rule
from .rule_figures import Outcomes
from .selectors import CaseFile
from .talks import Line, Version

LIMIT = 100.0  # where every score ends
MOST_PASSAGES = 12


@dataclass(frozen=True, slots=True)
class Weight:
    """Something that counted. `points` are points of the score; where `is_points` is not set, a plain number."""

    label: str
    points: float
    is_points: bool


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """What it would have been without one thing, worked out again; `severity` is None where that is no alert.

    `score` is (before, after) in points, `count` the same of what is counted; either may be None.
    """

    label: str
    score: tuple[float, float] | None
    count: tuple[int, int] | None
    severity: str | None


@dataclass(frozen=True, slots=True)
class RuleMet:
    """A rule the alert rests on, with what people decided of other cases like it (None where that tells nothing)."""

    rule: str
    version: str
    others: Outcomes | None
    phrases: Sequence[str] = ()  # of a watched expression


@dataclass(frozen=True, slots=True)
class Passage:
    """A message an alert rests on, in the version that it was raised for."""

    line: Line
    version: Version

    @property
    def edited_since(self) -> bool:
        return self.version is not self.line.newest


@dataclass(frozen=True, slots=True)
class Card:
    alert: Alert
    sentences: Sequence[str]
    weights: Sequence[Weight]
    counterfactuals: Sequence[Counterfactual]
    rules: Sequence[RuleMet]
    passages: Sequence[Passage]  # empty for whoever may not read what was said
    degraded: bool
    by_rules: bool  # rules asked for a person by themselves: there is no score
    judged: bool  # whether cases like it can be right or wrong at all: a call for help cannot


def cards_of(case: Case, file: CaseFile) -> list[Card]:
    """A card for each alert of a case, in the language in force. One query, however many there are; one more where
    people have a part in it who are no party of the case, and one where watched expressions were met.
    """
    others = rule_figures.look_alikes(case, file.alerts)
    lines = {line.message.public_id: line for line in file.lines}
    names = _names(file)
    phrases = _phrases(file)
    return [_card(alert, lines, names, others, phrases) for alert in file.alerts]


def _phrases(file: CaseFile) -> dict[str, Sequence[str]]:
    """Rule id -> the words of the watched expressions met: nobody knows one by its id."""
    met = {row["rule"] for alert in file.alerts for row in alert.explanation.get("rules", ())}
    watched = sorted(filter(is_watched, met))
    return dict(Rule.objects.filter(key__in=watched).values_list("key", "content__patterns")) if watched else {}


def _names(file: CaseFile) -> dict[str, str]:
    """Public id -> pseudonym of everybody an alert names, also in alerts kept before all of them became parties."""
    names = {person.member.public_id: person.member.pseudonym for person in file.people}
    absent = {key for alert in file.alerts for key in alert.explanation.get("aggressors", ())} - names.keys()
    if absent:
        names |= dict(Member.objects.filter(public_id__in=absent).values_list("public_id", "pseudonym"))
    return names


def _card(
    alert: Alert,
    lines: Mapping[str, Line],
    names: Mapping[str, str],
    others: Mapping[tuple[str, str], Outcomes],
    phrases: Mapping[str, Sequence[str]],
) -> Card:
    facts = alert.explanation
    rules = {(row["rule"], row["version"]) for row in facts.get("rules", ())}
    return Card(
        alert=alert,
        sentences=words.explain(alert),
        weights=_weights(alert, names),
        counterfactuals=_counterfactuals(alert, names),
        rules=[
            RuleMet(rule, version, others.get((alert.code, rule)), phrases.get(rule, ()))
            for rule, version in sorted(rules)
        ],
        passages=_passages(alert, lines),
        degraded=bool(facts.get("degraded")),
        by_rules="by_rules" in facts,
        judged=alert.code not in rule_figures.UNJUDGED,
    )


def _passages(alert: Alert, lines: Mapping[str, Line]) -> list[Passage]:
    """The messages an alert names; where rules asked by themselves, all that they met in the case, the latest."""
    rules = {(row["rule"], row["version"]) for row in alert.explanation.get("rules", ())}
    if "by_rules" in alert.explanation and rules:
        met = [line for line in lines.values() if any(version.meets(rules) for version in line.versions)]
        return [Passage(line, _newest_meeting(line.versions, rules)) for line in met[-MOST_PASSAGES:]]
    return [Passage(lines[ref], _as_judged(lines[ref], alert, rules)) for ref in alert.evidence if ref in lines]


def _as_judged(line: Line, alert: Alert, rules: Iterable[tuple[str, str]]) -> Version:
    """What a message said when the alert was raised: its author may have written something else since."""
    then = [version for version in line.versions if version.revision.created_at <= alert.created_at]
    return _newest_meeting(then or line.versions[:1], rules)


def _newest_meeting(versions: Sequence[Version], rules: Iterable[tuple[str, str]]) -> Version:
    """The last version in which one of the rules was met; the last one, where what counted was no rule's."""
    return next((version for version in reversed(versions) if version.meets(rules)), versions[-1])


def _weights(alert: Alert, names: Mapping[str, str]) -> list[Weight]:
    """What counted how much, heaviest first: tactics or people, then the circumstances; the sum is the score."""
    facts = alert.explanation
    in_points = "counterfactuals" in facts  # alerts of before were not all weighed in points
    parts = [(_label(key, names), value) for key, value in facts.get("weights", {}).items()]
    parts += [(str(words.CIRCUMSTANCES.get(key, key)), value) for key, value in facts.get("bonus", {}).items()]
    parts.sort(key=lambda part: (-part[1], part[0]))
    if in_points and (over := sum(value for _label, value in parts) - LIMIT) > 0:
        parts.append((gettext("a score ends at 100"), -over))
    return [Weight(label, value, in_points) for label, value in parts if value]


def _label(key: str, names: Mapping[str, str]) -> str:
    if key in words.COUNTS:
        return str(words.COUNTS[key])
    return names.get(key) or (words.tactic(key) if key in TACTICS else key)


def _counterfactuals(alert: Alert, names: Mapping[str, str]) -> list[Counterfactual]:
    score = float(alert.explanation.get("score", alert.score))
    return [
        Counterfactual(
            label=_without(row["without"], names),
            score=None if row["score"] is None else (score, float(row["score"])),
            count=(row["count"][0], row["count"][1]) if "count" in row else None,
            severity=row["severity"],
        )
        for row in alert.explanation.get("counterfactuals", ())
    ]


def _without(what: str, names: Mapping[str, str]) -> str:
    kind, _, name = what.partition(":")
    if kind == "tactic":
        return gettext("Without “%(tactic)s”") % {"tactic": words.tactic(name)}
    if kind == "rule":
        return gettext("Without the rule %(rule)s") % {"rule": name}
    if kind == "person":
        return gettext("Without %(name)s (people who attack)") % {"name": names.get(name, name)}
    return str(words.LEFT_OUT.get(kind, kind))
