"""The little pattern language of the rule files, and its translation to RE2.

A text is read (see `lexicon`) as a row of tokens, each written ` word` + class marks + end mark, one byte a mark:

    b" les\\x80 femmes\\x83\\x80 sont\\x80 ..."

so that a pattern never has to spell out a word class, and the translation stays small. The syntax is documented in
`rulesets`; this module knows nothing of files or findings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

END = b"\x80"
CONTINUED = 0xFF  # marks the second and later words of an expression that carries its class on its first word
FIRST_CLASS, LAST_CLASS = 0x81, 0xFE

_WORD = r"[a-z0-9_']+"
_MARKS = r"[\x81-\xff]*"
_ANY = rf"(?: {_WORD}{_MARKS}\x80)"
_TAIL = rf"(?: {_WORD}[\x81-\xfe]*\xff\x80)*"
MAX_GAP = 12

Canonical = Callable[[str], list[str]]
ClassMark = Callable[[str], int]


_SLOT = re.compile(r"<([a-z_]+)>")


class PatternError(ValueError):
    """A pattern that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A lexical element of a pattern: kind is one of `word class number range gap any start end question ( ) |`."""

    kind: str
    value: str
    repeat: str  # "", "?" or "*"


_LEXER = re.compile(
    r"\s+|(?P<class>\{[^{}]*\})(?P<crep>[?*]?)|(?P<gap>~~|~\d*)|(?P<any>_)(?P<arep>[?*]?)(?=[\s)|]|$)|(?P<start>\^)"
    r"|(?P<finish>\$)|(?P<open>\()|(?P<close>\))(?P<grep>[?*]?)|(?P<bar>\|)|(?P<word>[^\s(){}|~^$?*]+)(?P<wrep>[?*]?)|(?P<bad>.)"
)


def symbols(pattern: str) -> list[Symbol]:
    """Split a pattern. Raises PatternError on a sign that means nothing."""
    found: list[Symbol] = []
    for match in _LEXER.finditer(pattern):
        group = match.groupdict()
        if group["class"] is not None:
            found.append(Symbol("class", group["class"][1:-1].strip(), group["crep"]))
        elif group["gap"] is not None:
            found.append(Symbol("gap", group["gap"][1:] or "3", ""))
        elif group["any"] is not None:
            found.append(Symbol("any", "", group["arep"]))
        elif group["start"] is not None:
            found.append(Symbol("start", "", ""))
        elif group["finish"] is not None:
            found.append(Symbol("end", "", ""))
        elif group["open"] is not None:
            found.append(Symbol("(", "", ""))
        elif group["close"] is not None:
            found.append(Symbol(")", "", group["grep"]))
        elif group["bar"] is not None:
            found.append(Symbol("|", "", ""))
        elif group["word"] is not None:
            found.append(Symbol("word", group["word"], group["wrep"]))
        elif group["bad"] is not None:
            raise PatternError(f"unexpected {group['bad']!r}")
    if not found:
        raise PatternError("empty pattern")
    return found


def slots_of(pattern: str) -> list[str]:
    """The slots a pattern names."""
    return _SLOT.findall(pattern)


def filled(pattern: str, slots: Mapping[str, str]) -> str:
    """The pattern with every `<slot>` replaced by what may stand there. Raises PatternError for an unknown slot."""

    def what_fills(match: re.Match[str]) -> str:
        try:
            return slots[match[1]]
        except KeyError:
            raise PatternError(f"unknown slot <{match[1]}>") from None

    return _SLOT.sub(what_fills, pattern) if "<" in pattern else pattern


def words_of(pattern: str) -> list[str]:
    """The literal words of a pattern, as written (prefixes excluded)."""
    return [symbol.value for symbol in symbols(pattern) if symbol.kind == "word" and symbol.repeat != "*"]


def classes_of(pattern: str) -> list[str]:
    """The word classes a pattern names."""
    names: list[str] = []
    for symbol in symbols(pattern):
        if symbol.kind == "class":
            names += [n for part in symbol.value.split("|") if (n := part.strip()) and not _is_builtin(n)]
    return names


def needed_classes(pattern: str) -> list[frozenset[str]]:
    """What no text can lack in which the pattern is found: a word of one class of each set."""
    needed: list[frozenset[str]] = []
    depth = 0
    for symbol in symbols(pattern):
        depth += (symbol.kind == "(") - (symbol.kind == ")")
        if symbol.kind == "|" and depth == 0:
            return []  # either the one or the other
        if symbol.kind == "class" and depth == 0 and not symbol.repeat:
            names = frozenset(part.strip() for part in symbol.value.split("|"))
            if not any(map(_is_builtin, names)):
                needed.append(names)
    return needed


def _is_builtin(name: str) -> bool:
    return name in {"number", "end", "qmark"} or bool(re.fullmatch(r"\d+\.\.\d+", name))


def _class_regex(value: str, mark: ClassMark) -> str:
    parts = [part.strip() for part in value.split("|")]
    if not all(parts):
        raise PatternError("a class without a name")
    alternatives: list[str] = []
    marks: list[int] = []
    for part in parts:
        if part == "number":
            alternatives.append(rf" [0-9]+{_MARKS}\x80")
        elif part == "end":
            alternatives.append(r" [.?]\x80")
        elif part == "qmark":
            alternatives.append(r" \?\x80")
        elif _is_builtin(part):
            low, high = (int(number) for number in part.split(".."))
            if not low <= high <= low + 200:
                raise PatternError(f"a range of numbers that is empty or too wide: {part}")
            alternatives.append(rf" (?:{'|'.join(map(str, range(low, high + 1)))}){_MARKS}\x80")
        else:
            marks.append(mark(part))
    if marks:
        wanted = "".join(rf"\x{code:02x}" for code in sorted(set(marks)))
        alternatives.append(rf" {_WORD}[\x81-\xfe]*[{wanted}]{_MARKS}\x80{_TAIL}")
    return alternatives[0] if len(alternatives) == 1 else f"(?:{'|'.join(alternatives)})"


def _word_regex(symbol: Symbol, canonical: Canonical) -> str:
    if symbol.repeat == "*":
        stem = canonical(symbol.value)
        if len(stem) != 1:
            raise PatternError(f"a prefix must be one word: {symbol.value}*")
        return rf" {re.escape(stem[0])}[a-z0-9_']*{_MARKS}\x80"
    regex = "".join(rf" {re.escape(word)}{_MARKS}\x80" for word in canonical(symbol.value))
    return f"(?:{regex})?" if symbol.repeat == "?" and regex else regex


def to_re2(pattern: str, canonical: Canonical, mark: ClassMark) -> str:
    """Translate a pattern. Raises PatternError for bad syntax or an unknown class."""
    stack: list[list[list[str]]] = [[[]]]
    for symbol in symbols(pattern):
        branch = stack[-1][-1]
        if symbol.kind == "(":
            stack.append([[]])
        elif symbol.kind == ")":
            if len(stack) == 1:
                raise PatternError("a parenthesis closes that was never opened")
            branches = ["".join(parts) for parts in stack.pop()]
            filled = [branch for branch in branches if branch]  # a filler is read as nothing: it is left out
            if filled:
                stack[-1][-1].append(f"(?:{'|'.join(filled)}){symbol.repeat}")
        elif symbol.kind == "|":
            stack[-1].append([])
        elif symbol.kind == "class":
            regex = _class_regex(symbol.value, mark)
            branch.append(f"(?:{regex}){symbol.repeat}" if symbol.repeat else regex)
        elif symbol.kind == "gap":
            if symbol.value == "~":
                branch.append(_ANY + "*")
                continue
            if not 1 <= int(symbol.value) <= MAX_GAP:
                raise PatternError(f"a gap of {symbol.value} words (1 to {MAX_GAP})")
            branch.append(rf"{_ANY}{{0,{symbol.value}}}")
        elif symbol.kind == "any":
            branch.append(_ANY + symbol.repeat)
        elif symbol.kind == "start":
            branch.append(r"(?:^| [.?]\x80)")
        elif symbol.kind == "end":
            branch.append(r"(?:$| [.?]\x80)")
        else:
            branch.append(_word_regex(symbol, canonical))
    if len(stack) != 1:
        raise PatternError("a parenthesis is never closed")
    branches = ["".join(parts) for parts in stack[0]]
    if not all(branches):
        raise PatternError("an empty alternative")
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
