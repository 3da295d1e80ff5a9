"""What is measured on: our own suite, and the public sets where the folder `shared` stands beside the project."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
SUITE = PROJECT / "benchmarks" / "suite"
SHARED = PROJECT.parent / "shared" / "data"
HALVES = ("tune", "held")

Line = dict[str, Any]
# What an engine may see of a line: neither ids, nor labels, nor what is expected.
_SEEN = ("lang", "room", "participants", "messages", "conversations")
_SEEN_MESSAGE = ("at", "from", "to", "text")


class Absent(Exception):
    """A set that is not on this machine; the message is its name."""


def lines(path: Path) -> Iterator[Line]:
    """The lines of a JSONL file. Raises Absent when there is no such file."""
    if not path.exists():
        raise Absent("/".join(path.parts[-2:]))
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


def seen(line: Mapping[str, Any]) -> Line:
    """A conversation as the engine gets it."""
    shown = {key: line[key] for key in _SEEN if key in line}
    for part in (shown, *shown.get("conversations", ())):
        if "messages" in part:
            part["messages"] = [{key: m[key] for key in _SEEN_MESSAGE if key in m} for m in part["messages"]]
    return shown


def spoken(texts: Sequence[str], lang: str, band: str, kind: str = "direct") -> Line:
    """A conversation of these lines, said by turns by two people of one band, neither a newcomer."""
    messages = []
    for minute, text in enumerate(texts):
        author, other = "ab"[minute % 2], "ba"[minute % 2]
        at = f"2026-01-01T20:{minute:02d}:00Z"
        messages.append({"at": at, "from": author, "to": [other] if kind == "direct" else None, "text": text})
    people = {key: {"band": band, "account_age_days": 200} for key in "ab"}
    return {
        "lang": lang,
        "room": {"kind": kind, "name": "", "band": band},
        "participants": people,
        "messages": messages,
    }


def single(text: str, lang: str, band: str, kind: str = "direct") -> Line:
    """A conversation of one line between two people of one band, neither a newcomer."""
    return spoken([text], lang, band, kind)
