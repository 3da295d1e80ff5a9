"""Letters that a right-to-left override shows in the other order than they are written: "epolas" between two marks.

A page shows them turned round, a clip-board or a screen reader does not, so both are read: a text that has such marks
is read once more as it is shown, and what is then found is added.
"""

from __future__ import annotations

import re

Span = tuple[int, int]
OVERRIDE = "\u202e"
# As far as the next mark that embeds, isolates or ends, or the end of the line (Unicode Standard Annex 9, X1 to X8).
_RUN = re.compile(rf"{OVERRIDE}([^\n\r\u2028\u2029\u202a-\u202e\u2066-\u2069]+)")


def as_shown(text: str) -> tuple[str, list[int]] | None:
    """The text with these runs turned round, as long as it was, and where each character is written; None for a text
    without. Linear in its length.
    """
    if OVERRIDE not in text:
        return None
    order = [*range(len(text))]
    for run in _RUN.finditer(text):
        order[slice(*run.span(1))] = reversed(range(*run.span(1)))
    return "".join(text[index] for index in order), order


def written(span: Span, order: list[int]) -> Span:
    """The span of the text that holds what a span of it as shown does."""
    places = order[slice(*span)]
    return min(places), max(places) + 1
