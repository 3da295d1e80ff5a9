"""Our suite: its format, its twins, and that it is big enough to mean something. What it measures: test_report."""

from __future__ import annotations

from benchmarks.detection.corpora import HALVES, SUITE, Line, lines, seen
from safeguarding.detection.batch import assess_conversation
from safeguarding.detection.rulesets import load_ruleset

RISK = {"codes", "subject", "protects", "severity_min", "alert_by"}
BENIGN = {"codes", "max_severity"}
CODES = {"M1", "M2", "M3", "M4", "M5", "M6", "M7", "V1", "V2", "V3", "H1", "C1", "C2", "C3", "S1", "D1", "X1", "X2"}


def suite(half: str) -> list[Line]:
    return list(lines(SUITE / half / "conversations.jsonl"))


def test_suite_has_the_public_format_and_each_risk_its_twin() -> None:
    ids: set[str] = set()
    for half in HALVES:
        rows = suite(half)
        here = {row["id"] for row in rows}
        assert len(rows) == len(here) >= 150
        assert not here & ids
        ids |= here
        for row in rows:
            assert row["twin"] in here
            assert set(row["expect"]) >= (RISK if row["kind"] == "risk" else BENIGN)


def test_what_was_written_apart_has_the_same_format() -> None:
    rows = suite("apart")
    here = {row["id"] for row in rows}
    assert len(rows) == len(here)
    assert all(row["twin"] in here for row in rows)
    assert all(set(row["expect"]) >= (RISK if row["kind"] == "risk" else BENIGN) for row in rows)


def test_suite_has_every_code_in_both_languages_plain_and_disguised() -> None:
    risks = [row for half in HALVES for row in suite(half) if row["kind"] == "risk"]
    here = {(row["family"], row["lang"], bool(row["obfuscation"])) for row in risks}
    assert here >= {(code, lang, hidden) for code in CODES for lang in ("fr", "en") for hidden in (False, True)}


def test_halves_share_no_scenario() -> None:
    said = [{message["text"] for row in suite(half) for message in _messages(row)} for half in HALVES]
    long = [{text for text in texts if len(text) > 40} for texts in said]
    assert not long[0] & long[1]


def test_engine_reads_nothing_of_a_line_but_what_was_said() -> None:
    ruleset = load_ruleset()
    for row in suite("tune")[:20]:
        assert assess_conversation(row, ruleset)["alerts"] == assess_conversation(seen(row), ruleset)["alerts"]


def _messages(row: Line) -> list[Line]:
    return [message for part in row.get("conversations") or [row] for message in part["messages"]]
