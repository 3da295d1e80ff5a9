from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.policies import MINOR_BANDS, AgeBand, Ask, band_of, may_contact, may_share_room, meets

# DESIGN section 4, invariant 3, written out: what is not here is refused.
CONTACT = {(AgeBand.TEEN_13_14,) * 2, (AgeBand.TEEN_15_17,) * 2, (AgeBand.ADULT,) * 2}

bands = st.sampled_from(list(AgeBand))
ages = st.integers(min_value=0, max_value=99)
thresholds = st.integers(min_value=1, max_value=40)
asks = st.builds(
    Ask,
    at_least=st.lists(thresholds, max_size=3).map(tuple),
    under=st.lists(thresholds, max_size=3).map(tuple),
)


@pytest.mark.invariant(3)
@pytest.mark.parametrize(("one", "other"), list(itertools.product(AgeBand, AgeBand)))
def test_contact_is_allowed_exactly_where_the_table_says(one: AgeBand, other: AgeBand) -> None:
    assert may_contact(one, other) is ((one, other) in CONTACT)


@given(bands, bands)
def test_contact_is_symmetric_and_never_wider_than_a_room(one: AgeBand, other: AgeBand) -> None:
    assert may_contact(one, other) == may_contact(other, one)
    assert may_share_room(one, other) == may_share_room(other, one)
    assert not may_contact(one, other) or may_share_room(one, other)


@pytest.mark.invariant(3)
@given(bands, bands)
def test_no_adult_and_no_unverified_person_ever_reaches_a_minor(one: AgeBand, other: AgeBand) -> None:
    if one in MINOR_BANDS and other not in MINOR_BANDS:
        assert not may_contact(one, other)
        assert not may_share_room(one, other)


@given(ages, st.sets(thresholds), asks)
def test_true_facts_never_satisfy_an_ask_that_the_age_does_not(age: int, known: set[int], ask: Ask) -> None:
    facts = {threshold: age >= threshold for threshold in known}
    satisfied = all(age >= t for t in ask.at_least) and all(age < t for t in ask.under)
    if meets(facts, ask):
        assert satisfied


@given(ages, asks)
def test_facts_at_every_threshold_decide_every_ask(age: int, ask: Ask) -> None:
    facts = {threshold: age >= threshold for threshold in (*ask.at_least, *ask.under)}
    satisfied = all(age >= t for t in ask.at_least) and all(age < t for t in ask.under)
    assert meets(facts, ask) == satisfied


@given(st.dictionaries(thresholds, st.booleans(), max_size=6), asks)
def test_one_more_fact_never_closes_what_was_open_unless_it_contradicts(facts: dict[int, bool], ask: Ask) -> None:
    for threshold in list(facts):
        fewer = {t: over for t, over in facts.items() if t != threshold}
        contradiction = any(
            a >= b and over_a and not over_b for a, over_a in facts.items() for b, over_b in facts.items()
        )
        if meets(fewer, ask) and not contradiction:
            assert meets(facts, ask)


def test_an_adult_proof_does_not_open_a_room_for_minors() -> None:
    assert not meets({18: True}, Ask(at_least=(15,), under=(18,)))
    assert meets({15: True, 18: False}, Ask(at_least=(15,), under=(18,)))


def test_no_fact_and_contradictory_facts_open_nothing() -> None:
    assert band_of({}) == AgeBand.NONE
    assert band_of({15: False, 18: True}) == AgeBand.NONE
