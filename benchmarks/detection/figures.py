"""The little arithmetic of the report, and the shape of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

COUNTED = ("P0", "P1", "P2")


@dataclass(frozen=True)
class Row:
    """One line of the table. `value` is None where its data is absent; `reach` is the bar, None where there is none."""

    name: str
    value: float | None
    unit: Literal["share", "per 1,000", "µs", "points", "x", "messages", "minutes", ""] = "share"
    reach: float | None = None
    at_least: bool = True
    count: int = 0  # of what the figure rests on
    note: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)  # the figure taken apart: functionality, code...

    @property
    def reached(self) -> bool | None:
        if self.value is None or self.reach is None:
            return None
        return self.value >= self.reach if self.at_least else self.value <= self.reach

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "reached": self.reached}


def share(values: Iterable[bool]) -> float | None:
    """The share of the true; None of nothing."""
    held = list(values)
    return sum(held) / len(held) if held else None


def macro_f1(pairs: Iterable[tuple[bool, bool]]) -> float:
    """Mean of the F1 of both classes; pairs are (truth, answer)."""
    held = list(pairs)
    total = 0.0
    for wanted in (True, False):
        right = sum(truth == wanted and answer == wanted for truth, answer in held)
        wrong = sum((truth == wanted) != (answer == wanted) for truth, answer in held)
        total += 2 * right / (2 * right + wrong) if right else 0.0
    return total / 2


def quantile(values: Sequence[float], q: float) -> float:
    """The value below which a share `q` of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]
