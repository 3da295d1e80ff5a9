"""The report as one HTML page: tables and charts, drawn from the rows, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from .figures import Row

_STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --soft: #556; --good: #1f7a4d; --bad: #b3261e; --bar: #4665c4;
  --line: #ccd; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eee; --soft: #aab; --good: #6cd6a0; --bad: #ff9a92; --bar: #8fa7ff; --line: #445; }
  body { background: #14161a; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .5rem; border-bottom: 1px solid var(--line); }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); } .soft, figcaption { color: var(--soft); }
figure { margin: 1.5rem 0; } svg { max-width: 100%; height: auto; } text { fill: var(--ink); font-size: 12px; }
rect { fill: var(--bar); } rect.low { fill: var(--bad); } line { stroke: var(--soft); stroke-dasharray: 3 3; }
"""
_BAR, _LABEL, _WIDTH = 18, 220, 460


def shown(row: Row, value: float | None = None) -> str:
    """A figure as people read it."""
    number = row.value if value is None else value
    if number is None:
        return "absent"
    digits = {"share": 3, "µs": 0, "points": 1, "per 1,000": 2, "x": 1, "messages": 0, "minutes": 1, "": 3}[row.unit]
    unit = "" if row.unit in ("share", "") else f" {row.unit}"
    return f"{number:,.{digits}f}{unit}"


def bar(row: Row) -> str:
    """The bar a figure is held to."""
    return "" if row.reach is None else f"{'≥' if row.at_least else '≤'} {shown(row, row.reach)}"


def page(facts: Mapping[str, Any], sections: Iterable[tuple[str, list[Row]]]) -> str:
    """The whole page."""
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f"<title>Havre: detection measured</title><style>{_STYLE}</style><h1>Detection, measured</h1>",
        '<p class="soft">' + escape(" · ".join(f"{name}: {value}" for name, value in facts.items())) + "</p>",
    ]
    for name, rows in sections:
        parts.append(f"<h2>{escape(name)}</h2><table><tr><th>what<th>figure<th>to reach<th>of")
        parts += [_line(row) for row in rows]
        parts.append("</table>")
        parts += [_chart(row) for row in rows if row.parts]
    return "\n".join(parts) + "\n</html>\n"


def _line(row: Row) -> str:
    mark = {True: "good", False: "bad", None: ""}[row.reached]
    note = f' <span class="soft">({escape(row.note)})</span>' if row.note else ""
    return (
        f'<tr><td>{escape(row.name)}{note}<td class="n {mark}">{escape(shown(row))}'
        f'<td class="n">{escape(bar(row))}<td class="n">{row.count or ""}'
    )


def _chart(row: Row) -> str:
    """Bars of the parts of a figure; shares stand beside the line of what the whole must reach."""
    most = max(1.0 if row.unit in ("share", "points") else 0.0, *row.parts.values()) or 1.0
    height = _BAR * len(row.parts) + 4
    drawn = []
    for place, (name, value) in enumerate(row.parts.items()):
        y = place * _BAR
        low = row.unit == "share" and row.at_least and row.reach is not None and value < row.reach
        width = _WIDTH * value / most
        drawn.append(
            f'<text x="{_LABEL - 6}" y="{y + 13}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{_LABEL}" y="{y + 3}" width="{width:.1f}" height="12" class="{"low" if low else ""}"/>'
            f'<text x="{_LABEL + width + 4:.1f}" y="{y + 13}">{value:.3g}</text>'
        )
    if row.unit == "share" and row.reach is not None:
        x = _LABEL + _WIDTH * row.reach / most
        drawn.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height}"/>')
    size, name = _LABEL + _WIDTH + 60, escape(row.name)
    return (
        f'<figure><svg viewBox="0 0 {size} {height}" width="{size}" role="img" aria-label="{name}">{"".join(drawn)}'
        f"</svg><figcaption>{name}</figcaption></figure>"
    )
