"""Sentences whose words are set apart: one on each line, or a full stop after every word ("envoie. moi. des. nudes").

Signs that stand between single words, or between several scraps of two, end no sentence; nor does the line break
between two short lines, as little as sending them one by one would. Whether they do is a guess, so nothing is read
otherwise: a text that has such signs is read once more without them, and what is then found across one is added.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter

SHORT_LINE = 32  # characters
SCRAP_WORDS = 2
_SCRAPS = 3  # a row of scraps this long is one sentence
_SIGNS = ".?!;…\n"
_END = re.compile(rf"[{_SIGNS}][\s{_SIGNS}]*+")
# Without a scrap between two signs, or a line break, there is no such row: nearly all texts are done with at once (a
# scrap of one letter is for the reader, who joins letters that signs split).
_BETWEEN = re.compile(rf"[{_SIGNS}] *+[^\s{_SIGNS}]{{2,}}+(?: ++[^\s{_SIGNS}]++)? *+[{_SIGNS}]")
_TWO_WORDS = re.compile(rf"[ {_SIGNS}]*+[^\s{_SIGNS}]++ *+[{_SIGNS}][\s{_SIGNS}]*+[^\s{_SIGNS}]++")

Span = tuple[int, int]


def run_on(folded: str) -> tuple[str, list[Span]] | None:
    """A folded text, as long as it was, without the signs that end no sentence, and where they stood, in order. None
    where every sign does end one, as in most texts. Linear in its length.
    """
    body = folded.rstrip(_SIGNS + " ")
    if "\n" not in body and not _BETWEEN.search(body) and not _TWO_WORDS.fullmatch(body):
        return None
    ends = [match.span() for match in _END.finditer(body)]
    if not ends:
        return None
    bounds = [0, *(place for end in ends for place in end), len(folded)]
    segments = [folded[start:stop] for start, stop in zip(bounds[::2], bounds[1::2], strict=True)]
    sizes = [len(segment.split(None, SCRAP_WORDS)) for segment in segments]
    idle = [
        end
        for index, end in enumerate(ends)
        if sizes[index]
        and (_in_scraps(sizes, index) or _is_line_break(folded[slice(*end)], segments[index : index + 2]))
    ]
    if not idle:
        return None
    pieces, at = [], 0
    for start, stop in idle:
        pieces += [folded[at:start], " " * (stop - start)]
        at = stop
    return "".join((*pieces, folded[at:])), idle


def _in_scraps(sizes: Sequence[int], index: int) -> bool:
    """Does the sign after a segment stand between single words, or in a row of scraps?"""
    if sizes[index] == sizes[index + 1] == 1:
        return True
    near = sizes[max(0, index - _SCRAPS + 2) : index + _SCRAPS]
    row = longest = 0
    for size in near:
        row = row + 1 if 0 < size <= SCRAP_WORDS else 0
        longest = max(longest, row)
    return longest >= _SCRAPS and max(sizes[index], sizes[index + 1]) <= SCRAP_WORDS


def _is_line_break(signs: str, lines: Sequence[str]) -> bool:
    return not signs.strip() and max(map(len, lines)) <= SHORT_LINE


def is_across(span: Span, signs: Sequence[Span]) -> bool:
    """Does a span reach over one of some signs, which stand in order, with something of it on either side?"""
    first = bisect_right(signs, span[0], key=itemgetter(0))
    return first < len(signs) and signs[first][1] < span[1]
