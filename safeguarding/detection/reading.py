"""A text as the rules see it: a row of words, each with its classes and the place it came from."""

from __future__ import annotations

from collections.abc import Callable

from .normalise import Normalised
from .patterns import END

Pieces = tuple[bytes, ...]
Place = tuple[int, int]
Places = tuple[Place, ...]


def bare_word(piece: bytes) -> str:
    """The word of a piece, without its marks."""
    return piece[1 : piece.index(END)].decode()


def marks_of(piece: bytes) -> bytes:
    """The class marks of a piece."""
    return piece[piece.index(END) + 1 :]


STOP = b" ." + END
QUESTION = b" ?" + END


def with_mark(piece: bytes, mark: int) -> bytes:
    """The piece with one more class mark, its marks in order."""
    marks = marks_of(piece)
    return piece[: len(piece) - len(marks)] + bytes(sorted({*marks, mark}))


class Reading:
    """A text as the rules see it: token i is `pieces[i]`, and came from folded characters `spans[i]`.

    `line` is the row of pieces, what patterns run over. Spans are worked out when first asked for: most texts match
    nothing and never need them.
    """

    __slots__ = ("_locate", "_spans", "line", "pieces", "source")

    def __init__(self, source: Normalised, pieces: Pieces, locate: Callable[[], Places]) -> None:
        self._locate = locate
        self._spans: Places | None = None
        self.source = source
        self.pieces = pieces
        self.line = b"".join(pieces)

    @property
    def spans(self) -> Places:
        if self._spans is None:
            self._spans = self._locate()
        return self._spans

    def word(self, index: int) -> str:
        """The canonical word of a token, without its marks ("." and "?" for sentence ends)."""
        return bare_word(self.pieces[index])

    def tokens(self, start: int, end: int) -> tuple[int, int]:
        """Byte span of the line -> [first, last) token indices."""
        first = self.line.count(b" ", 0, start)
        return first, first + max(1, self.line.count(b" ", start, end))

    def original(self, first: int, last: int) -> tuple[int, int]:
        """Token indices [first, last) -> span in the original text."""
        return self.source.original(self.spans[first][0], self.spans[last - 1][1])
