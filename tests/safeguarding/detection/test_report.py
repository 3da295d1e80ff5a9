"""The public sets beside the project (development halves), measured as the report measures. Skipped where absent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.detection import talks, texts
from benchmarks.detection.corpora import Absent
from benchmarks.detection.figures import Row
from safeguarding.detection.rulesets import Ruleset


def measured(section: Callable[[Ruleset], list[Row]], ruleset: Ruleset) -> dict[str, Row]:
    try:
        return {row.name: row for row in section(ruleset)}
    except Absent as absent:
        pytest.skip(f"not here: {absent}")


SECTIONS = dict((*texts.SECTIONS, *talks.SECTIONS))


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_every_bar_of_the_report_is_reached(ruleset: Ruleset, name: str) -> None:
    rows = measured(SECTIONS[name], ruleset)
    assert [f"{row.name}: {row.value}" for row in rows.values() if row.reached is False] == []
