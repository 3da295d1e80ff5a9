"""All the rules of a scope over a reading at once: which are there, and where."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import re2

from .needed import NeededWords, Way
from .reading import Pieces, Reading
from .rulesets import Rule

_SETS_OFF = frozenset(",;\n")
# What is said to somebody: friendly words before a comma change nothing about it. Who speaks of themselves says there
# what is meant.
_SAID_TO_SOMEBODY = frozenset({"M1", "M2", "M3", "M4", "M5", "C2", "C3", "S1", "V1", "V2"})
_SEXUAL = frozenset({"sexual", "image_request", "csam"})  # nor do they after one
_MOST_PLACES = 12  # of one pattern in one text: more would say nothing new
_NEAR = 32  # words: patterns that reach farther are RE2's to look for in a long row
_SHORT_LINE = 320  # bytes (60 characters of text make about 80)

GUARD = "GUARD"  # the code of rules that are no findings: they tell `compose` how to take the others


class Hit(NamedTuple):
    """A pattern match: tokens [first, last) of the reading."""

    rule: Rule
    first: int
    last: int


@dataclass(slots=True)
class Pattern:
    """A pattern as a regular expression over lines, and how many words it may span.

    One that wavers is RE2's to look for in any line.
    """

    source: str
    reach: int
    wavers: bool
    _compiled: Any = None

    def compiled(self) -> Any:
        """What looks for it in a short line: made when first asked for, and then at hand."""
        if self._compiled is None:
            self._compiled = _linear(self.source) if self.wavers else _short(self.source)
        return self._compiled


Findable = tuple[Pattern, list[Way]]
"""A pattern, and the ways in which it can be found."""


@dataclass(frozen=True, slots=True)
class Translated:
    """A rule, its patterns, and those of what must not be beside them."""

    rule: Rule
    patterns: list[Findable]
    unless: list[Findable]


Said = Callable[[], Collection[int]]
"""The things that a row holds (see `needed`), worked out where they are asked for."""


class Unless(NamedTuple):
    """What must not be beside a pattern, and things one of which is said wherever it is: None where nothing need be."""

    pattern: Pattern
    traces: frozenset[int] | None

    def may_be(self, said: Said) -> bool:
        return self.traces is None or not self.traces.isdisjoint(said())


def _any_of(patterns: Iterable[Pattern]) -> Pattern:
    """One of some patterns."""
    sources, reaches, repeat = zip(*((one.source, one.reach, one.wavers) for one in patterns), strict=True)
    return Pattern("|".join(sources), max(reaches), any(repeat))


Window = tuple[int, int, int]
"""Part of a row or of its line: matches that begin at [first, next) are looked for in [first, last)."""


class RuleMatcher:
    """All the rules of a scope over a row of words: which patterns are there, then where.

    Of thousands of patterns the words of a message allow two or three (`needed`), and `re` tries these, 2 microseconds
    each. A long row is looked at in windows, a sentence each or a piece of one: what is tried there is bounded whatever
    is written, so the whole is linear in the text. Patterns that may span more than a window are RE2's, linear too.
    """

    def __init__(self, rules: Iterable[Translated], rows: Iterable[Pieces] = ()) -> None:
        """`rows`: of ordinary texts, to learn which words are often said."""
        rules = [*rules]
        self._needed = NeededWords(
            [ways for one in rules for _, ways in one.patterns], rows,
            beside=[[way for _, ways in one.unless for way in ways] for one in rules],
        )  # fmt: skip
        self._patterns: list[tuple[Rule, Pattern, Unless | None]] = []
        for one, traces in zip(rules, self._needed.traces, strict=True):
            unless = Unless(_any_of(pattern for pattern, _ in one.unless), traces) if one.unless else None
            self._patterns += [(one.rule, pattern, unless) for pattern, _ in one.patterns]
        self._far = {number for number, (_, pattern, _) in enumerate(self._patterns) if pattern.reach > _NEAR}

    def compile_all(self) -> None:
        """Compile now what is otherwise compiled when first met."""
        for _, pattern, unless in self._patterns:
            pattern.compiled()
            if unless:
                unless.pattern.compiled()

    def hits(self, reading: Reading, *, with_guards: bool = False, without: str = "") -> list[Hit]:
        """Every match, by pattern; then of the guards, where a rule that matched asks for them."""
        windows = self._windows(reading) if len(reading.pieces) > _NEAR else None
        maybe = self._needed.candidates(reading.pieces) if windows is None else windows.keys()
        if not maybe:
            return []
        said = functools.cache(lambda: self._needed.said(reading.pieces))
        found: list[Hit] = []
        guards: list[int] = []
        for number in sorted(maybe):
            rule = self._patterns[number][0]
            if rule.code == without:
                continue
            if rule.code == GUARD:
                guards.append(number)
            else:
                found += self._places(number, reading, said, windows)
        if guards and (with_guards or any(hit.rule.guards for hit in found)):
            for number in guards:
                found += self._places(number, reading, said, windows)
        return found

    def _windows(self, reading: Reading) -> dict[int, list[Window]]:
        """The patterns that may be in a long row, and where in its line; nowhere is everywhere."""
        pieces, at = reading.pieces, [*itertools.accumulate(map(len, reading.pieces), initial=0)]
        found: dict[int, list[Window]] = {number: [] for number in self._needed.candidates(pieces) & self._far}
        for first, following, last in _windows(pieces):
            window = at[first], at[following], at[last]
            for number in self._needed.candidates(pieces[first:last]) - self._far:
                found.setdefault(number, []).append(window)
        return found

    def _places(self, number: int, reading: Reading, said: Said, windows: dict[int, list[Window]] | None) -> list[Hit]:
        """Where a pattern is; not where something is beside it that must not be."""
        rule, pattern, unless = self._patterns[number]
        line, pieces = reading.line, reading.pieces
        matches: Iterable[re.Match[bytes]]
        if windows is None:
            regex = pattern.compiled()
            match = regex.search(line)
            if match is None:  # the most frequent answer: the soonest given
                return []
            matches = itertools.chain((match,), regex.finditer(line, match.end()))
        elif windows[number]:
            matches = _in_windows(_short(pattern.source), line, windows[number])
        else:
            matches = _linear(pattern.source).finditer(line)
        barred = unless.pattern if unless and unless.may_be(said) else None
        found = []
        for match in itertools.islice(matches, _MOST_PLACES):
            start, end = match.span()
            if start == end or (barred and _is_beside(barred, rule, reading, start, end)):
                continue
            first, last = reading.tokens(start, end)
            while first < last - 1 and pieces[first][1:2] in b".?":
                first += 1
            while last - 1 > first and pieces[last - 1][1:2] in b".?":
                last -= 1
            found.append(Hit(rule, first, last))
        return found


def _windows(row: Sequence[bytes]) -> Iterator[Window]:
    """Every sentence with the signs that end it and the one before; of a long one, pieces that overlap."""
    start = 0
    for stop in (*[index for index, piece in enumerate(row) if piece[1] in b".?"], len(row)):
        last = min(stop + 1, len(row))
        while last - start > 2 * _NEAR:
            yield start, start + _NEAR, start + 2 * _NEAR
            start += _NEAR
        if start < stop:
            yield start, stop, last
        start = stop


def _in_windows(regex: re.Pattern[bytes], line: bytes, windows: list[Window]) -> Iterator[re.Match[bytes]]:
    """The matches of a pattern that spans no more than a window, as if it were looked for in the whole line."""
    at = 0
    for first, following, last in windows:
        at = max(at, first)
        while (match := regex.search(line, at, last)) and match.start() < following:
            yield match
            at = max(match.end(), at + 1)


def _is_beside(pattern: Pattern, rule: Rule, reading: Reading, start: int, end: int) -> bool:
    """Whether a pattern is in the sentence of a match of a rule: of what is said to somebody, not before a comma."""
    begin, stop = _sentence(reading.line, start, end)
    line = reading.line[begin:stop]
    far = len(line) > _SHORT_LINE and pattern.reach > _NEAR
    nearest = []  # where something stands before and after that may be set off; what is farther away is so too
    for other in (_linear(pattern.source) if far else pattern.compiled()).finditer(line):
        first, last = begin + other.start(), begin + other.end()
        if last <= start and rule.code in _SAID_TO_SOMEBODY:
            nearest = [(last, start)]
        elif first >= end and rule.tactic in _SEXUAL:
            nearest.append((end, first))
            break
        else:
            return True
    return any(not _is_set_off(reading, *between) for between in nearest)


def _is_set_off(reading: Reading, start: int, end: int) -> bool:
    """Whether a comma or the like stands between two places of the line."""
    before, after = reading.line.count(b" ", 0, start) - 1, reading.line.count(b" ", 0, end)
    return not _SETS_OFF.isdisjoint(reading.source.text[reading.spans[before][1] : reading.spans[after][0]])


@functools.lru_cache(maxsize=8192)
def _short(source: str) -> re.Pattern[bytes]:
    """A pattern for short lines: a tenth of RE2's time there, as RE2 builds its states anew for each line."""
    return re.compile(source.encode("latin-1"))


@functools.lru_cache(maxsize=2048)
def _linear(source: str) -> Any:
    """A pattern for lines of any length."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    options.log_errors = False
    options.max_mem = 64 << 20
    return re2.compile(source.encode("latin-1"), options)


def _sentence(line: bytes, start: int, end: int) -> tuple[int, int]:
    begin = max(line.rfind(b" .", 0, start), line.rfind(b" ?", 0, start))
    stops = [stop for stop in (line.find(b" .", end), line.find(b" ?", end)) if stop >= 0]
    return max(begin, 0), min(stops, default=len(line)) + 3
