"""Measured on the public sets beside the project (development halves). Skipped where they are not there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from safeguarding.detection.compose import scan
from safeguarding.detection.rulesets import Ruleset, load_ruleset
from tests.conftest import shared_path

AGGRESSIVE = {"H1", "C1", "V2"}


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return load_ruleset()


def rows(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shared_path(path).read_text(encoding="utf-8").splitlines()]


def macro_f1(pairs: Iterable[tuple[bool, bool]]) -> float:
    """Mean of the F1 of both classes; pairs are (truth, answer)."""
    pairs = list(pairs)
    total = 0.0
    for wanted in (True, False):
        right = sum(truth == wanted and answer == wanted for truth, answer in pairs)
        wrong = sum((truth == wanted) != (answer == wanted) for truth, answer in pairs)
        total += 2 * right / (2 * right + wrong) if right else 0.0
    return total / 2


def hateful(text: str, lang: str, ruleset: Ruleset) -> bool:
    return any(finding.code == "H1" and finding.alerting for finding in scan(text, lang, ruleset))


@pytest.mark.parametrize(("lang", "reach"), [("fr", 0.86), ("en", 0.80)])
def test_hatecheck_macro_f1_and_equal_protection(ruleset: Ruleset, lang: str, reach: float) -> None:
    judged = [(row, hateful(row["text"], lang, ruleset)) for row in rows(f"data/hatecheck/{lang}-dev.jsonl")]
    assert macro_f1((row["hateful"], answer) for row, answer in judged) >= reach

    def accuracy(targets: set[str], inside: bool) -> float:
        chosen = [
            row["hateful"] == answer for row, answer in judged if row["target"] and (row["target"] in targets) is inside
        ]
        return sum(chosen) / len(chosen)

    lgbt = {"gay people", "trans people"}
    assert abs(accuracy(lgbt, True) - accuracy(lgbt, False)) <= 0.03


def chat() -> Iterator[dict[str, Any]]:
    for conversation in rows("data/cyberagression/dev.jsonl"):
        yield from (message for message in conversation["messages"] if message["labels"]["hate"])


def test_aggression_in_teenagers_chat(ruleset: Ruleset) -> None:
    pairs = [
        (message["labels"]["hate"] != "NAG", any(f.code in AGGRESSIVE for f in scan(message["text"], "fr", ruleset)))
        for message in chat()
    ]
    assert macro_f1(pairs) >= CHAT_REACH


CHAT_REACH = 0.69


def test_ordinary_messages_raise_next_to_nothing(ruleset: Ruleset) -> None:
    texts = [row["text"] for name in ("uci-ham", "nus-sms") for row in rows(f"data/benign/{name}-dev.jsonl")]
    grave = {rule.id for rule in ruleset.rules if rule.action != "flag"}
    held = alarmed = 0
    for text in texts:
        found = [f for f in scan(text, "en", ruleset) if f.alerting]
        held += any(f.rule in grave for f in found)
        alarmed += any(f.code in {"H1", "V2"} for f in found)
    assert held <= 0.0003 * len(texts)
    assert alarmed <= 0.003 * len(texts)
