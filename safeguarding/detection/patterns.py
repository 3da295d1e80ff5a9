"""The little pattern language of the rule files, and its translation to regular expressions.

A text is read (see `lexicon`) as a row of tokens, each written ` word`, an end mark, then its class marks, one byte a
mark:

    b" les\\x80 femmes\\x80\\x83 sont\\x80 ..."

so that a pattern never has to spell out a word class, and the translation stays small: it means the same to Python's
`re` and to RE2. The syntax is documented in `rulesets`; this module knows nothing of files or findings.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

END = b"\x80"
CONTINUED = 0xFF  # marks the second and later words of an expression that carries its class on its first word
FIRST_CLASS, LAST_CLASS = 0x81, 0xFE
MOST_CLASSES = LAST_CLASS - FIRST_CLASS  # and one for the words of watched expressions

_MARKS = "[^ ]*"
_ANY = rf"(?: [^ .?]{_MARKS})"
_TAIL = rf"(?: {_MARKS}\xff)*"
_BUILTIN = {
    "number": rf" [0-9]+\x80{_MARKS}",
    "amount": rf" [1-9][0-9]+\x80{_MARKS}",
    "end": r" [.?]\x80",
    "qmark": r" \?\x80",
}
_RANGE = re.compile(r"\d+\.\.\d+")
MAX_GAP = 12
LONGEST = 20_000  # letters of a pattern whose slots are filled; ours have 1,500
_DEEPEST = 30  # parentheses inside one another; ours have four
UNBOUNDED = 1_000_000  # words: the reach of a pattern with an open gap, or that goes on over the end of a sentence

Canonical = Callable[[str], list[str]]
ClassMark = Callable[[str], int]


_SLOT = re.compile(r"<([a-z_]+)>")


class PatternError(ValueError):
    """A pattern that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A lexical element of a pattern: kind is one of `word class gap any start end ( ) |`."""

    kind: str
    value: str
    repeat: str  # "", "?" or "*"


_LEXER = re.compile(
    r"\s+|(?P<class>\{[^{}]*\})(?P<crep>[?*]?)|(?P<gap>~~|~\d*)|(?P<any>_)(?P<arep>[?*]?)(?=[\s)|]|$)|(?P<start>\^)"
    r"|(?P<finish>\$)|(?P<open>\()|(?P<close>\))(?P<grep>[?*]?)|(?P<bar>\|)|(?P<word>[^\s(){}|~^$?*]+)(?P<wrep>[?*]?)|(?P<bad>.)"
)

# The repeat sign of an element is the last group of its match: the element it belongs to.
_REPEATED = {"crep": "class", "arep": "any", "grep": "close", "wrep": "word"}
_MEANT: Mapping[str, Callable[[str], tuple[str, str]]] = {
    "class": lambda text: ("class", text[1:-1].strip()),
    "gap": lambda text: ("gap", _gap(text[1:] or "3")),
    "any": lambda _: ("any", ""),
    "start": lambda _: ("start", ""),
    "finish": lambda _: ("end", ""),
    "open": lambda _: ("(", ""),
    "close": lambda _: (")", ""),
    "bar": lambda _: ("|", ""),
    "word": lambda text: ("word", text),
}


def _gap(words: str) -> str:
    if words != "~" and not 1 <= int(words) <= MAX_GAP:
        raise PatternError(f"a gap of {words} words (1 to {MAX_GAP})")
    return words


@lru_cache(maxsize=64)  # a pattern is asked about several times in a row
def symbols(pattern: str) -> tuple[Symbol, ...]:
    """Split a pattern. Raises PatternError on a sign that means nothing."""
    found: list[Symbol] = []
    for match in _LEXER.finditer(pattern):
        kind = match.lastgroup
        if kind is None:
            continue
        if kind == "bad":
            raise PatternError(f"unexpected {match['bad']!r}")
        value, repeat = match[kind], ""
        if kind in _REPEATED:
            kind = _REPEATED[kind]
            value, repeat = match[kind], value
        found.append(Symbol(*_MEANT[kind](value), repeat))
    if not found:
        raise PatternError("empty pattern")
    return tuple(found)


def is_slot_name(name: str) -> bool:
    """Can a pattern name a slot so?"""
    return _SLOT.fullmatch(f"<{name}>") is not None


def slots_of(pattern: str) -> list[str]:
    """The slots a pattern names."""
    return _SLOT.findall(pattern)


def filled(pattern: str, slots: Mapping[str, str]) -> str:
    """The pattern with every `<slot>` replaced by what may stand there. Raises PatternError for an unknown slot,
    and where that grows without end."""

    def what_fills(match: re.Match[str]) -> str:
        try:
            return slots[match[1]]
        except KeyError:
            raise PatternError(f"unknown slot <{match[1]}>") from None

    whole = _SLOT.sub(what_fills, pattern) if "<" in pattern else pattern
    if len(whole) > LONGEST:
        raise PatternError(f"more than {LONGEST} letters")
    return whole


def words_of(pattern: str) -> list[str]:
    """The literal words of a pattern, as written (prefixes excluded)."""
    return [symbol.value for symbol in symbols(pattern) if symbol.kind == "word" and symbol.repeat != "*"]


def classes_of(pattern: str) -> list[str]:
    """The word classes a pattern names."""
    named = [name for symbol in symbols(pattern) if symbol.kind == "class" for name in class_names(symbol.value)]
    return [name for name in named if name not in _BUILTIN and range_of(name) is None]


def class_names(value: str) -> list[str]:
    """The classes of a symbol that says any of them. Raises PatternError for one without a name."""
    names = [name.strip() for name in value.split("|")]
    if not all(names):
        raise PatternError("a class without a name")
    return names


def range_of(name: str) -> range | None:
    """The numbers meant by a class like `12..17`; None for any other. Raises PatternError where there are none."""
    if not _RANGE.fullmatch(name):
        return None
    low, high = (int(number) for number in name.split(".."))
    if not low <= high <= low + 200:
        raise PatternError(f"a range of numbers that is empty or too wide: {name}")
    return range(low, high + 1)


@dataclass(frozen=True, slots=True)
class Group:
    """Any of some rows of a pattern. A word in it is canonical, and one; a prefix is a symbol of the kind `prefix`."""

    rows: tuple[Row, ...]
    repeat: str = ""


Row = tuple[Symbol | Group, ...]


def parsed(pattern: str, canonical: Canonical) -> Group:
    """A pattern taken apart. What the reading drops (a filler) is left out. Raises PatternError for bad syntax."""
    stack: list[list[list[Symbol | Group]]] = [[[]]]
    for symbol in symbols(pattern):
        row = stack[-1][-1]
        if symbol.kind == "(":
            stack.append([[]])
            if len(stack) > _DEEPEST:
                raise PatternError("too many parentheses inside one another")
        elif symbol.kind == ")":
            if len(stack) == 1:
                raise PatternError("a parenthesis closes that was never opened")
            rows = tuple(tuple(inner) for inner in stack.pop() if inner)
            if rows:
                stack[-1][-1].append(Group(rows, symbol.repeat))
        elif symbol.kind == "|":
            stack[-1].append([])
        elif symbol.kind != "word":
            row.append(symbol)
        elif symbol.repeat == "*":
            row.append(Symbol("prefix", _stem(symbol.value, canonical), ""))
        else:
            words = tuple(Symbol("word", word, "") for word in canonical(symbol.value))
            row += [Group((words,), "?")] if words and symbol.repeat else words
    if len(stack) != 1:
        raise PatternError("a parenthesis is never closed")
    if not all(stack[0]):
        raise PatternError("an empty alternative")
    return Group(tuple(tuple(row) for row in stack[0]))


def _stem(value: str, canonical: Canonical) -> str:
    stem = canonical(value)
    if len(stem) != 1:
        raise PatternError(f"a prefix must be one word: {value}*")
    return stem[0]


def to_regex(whole: Group, mark: ClassMark) -> str:
    """A pattern as a regular expression over rows. Raises PatternError for a class that cannot be."""
    return _group_regex(whole, mark) if len(whole.rows) > 1 else _row_regex(whole.rows[0], mark)


def _group_regex(group: Group, mark: ClassMark) -> str:
    branches: list[str] = []
    for are_words, rows in itertools.groupby(group.rows, _is_one_word):
        if are_words:
            branches.append(_any_of([_spelt(part) for row in rows for part in row if isinstance(part, Symbol)]))
        else:
            branches += [_row_regex(row, mark) for row in rows]
    return f"(?:{'|'.join(branches)}){group.repeat}"


def _is_one_word(row: Row) -> bool:
    return len(row) == 1 and isinstance(row[0], Symbol) and row[0].kind in ("word", "prefix")


def _any_of(spelt: list[str]) -> str:
    return f" {spelt[0] if len(spelt) == 1 else '(?:' + '|'.join(spelt) + ')'}{_MARKS}"


def _spelt(symbol: Symbol) -> str:
    return re.escape(symbol.value) + (r"\x80" if symbol.kind == "word" else "")


def _row_regex(row: Row, mark: ClassMark) -> str:
    return "".join(_group_regex(part, mark) if isinstance(part, Group) else _regex(part, mark) for part in row)


def _regex(symbol: Symbol, mark: ClassMark) -> str:
    if symbol.kind in ("word", "prefix"):
        return _any_of([_spelt(symbol)])
    if symbol.kind == "class":
        regex = _class_regex(symbol.value, mark)
        return f"(?:{regex}){symbol.repeat}" if symbol.repeat else regex
    if symbol.kind == "any":
        return _ANY + symbol.repeat
    if symbol.kind == "start":
        return r"(?:^| [.?]\x80)"
    if symbol.kind == "end":
        return r"(?:$| [.?]\x80)"
    return _ANY + ("*" if symbol.value == "~" else rf"{{0,{symbol.value}}}")


def _class_regex(value: str, mark: ClassMark) -> str:
    alternatives: list[str] = []
    marks: list[int] = []
    for name in class_names(value):
        if name in _BUILTIN:
            alternatives.append(_BUILTIN[name])
        elif (numbers := range_of(name)) is not None:
            alternatives.append(_any_of([rf"{number}\x80" for number in numbers]))
        else:
            marks.append(mark(name))
    if marks:
        wanted = "".join(rf"\x{code:02x}" for code in sorted(set(marks)))
        alternatives.append(rf" {_MARKS}{wanted if len(wanted) == 4 else f'[{wanted}]'}{_MARKS}{_TAIL}")
    return alternatives[0] if len(alternatives) == 1 else f"(?:{'|'.join(alternatives)})"


def reach_of(group: Group, longest: Callable[[str], int]) -> int:
    """How many tokens a match may span, its sentence's ends among them. `longest`: of the expressions of a class."""
    return UNBOUNDED if _goes_on(group) else min(_reach(group, longest), UNBOUNDED)


def wavers(group: Group) -> bool:
    """Is something in it repeated at will that the same words may fill in several ways? Python's `re` then takes a time
    exponential in their number. Words none of which begins another are told apart at once."""
    for row in group.rows:
        for part in row:
            if isinstance(part, Group) and (wavers(part) or (part.repeat == "*" and not _told_apart(part))):
                return True
    return False


def _told_apart(group: Group) -> bool:
    rows = [[part.value for part in row if isinstance(part, Symbol) and part.kind == "word"] for row in group.rows]
    if [*map(len, rows)] != [*map(len, group.rows)]:
        return len(group.rows) == len(group.rows[0]) == 1 and isinstance(group.rows[0][0], Symbol)
    return not any(other[: len(one)] == one for one, other in itertools.permutations(rows, 2))


def _reach(part: Symbol | Group, longest: Callable[[str], int]) -> int:
    if isinstance(part, Group):
        most = max(sum(_reach(inner, longest) for inner in row) for row in part.rows)
    elif part.kind == "gap":
        most = UNBOUNDED if part.value == "~" else int(part.value)
    elif part.kind == "class":
        named = [name for name in class_names(part.value) if name not in _BUILTIN and range_of(name) is None]
        most = max(map(longest, named), default=1)
    else:
        most = 1
    return UNBOUNDED if part.repeat == "*" else most


def _goes_on(group: Group, first: bool = True, last: bool = True) -> bool:
    """May a match hold the end of a sentence elsewhere than at its own ends?"""
    for row in group.rows:
        for index, part in enumerate(row):
            opens, closes = first and index == 0, last and index == len(row) - 1
            if isinstance(part, Group):
                goes_on = _goes_on(part, opens, closes)
            elif part.kind == "class":
                goes_on = not {"end", "qmark"}.isdisjoint(class_names(part.value))
            else:
                goes_on = (part.kind == "start" and not opens) or (part.kind == "end" and not closes)
            if goes_on:
                return True
    return False
