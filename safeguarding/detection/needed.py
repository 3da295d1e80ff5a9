"""Which patterns may be found in a row of words: those of which it holds every word that they cannot do without.

A pattern is found in one of several *ways*, each a set of *needs*; a need is met by any of some words, pairs of
neighbours or classes. So "(je|on) ~2 (suis pas là|{harm})" has two ways: [je or on, "suis pas", "pas là"] and [je or
on, a word of the class harm]. A way is tried only where the need seldomest met is met, so that a message costs what its
own words cost, however many rules there are. This says where a pattern *cannot* be; where it may be, its regular
expression decides.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import ahocorasick

from .patterns import ClassMark, Group, Row, Symbol, class_names, range_of
from .reading import Pieces, bare_word, marks_of

Thing = str | int | tuple[str, str]
"""What meets a need: a word, "stem*" for any word so begun, two neighbours, or the mark of a class."""
Need = frozenset[Thing]
Way = frozenset[Need]
_SENTENCE_ENDS = {"end": (".", "?"), "qmark": ("?",)}
_MOST_WAYS = 64  # of a row of a pattern; where it has more, it asks for less
_NOTHING: Way = frozenset()
_ASKED = 3  # needs of a way that are looked at, the seldomest met: more would spare next to nothing
_MOST_REMEMBERED = 30_000  # pieces, those of rules and those people make up

Try = tuple[int, int]
"""The needs that must be met besides, a bit each, and the number of the pattern to try there."""


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


class _Piece(NamedTuple):
    """What one piece of a row holds."""

    things: tuple[int, ...]
    meets: int  # the needs they meet, a bit each
    tries: tuple[Try, ...]  # of them
    word: str | None  # where it may be one of two neighbours that are needed


_WORD, _THINGS = operator.attrgetter("word"), operator.attrgetter("things")


class _Remembered(dict[bytes, _Piece]):
    """What pieces hold, read when first met."""

    def __init__(self, read: Callable[[bytes], _Piece]) -> None:
        self._read = read

    def __missing__(self, piece: bytes) -> _Piece:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        found = self[piece] = self._read(piece)
        return found


class NeededWords:
    """The ways in which numbered patterns can be found, each under the one of its needs that is seldomest met."""

    def __init__(
        self, patterns: Sequence[Iterable[Way]], rows: Iterable[Pieces] = (), *, beside: Sequence[Sequence[Way]] = ()
    ) -> None:
        """`rows`: of ordinary texts, to learn what is often said; only the cost depends on them. `beside`: the ways of
        what is not looked for, but asked about beside what is found; of each, `traces` tells of things one of which is
        said in any row where it is (None where nothing need be).
        """
        ways = [(number, way) for number, found in enumerate(patterns) for way in found]
        every = [*itertools.chain.from_iterable(beside), *(way for _, way in ways)]
        things = sorted({thing for way in every for need in way for thing in need}, key=str)
        numbers = {thing: number for number, thing in enumerate(things)}
        self._marks = {thing: number for thing, number in numbers.items() if isinstance(thing, int)}
        self._pairs = {thing: number for thing, number in numbers.items() if isinstance(thing, tuple)}
        self._paired = {word for pair in self._pairs for word in pair}
        self._words = ahocorasick.Automaton()
        for thing, number in numbers.items():
            if isinstance(thing, str):
                self._words.add_word(f" {thing[:-1]}" if thing.endswith("*") else f" {thing} ", number)
        self._words.make_automaton()
        self._told: list[tuple[int, tuple[Try, ...]]] = []  # of each thing
        self._of_piece = _Remembered(self._read)

        said = Counter(things[number] for row in rows for number in self.said(row))
        often = {need: sum(said[thing] for thing in need) for way in every for need in way}
        chosen = [(number, sorted(way, key=often.__getitem__)[:_ASKED]) for number, way in ways if way]
        asked = {need for _, needs in chosen for need in needs[1:]}
        # What is often met has the lower bits: the masks of what is often said are small numbers.
        bits = {need: 1 << bit for bit, need in enumerate(sorted(asked, key=often.__getitem__, reverse=True))}
        meets = dict.fromkeys(things, 0)
        for need, bit in bits.items():
            for thing in need:
                meets[thing] |= bit
        tries: dict[Thing, list[Try]] = {thing: [] for thing in things}
        for number, (seldomest, *others) in chosen:
            tried = sum(map(bits.__getitem__, others)), number
            for thing in seldomest:
                tries[thing].append(tried)
        self._told = [(meets[thing], tuple(tries[thing])) for thing in things]
        self._of_piece.clear()  # what was read to learn what is often said knew no tries yet
        self._always = [(0, number) for number, way in ways if not way]
        self.traces = [_traces(found, often, numbers) for found in beside]

    def said(self, pieces: Pieces) -> set[int]:
        """The things in a row, each as its number here."""
        known = [*map(self._of_piece.__getitem__, pieces)]
        pairs = self._pairs.keys() & {*itertools.pairwise(map(_WORD, known))}
        return {*itertools.chain.from_iterable(map(_THINGS, known)), *map(self._pairs.__getitem__, pairs)}

    def candidates(self, pieces: Pieces) -> set[int]:
        """The patterns that may be in a row; no other is."""
        met, tries, before = 0, [*self._always], None
        for _, meets, tried, word in map(self._of_piece.__getitem__, pieces):
            met |= meets
            tries += tried
            if word and before and (pair := self._pairs.get((before, word))) is not None:
                meets, tried = self._told[pair]
                met |= meets
                tries += tried
            before = word
        return {number for mask, number in tries if met & mask == mask}

    def _read(self, piece: bytes) -> _Piece:
        word = bare_word(piece)
        begun = self._words.iter(f" {word} ") if self._words else ()  # one without words is no automaton
        marks = (mark for mark in marks_of(piece) if mark in self._marks)
        things = (*(thing for _, thing in begun), *map(self._marks.__getitem__, marks))
        told = [self._told[thing] for thing in things] if self._told else []
        meets = functools.reduce(operator.or_, (met for met, _ in told), 0)
        tries = tuple(itertools.chain.from_iterable(tried for _, tried in told))
        return _Piece(things, meets, tries, word if word in self._paired else None)


def _traces(ways: Sequence[Way], often: Mapping[Need, int], numbers: Mapping[Thing, int]) -> frozenset[int] | None:
    """Of each way the things that meet the need seldomest met; None where a way needs nothing."""
    if _NOTHING in ways:
        return None
    return frozenset(numbers[thing] for way in ways for thing in min(way, key=often.__getitem__))
