"""The tables of tactics agree with the rules and with each other."""

from __future__ import annotations

from safeguarding.detection import ages
from safeguarding.detection.crowds import _NOT_ATTACKS
from safeguarding.detection.piles import SIDES
from safeguarding.detection.rulesets import load_ruleset
from safeguarding.detection.tactics import (
    ABET_TACTICS,
    ATTACK_TACTICS,
    CIRCUMSTANCES,
    EXPIRY_DAYS,
    OPEN_TACTICS,
    PAIR_PROFILES,
    PAIR_TACTICS,
    PEACE_TACTICS,
    SELF_PROFILES,
    SELF_TACTICS,
    SEVERITIES,
    Profile,
    profiles_touched,
)  # fmt: skip

AGE_PROFILES = (ages.MINOR_AMONG_ADULTS, ages.ADULT_AMONG_MINORS, ages.ADULT_POSING)
ALL: tuple[Profile, ...] = (*PAIR_PROFILES, *SELF_PROFILES, *AGE_PROFILES)
SAID = {rule.tactic for rule in load_ruleset().rules if rule.tactic}
MEASURES = {"hold", "pause_contact", "slow_room", "fresh_age_proof", "safety_card", "help_card"}


def test_every_tactic_that_weighs_is_told_by_some_rule() -> None:
    plain = {"threat", "insult", "suicidal", "off_platform"}  # findings without a tactic of their own
    plain |= {ages.OF_AGE}  # told by an answer, or a year of birth on the day it is said
    for profile in ALL:
        assert set(profile.weights) - SAID - plain == set(), profile.code


def test_every_tactic_of_a_conversation_rule_weighs_somewhere() -> None:
    used = {tactic for profile in ALL for tactic in profile.weights}
    used |= {ages.BIRTH_YEAR}  # told as an age on the day it is said
    used |= set(SIDES) | ABET_TACTICS | PEACE_TACTICS | ATTACK_TACTICS | _NOT_ATTACKS
    mine = {rule.tactic for rule in load_ruleset().rules if rule.tactic and rule.code in {p.code for p in ALL} | {"C1"}}
    assert mine - used == set()


def test_what_must_be_present_is_among_what_weighs() -> None:
    for profile in ALL:
        assert profile.core <= profile.weights.keys() | CIRCUMSTANCES, profile.code
        for group in (*profile.all_of, *(g for groups in profile.grave.values() for g in groups)):
            assert group <= profile.weights.keys() | CIRCUMSTANCES, profile.code
        assert (
            profile.beside.keys() | {name for group in profile.beside.values() for name in group}
            <= profile.weights.keys()
        )


def test_levels_go_from_grave_to_light_and_measures_are_protective() -> None:
    for profile in ALL:
        points = [level[0] for level in profile.levels]
        severities = [level[1] for level in profile.levels]
        assert points == sorted(points, reverse=True), profile.code
        assert severities == sorted(severities) and set(severities) <= set(SEVERITIES), profile.code
        assert {m for measures in profile.measures.values() for m in measures} <= MEASURES, profile.code


def test_self_and_pair_tactics_do_not_mix() -> None:
    assert SELF_TACTICS.isdisjoint(PAIR_TACTICS)
    assert OPEN_TACTICS <= PAIR_TACTICS
    assert set(EXPIRY_DAYS.values()) > {1}


def test_only_the_touched_profiles_are_scored() -> None:
    assert [profile.code for profile in profiles_touched(frozenset({"csam"}), PAIR_PROFILES)] == ["M3"]
    assert profiles_touched(frozenset({"nothing"}), PAIR_PROFILES) == ()
