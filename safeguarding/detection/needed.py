"""Which patterns may be found in a row of words: those of which it holds every word that they cannot do without.

A pattern is found in one of several *ways*, each a set of *needs*; a need is met by any of some words, pairs of
neighbours or classes. So "(je|on) ~2 (suis pas là|{harm})" has two ways: [je or on, "suis pas", "pas là"] and [je or
on, a word of the class harm]. A way is tried only where the need seldomest met is met, so that a message costs what its
own words cost, however many rules there are. This says where a pattern *cannot* be; where it may be, its regular
expression decides.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import ahocorasick

from .patterns import FIRST_CLASS, ClassMark, Group, Row, Symbol, class_names, range_of

Thing = str | int | tuple[str, str]
"""What meets a need: a word, "stem*" for any word so begun, two neighbours, or the mark of a class."""
Need = frozenset[Thing]
Way = frozenset[Need]
_SENTENCE_ENDS = {"end": (".", "?"), "qmark": ("?",)}
_MOST_WAYS = 64  # of a row of a pattern; where it has more, it asks for less
_NOTHING: Way = frozenset()
_ASKED = 3  # needs of a way that are looked at, the seldomest met: more would spare next to nothing
_ALL_MARKS = bytes(range(FIRST_CLASS, 256))


def ways_of(group: Group, mark: ClassMark) -> list[Way]:
    """The ways in which a pattern can be found; in no other. One that is empty needs nothing."""
    if group.repeat:
        return [_NOTHING]
    found = dict.fromkeys(way for row in group.rows for way in _of_row(row, mark))
    if _NOTHING in found:
        return [_NOTHING]
    single = [way for way in found if len(way) == 1]
    return [*_weakened(single), *(way for way in found if len(way) > 1)] if single else list(found)


def _of_row(row: Row, mark: ClassMark) -> list[Way]:
    parts = []
    for are_words, run in itertools.groupby(row, lambda part: isinstance(part, Symbol) and part.kind == "word"):
        if are_words:
            words = [word.value for word in run if isinstance(word, Symbol)]
            things: list[Thing] = [*itertools.pairwise(words)] or [*words]
            parts.append([frozenset(frozenset([thing]) for thing in things)])
        else:
            parts += [ways_of(part, mark) if isinstance(part, Group) else [_of_symbol(part, mark)] for part in run]
    while math.prod(map(len, parts)) > _MOST_WAYS:
        widest = max(range(len(parts)), key=lambda index: len(parts[index]))
        parts[widest] = _weakened(parts[widest])
    ways = [_NOTHING]
    for part in parts:
        ways = [way | more for way in ways for more in part]
    return ways


def _weakened(ways: Iterable[Way]) -> list[Way]:
    """One way for all of them: something that one of them needs."""
    return [frozenset([frozenset().union(*(min(way, key=len) for way in ways))])]


def _of_symbol(symbol: Symbol, mark: ClassMark) -> Way:
    if symbol.kind == "prefix":
        return frozenset([frozenset([symbol.value + "*"])])
    if symbol.kind != "class" or symbol.repeat:
        return _NOTHING
    need: set[Thing] = set()
    for name in class_names(symbol.value):
        if name in ("number", "amount"):
            need.update(f"{digit}*" for digit in range(10))
        elif name in _SENTENCE_ENDS:
            need.update(_SENTENCE_ENDS[name])
        elif (numbers := range_of(name)) is not None:
            need.update(map(str, numbers))
        else:
            need.add(mark(name))
    return frozenset([frozenset(need)])


class NeededWords:
    """The ways in which numbered patterns can be found, each under the one of its needs that is seldomest met."""

    def __init__(
        self, patterns: Sequence[Iterable[Way]], lines: Iterable[bytes] = (), *, beside: Sequence[Sequence[Way]] = ()
    ) -> None:
        """`lines`: of ordinary texts, to learn what is often said; only the cost depends on them. `beside`: the ways of
        what is not looked for, but asked about beside what is found; of each, `traces` tells of things one of which is
        said in any line where it is (None where nothing need be).
        """
        ways = [(number, way) for number, found in enumerate(patterns) for way in found]
        every = [*itertools.chain.from_iterable(beside), *(way for _, way in ways)]
        things = sorted({thing for way in every for need in way for thing in need}, key=str)
        numbers = {thing: number for number, thing in enumerate(things)}
        self._words = ahocorasick.Automaton()
        self._marks: dict[int, int] = {}
        for thing, number in numbers.items():
            if isinstance(thing, int):
                self._marks[thing] = number
            else:
                self._words.add_word(_in_line(thing), number)
        self._words.make_automaton()
        self._no_marks = bytes(set(range(256)) - self._marks.keys())

        said = Counter(things[number] for line in lines for number in self.said(line))
        often = {need: sum(said[thing] for thing in need) for way in every for need in way}
        chosen = [(number, sorted(way, key=often.__getitem__)[:_ASKED]) for number, way in ways if way]
        asked = {need for _, needs in chosen for need in needs[1:]}
        # What is often met has the lower bits: the masks of what is often said are small numbers.
        bits = {need: 1 << bit for bit, need in enumerate(sorted(asked, key=often.__getitem__, reverse=True))}
        meets = dict.fromkeys(things, 0)
        for need, bit in bits.items():
            for thing in need:
                meets[thing] |= bit
        tries: dict[Thing, list[tuple[int, int]]] = {thing: [] for thing in things}
        for number, (seldomest, *others) in chosen:
            tried = sum(map(bits.__getitem__, others)), number
            for thing in seldomest:
                tries[thing].append(tried)
        # Of each thing, the needs it meets, a bit each, and what to try where all of a mask are met: (mask, pattern).
        self._told = [(meets[thing], tuple(tries[thing])) for thing in things]
        self._always = [(0, number) for number, way in ways if not way]
        self.traces = [_traces(found, often, numbers) for found in beside]

    def said(self, line: bytes) -> list[int]:
        """The things in a line, each as its number here."""
        words = line.translate(None, _ALL_MARKS).decode("latin-1")
        marks = {*line.translate(None, self._no_marks)}
        found = self._words.iter(words) if self._words else ()  # one without words is no automaton
        return [*[number for _, number in found], *map(self._marks.__getitem__, marks)]

    def candidates(self, said: Iterable[int]) -> set[int]:
        """The patterns that may be in a line of which these things are said; no other is."""
        met, tries = 0, [*self._always]
        for meets, tried in map(self._told.__getitem__, said):
            met |= meets
            tries += tried
        return {number for mask, number in tries if met & mask == mask}


def _traces(ways: Sequence[Way], often: Mapping[Need, int], numbers: Mapping[Thing, int]) -> frozenset[int] | None:
    """Of each way the things that meet the need seldomest met; None where a way needs nothing."""
    if _NOTHING in ways:
        return None
    return frozenset(numbers[thing] for way in ways for thing in min(way, key=often.__getitem__))


def _in_line(thing: str | tuple[str, str]) -> str:
    """How a thing stands in a line without marks."""
    if isinstance(thing, tuple):
        return "".join(map(_in_line, thing))
    return f" {thing[:-1]}" if thing.endswith("*") else f" {thing}\x80"
