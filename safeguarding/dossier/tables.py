"""Tables for people with a spreadsheet: UTF-8 with a byte order mark, commas, and no cell that a spreadsheet runs.

A text that a spreadsheet would take for a formula gets an apostrophe in front (the JSON beside it is verbatim).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

# What starts a formula in Excel, LibreOffice or Sheets, full-width forms included; the blanks are skipped by some.
_FORMULA = tuple("=+-@\t\r|%＝＋－＠")
_BLANK = " \t\r\n\v\f\u00a0\u200b\ufeff"


def harmless(cell: str) -> str:
    """`cell`, or `cell` behind an apostrophe where a spreadsheet might run it (OWASP, CSV injection)."""
    if cell.startswith(_FORMULA) or cell.lstrip(_BLANK).startswith(_FORMULA):
        return "'" + cell
    return cell


def csv_chunks(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """RFC 4180 lines, one chunk a row. Numbers and empty cells pass as they are; text is made harmless."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow(head)
    yield buffer.getvalue().encode()
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
        yield buffer.getvalue().encode()
