"""What an alert would have been without one of its parts: found by scoring again without it, never by guessing.

`score` of `pairs` is run anew on the ledger of the alert, with one circumstance or one tactic left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from . import pairs
from .pairs import Circumstances, Ledger, Score
from .tactics import Profile

MOST_TACTICS = 3  # the weightiest: without one of these is what a person asks


def rescored(
    profile: Profile,
    ledger: Ledger,
    score: Score,
    circumstances: Circumstances,
    severity_of: Callable[[Profile, Score], str | None],
    *,
    alone: Ledger | None = None,
) -> list[dict[str, Any]]:
    """[{"without": "together" | "age_gap" | "newcomer" | "spread" | "tactic:NAME", "score", "severity"}], circumstances
    first.

    `alone`: what the author did without the accounts that act with them, where `ledger` is of all. `severity` is null
    where there would have been no alert. The ledger is left as it was.
    """
    trials: list[tuple[str, Ledger, Circumstances]] = [("together", alone, circumstances)] if alone else []
    without = {
        "age_gap": dataclasses.replace(circumstances, age_gap=False),
        "newcomer": dataclasses.replace(circumstances, newcomer=False),
        "spread": dataclasses.replace(circumstances, spread=0, many=False),
    }
    trials += [(name, ledger, around) for name, around in without.items() if name in score.bonus]
    weightiest = sorted(score.weights, key=lambda name: (-score.weights[name], name))[:MOST_TACTICS]
    trials += [(f"tactic:{name}", _lacking(ledger, name), circumstances) for name in weightiest]
    told = []
    for name, remembered, around in trials:
        other = pairs.score(profile, {**remembered, "d": dict(remembered["d"])}, around)
        told.append({"without": name, "score": other.total, "severity": severity_of(profile, other)})
    return told


def _lacking(ledger: Ledger, tactic: str) -> Ledger:
    """The ledger as if the tactic had never been seen; how dense it was is counted anew."""
    return {**ledger, "t": {name: entries for name, entries in ledger["t"].items() if name != tactic}, "d": {}}
