"""What the weights are learned from: the written pairs, and the half of our suite one may read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from benchmarks.detection.corpora import SUITE, Line, lines, spoken

PAIRS = SUITE / "pairs"
ROW = 8  # lines or messages that have nothing to do with one another, read as one talk


def author_of(line: Line) -> str:
    """Who wrote a talk, or of our own suite what it is about: the beginning of its name."""
    return str(line["id"]).split("-", 1)[0]


def digest(lang: str) -> str:
    """Names the content of what the weights of a language are learned from."""
    tune = SUITE / "tune"
    files = (
        PAIRS / f"{lang}.jsonl", PAIRS / f"talks_{lang}.jsonl", PAIRS / f"ordinary_{lang}.jsonl",
        tune / "conversations.jsonl", tune / "ordinary.jsonl",
    )  # fmt: skip
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def conversations(lang: str) -> list[Line]:
    """What is learned from besides the pairs: the half of our suite that one may read, and ordinary talk."""
    tune = [line for line in lines(SUITE / "tune" / "conversations.jsonl") if line["lang"] == lang]
    ordinary = [row for row in lines(SUITE / "tune" / "ordinary.jsonl") if row["lang"] == lang]
    near = list(lines(PAIRS / f"ordinary_{lang}.jsonl"))
    talks = lines(PAIRS / f"talks_{lang}.jsonl")
    return [*tune, *talks, *(_talk([row]) for row in ordinary), *_talks(near), *_talks(ordinary)]


def _talks(rows: list[Line]) -> Iterator[Line]:
    """Lines of ordinary talk that have nothing to do with one another, as talks of two people."""
    for start in range(0, len(rows) - ROW + 1, ROW):
        yield _talk(rows[start : start + ROW])


def _talk(rows: list[Line]) -> Line:
    talk = spoken([row["text"] for row in rows], rows[0]["lang"], rows[0].get("band", "adult"), "room")
    return {"id": rows[0]["id"], "kind": "benign", "expect": {"codes": []}, **talk}
