"""`make detection-report`: measures the detector, prints a table, writes JSON and a page with charts.

Everything is measured now, by the code that runs in the rooms; nothing is kept from another day. Public sets are read
from the folder `shared` beside the project and named as absent where it is not there.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import platform
import sys
from pathlib import Path

from safeguarding.detection.rulesets import load_ruleset

from . import costs, talks, texts
from .corpora import PROJECT, Absent
from .figures import Row
from .page import bar, page, shown

SECTIONS = (*texts.SECTIONS, *talks.SECTIONS, *costs.SECTIONS)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make detection-report")
    parser.add_argument("--only", default="", help="measure only the sections whose name contains this")
    parser.add_argument("--into", type=Path, default=PROJECT / "var" / "detection", help="where the report is written")
    options = parser.parse_args()
    ruleset = load_ruleset()
    facts = {
        "measured": dt.datetime.now(dt.UTC).isoformat(timespec="minutes"), "rules": len(ruleset.rules),
        "rule set": ruleset.digest[:12], "python": platform.python_version(), "machine": platform.machine(),
    }  # fmt: skip
    measured: list[tuple[str, list[Row]]] = []
    for name, measure in SECTIONS:
        if options.only not in name:
            continue
        try:
            rows = measure(ruleset)
        except Absent as absent:
            rows = [Row(name, None, note=f"{absent} is not on this machine")]
        measured.append((name, rows))
        _print(rows)
    options.into.mkdir(parents=True, exist_ok=True)
    as_json = {**facts, "sections": {name: [row.as_json() for row in rows] for name, rows in measured}}
    (options.into / "report.json").write_text(
        json.dumps(as_json, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    (options.into / "report.html").write_text(page(facts, measured), encoding="utf-8")
    sys.stdout.write(f"\nwritten: {options.into / 'report.json'}, {options.into / 'report.html'}\n")


def _print(rows: list[Row]) -> None:
    for row in rows:
        mark = {True: "ok", False: "NOT REACHED", None: ""}[row.reached]
        note = f"  ({row.note})" if row.note else ""
        sys.stdout.write(f"{row.name[:76]:<77}{shown(row):>16}  {bar(row):<18}{row.count or '':>6}  {mark}{note}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
