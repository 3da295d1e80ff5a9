"""All the rules of a scope over a reading at once: which are there, and where."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import hyperscan
import re2

from .compiled import compile_set
from .reading import Reading
from .rulesets import Rule

_MOST_PLACES = 12  # of one pattern in one text: more would say nothing new
_SHORT_LINE = 320  # bytes of a row of words (60 characters of text make about 80)

GUARD = "GUARD"  # the code of rules that are no findings: they tell `compose` how to take the others


@dataclass(frozen=True, slots=True)
class Hit:
    """A pattern match: tokens [first, last) of the reading."""

    rule: Rule
    first: int
    last: int


Translated = tuple[Rule, list[tuple[str, bool]], str]
"""A rule, its patterns as RE2 sources (True: it needs a word of a rare class), and what must not be there."""


class RuleMatcher:
    """One pass over all the rules of a scope, then one pass for each rule that is there, to learn where.

    Hyperscan does the first, RE2 the second. Measured on this work (350 patterns with open gaps, 2,500 new messages
    of 40 to
    80 characters, one core): a google-re2 Set takes 6 microseconds on a text it has seen but 300 on a new one, as the
    open gaps make it build new automaton states for every new sentence; Hyperscan (Vectorscan 5.4) takes 12 on either.
    pyahocorasick finds words, not rows of word classes. Hyperscan is slow to compile (seconds), hence `compiled`. Both
    engines kept are linear in the text. In a short line `re` says where: the same places, 4 microseconds a pattern
    instead of 20, as RE2 builds its states anew for each line; no pattern takes it 400 microseconds there, whatever is
    written, and long lines are RE2's.
    """

    def __init__(
        self,
        rules: Sequence[Translated],
        *,
        apart: Sequence[Translated] = (),
        asleep: frozenset[str] = frozenset(),
        rare: bytes = b"",
    ) -> None:
        translated = [*rules, *apart]
        self._patterns = [(rule, where.encode("latin-1")) for rule, patterns, _ in translated for where, _ in patterns]
        self._needs_rare = [needs for _, patterns, _ in translated for _, needs in patterns]
        self._rare = re.compile(b"[" + rare + b"]") if rare else None
        self._unless = {rule.version: unless.encode("latin-1") for rule, _, unless in translated}
        self._asleep = asleep
        self._compiled: dict[bytes, Any] = {}
        self._compiled_short: dict[bytes, re.Pattern[bytes]] = {}
        split = sum(len(patterns) for _, patterns, _ in rules)
        halves = (range(split), range(split, len(self._patterns)))
        self._first = [part for half in halves if (part := self._part(half, guards=False, rare=False))]
        self._seldom = [part for half in halves if (part := self._part(half, guards=False, rare=True))]
        self._guards = [part for half in halves if (part := self._part(half, guards=True))]
        self._scratch = threading.local()

    def _part(self, places: range, *, guards: bool, rare: bool | None = None) -> tuple[Any, list[int]] | None:
        """The patterns of some places compiled as one set. Guards are asked only when a rule found asks for them, and
        patterns that need a word of a rare class only where there is one.
        """
        chosen = [
            n for n in places
            if (self._patterns[n][0].code == GUARD) is guards and rare in (None, self._needs_rare[n])
        ]  # fmt: skip
        return (compile_set([self._patterns[n][1] for n in chosen]), chosen) if chosen else None

    def _regex(self, source: bytes, size: int) -> Any:
        """The engine that says where a pattern is, in a line of so many bytes."""
        if size <= _SHORT_LINE:
            short = self._compiled_short.get(source)
            if short is None:
                short = self._compiled_short[source] = re.compile(source)
            return short
        regex = self._compiled.get(source)
        if regex is None:
            options = re2.Options()
            options.encoding = re2.Options.Encoding.LATIN1
            options.never_capture = True
            options.log_errors = False
            options.max_mem = 64 << 20
            regex = self._compiled[source] = re2.compile(source, options)
        return regex

    def _present(self, part: tuple[Any, list[int]], line: bytes) -> list[int]:
        """Which patterns of a part are in the line."""
        database, chosen = part
        mine: dict[int, Any] | None = getattr(self._scratch, "mine", None)
        if mine is None:
            mine = self._scratch.mine = {}
        scratch = mine.get(id(database))
        if scratch is None:  # Hyperscan wants working memory of its own in each thread
            scratch = mine[id(database)] = hyperscan.Scratch(database)
        found: list[int] = []
        database.scan(line, match_event_handler=lambda rule, *_: found.append(rule), scratch=scratch)
        found.sort()
        return [chosen[place] for place in found]

    def compile_all(self) -> None:
        """Compile now, for short lines, what is otherwise compiled when first met."""
        for source in (*(where for _, where in self._patterns), *filter(None, self._unless.values())):
            self._regex(source, 0)

    def hits(self, reading: Reading, *, with_guards: bool = False, without: str = "") -> list[Hit]:
        line = reading.line
        if not line:
            return []
        parts = self._first
        if self._rare and self._rare.search(line):
            parts = [*parts, *self._seldom]
        if len(parts) == 1:  # the way of nearly every message while nothing was added
            present = self._present(parts[0], line)
        else:
            present = sorted(index for part in parts for index in self._present(part, line))
        if present and self._asleep:
            present = [index for index in present if self._patterns[index][0].version not in self._asleep]
        if present and without:
            present = [index for index in present if self._patterns[index][0].code != without]
        if with_guards or any(self._patterns[index][0].guards for index in present):
            guards = [index for part in self._guards for index in self._present(part, line)]
            present += [index for index in guards if self._patterns[index][0].version not in self._asleep]
        found: list[Hit] = []
        size = len(line)
        for index in present:
            rule, where = self._patterns[index]
            unless = self._unless[rule.version]
            never = self._regex(unless, size) if unless else None
            for match in itertools.islice(self._regex(where, size).finditer(line), _MOST_PLACES):
                start, end = match.span()
                if start == end or (never and never.search(_sentence(line, start, end))):
                    continue
                first, last = reading.tokens(start, end)
                while first < last - 1 and reading.pieces[first][1:2] in b".?":
                    first += 1
                while last - 1 > first and reading.pieces[last - 1][1:2] in b".?":
                    last -= 1
                found.append(Hit(rule, first, last))
        return found


def _sentence(line: bytes, start: int, end: int) -> bytes:
    begin = max(line.rfind(b" .", 0, start), line.rfind(b" ?", 0, start))
    stops = [stop for stop in (line.find(b" .", end), line.find(b" ?", end)) if stop >= 0]
    return line[max(begin, 0) : min(stops, default=len(line)) + 3]
