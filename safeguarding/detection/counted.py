"""Alerts that rest on counting people, messages or blows: what each counts for, and what one fewer would have made.

Like `counterfactual`, everything is found by weighing again without the part, never by guessing. `weights` and `bonus`
are points and add up to the score (which ends at 100); a row of a counterfactual is `{"without", "score", "severity"}`
with, where something is counted, `"count": [before, after]`. Its score is null where that is no alert.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import piles
from .counterfactual import MOST_TACTICS
from .types import Finding

Row = dict[str, Any]
Points = dict[str, float]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A score with its parts; `severity` is None where it makes no alert."""

    severity: str | None
    weights: Points
    bonus: Points

    @property
    def score(self) -> float:
        """Points, 0 to 100."""
        return round(min(100.0, sum(self.weights.values()) + sum(self.bonus.values())), 1)

    def row(self, without: str, *count: int) -> Row:
        """This, as what another would have been without something."""
        told: Row = {"without": without, "score": self.score if self.severity else None, "severity": self.severity}
        return told | ({"count": list(count)} if count else {})


# ---- X2: one to many, many to one

MINORS_GREETED = 5  # by a new adult account that writes first: for a later look, twice as many for a sooner one
GREETED = 24  # by any new account


@dataclass(frozen=True, slots=True)
class Flood:
    """Who got something sexual within a day, the same words within an hour, within a day, and both; earliest first.

    `same_alike`: who got the same words within a day, and no rule knows these but they read like such openers.
    `probed`: who was asked within a day how old they are. `first`: to whom a new account wrote first within a day, in
    whatever words ("salut" is as good a way to try forty people as any). `adult`: the author is none of the minors.
    """

    sexual: Sequence[str]
    hour: Sequence[str]
    day: Sequence[str]
    same_sexual: Sequence[str]
    newcomer: bool
    minors: frozenset[str]  # of all these
    same_alike: Sequence[str] = ()
    probed: Sequence[str] = ()
    first: Sequence[str] = ()
    adult: bool = False

    @property
    def reached(self) -> Sequence[str]:
        """The people it is counted on."""
        if len(self.sexual) >= 3:
            return self.sexual
        if self.is_like_one:
            return self.same_alike
        if self._seeks_minors:
            return max(map(self._young, (self.probed, self.hour, self.day, self.first)), key=len)
        if self.only_greets:
            return self.first if len(self.first) >= GREETED else self._young(self.first)
        return self.hour if len(self.hour) >= self._many else max(self.sexual, self.hour, self.day, key=len)

    @property
    def _many(self) -> int:
        return 8 if self.newcomer else 15

    @property
    def _many_a_day(self) -> int:
        return 12 if self.newcomer else 24

    @property
    def is_like_one(self) -> bool:
        """Whether words that no rule knows make it one."""
        return self.newcomer and len(self.same_alike) >= 3

    def _young(self, people: Sequence[str]) -> list[str]:
        return [person for person in people if person in self.minors]

    @property
    def _seeks_minors(self) -> bool:
        """Does an adult ask five minors their age, or a new one write the same to five in an hour or eight in a day, or
        whatever it is to ten who had not spoken to them?
        """
        if not self.adult:
            return False
        if len(self._young(self.first)) >= 2 * MINORS_GREETED:
            return True
        same = self.newcomer and (len(self._young(self.hour)) >= 5 or len(self._young(self.day)) >= 8)
        return same or len(self._young(self.probed)) >= 5

    @property
    def _greets_many(self) -> bool:
        """Does a new account write first, in whatever words, to very many people, or an adult's to a few minors?"""
        return len(self.first) >= GREETED or (self.adult and len(self._young(self.first)) >= MINORS_GREETED)

    @property
    def only_greets(self) -> bool:
        """Whether nothing else makes it one: who greets everybody they meet does so too, and disturbs nobody."""
        return self._greets_many and dataclasses.replace(self, first=()).weigh().severity is None

    def weigh(self) -> Weighed:
        """Three people for something sexual, or of a newcomer for the same words that read like it; an adult who seeks
        minors; for the same words eight (of a newcomer) or fifteen in an hour, twelve or twenty-four in a day: a later
        look, for who invites the members to an outing does so too, and a sooner one from fifteen of a newcomer. So are
        first words to many, whatever they are.
        """
        severity = None
        if len(self.sexual) >= 3:
            severity = "P1" if not self.minors.isdisjoint(self.sexual) else "P2"
        elif self.is_like_one or self._seeks_minors or (self.newcomer and len(self.hour) >= 15):
            severity = "P2"
        elif len(self.hour) >= self._many or len(self.day) >= self._many_a_day or self._greets_many:
            severity = "P3"
        same = 4.0 * max(0, len(self.same_sexual) - 2)
        return Weighed(severity, {"recipients": 7.0 * len(self.reached)}, _some(base=25.0, same_words=same))

    def otherwise(self) -> list[Row]:
        """With one person fewer; if the account were not new; if no minor had got it."""
        last = self.reached[-1]

        def fewer(people: Sequence[str]) -> list[str]:
            return [person for person in people if person != last]

        one_fewer = dataclasses.replace(
            self, sexual=fewer(self.sexual), hour=fewer(self.hour), day=fewer(self.day),
            same_sexual=fewer(self.same_sexual), same_alike=fewer(self.same_alike), probed=fewer(self.probed),
            first=fewer(self.first),
        )  # fmt: skip
        rows = [one_fewer.weigh().row("recipient", len(self.reached), len(self.reached) - 1)]
        severity = self.weigh().severity
        for name, other in (
            ("newcomer", dataclasses.replace(self, newcomer=False, first=())),
            ("minor", dataclasses.replace(self, minors=frozenset())),
        ):
            if other.weigh().severity != severity:
                rows.append(other.weigh().row(name))
        return rows


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many accounts wrote first to one person within a day: `new` ones of a week, `recent` ones of a month."""

    new: int
    recent: int
    minor: bool

    @property
    def count(self) -> float:
        """Recent ones count half."""
        return self.new + self.recent / 2

    def weigh(self) -> Weighed:
        """Eight new ones are many for a minor, twenty for an adult."""
        severity = ("P1" if self.minor else "P2") if self.count >= (8 if self.minor else 20) else None
        return Weighed(severity, {"newcomers": 3.0 * self.count}, {"base": 30.0})

    def otherwise(self) -> list[Row]:
        """With one account fewer, a new one if there is any; if they had written to an adult."""
        people = self.new + self.recent
        fewer = Arrivals(self.new - bool(self.new), self.recent - (not self.new), self.minor)
        rows = [fewer.weigh().row("newcomer_fewer", people, people - 1)]
        return [*rows, dataclasses.replace(self, minor=False).weigh().row("minor")] if self.minor else rows


# ---- H1


# What the rules of hate are about, by the last part of their names; told apart only for who reads the alert.
PERSONAL = 0.5
HATE_KINDS = frozenset({
    "attribute", "insulting_noun", "superlative", "feeling", "harm", "exclude", "denied_worth", "beneath", "slur",
    "soft_slur", "sexist", "profanity", "near",
})  # fmt: skip


def weigh_hate(hate: Sequence[Finding]) -> Weighed:
    """The worst of the hateful words counts by its weight, each further one a little. A call to violence is graver,
    words that quarrels are full of (thrown at one person, PERSONAL and below) are for a later look.
    """
    if not hate:
        return Weighed(None, {}, {})
    worst = max(hate, key=lambda finding: finding.weight)
    weights: Points = {}
    for finding in hate:
        name = _hate_kind(finding)
        weights[name] = round(weights.get(name, 0.0) + (20 * worst.weight if finding is worst else 5.0), 2)
    incites = any(finding.tactic in ("incitement", "threat") for finding in hate)
    severity = "P1" if incites else "P2" if worst.weight > PERSONAL else "P3"
    return Weighed(severity, weights, _some(base=40.0, incites=20.0 * incites))


def hate_otherwise(hate: Sequence[Finding]) -> list[Row]:
    """Without each of the weightiest things that were said."""
    weights = weigh_hate(hate).weights
    names = sorted(weights, key=lambda name: (-weights[name], name))[:MOST_TACTICS]
    return [
        weigh_hate([finding for finding in hate if _hate_kind(finding) != name]).row(f"tactic:{name}") for name in names
    ]


def _hate_kind(finding: Finding) -> str:
    kind = finding.rule.rpartition(".")[2].removesuffix("_you")
    return finding.tactic or (f"hate_{kind}" if kind in HATE_KINDS else "hate")


# ---- C1


def weigh_incitement(weight: float) -> Weighed:
    """Words that urge somebody to kill themselves, by the weight of the gravest: looked at by themselves."""
    return Weighed("P2", {"incites_suicide": round(30 * weight, 2)}, {"base": 30.0})


def pile_otherwise(
    pile: piles.Pile, before: piles.Pile, now: int, severity_of: Callable[[piles.Verdict], str]
) -> list[Row]:
    """Without the last message (`before` is the pile as it was then), and without each of the weightiest attackers."""
    verdict = piles.standing(pile, now)
    assert verdict is not None, "asked of a pile-on that stands"

    def row(without: str, other: piles.Verdict | None, count: Sequence[int]) -> Row:
        score, severity = (other.score, severity_of(other)) if other else (None, None)
        return {"without": without, "score": score, "severity": severity, "count": list(count)}

    blows = piles.blows(pile, now)
    rows = [row("last_message", piles.standing(before, now), (blows, piles.blows(before, now)))]
    people = len(verdict.aggressors)
    if people > 1:
        points = verdict.weights
        for person in sorted(points, key=lambda key: (-points[key], key))[:MOST_TACTICS]:
            other = piles.standing(piles.lacking(pile, person), now)
            rows.append(row(f"person:{person}", other, (people, people - 1)))
    if severity_of(verdict) == "P1":
        rows.append({"without": "minor", "score": verdict.score, "severity": "P2"})
    return rows


@dataclass(frozen=True, slots=True)
class Gang:
    """Those who attacked one person apart from one another, latest last, and how strong the last blow of each was."""

    blows: Mapping[str, float]
    least: int
    minor: bool  # whether a minor is attacked
    strong: float = 0.0  # how strong all of them must be together

    def weigh(self) -> Weighed:
        """What their blows count for in a pile-on (see `piles`)."""
        weights = {person: round(9 * strength, 2) for person, strength in self.blows.items()}
        enough = len(self.blows) >= self.least and sum(self.blows.values()) >= self.strong
        severity = ("P1" if self.minor else "P2") if enough else None
        return Weighed(severity, weights, _some(base=30.0, several=8.0 * (len(self.blows) - 1)))

    def otherwise(self) -> list[Row]:
        """Without each of the weightiest; if no minor were attacked."""
        people = len(self.blows)
        rows = [
            dataclasses.replace(self, blows={key: value for key, value in self.blows.items() if key != person})
            .weigh()
            .row(f"person:{person}", people, people - 1)
            for person in sorted(self.blows, key=lambda key: (-self.blows[key], key))[:MOST_TACTICS]
        ]
        return [*rows, *([dataclasses.replace(self, minor=False).weigh().row("minor")] if self.minor else [])]


# ---- a room that leaves its theme


@dataclass(frozen=True, slots=True)
class Drift:
    """Who wrote each message of one theme among the last `window`, oldest first; and how many of each are many."""

    speakers: Sequence[str]
    window: int
    least: int
    least_speakers: int
    minors: bool

    def weigh(self) -> Weighed:
        """The share of the theme, in percent."""
        stands = len(self.speakers) >= self.least and len(set(self.speakers)) >= self.least_speakers
        severity = ("P2" if self.minors else "P3") if stands else None
        return Weighed(severity, {"messages": round(100 * len(self.speakers) / self.window, 1)}, {})

    def otherwise(self) -> list[Row]:
        """With one message fewer; without the person who said the least of it; in a room of adults."""
        said = {person: self.speakers.count(person) for person in self.speakers}
        least = min(said, key=lambda person: (said[person], person))
        fewer = dataclasses.replace(self, speakers=self.speakers[:-1])
        without = dataclasses.replace(self, speakers=[person for person in self.speakers if person != least])
        rows = [
            fewer.weigh().row("message", len(self.speakers), len(self.speakers) - 1),
            without.weigh().row("speaker", len(said), len(said) - 1),
        ]
        return [*rows, dataclasses.replace(self, minors=False).weigh().row("minor")] if self.minors else rows


def _some(**points: float) -> Points:
    return {name: value for name, value in points.items() if value}
