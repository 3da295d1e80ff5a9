"""What a row of words must hold for a pattern to be found there: never too much, and enough to be of use."""

from __future__ import annotations

import pytest

from safeguarding.detection.needed import NeededWords, Way, ways_of
from safeguarding.detection.patterns import parsed

NUMBER = tuple(f"{digit}*" for digit in range(10))
MARKS = {"harm": 0x81, "group": 0x82}


def ways(pattern: str) -> list[Way]:
    return ways_of(parsed(pattern, str.split), MARKS.__getitem__)


def needs(*options: tuple[object, ...]) -> frozenset[frozenset[object]]:
    return frozenset(frozenset(option) for option in options)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("tu ~2 {harm}", [needs(("tu",), (0x81,))]),
        ("je suis pas", [needs((("je", "suis"),), (("suis", "pas"),))]),
        ("(je|on) ~ {harm|group}?", [needs(("je", "on"))]),
        ("(je|on) ~2 (suis pas là|{harm})", [
            needs(("je", "on"), (0x81,)), needs(("je", "on"), (("suis", "pas"),), (("pas", "là"),)),
        ]),
        ("(encore)? insult* {number} {qmark}", [needs(("insult*",), NUMBER, ("?",))]),
        ("{amount} {qmark}", [needs(NUMBER, ("?",))]),
        ("{12..13} $", [needs(("12", "13"))]),
        ("(vite|_) ~3", [needs()]),
    ],
)  # fmt: skip
def test_a_pattern_is_found_in_its_ways_and_needs_nothing_it_could_do_without(
    pattern: str, found: list[frozenset[frozenset[object]]]
) -> None:
    assert sorted(ways(pattern), key=repr) == sorted(found, key=repr)


def test_a_pattern_of_countless_ways_asks_for_less_and_is_not_spelt_out() -> None:
    many = " ~1 ".join(f"(a{n} b{n}|c{n} d{n} e{n})" for n in range(12))
    assert 1 <= len(ways(many)) <= 64


def test_what_the_words_of_a_row_do_not_allow_is_no_candidate() -> None:
    needed = NeededWords(
        [ways(pattern) for pattern in ("tu ~2 {harm}", "je suis pas", "suis", "_ ~2", "pas* {number}")]
    )
    row = {word: f" {word}".encode() + b"\x80" for word in ("tu", "je", "suis", "pas", "pasteque", "12")}
    row["mort"] = b" mort\x80\x81"

    def candidates(text: str) -> set[int]:
        return needed.candidates(tuple(row[word] for word in text.split()))

    assert candidates("tu suis mort") == {0, 2, 3}
    assert candidates("je suis pas") == {1, 2, 3}
    assert candidates("suis je pas") == {2, 3}  # neighbours, and in that order
    assert candidates("pasteque 12") == {3, 4}
    assert candidates("12 je") == {3}


def test_patterns_of_classes_alone_and_no_patterns_at_all_are_looked_for_too() -> None:
    row = (b" mort\x80\x81", b" gens\x80\x82")
    needed = NeededWords([ways("{harm} ~2 {group}"), ways("{harm} {number}?")])
    assert needed.candidates(row) == {0, 1}
    nothing = NeededWords([])
    assert nothing.candidates(row) == set()


def test_what_is_nowhere_in_a_row_leaves_no_trace_there() -> None:
    beside = [*ways("pas ~2 {group}"), *ways("jamais")]
    needed = NeededWords([ways("tu")], beside=[beside, [*beside, *ways("_ ~2")], []])
    traces, anywhere, nowhere = needed.traces
    assert traces is not None
    assert traces.isdisjoint(needed.said((b" tu\x80", b" mort\x80\x81")))
    assert not traces.isdisjoint(needed.said((b" tu\x80", b" pas\x80", b" les\x80", b" gens\x80\x82")))
    assert not traces.isdisjoint(needed.said((b" jamais\x80",)))
    assert needed.candidates((b" jamais\x80", b" pas\x80")) == set()  # asked about, never looked for
    assert anywhere is None
    assert nowhere == frozenset()
