"""The ledger of a directed pair (or of one person): which tactics were seen, when, and what they add up to.

A ledger is a small JSON object, bounded whatever is said: at most MAX_TACTICS tactics with MAX_ENTRIES sightings each.

    {"v": 1, "n": messages so far, "t": {tactic: [[at, n, strength, ref, rule, version], ...]},
     "d": {code: [most tactics close in time, in messages]}, "a": {code: [rank, score, at] told},
     "c": {code: [messages, rank, [tactics], at] cleared}, "p": [at, at] (see rendezvous)}

`at` is in whole seconds since 1970 (UTC), `strength` is 0 to 1 (weight of the rule x confidence that this is the person
meant). The score is valid from the first message and monotone: one more sighting, a higher strength, a shorter time or
a wider verified age gap never lowers it. Only time does, when a tactic expires, and a person who found it unfounded:
what was seen until then counts no more for that code (see `cleared`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .tactics import EXPIRY_DAYS, SEVERITIES, Profile, lifetime

VERSION = 1
MAX_TACTICS = 40
MAX_ENTRIES = 4
DENSE_SECONDS = 45 * 60
FAST_MESSAGES = 8
REPEAT_SHARE = 0.12  # what each further sighting of the same tactic adds
_CALLS_NOBODY = ("P2", "P3")
_LONGEST = max(map(lifetime, EXPIRY_DAYS))  # seconds after which nothing is left that was there
WEAK = 0.2  # below this a sighting is noise of the addressee guess, not a tactic

Entry = list[Any]
Ledger = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sighting:
    """One finding, as the ledgers keep it."""

    tactic: str
    strength: float
    ref: str
    rule: str
    version: str


@dataclass(frozen=True, slots=True)
class Score:
    """What a profile makes of a ledger, with every part named so that a person can check the sum."""

    total: float
    weights: Mapping[str, float]  # tactic -> points
    bonus: Mapping[str, float]  # coverage, density, speed, age_gap, newcomer, spread -> points
    entries: tuple[Entry, ...]  # the sightings that count, oldest first
    severity: str | None

    @property
    def without_age_gap(self) -> float:
        return round(
            min(100.0, sum(self.weights.values()) + sum(v for k, v in self.bonus.items() if k != "age_gap")), 1
        )


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What counts besides the tactics themselves."""

    age_gap: bool = False  # a verified adult faces a minor
    newcomer: bool = False
    spread: int = 0  # further people who got the same lure
    many: bool = False  # this very rendezvous was proposed to several


ORDINARY = Circumstances()


def fresh() -> Ledger:
    """An empty ledger."""
    return {"v": VERSION, "n": 0, "t": {}, "d": {}, "a": {}, "c": {}, "p": [0, 0]}


def opened(ledger: Mapping[str, Any] | None) -> tuple[Ledger, bool]:
    """A private copy of a stored ledger, and whether it had to be started anew (unknown version or shape)."""
    if not ledger:
        return fresh(), False
    tactics, told = ledger.get("t"), ledger.get("a")
    if ledger.get("v") != VERSION or not isinstance(tactics, dict) or not isinstance(told, dict):
        return fresh(), True
    return {
        "v": VERSION,
        "n": ledger.get("n", 0),
        "t": {name: [list(entry) for entry in entries] for name, entries in tactics.items()},
        "d": dict(ledger.get("d") or {}),
        "a": dict(told),
        "c": dict(ledger.get("c") or {}),
        "p": list(ledger.get("p") or (0, 0)),
    }, False


def forget(ledger: Ledger, now: int) -> None:
    """Drop what has expired."""
    for name in list(ledger["t"]):
        alive = [entry for entry in ledger["t"][name] if now - entry[0] < lifetime(name)]
        if alive:
            ledger["t"][name] = alive
        else:
            del ledger["t"][name]
    for code in [code for code, mark in ledger["c"].items() if now - mark[3] >= _LONGEST]:
        del ledger["c"][code]


def clear(ledger: Ledger, code: str, now: int) -> None:
    """A person found unfounded what was told here of a code: until now it weighs no more for it, and is not told."""
    told = ledger["a"].pop(code, None)
    if told is None:
        return
    ledger["d"].pop(code, None)
    _messages, rank, tactics, _at = ledger["c"].get(code) or (0, told[0], (), now)
    ledger["c"][code] = [ledger["n"], min(rank, told[0]), sorted({*tactics, *ledger["t"]}), now]


def is_cleared(ledger: Ledger, code: str, severity: str | None, score: Score) -> bool:
    """Whether a person found the same unfounded here: no other tactic, no graver, nothing that calls somebody."""
    mark = ledger["c"].get(code)
    if mark is None or severity not in _CALLS_NOBODY:
        return False
    return SEVERITIES.index(severity) >= mark[1] and score.weights.keys() <= set(mark[2])


def record(ledger: Ledger, sightings: Iterable[Sighting], now: int) -> None:
    """Add sightings made in one message at `now`; the strongest and the latest of each tactic are kept."""
    counts_for_all = max((mark[0] for mark in ledger["c"].values()), default=-1)  # what was seen after this message
    for seen in sightings:
        if seen.strength < WEAK:
            continue
        entries = ledger["t"].setdefault(seen.tactic, [])
        if any(entry[3] == seen.ref and entry[4] == seen.rule and entry[1] > counts_for_all for entry in entries):
            continue
        entries.append([now, ledger["n"], round(seen.strength, 3), seen.ref, seen.rule, seen.version])
        if len(entries) > MAX_ENTRIES:
            kept = [
                max(some, key=lambda entry: entry[2])
                for some in (entries, [entry for entry in entries if entry[1] > counts_for_all])
            ]
            entries.remove(next(entry for entry in entries if not any(entry is one for one in kept)))
    while len(ledger["t"]) > MAX_TACTICS:
        del ledger["t"][min(ledger["t"], key=lambda name: ledger["t"][name][-1][0])]


def _strength(entries: Sequence[Entry]) -> float:
    strongest: float = min(1.0, max(entry[2] for entry in entries))
    return strongest * (1 + REPEAT_SHARE * (min(len(entries), MAX_ENTRIES) - 1))


def _since(entries: Sequence[Entry], messages: int) -> list[Entry]:
    """What was seen after so many messages; what other accounts did (numbered below zero) is no matter of this one."""
    return [entry for entry in entries if entry[1] > messages or entry[1] < 0]


def _most_together(telling: Mapping[str, Sequence[Entry]], field: int, span: int) -> int:
    """The most different tactics seen within `span` of each other (field 0: seconds, field 1: messages)."""
    seen = sorted((entry[field], name) for name, entries in telling.items() for entry in entries)
    best = start = 0
    for end, (value, _name) in enumerate(seen):
        while value - seen[start][0] > span:
            start += 1
        best = max(best, len({name for _value, name in seen[start : end + 1]}))
    return best


def score(profile: Profile, ledger: Ledger, around: Circumstances = ORDINARY) -> Score:
    """What `profile` makes of a ledger. The densest moment so far is remembered in it, so that nothing later lowers it.
    A newcomer, and a rendezvous proposed to several, may be what a severity takes (`Profile.grave`).
    """
    held = {name: entries for name, entries in ledger["t"].items() if name in profile.weights}
    if mark := ledger["c"].get(profile.code):
        held = {name: since for name, entries in held.items() if (since := _since(entries, mark[0]))}
    weights = {name: round(profile.weights[name] * _strength(entries), 2) for name, entries in held.items()}
    telling = {name: entries for name, entries in held.items() if profile.weights[name] >= 5}
    dense, fast = ledger["d"].get(profile.code, (0, 0))
    if telling:
        dense = max(dense, _most_together(telling, 0, DENSE_SECONDS))
        fast = max(fast, _most_together(telling, 1, FAST_MESSAGES))
        ledger["d"][profile.code] = [dense, fast]
    bonus = {
        "coverage": 4.0 * min(5, max(0, len(telling) - 1)),
        "density": 2.5 * min(4, max(0, min(dense, len(telling)) - 2)),
        "speed": 1.5 * min(4, max(0, min(fast, len(telling)) - 2)),
    }
    if telling:
        bonus["age_gap"] = profile.adult_gap if around.age_gap else 0.0
        bonus["newcomer"] = profile.newcomer if around.newcomer else 0.0
        bonus["spread"] = profile.spread * min(3, around.spread)
    bonus = {name: points for name, points in bonus.items() if points}
    total = round(min(100.0, sum(weights.values()) + sum(bonus.values())), 1)
    entries = tuple(sorted((entry for name in held for entry in held[name]), key=lambda entry: (entry[0], entry[1])))
    beside = {name for name, there in (("newcomer", around.newcomer), ("many", around.many)) if there}
    return Score(total, weights, bonus, entries, _severity(profile, total, frozenset(held) | beside))


def _severity(profile: Profile, total: float, present: frozenset[str]) -> str | None:
    present = frozenset(name for name in present if not profile.beside.get(name, present).isdisjoint(present))
    if profile.core.isdisjoint(present) or any(group.isdisjoint(present) for group in profile.all_of):
        return None
    for points, severity in profile.levels:
        if total >= points and not any(group.isdisjoint(present) for group in profile.grave.get(severity, ())):
            return severity
    return None
