"""The report as PDF/A-2a, laid out by typst from a template of ours.

The case reaches the template as JSON: a string of it is only ever shown, never read as markup. Fonts are those of
the typst wheel and the one enclosed, never the machine's, and the date is the case's, so that the same case gives
the same bytes with the same version of typst.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typst

from .frozen import FrozenCase
from .glyphs import FONTS, printable
from .view import report_view
from .words import words_in

_TEMPLATES = Path(__file__).parent / "templates"


def report_pdf(case: FrozenCase) -> bytes:
    """The report in the case's language, as the bytes of a PDF/A-2a file."""
    return render("report.typ", report_view(case), case)


def render(template: str, view: dict[str, Any], case: FrozenCase) -> bytes:
    """`template` filled with `view` (plain JSON, every string made printable), as a PDF/A-2a file.

    Where a sign defeats the fonts all the same, everything beyond plain letters is written out: no message, whatever
    is in it, may keep a report from being made.
    """
    try:
        return _pdf(template, _printable(view, case), case)
    except typst.TypstError:
        return _pdf(template, _printable(view, case, plain=True), case)


def report_pages(case: FrozenCase, ppi: float = 80) -> list[bytes]:
    """The pages of the report as PNG pictures, for the page that prepares a dossier."""
    return pages_png("report.typ", report_view(case), case, ppi)


def pages_png(template: str, view: dict[str, Any], case: FrozenCase, ppi: float = 100) -> list[bytes]:
    """The same pages as pictures, to look at before anything is sent."""
    made = _compiler(template, _printable(view, case), case).compile(format="png", ppi=ppi)
    return made if isinstance(made, list) else [_one(made)]


def _pdf(template: str, view: Any, case: FrozenCase) -> bytes:
    made = _compiler(template, view, case).compile(
        format="pdf", pdf_standards=["a-2a"], timestamp=int(case.handover.exported_at.timestamp())
    )
    return _one(made)


def _one(made: bytes | list[bytes] | None) -> bytes:
    if not isinstance(made, bytes):
        raise TypeError("typst made no single file")
    return made


def _compiler(template: str, view: Any, case: FrozenCase) -> typst.Compiler:
    return typst.Compiler(
        str(_TEMPLATES / template),
        root=str(_TEMPLATES),  # a template reads its own folder and nothing else
        sys_inputs={"data": json.dumps(view, ensure_ascii=False), "language": case.language},
        font_paths=typst.Fonts(include_system_fonts=False, font_paths=[str(FONTS)]),
        ignore_system_fonts=True,
    )


def _printable(value: Any, case: FrozenCase, *, plain: bool = False) -> Any:
    if isinstance(value, str):
        return printable(value, words_in(case.language)("diacritics"), plain=plain)
    if isinstance(value, list):
        return [_printable(item, case, plain=plain) for item in value]
    if isinstance(value, dict):
        return {key: _printable(item, case, plain=plain) for key, item in value.items()}
    return value
