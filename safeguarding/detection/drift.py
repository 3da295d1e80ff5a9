"""A room whose talk departs from what its name and topic declare.

The part `drift` of a room ledger is `[[message number, theme, author], ...]`: the latest messages that spoke of what a
room must have declared (sex, paid encounters, hate, schemes for money). When one such theme makes up LEAST of the last
WINDOW messages and comes from SPEAKERS people, the room is flagged: nobody is the subject. A room that says in its name
what it is about (and was allowed to) does not drift by talking of it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

from .context import Situation
from .names import speaks_of
from .types import Alert

WINDOW = 60
LEAST = 10
SPEAKERS = 3
_KEPT = 24

_THEMES: Mapping[str, str] = {
    "opener_sexual": "sexual", "sexual": "sexual", "intimacy": "sexual", "adult_material": "sexual",
    "paid_encounter": "paid", "paid_offer": "paid", "tariff": "paid", "pimp_terms": "paid", "recruit": "paid",
    "investment_bait": "money", "money_request": "money", "advance_fee": "money", "job_bait": "money",
}  # fmt: skip
_CODES = {"sexual": ("M5", "X2"), "paid": ("M4", "S1"), "money": ("X1", "X1"), "hate": ("H1", "H1")}
_DECLARED = {"sexual": frozenset({"sexual", "dating"}), "paid": frozenset({"paid"})}


_declares = functools.lru_cache(maxsize=512)(speaks_of)


def _theme(situation: Situation) -> str | None:
    if any(finding.code == "H1" and finding.alerting for finding in situation.findings):
        return "hate"
    return next((_THEMES[name] for name in situation.tactics if name in _THEMES), None)


def drift_alerts(situation: Situation) -> Iterator[Alert]:
    """Record what this message speaks of; flag the room when it has left its theme (once a theme)."""
    room, ledger = situation.room, situation.room_ledger
    theme = _theme(situation)
    if room.kind != "room" or theme is None:
        return
    number = ledger["n"] + 1
    recent = [row for row in ledger["drift"] if number - row[0] < WINDOW]
    ledger["drift"] = [*recent, [number, theme, situation.author]][-_KEPT:]
    same = [row for row in ledger["drift"] if row[1] == theme]
    if len(same) < LEAST or len({row[2] for row in same}) < SPEAKERS or f"drift:{theme}" in ledger["a"]:
        return
    if _DECLARED.get(theme, frozenset()) & _declares(room.name, room.topic, room.lang):
        return
    ledger["a"][f"drift:{theme}"] = [2, float(len(same))]
    severity = "P2" if situation.minors_room else "P3"
    share = round(100 * len(same) / WINDOW, 1)
    yield Alert(
        _CODES[theme][0 if situation.minors_room else 1], severity, None, (), share, ("room_drift",),
        (situation.utterance.ref,), ("slow_room",) if situation.minors_room else (),
        {
            "code": _CODES[theme][0 if situation.minors_room else 1], "score": share, "without_age_gap": share,
            "weights": {"messages": float(len(same)), "speakers": float(len({row[2] for row in same}))}, "bonus": {},
            "rules": [], "theme": theme,
        },
    )  # fmt: skip
