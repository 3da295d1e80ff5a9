"""Monthly counts and what is published of them.

A *month* is plain JSON of counts of things that happened in it and never change afterwards:

    {"v": 1, "month": "2026-10",
     "reports": {category: n}, "alerts": {code: n}, "looks": {bucket: n}, "decisions": {action: n},
     "appeals": {"lodged": n, "upheld": n, "overturned": n}, "machine": {"confirmed": n, "unconfirmed": n}}

Signed and kept, months are enough to work out the public page again, figure by figure.

What is published is coarser, so that nobody is found in it: a count below five, none included, is told as "fewer than
five", any other is rounded to the nearest five, so that no figure can be had from the difference of two others; a share
is told in steps of five per cent, and only of twenty or more. Rounding every figure by itself is the rule of official
statistics for small populations (base-5 rounding).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

VERSION = 1
BASE = 5
LEAST_FOR_A_SHARE = 20
# Minutes within which a person had looked, and the bucket's name.
BUCKETS: Sequence[tuple[str, float]] = (
    ("15_minutes", 15),
    ("1_hour", 60),
    ("4_hours", 240),
    ("24_hours", 1440),
    ("later", float("inf")),
)
COUNTED = ("reports", "alerts", "looks", "decisions", "appeals", "machine")
NOTHING_DONE = frozenset({"no_action", "release_message"})

Month = Mapping[str, Any]


def digest(body: bytes) -> str:
    """SHA-256 (hexadecimal) of a month's canonical bytes: what the public page commits to."""
    return hashlib.sha256(body).hexdigest()


def bucket_of(minutes: float) -> str:
    """The bucket of a time to first look."""
    return next(name for name, most in BUCKETS if minutes <= most)


def month_of(month: str, counts: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """One month in its fixed shape; a count of nothing is left out. KeyError for a count of something else."""
    if unknown := counts.keys() - set(COUNTED):
        raise KeyError(", ".join(sorted(unknown)))
    told = {kind: {key: n for key, n in sorted(counts.get(kind, {}).items()) if n} for kind in COUNTED}
    return {"v": VERSION, "month": month, **told}


def totals(months: Iterable[Month]) -> dict[str, Counter[str]]:
    """The counts of several months together."""
    summed: dict[str, Counter[str]] = {kind: Counter() for kind in COUNTED}
    for month in months:
        for kind in COUNTED:
            summed[kind].update(month[kind])
    return summed


def coarse(n: int) -> str:
    """A count as it is published: "<5" for none too, or the first of a kind would show; else to the nearest five."""
    if n < BASE:
        return f"<{BASE}"
    return str(BASE * ((n + BASE // 2) // BASE))


def share(part: int, whole: int) -> int | None:
    """A share in per cent, in steps of five; None of fewer than LEAST_FOR_A_SHARE."""
    if whole < LEAST_FOR_A_SHARE:
        return None
    return round(part * 100 / whole / BASE) * BASE


def published(months: Sequence[Month]) -> dict[str, Any]:
    """What the public page says of these months: plain JSON, nobody to be found in it."""
    sums = totals(months)
    looks, appeals, machine = sums["looks"], sums["appeals"], sums["machine"]
    looked, judged = looks.total(), appeals["upheld"] + appeals["overturned"]
    within = Counter[str]()
    reached = 0
    for name, _most in BUCKETS:
        reached += looks[name]
        within[name] = reached
    acted = sum(n for action, n in sums["decisions"].items() if action not in NOTHING_DONE)
    return {
        "v": VERSION,
        "from": min((month["month"] for month in months), default=""),
        "to": max((month["month"] for month in months), default=""),
        "reports": {"total": coarse(sums["reports"].total()), "by_category": _each(sums["reports"])},
        "alerts": {"total": coarse(sums["alerts"].total())},
        "first_look": {
            "total": coarse(looked),
            "within": {name: share(within[name], looked) for name, _most in BUCKETS if name != "later"},
            "median_within": _median(looks) if looked >= LEAST_FOR_A_SHARE else None,
        },
        "decisions": {
            "total": coarse(sums["decisions"].total()),
            "restricting": coarse(acted),
            "by_action": _each(sums["decisions"]),
        },
        "appeals": {
            "lodged": coarse(appeals["lodged"]),
            "judged": coarse(judged),
            "overturned": coarse(appeals["overturned"]),
            "overturned_share": share(appeals["overturned"], judged),
        },
        "machine": {
            "closed": coarse(machine.total()),
            "confirmed_share": share(machine["confirmed"], machine.total()),
        },
    }


def _each(counts: Counter[str]) -> dict[str, str]:
    """Those that can be told; what is not among them is fewer than five, or none."""
    return {key: coarse(n) for key, n in sorted(counts.items()) if n >= BASE}


def _median(looks: Counter[str]) -> str:
    half, reached = looks.total() / 2, 0
    for name, _most in BUCKETS:
        reached += looks[name]
        if reached >= half:
            return name
    return BUCKETS[-1][0]
