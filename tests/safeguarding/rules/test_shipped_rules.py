"""The rules as they ship: in force in a fresh database, judging exactly as their files do."""

from __future__ import annotations

import pytest

from safeguarding.detection import matcher
from safeguarding.detection.compose import scan
from safeguarding.detection.rulesets import load_ruleset
from safeguarding.detection.staging import unproved
from safeguarding.models import Rule, RulePack, Stage
from safeguarding.rules import Rulebook, compile_ahead, refreshed_rules


@pytest.mark.django_db
def test_a_fresh_database_has_the_files_live_and_they_judge_as_the_files_do():
    assert RulePack.objects.get().stage == Stage.LIVE
    assert set(Rule.objects.values_list("stage", flat=True)) == {"live"}
    assert refreshed_rules().live.digest == load_ruleset().digest


def test_every_example_holds_as_it_would_have_to_before_a_rule_leaves_its_draft():
    ruleset = load_ruleset()
    assert [one for rule in ruleset.rules for one in unproved(ruleset, rule)] == []


def test_nothing_is_compiled_any_more_once_it_was_ahead(monkeypatch):
    ruleset = load_ruleset()
    compile_ahead(Rulebook("", ruleset))

    def refuse(source):
        raise AssertionError(f"compiled late: {source[:60]}")

    monkeypatch.setattr(matcher, "_short", refuse)
    met = 0
    for rule in [rule for rule in ruleset.rules if rule.scope == "text"][::7]:
        lang = "fr" if rule.lang == "any" else rule.lang
        for example in rule.must_fire[:1]:
            met += bool(scan(example.text, lang, ruleset))
    assert met > 50
