"""Nothing starts on rules that do not load, or loses the keys of its evidence in silence."""

from __future__ import annotations

import time

import pytest

from safeguarding import checks, rules
from safeguarding.detection.rulesets import RulesetError
from safeguarding.models import Evidence
from safeguarding.services.cases import open_or_extend_case
from safeguarding.services.vault import Piece, seal_pieces


def broken():
    raise RulesetError("m1_fr.yaml", "m1.fr.secret", "no patterns")


@pytest.mark.django_db
def test_rules_in_force_load_and_judge():
    assert checks.check_rules(None) == []


@pytest.mark.django_db
def test_broken_rules_in_force_are_an_error_that_names_the_file(monkeypatch):
    monkeypatch.setattr(checks, "current_ruleset", broken)
    [error] = checks.check_rules(None)
    assert error.is_serious()
    assert "m1_fr.yaml" in error.msg


@pytest.mark.django_db
def test_a_broken_file_of_this_version_is_told_and_the_rules_in_force_stay(monkeypatch):
    monkeypatch.setattr(rules, "shipped_files", lambda: {"m1_fr.yaml": "rules: ["})
    [warning] = checks.check_rules(None)
    assert not warning.is_serious()
    assert "m1_fr.yaml" in warning.msg


@pytest.mark.django_db
def test_broken_rules_raise_every_time_and_are_read_again_after_a_while(monkeypatch):
    reads = []

    def read(digest, share):
        reads.append(1)
        broken()

    monkeypatch.setattr(rules, "_read", read)
    monkeypatch.setattr(rules, "_book", None)
    monkeypatch.setattr(rules, "_broken", None)
    for _ in range(3):
        with pytest.raises(RulesetError):
            rules.current_ruleset()
    assert len(reads) == 1
    monkeypatch.setattr(rules, "_broken", (*rules._broken[:1], time.monotonic() - rules.RETRY_SECONDS, ValueError()))
    monkeypatch.setattr(rules, "_read", lambda digest, share: rules.Rulebook(digest, "mended"))
    assert rules.current_ruleset() == "mended"


@pytest.mark.django_db
def test_missing_evidence_key_is_told_before_it_is_needed(bob, room, settings):
    case = open_or_extend_case(
        actor=None, component="t", code="M1", severity="P2", subject=bob, room=room, automated=True
    )
    settings.EVIDENCE_KEYS = {"old": b"o" * 32}
    seal_pieces(case=case, pieces=[Piece(Evidence.Kind.ROOM, "r", {})])
    assert checks.check_evidence_keys(None, databases=["default"]) == []
    settings.EVIDENCE_KEYS = {"new": b"n" * 32}
    [warning] = checks.check_evidence_keys(None, databases=["default"])
    assert "'old'" in warning.msg
