"""The ledger of a directed pair: any order, expiry, bounds, and a score that only ever rises with the risk."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeguarding.detection import pairs
from safeguarding.detection.pairs import Sighting
from safeguarding.detection.tactics import D1, DAY, M1, PAIR_PROFILES, SELF_PROFILES, V1, lifetime

NOW = 1_770_000_000
LURE = ("age_probe", "maturity", "isolation", "secrecy", "image_request")
GAP = pairs.Circumstances(age_gap=True)


def seen(tactic: str, strength: float = 1.0, ref: str = "1") -> Sighting:
    return Sighting(tactic, strength, ref, f"rule.{tactic}", "v1")


def ledger_of(tactics: tuple[str, ...], gap: int = 60) -> pairs.Ledger:
    ledger = pairs.fresh()
    for index, tactic in enumerate(tactics):
        ledger["n"] += 1
        pairs.record(ledger, [seen(tactic, ref=str(index))], NOW + index * gap)
    return ledger


def test_first_grave_message_scores_at_once() -> None:
    assert pairs.score(M1, ledger_of(("sexual",)), GAP).severity in ("P0", "P1", "P2")


def test_order_of_tactics_does_not_matter() -> None:
    forwards = pairs.score(M1, ledger_of(LURE))
    backwards = pairs.score(M1, ledger_of(tuple(reversed(LURE))))
    assert forwards.total == backwards.total
    assert forwards.severity == backwards.severity == "P1"


def test_dense_lure_of_five_messages_is_as_grave_as_a_slow_one_over_weeks() -> None:
    dense, slow = ledger_of(LURE, gap=60), ledger_of(LURE, gap=7 * DAY)
    pairs.forget(slow, NOW + 5 * 7 * DAY)
    fast_score, slow_score = pairs.score(M1, dense, GAP), pairs.score(M1, slow, GAP)
    assert fast_score.severity == slow_score.severity == "P1"
    assert fast_score.total >= slow_score.total


@pytest.mark.parametrize("profile", PAIR_PROFILES + SELF_PROFILES, ids=lambda profile: profile.code)
def test_age_gap_only_ever_adds(profile) -> None:
    ledger = ledger_of(tuple(sorted(profile.weights)))
    with_gap, without = pairs.score(profile, ledger, GAP), pairs.score(profile, ledger)
    assert with_gap.total >= without.total
    assert with_gap.without_age_gap == without.total


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(M1.weights)), st.floats(0, 1)), max_size=12), st.data())
def test_one_more_sighting_never_lowers_the_score(sightings, data) -> None:
    ledger, before = pairs.fresh(), 0.0
    for index, (tactic, strength) in enumerate(sightings):
        ledger["n"] += 1
        pairs.record(ledger, [seen(tactic, strength, ref=str(index))], NOW + index * data.draw(st.integers(0, 5000)))
        total = pairs.score(M1, ledger, GAP).total
        assert total >= before - 1e-9
        before = total


def test_tactics_expire() -> None:
    ledger = ledger_of(("urgency", "secrecy"))
    pairs.forget(ledger, NOW + lifetime("urgency") + 61)
    assert set(ledger["t"]) == {"secrecy"}
    pairs.forget(ledger, NOW + lifetime("secrecy") + 61)
    assert ledger["t"] == {}


def test_ledger_stays_bounded_whatever_is_said() -> None:
    ledger = pairs.fresh()
    for index in range(2000):
        ledger["n"] += 1
        pairs.record(
            ledger, [seen(f"tactic{index % 90}", ref=str(index)), seen("secrecy", ref=str(index))], NOW + index
        )
    assert len(ledger["t"]) <= pairs.MAX_TACTICS
    assert all(len(entries) <= pairs.MAX_ENTRIES for entries in ledger["t"].values())
    assert len(json.dumps(ledger)) < 20_000


def test_strongest_sighting_is_kept_when_full() -> None:
    ledger = pairs.fresh()
    pairs.record(ledger, [seen("secrecy", 1.0, ref="first")], NOW)
    for index in range(20):
        pairs.record(ledger, [seen("secrecy", 0.3, ref=str(index))], NOW + index)
    assert max(entry[2] for entry in ledger["t"]["secrecy"]) == 1.0


def test_a_vague_addressee_is_no_tactic() -> None:
    ledger = pairs.fresh()
    pairs.record(ledger, [seen("sexual", pairs.WEAK / 2)], NOW)
    assert pairs.score(M1, ledger).total == 0


def test_night_isolation_and_a_new_account_alone_are_never_an_ambush() -> None:
    score = pairs.score(
        V1, ledger_of(("isolated_place", "late", "meeting", "urgency")), pairs.Circumstances(newcomer=True)
    )
    assert score.severity is None


def test_refusing_to_be_seen_and_an_isolated_place_alone_is_an_ambush() -> None:
    tactics = ("meeting", "isolated_place", "come_alone", "refuses_verification")
    assert pairs.score(V1, ledger_of(tactics)).severity == "P0"


def test_same_lure_to_many_weighs_more() -> None:
    ledger = ledger_of(("meeting", "isolated_place", "come_alone"))
    assert pairs.score(V1, ledger, pairs.Circumstances(spread=2)).total > pairs.score(V1, ledger).total


def test_every_level_can_be_reached() -> None:
    for profile in PAIR_PROFILES + SELF_PROFILES:
        assert pairs.score(profile, ledger_of(tuple(sorted(profile.weights)))).severity == profile.levels[0][1]


def test_unreadable_ledger_starts_anew_and_says_so() -> None:
    assert pairs.opened({"v": 99}) == (pairs.fresh(), True)
    assert pairs.opened({}) == (pairs.fresh(), False)
    assert pairs.opened(None) == (pairs.fresh(), False)


def test_help_profile_offers_help_only() -> None:
    assert {measure for measures in D1.measures.values() for measure in measures} == {"help_card"}
