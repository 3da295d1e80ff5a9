"""What is found with an index of words is what every pattern finds when each is tried, one after another."""

from __future__ import annotations

import dataclasses
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.detection.corpora import SUITE, lines
from safeguarding.detection.lexicon import Lexicon, lexicon_for
from safeguarding.detection.matcher import _linear, _short, _windows
from safeguarding.detection.patterns import UNBOUNDED, PatternError, parsed, reach_of, wavers
from safeguarding.detection.rulesets import LANGS, Ruleset


def said(lang: str) -> list[str]:
    """All that is written in our suite in a language."""
    texts = set()
    for path in sorted(SUITE.glob("*/*.jsonl")):
        for line in lines(path):
            if line["lang"] == lang:
                for part in (line, *line.get("conversations", ())):
                    texts |= {message["text"] for message in part.get("messages", ())} | {part.get("text", "")}
    return sorted(texts)


def found(lexicon: Lexicon, text: str) -> list[tuple[str, int, int]]:
    hits = lexicon._matcher("text").hits(lexicon.read(text), with_guards=True)
    return sorted((hit.rule.id, hit.first, hit.last) for hit in hits)


def found_one_by_one(lexicon: Lexicon, text: str) -> list[tuple[str, int, int]]:
    """Every pattern tried on the whole row of words."""
    matcher, reading = lexicon._matcher("text"), lexicon.read(text)
    there = [n for n, (_, pattern, _) in enumerate(matcher._patterns) if _short(pattern.source).search(reading.line)]
    anything = {*range(len(matcher._needed._told))}
    hits = [hit for number in there for hit in matcher._places(number, reading, lambda: anything, None)]
    return sorted((hit.rule.id, hit.first, hit.last) for hit in hits)


@pytest.mark.parametrize("lang", LANGS)
def test_in_all_of_our_suite_every_pattern_is_found_where_it_is_and_nowhere_else(ruleset: Ruleset, lang: str) -> None:
    lexicon = lexicon_for(ruleset, lang)
    for text in said(lang):
        assert found(lexicon, text) == found_one_by_one(lexicon, text), text


@pytest.mark.parametrize("lang", LANGS)
def test_a_long_text_hides_nothing(ruleset: Ruleset, lang: str) -> None:
    """Looked at in windows, with the ends of sentences and without any."""
    lexicon = lexicon_for(ruleset, lang)
    texts = said(lang)
    random.Random(1).shuffle(texts)
    for n in range(0, len(texts), 25):
        text = " ".join(texts[n : n + 25])
        text = text if n % 2 else text.translate({ord(sign): " " for sign in ".?!;…\n"})
        assert found(lexicon, text) == found_one_by_one(lexicon, text), text


def test_words_far_from_one_another_are_related_as_in_the_shortest_text(ruleset: Ruleset) -> None:
    """A pattern that Hyperscan 5.4 missed when more words followed it."""
    lexicon = lexicon_for(ruleset, "en")
    ask = "still up 40 tonight"
    mine = [one for one in found(lexicon, ask) if one[0] == "c2.en.demand_money"]
    assert mine
    assert all(one in found(lexicon, f"{ask}. Wats the plan?") for one in mine)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_whatever_words_are_thrown_together_nothing_is_missed(ruleset: Ruleset, data: st.DataObject) -> None:
    lexicon = lexicon_for(ruleset, data.draw(st.sampled_from(LANGS)))
    words = data.draw(st.lists(st.sampled_from([*sorted(lexicon.words.known), ".", "?"]), min_size=1, max_size=120))
    text = " ".join(words)
    assert found(lexicon, text) == found_one_by_one(lexicon, text)


@given(st.lists(st.sampled_from([b" a\x80", b" a\x80", b" a\x80", b" .\x80"]), min_size=33, max_size=300))
def test_windows_follow_one_another_and_each_shows_what_a_near_pattern_needs(row: list[bytes]) -> None:
    windows = list(_windows(row))
    ends = {n for n, piece in enumerate(row) if piece[1:2] == b"."} | {len(row)}
    begun = [first for a, b, _ in windows for first in range(a, b)]
    assert begun == list(range(len(row)))  # every word is the first of one window's, in order
    for first, following, last in windows:
        assert last - first <= 64
        for word in range(first, following):
            end = min(end for end in ends if end > word)
            assert last >= min(end + 1, len(row), word + 32)


def test_both_engines_say_the_same_places(ruleset: Ruleset) -> None:
    for lang in LANGS:
        lexicon = lexicon_for(ruleset, lang)
        sources: dict[str, list[str]] = {}
        for rule, pattern, _ in lexicon._matcher("text")._patterns:
            sources.setdefault(rule.version, []).append(pattern.source)
        for rule in lexicon.rules:
            for example in (*rule.must_fire, *rule.must_not_fire) if rule.scope == "text" else ():
                line = lexicon.read(example.text).line
                for source in sources[rule.version]:
                    short, long = (
                        [match.span() for match in engine(source).finditer(line)] for engine in (_short, _linear)
                    )
                    assert short == long, (rule.id, example.text)


@pytest.mark.parametrize(
    ("pattern", "reach"),
    [
        ("tu ~2 {harm}", 6), ("^ (je|nous tous) _? {12..17} $", 6), ("a* b", 2), ("(oui|^ non) vas", 3),
        ("tu ~~ {harm}", UNBOUNDED), ("(tu ~2)* b", UNBOUNDED), ("oui {end} non", UNBOUNDED),
        ("oui ^ non", UNBOUNDED), ("(oui|non $) vas", UNBOUNDED),
    ],
)  # fmt: skip
def test_how_far_a_pattern_reaches(pattern: str, reach: int) -> None:
    assert reach_of(parsed(pattern, str.split), {"harm": 3}.__getitem__) == reach


@pytest.mark.parametrize(
    ("pattern", "wavering"),
    [
        ("a ~~ b*", False), ("(a|b c?) _? {harm}", False), ("{harm}* a", False), ("a (b|c d|c e)* f", False),
        ("(b|b c)* a", True), ("(b|c|b)* a", True), ("({harm}|b)* a", True), ("a (b (c _?)*)?", True),
    ],
)  # fmt: skip
def test_a_pattern_wavers_where_the_same_words_may_be_repeated_in_several_ways(pattern: str, wavering: bool) -> None:
    assert wavers(parsed(pattern, str.split)) is wavering


def test_a_pattern_that_wavers_is_never_left_to_an_engine_that_goes_back(ruleset: Ruleset) -> None:
    lexicon = lexicon_for(ruleset, "fr")
    pattern = "oui (vite|vite vite|vite vite vite)* tard"
    assert not isinstance(lexicon._compiled(lexicon._parsed(pattern)).compiled(), re.Pattern)
    rule = dataclasses.replace(lexicon.rules[0], version="wavers", patterns=(pattern,), unless=())
    assert lexicon.fires(rule, lexicon.read("oui vite vite tard"))
    assert not lexicon.fires(rule, lexicon.read("tard oui" + " vite" * 30))


@pytest.mark.parametrize("pattern", ["a ~13 b", "a ~0 b", "a (b", "a) b", "a || b", "{} a", "{15..12} a", ""])
def test_a_pattern_that_means_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        reach_of(parsed(pattern, str.split), lambda _: 1)
