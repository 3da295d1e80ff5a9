"""The report itself: its arithmetic, and that its page holds what was measured and nothing from elsewhere."""

from __future__ import annotations

import json

from benchmarks.detection.figures import Row, macro_f1, quantile
from benchmarks.detection.page import page


def test_macro_f1_is_the_mean_of_both_classes() -> None:
    assert macro_f1([(True, True), (False, False)]) == 1.0
    assert macro_f1([(True, True), (True, True), (False, True)]) == 0.4  # 0.8 and 0
    assert quantile([3, 1, 2], 0.5) == 2


def test_a_figure_knows_whether_it_reached_its_bar() -> None:
    assert Row("x", 0.9, reach=0.9).reached is True
    assert Row("x", 4.0, "points", 3, at_least=False).reached is False
    assert Row("x", None, reach=0.9).reached is None


def test_page_shows_figures_and_charts_and_fetches_nothing() -> None:
    rows = [Row("found <in> time", 0.5, reach=0.9, count=4, parts={"M1": 1.0, "M2": 0.0}), Row("absent set", None)]
    shown = page({"rules": 3}, [("suite", rows)])
    assert "0.500" in shown
    assert "found &lt;in&gt; time" in shown
    assert ">absent<" in shown.replace("\n", "")
    assert shown.count("<rect") == 2
    assert "http" not in shown
    assert "<script" not in shown
    assert json.loads(json.dumps([row.as_json() for row in rows]))[0]["reached"] is False
