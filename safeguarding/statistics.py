"""The arithmetic of what is claimed about rules. Pure, exact, without a library."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `total`, with its 95 % Wilson interval (Wilson 1927). Nothing of nothing is anywhere from 0 to 1."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        return self.hits / self.total if self.total else None

    @property
    def percent(self) -> float | None:
        return None if self.value is None else 100 * self.value

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound."""
        if not self.total:
            return 0.0, 1.0
        share, count = self.hits / self.total, self.total
        middle = share + Z_95**2 / (2 * count)
        width = Z_95 * math.sqrt(share * (1 - share) / count + Z_95**2 / (4 * count**2))
        scale = 1 + Z_95**2 / count
        return max(0.0, (middle - width) / scale), min(1.0, (middle + width) / scale)

    @property
    def low_percent(self) -> float:
        return 100 * self.interval[0]

    @property
    def high_percent(self) -> float:
        return 100 * self.interval[1]


def binomial_tail(hits: int, total: int, chance: float) -> float:
    """How likely it is to see so many hits of `total` or more, when each comes by `chance`: exact, not approximate."""
    if hits <= 0:
        return 1.0
    if chance <= 0:
        return 0.0
    if chance >= 1:
        return 1.0
    # Summed from the far end, so that the small terms are not lost in the large ones.
    return min(1.0, math.fsum(_mass(k, total, chance) for k in range(total, hits - 1, -1)))


def binomial_head(hits: int, total: int, chance: float) -> float:
    """How likely it is to see so many hits of `total` or fewer."""
    return binomial_tail(total - hits, total, 1 - chance)


def _mass(hits: int, total: int, chance: float) -> float:
    ways = math.lgamma(total + 1) - math.lgamma(hits + 1) - math.lgamma(total - hits + 1)
    return math.exp(ways + hits * math.log(chance) + (total - hits) * math.log1p(-chance))
