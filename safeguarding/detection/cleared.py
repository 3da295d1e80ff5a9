"""A person found an alert unfounded: what was weighed for it weighs no more, of the same people and for the same code.

What is done from then on counts from zero and may alert at once; only the same again, no graver and calling nobody (P2,
P3), stays quiet (`pairs.is_cleared`). Nothing is forgotten of other codes or other people. Hate (H1) weighs one message
alone and a flood (X2) a day of them: there is nothing to clear. A call for help (D1, M7) is never unfounded.

The likeness of a talk is one sum for all codes: a person has read that talk, and it begins anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import pairs, rooms, spread
from .engine import author_key, pair_key
from .tactics import HELP_CODES


@dataclass(frozen=True, slots=True)
class Judged:
    """An alert as it was stored: its explanation with whom it is about, the messages it names, where it was raised."""

    code: str
    explanation: Mapping[str, Any]
    evidence: tuple[str, ...]
    room: str  # ledger key

    @property
    def subject(self) -> str | None:
        return self.explanation.get("subject")

    @property
    def protects(self) -> tuple[str, ...]:
        return tuple(self.explanation.get("protects", ()))

    @property
    def acted(self) -> frozenset[str]:
        """The subject and those who acted with them."""
        others = (*self.explanation.get("others", ()), *self.explanation.get("aggressors", ()))
        return frozenset(key for key in (self.subject, *others) if key)

    @property
    def pairs(self) -> tuple[str, ...]:
        """Where what was done to each person is kept, for an alert about what one person did to another."""
        if self.subject is None or self.explanation.get("confidence") is None:
            return ()
        return tuple(pair_key(self.subject, other) for other in self.protects)

    @property
    def ledgers(self) -> frozenset[str]:
        """The keys of the ledgers that may hold what was weighed."""
        if self.code in HELP_CODES or "by_rules" in self.explanation:  # never unfounded; nothing was weighed
            return frozenset()
        found = {self.room, *self.pairs}
        if self.subject:
            found.add(author_key(self.subject))
        if self.code == "V1" or "apart" in self.explanation:
            found.update(author_key(other) for other in self.protects)
        return frozenset(found)


def clear(ledgers: Mapping[str, dict[str, Any]], alerts: Iterable[Judged], now: int) -> dict[str, dict[str, Any]]:
    """Forget what `alerts` were weighed on until `now` (seconds since 1970). Returns the ledgers that changed.

    `ledgers` are left as they were; those that are missing hold nothing.
    """
    after: dict[str, dict[str, Any]] = {}
    for alert in alerts:
        for key in sorted(alert.ledgers & ledgers.keys()):
            ledger = after.setdefault(key, _opened(key, ledgers[key]))
            if key == alert.room:
                _clear_room(ledger, alert)
            elif key in alert.pairs:
                pairs.clear(ledger, alert.code, now)
            elif key == author_key(alert.subject or ""):
                _clear_subject(ledger, alert, now)
            else:
                _clear_target(ledger, alert)
    return {key: ledger for key, ledger in after.items() if ledger != _opened(key, ledgers[key])}


def _opened(key: str, stored: Mapping[str, Any]) -> dict[str, Any]:
    opened = {"room": rooms.opened, "author": spread.opened, "pair": pairs.opened}[key.partition(":")[0]]
    return opened(stored)[0]


def _clear_subject(ledger: spread.Ledger, alert: Judged, now: int) -> None:
    """What the subject said of themselves (M6), or to everybody."""
    if alert.code == "M6":
        pairs.clear(ledger["self"], alert.code, now)
    elif not alert.pairs:
        pairs.clear(ledger["open"], alert.code, now)
    if alert.code == "C1":
        for target in alert.protects or ("?",):
            ledger["a"].pop(f"C1:{target}", None)


def _clear_target(ledger: spread.Ledger, alert: Judged) -> None:
    """Who drew somebody to a rendezvous, or attacked them here and there."""
    if alert.code == "V1":
        ledger["drawn"] = [row for row in ledger["drawn"] if row[0] not in alert.acted]
    else:
        ledger["struck"] = [row for row in ledger["struck"] if row[0] not in alert.acted]
        ledger["a"].pop(alert.code, None)


def _clear_room(ledger: rooms.Ledger, alert: Judged) -> None:
    """The talk that was like a risky one, the blows of a pile-on, a rendezvous proposed to several, a theme."""
    talk = ledger["like"].get(alert.subject)
    if talk is None or alert.code in talk[4]:  # none: another alert about the same talk was judged just before
        for person in {alert.subject, *alert.acted, *alert.protects}:  # what one says counts for whom it answers too
            ledger["like"].pop(person, None)
    if alert.code == "C1" and "hits" in ledger["pile"]:
        struck = [hit for hit in ledger["pile"]["hits"] if not _was_judged(hit, alert)]
        ledger["pile"] = {**ledger["pile"], "hits": struck}
        ledger["a"].pop(f"C1:{next(iter(alert.protects), '?')}", None)
    if alert.code == "V1":
        for lure in ledger["lures"]:
            lure[2] = [row for row in lure[2] if row[0] not in alert.acted]
    theme = alert.explanation.get("theme")
    if theme is not None:
        ledger["drift"] = [row for row in ledger["drift"] if row[1] != theme]
        ledger["a"].pop(f"drift:{theme}", None)


def _was_judged(hit: list[Any], alert: Judged) -> bool:
    _at, author, target, _strength, ref = hit[:5]
    return author in alert.acted and (target in alert.protects or ref in alert.evidence)
