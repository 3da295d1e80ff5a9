"""The measures: our own suite, the public samples, ordinary talk. Thresholds are the targets, not the figures of a
day.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from safeguarding.detection.batch import assess_conversation
from safeguarding.detection.rulesets import Ruleset, load_ruleset
from tests.conftest import PROJECT, shared_path

SUITE = PROJECT / "benchmarks" / "suite"
COUNTED = ("P0", "P1", "P2")
BANDS = ("teen_13_14", "teen_15_17")


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return load_ruleset()


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file)


def conversation(line: dict[str, Any]) -> dict[str, Any]:
    """What an engine may see of a line."""
    return {key: line[key] for key in ("lang", "room", "participants", "messages", "conversations") if key in line}


def moments(line: dict[str, Any]) -> dict[tuple[int, int], int]:
    """(conversation, message) -> its place in time."""
    parts = line.get("conversations") or [line]
    order = sorted((m["at"], c, n) for c, part in enumerate(parts) for n, m in enumerate(part["messages"]))
    return {(c, n): place for place, (_at, c, n) in enumerate(order)}


def in_time(line: dict[str, Any], alerts: list[dict[str, Any]]) -> bool:
    expect, place = line["expect"], moments(line)
    subjects = expect.get("subjects") or [expect["subject"]]
    limit = place[expect.get("alert_by_conversation", 0), expect["alert_by"]]
    return any(
        alert["code"] in expect["codes"] and alert["subject"] in subjects
        and place[alert.get("conversation", 0), alert["at_message"]] <= limit
        for alert in alerts
    )  # fmt: skip


def measured(path: Path, ruleset: Ruleset) -> tuple[float, float, float]:
    """Share of risk lines found in time, plain and obfuscated, and of benign lines that alert."""
    found: dict[str, list[bool]] = {"plain": [], "obfuscated": [], "false": []}
    for line in lines(path):
        alerts = [
            alert
            for alert in assess_conversation(conversation(line), ruleset)["alerts"]
            if alert["severity"] in COUNTED
        ]
        if line["kind"] == "risk":
            found["obfuscated" if line["obfuscation"] else "plain"].append(in_time(line, alerts))
        else:
            tolerated = [(row["code"], row["subject"]) for row in line["expect"].get("tolerate", ())]
            found["false"].append(any((alert["code"], alert["subject"]) not in tolerated for alert in alerts))
    plain, obfuscated, false = (sum(values) / max(1, len(values)) for values in found.values())
    return plain, obfuscated, false


@pytest.mark.parametrize("half", ["tune", "held"])
def test_suite_is_alerted_in_time_and_twins_stay_quiet(ruleset: Ruleset, half: str) -> None:
    plain, obfuscated, false = measured(SUITE / half / "conversations.jsonl", ruleset)
    assert plain >= 0.90
    assert obfuscated >= plain - 0.07
    assert false <= 0.10


def test_public_sample_is_alerted_in_time_and_its_twins_stay_quiet(ruleset: Ruleset) -> None:
    plain, obfuscated, false = measured(shared_path("data", "conversations", "sample.jsonl"), ruleset)
    assert (plain, obfuscated) >= (0.90, 0.85)
    assert false <= 0.03


def test_grooming_by_a_presumed_teenager_is_found_too(ruleset: Ruleset) -> None:
    for line in lines(SUITE / "tune" / "conversations.jsonl"):
        if line["family"] != "M1" or line["kind"] != "risk" or line["obfuscation"]:
            continue
        seen, subject = conversation(line), line["expect"]["subject"]
        seen["participants"] = {**seen["participants"], subject: {"band": seen["room"]["band"], "account_age_days": 60}}
        alerts = assess_conversation(seen, ruleset)["alerts"]
        assert any(alert["code"] == "M1" and alert["subject"] == subject for alert in alerts), line["id"]


@pytest.mark.parametrize("half", ["tune", "held"])
def test_gay_dating_and_lgbt_support_are_ordinary_talk(ruleset: Ruleset, half: str) -> None:
    raised = []
    for line in lines(SUITE / half / "ordinary.jsonl"):
        people = {key: {"band": line["band"], "account_age_days": 20} for key in "ab"}
        message = {"at": "2026-01-01T20:00:00Z", "from": "a", "to": ["b"], "text": line["text"]}
        kind = "direct" if line["band"] == "adult" else "room"
        room = {"kind": kind, "name": "x", "band": line["band"]}
        answer = assess_conversation(
            {"lang": line["lang"], "room": room, "participants": people, "messages": [message]}, ruleset
        )
        if answer["messages"][0]["verdict"] != "allow" or any(a["severity"] in COUNTED for a in answer["alerts"]):
            raised.append(line["text"])
    assert raised == []


def test_first_alert_among_teenagers_names_an_aggressor(ruleset: Ruleset) -> None:
    named = []
    for line in lines(shared_path("data", "cyberagression", "dev.jsonl")):
        answer = assess_conversation(conversation(line), ruleset)
        alerts = [alert for alert in answer["alerts"] if alert["severity"] in COUNTED]
        if alerts:
            named.append(line["labels"]["roles"].get(alerts[0]["subject"], "").startswith("bully"))
    assert len(named) >= 18
    assert sum(named) / len(named) >= 0.94


def test_suite_has_the_public_format_and_each_risk_its_twin() -> None:
    ids: set[str] = set()
    for half in ("tune", "held"):
        rows = list(lines(SUITE / half / "conversations.jsonl"))
        here = {row["id"] for row in rows}
        assert len(rows) >= 100 and not here & ids
        ids |= here
        for row in rows:
            assert row["twin"] in here
            assert set(row["expect"]) >= (
                {"codes", "subject", "protects", "severity_min", "alert_by"}
                if row["kind"] == "risk"
                else {"codes", "max_severity"}
            )
