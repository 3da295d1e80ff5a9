"""Text as it can be printed: what is invisible, reorders the line or has no drawing is written out as ⟨name⟩.

A report that showed nothing for a zero-width joiner, or let a right-to-left override turn a sentence round, would
not show what was written. The exact characters are in the transcript beside it.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
_FONT = FONTS / "DejaVuSans.ttf"
_LONGEST_RUN = 28  # letters without a blank that still fit a narrow column
_BREAK = "\u200b"
_MARKS = 3  # combining marks on one letter that are still writing, not decoration
_UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
_PLAIN = frozenset({*range(0x20, 0x7F), *range(0xA0, 0x180), *map(ord, "’‘“”«»–—…•€⟨⟩")})
_SELECTORS = {"\ufe0e", "\ufe0f"}  # say only whether an emoji is coloured


@cache
def drawn() -> frozenset[int]:
    """The code points the enclosed font draws, from its `cmap` table (OpenType, formats 4 and 12)."""
    data = _FONT.read_bytes()
    tables = struct.unpack_from(">H", data, 4)[0]
    places = {data[12 + 16 * i : 16 + 16 * i]: struct.unpack_from(">L", data, 20 + 16 * i)[0] for i in range(tables)}
    cmap = places[b"cmap"]
    points: set[int] = set()
    for index in range(struct.unpack_from(">H", data, cmap + 2)[0]):
        start = cmap + struct.unpack_from(">L", data, cmap + 8 + 8 * index)[0]
        kind = struct.unpack_from(">H", data, start)[0]
        if kind == 4:
            points.update(_segments(data, start))
        elif kind == 12:
            for group in range(struct.unpack_from(">L", data, start + 12)[0]):
                first, last, glyph = struct.unpack_from(">LLL", data, start + 16 + 12 * group)
                points.update(range(first + (glyph == 0), last + 1))
    return frozenset(points)


def _segments(data: bytes, start: int) -> Iterator[int]:
    """Code points of a format 4 table; a segment also spans holes, which lead to glyph 0 and draw nothing."""
    count = struct.unpack_from(">H", data, start + 6)[0] // 2
    ends, starts, deltas, offsets = (
        struct.unpack_from(f">{count}H", data, start + at)
        for at in (14, 16 + 2 * count, 16 + 4 * count, 16 + 6 * count)
    )
    for index in range(count):
        for point in range(starts[index], ends[index] + 1):
            glyph = point
            if offsets[index]:
                place = start + 16 + 6 * count + 2 * index + offsets[index] + 2 * (point - starts[index])
                glyph = struct.unpack_from(">H", data, place)[0]
                if glyph == 0:
                    continue
            if (glyph + deltas[index]) % 0x10000 and point != 0xFFFF:
                yield point


def _written_out(char: str) -> str:
    """A letter in fancy dress by the plain letter, an emoji by its name, anything else by its number."""
    plain = unicodedata.normalize("NFKC", char)
    if plain != char and plain.isalnum() and all(ord(part) in drawn() for part in plain):
        return f"⟨{plain}⟩"
    name = unicodedata.name(char, "") if unicodedata.category(char) in ("So", "Sk") else ""
    return f"⟨{name.lower()}⟩" if name else f"⟨U+{ord(char):04X}⟩"


def unseen(char: str) -> bool:
    """Whether `char` shows nothing by itself, or moves what stands around it; a line end and a blank are seen."""
    return char != "\n" and unicodedata.category(char) in _UNSEEN


def written_out(text: str) -> str:
    """`text` for a file of plain text: what shows nothing or moves the line is written ⟨U+202E⟩; line ends stay."""
    return "".join(f"⟨U+{ord(char):04X}⟩" if unseen(char) else char for char in text.replace("\r\n", "\n"))


def printable(text: str, diacritics: str = "diacritics", *, plain: bool = False) -> str:
    """`text` with every sign visible, and a place to break in each long run of letters. Line ends stay.

    `diacritics` names, in the reader's language, the combining marks beyond the third that are only counted.
    `plain` draws letters of Western Europe alone and writes out the rest.
    """
    font = _PLAIN if plain else drawn()
    out: list[str] = []
    run = marks = 0
    for char in [*text.replace("\r\n", "\n").replace("\t", " "), ""]:
        if char and unicodedata.combining(char):
            marks += 1
            if marks <= _MARKS:
                out.append(char if ord(char) in font else _BREAK + _written_out(char) + _BREAK)
            continue
        if marks > _MARKS:
            out.append(f"⟨+{marks - _MARKS} {diacritics}⟩")
        marks = 0
        if char in _SELECTORS or not char:
            continue
        if char == "\n" or (char.isspace() and ord(char) in font):
            run = 0
        elif run >= _LONGEST_RUN:
            out.append(_BREAK)
            run = 0
        if char == "\n" or (ord(char) in font and not unseen(char)):
            out.append(char)
            run += 1
        else:
            out.append(_BREAK + _written_out(char) + _BREAK)
            run = 0
    return "".join(out)
