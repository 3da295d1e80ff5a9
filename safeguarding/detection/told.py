"""What has been told of somebody, and what an alert says of itself.

`told`, the part "a" of a ledger, is `{key: [rank, score, at]}`: how grave an alert was, how strong, and when. It keeps
a talk from ringing at every message. It never keeps a harm quiet that begins again: after a while it is told anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .context import Situation
from .tactics import DAY, SEVERITIES
from .types import Finding

GROWTH = 12.0  # an alert of the same severity is given again only when the score has grown by this much
AGAIN = DAY  # seconds after which it is given again anyhow: its case may have been closed since
HELP_AGAIN = 2 * 3600  # the same, for somebody who calls for help
MAX_TOLD = 24
MAX_EVIDENCE = 12

Told = dict[str, list[Any]]


def is_news(told: Told, key: str, severity: str, score: float, now: int, *, again: float = AGAIN) -> bool:
    """Whether an alert is worth telling (first in a while, graver, or clearly stronger); if so remember it as told.

    `again`: the seconds after which the same is worth telling once more.
    """
    rank = SEVERITIES.index(severity)
    before = told.get(key)
    if before is not None:
        lately = now - (before[2] if len(before) > 2 else 0) < again  # rows of before had no time
        if lately and before[0] <= rank and (before[0] < rank or score < before[1] + GROWTH):
            return False
    _remember(told, key, [rank, score, now])
    return True


def _remember(told: Told, key: str, row: list[Any]) -> None:
    told.pop(key, None)
    told[key] = row
    while len(told) > MAX_TOLD:
        del told[next(iter(told))]


def note_about(told: Told, subject: str, severity: str, score: float, now: int) -> None:
    """Remember, in a room, that somebody is the subject of a grave alert for what they did here."""
    _remember(told, f"about:{subject}", [SEVERITIES.index(severity), score, now])


def told_about(told: Told, person: str | None, now: int) -> bool:
    """Whether that was so within a day: who tells them off is no pile-on."""
    row = told.get(f"about:{person}")
    return row is not None and now - row[2] < DAY


def told_lately(told: Told, code: str, now: int) -> bool:
    """Whether an alert of a code that a person looks at within a day (P2 or graver) was told here within a day."""
    row = told.get(code)
    return row is not None and row[0] < SEVERITIES.index("P3") and len(row) > 2 and now - row[2] < DAY


def explain(
    code: str, score: float, weights: dict[str, float], bonus: dict[str, float], entries: Iterable[list[Any]],
    without_age_gap: float | None = None, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """The plain JSON a moderator's card is made of."""
    rules = {(entry[4], entry[5]): entry[3] for entry in entries}
    return {
        "code": code,
        "score": score,
        "weights": weights,
        "bonus": bonus,
        "without_age_gap": score if without_age_gap is None else without_age_gap,
        "rules": [{"rule": rule, "version": version, "ref": ref} for (rule, version), ref in sorted(rules.items())],
        **more,
    }


def met(situation: Situation, findings: Iterable[Finding] | None = None) -> list[list[Any]]:
    """What a message met, in the shape of a ledger's entries: these findings, or all of it that alert."""
    told = situation.findings if findings is None else findings
    ref = situation.utterance.ref
    return [[0, 0, found.weight, ref, found.rule, found.version] for found in told if found.alerting]


def evidence_of(entries: Iterable[list[Any]], last: str) -> tuple[str, ...]:
    """The messages that count, oldest first, the last one among them."""
    refs = list(dict.fromkeys([entry[3] for entry in entries]))
    if last not in refs:
        refs.append(last)
    return tuple(refs[-MAX_EVIDENCE:])
