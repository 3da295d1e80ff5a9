"""A room whose talk departs from what its name and topic declare.

The part `drift` of a room ledger is `[[message number, theme, author, ref, rule, version], ...]`: the latest messages
that spoke of what a room must have declared (sex, paid encounters, hate, schemes for money, drugs, harm to oneself by
hunger or the blade), and by which rule. When one such theme makes up a fifth of the last twenty messages or a sixth of
the last WINDOW, and comes from SPEAKERS people, the room is flagged: nobody is the subject. A room that says in its
name what it is about (and was allowed to) does not drift by talking of it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

from . import counted
from .context import Situation
from .names import speaks_of
from .told import is_news
from .types import Alert, Finding, RoomInfo

WINDOW = 60
_MANY = ((20, 4), (WINDOW, 10))  # messages of a theme among the last so many
SPEAKERS = 3
_KEPT = 24
MAX_EVIDENCE = 12

_THEMES: Mapping[str, str] = {
    "opener_sexual": "sexual", "sexual": "sexual", "intimacy": "sexual", "adult_material": "sexual",
    "paid_encounter": "paid", "paid_offer": "paid", "tariff": "paid", "pimp_terms": "paid", "recruit": "paid",
    "speaks_sexual": "sexual", "speaks_drugs": "drugs", "speaks_selfharm": "selfharm",
    "suicidal": "selfharm", "means": "selfharm", "farewell": "selfharm",
    "investment_bait": "money", "money_request": "money", "advance_fee": "money", "job_bait": "money",
}  # fmt: skip
_CODES = {"sexual": ("M5", "X2"), "paid": ("M4", "S1"), "money": ("X1", "X1"), "hate": ("H1", "H1"),
          "drugs": ("M7", "X2"), "selfharm": ("D1", "D1")}  # fmt: skip
_DECLARED = {"sexual": frozenset({"sexual", "dating"}), "paid": frozenset({"paid"}), "drugs": frozenset({"drugs"}),
             "selfharm": frozenset({"selfharm"})}  # fmt: skip


_says = functools.lru_cache(maxsize=512)(speaks_of)


def _declares(room: RoomInfo, theme: str) -> bool:
    """Does a room say that it is about a theme? One that is there to help need not name what for."""
    said = _says(room.name, room.topic, room.lang)
    if any(_THEMES.get(name) == theme or name in _DECLARED.get(theme, ()) for name in said):
        return True
    return theme == "selfharm" and "listens" in said


def _theme(situation: Situation) -> tuple[str, Finding] | None:
    """What the message speaks of, with the finding that says so."""
    hate = next((found for found in situation.findings if found.code == "H1" and found.alerting), None)
    if hate is not None:
        return "hate", hate
    return next(((_THEMES[name], found) for name, found in situation.tactics.items() if name in _THEMES), None)


def drift_alerts(situation: Situation) -> Iterator[Alert]:
    """Record what this message speaks of; flag the room when it has left its theme (once a day for each)."""
    room, ledger, ref = situation.room, situation.room_ledger, situation.utterance.ref
    spoken = _theme(situation)
    if room.kind != "room" or spoken is None:
        return
    theme, found = spoken
    number = ledger["n"] + 1
    recent = [row for row in ledger["drift"] if number - row[0] < WINDOW]
    ledger["drift"] = [*recent, [number, theme, situation.author, ref, found.rule, found.version]][-_KEPT:]
    same = [row for row in ledger["drift"] if row[1] == theme]
    for window, least in _MANY[theme == "hate" :]:  # which alerts by itself: a quarrel is no drift so soon
        speakers = [row[2] for row in same if number - row[0] < window]
        drift = counted.Drift(speakers, window, least, SPEAKERS, situation.minors_room)
        weighed = drift.weigh()
        if weighed.severity:
            break
    if weighed.severity is None or _declares(room, theme):
        return
    if not is_news(ledger["a"], f"drift:{theme}", weighed.severity, 0.0, situation.now):
        return
    code = _CODES[theme][0 if situation.minors_room else 1]
    rules = {(row[4], row[5]): row[3] for row in same if len(row) > 3}  # rows of before had neither
    yield Alert(
        code, weighed.severity, None, (), weighed.score, ("room_drift",),
        tuple(dict.fromkeys(row[3] for row in same if len(row) > 3))[-MAX_EVIDENCE:],
        ("slow_room",) if situation.minors_room else (),
        {
            "code": code, "score": weighed.score, "without_age_gap": weighed.score,
            "weights": weighed.weights, "bonus": weighed.bonus, "theme": theme,
            "counts": {"messages": len(speakers), "speakers": len(set(speakers))},
            "rules": [{"rule": rule, "version": version, "ref": at} for (rule, version), at in sorted(rules.items())],
            "counterfactuals": drift.otherwise(),
        },
    )  # fmt: skip
