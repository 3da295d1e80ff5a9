"""Each rule earns its place: a sheet outside the rule files names them all and what each must find.

A rule deleted, renamed or broken fails here; a rule added is written down with

    python -m tests.safeguarding.detection.test_every_rule > tests/safeguarding/detection/every_rule.tsv
"""

from __future__ import annotations

import sys
from pathlib import Path

from safeguarding.detection.context import read_message
from safeguarding.detection.lexicon import lexicon_for
from safeguarding.detection.matcher import GUARD
from safeguarding.detection.names import assess_room_name
from safeguarding.detection.rulesets import LANGS, Rule, Ruleset, load_ruleset
from safeguarding.detection.types import RoomInfo

SHEET = Path(__file__).with_name("every_rule.tsv")
BANDS = ("adult", "teen_15_17", "teen_13_14", "none")


def sheet() -> list[tuple[str, str, str]]:
    rows = [line.split("\t") for line in SHEET.read_text(encoding="utf-8").splitlines()]
    return [(rule, lang, text) for rule, lang, text in rows]


def finds(ruleset: Ruleset, rule_id: str, lang: str, text: str) -> bool:
    """Does the engine find this rule in the text, as said in a room or proposed as its name?"""
    rule = next((rule for rule in ruleset.rules if rule.id == rule_id), None)
    if rule is None:
        return False
    if rule.code == GUARD:
        lexicon = lexicon_for(ruleset, lang)
        return lexicon.fires(rule, lexicon.read(text))
    if rule.scope == "name":
        return any(f.rule == rule_id for f in assess_room_name(text, "", lang, ruleset).findings) or lexicon_for(
            ruleset, lang
        ).fires(rule, lexicon_for(ruleset, lang).read(text))
    for band in rule.bands or BANDS[:1]:
        room = RoomInfo("r", "room", "", "", band, lang)  # type: ignore[arg-type]  # a band of the rule file
        if any(f.rule == rule_id for f in read_message(text, room=room, recent=(), ruleset=ruleset, lang=lang)):
            return True
    return False


def test_sheet_names_every_rule_and_no_other(ruleset: Ruleset) -> None:
    assert {rule for rule, _, _ in sheet()} == {rule.id for rule in ruleset.rules}


def test_every_rule_finds_what_the_sheet_says(ruleset: Ruleset) -> None:
    assert [(rule, text) for rule, lang, text in sheet() if not finds(ruleset, rule, lang, text)] == []


def _row(ruleset: Ruleset, rule: Rule) -> str:
    langs = LANGS if rule.lang == "any" else (rule.lang,)
    for example in rule.must_fire:
        for lang in langs:
            if finds(ruleset, rule.id, lang, example.text):
                return f"{rule.id}\t{lang}\t{example.text}"
    raise SystemExit(f"{rule.id}: none of its examples is found by the engine")


if __name__ == "__main__":
    rules = load_ruleset()
    sys.stdout.write("".join(_row(rules, rule) + "\n" for rule in rules.rules))
