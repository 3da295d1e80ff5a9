"""The table of incidents has no gap and speaks the official names."""

from __future__ import annotations

import json

import pytest

from community.helplines import HELP_LINES
from safeguarding.incidents import CHANNELS, INCIDENTS, LAW, SEVERITIES, Incident, citation
from tests.conftest import shared_path

CODES = [
    "M1",
    "M2",
    "M3",
    "M4",
    "M5",
    "M6",
    "M7",
    "V1",
    "V2",
    "V3",
    "H1",
    "C1",
    "C2",
    "C3",
    "S1",
    "D1",
    "X1",
    "X2",
    "X3",
]
each = pytest.mark.parametrize("incident", INCIDENTS.values(), ids=INCIDENTS)


def test_every_code_of_the_design_is_there_once_and_no_other() -> None:
    assert list(INCIDENTS) == CODES


@each
def test_incident_says_everything_in_both_languages(incident: Incident) -> None:
    assert incident.words.fr.strip()
    assert incident.words.en.strip()
    assert incident.law
    assert incident.tell
    assert set(incident.law) <= set(LAW)
    assert set(incident.tell) <= set(CHANNELS)
    assert set(incident.help_lines) <= {line.key for line in HELP_LINES}
    assert incident.severity in SEVERITIES
    assert (incident.aggravated is None) == (incident.aggravated_when is None)
    if incident.aggravated:
        assert SEVERITIES[incident.aggravated].clock_minutes < incident.clock_minutes


def test_only_a_child_in_danger_has_no_dsa_category() -> None:
    assert [code for code, incident in INCIDENTS.items() if incident.dsa_category is None] == ["M7"]
    assert [code for code, incident in INCIDENTS.items() if not incident.dsa_keywords] == ["M7"]


def test_clocks_and_pages_are_those_of_the_design() -> None:
    assert {level: severity.clock_minutes for level, severity in SEVERITIES.items()} == {
        "P0": 15,
        "P1": 60,
        "P2": 240,
        "P3": 1440,
    }
    assert [level for level, severity in SEVERITIES.items() if severity.pages] == ["P0", "P1"]


@each
def test_rule_is_secret_for_predatory_codes_alone(incident: Incident) -> None:
    assert incident.secret_rule == incident.code.startswith(("M", "V"))


def test_distress_is_never_sanctioned() -> None:
    assert [code for code, incident in INCIDENTS.items() if not incident.sanctioned] == ["M7", "D1"]


def test_no_law_and_no_channel_is_kept_that_nothing_uses() -> None:
    used_law = {reference for incident in INCIDENTS.values() for reference in incident.law}
    used_channels = {key for incident in INCIDENTS.values() for key in incident.tell}
    assert used_law == set(LAW)
    assert used_channels == set(CHANNELS)


def test_dsa_names_are_those_of_the_transparency_database() -> None:
    names = json.loads(shared_path("data", "dsa", "tdb_enums.json").read_text(encoding="utf-8"))
    for incident in INCIDENTS.values():
        if incident.dsa_category is not None:
            assert incident.dsa_category in names["STATEMENT_CATEGORIES"], incident.code
        assert set(incident.dsa_keywords) <= set(names["KEYWORDS"]), incident.code
        assert set(incident.dsa_additions) <= set(names["STATEMENT_CATEGORIES"]) - {incident.dsa_category}


@pytest.mark.parametrize("key", LAW)
def test_every_law_is_told_without_abbreviation(key: str) -> None:
    told = citation(key)
    number = key.split()[-1]
    assert f", article {number} : " in told.fr
    assert f", article {number}: " in told.en
    assert LAW[key].fr in told.fr
    assert not {"CP", "CASF"} & set(told.fr.split())
