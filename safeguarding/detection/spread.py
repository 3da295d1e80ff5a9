"""The ledger of an author: what they say of themselves or to everybody, and how many people got the same lure.

    {"v": 1, "self": pair ledger, "open": pair ledger,
     "lures": [[[word hashes], kind, [[recipient, at] or [recipient, at, 1], ...]], ...], "places": [...the same...],
     "to": [[recipient, at] or [recipient, at, 1], ...], "in": [[sender, at] or [sender, at, 1], ...],
     "drawn": [[sender, at, tactic, strength, ref, rule, version], ...],
     "struck": [[attacker, at, strength, ref, rule, version], ...], "dealt": [[attacked, at], ...], "a": {...}}

A recipient who is a minor has a 1: who got it in another room is not known otherwise.
"to" are the people to whom a new account wrote first, in whatever words: MAX_FIRST of a day.
"in" are the accounts of a month that wrote first, 1 where it is older than a week.

"drawn" is kept on the one who is drawn to a rendezvous: who did what of it, so that several accounts who share the work
are seen as one. "struck" is kept on the one attacked in direct conversations, the last blow of each attacker; "dealt"
on who attacks, wherever it is (see gangs).

A lure is recognised by its words, not its letters: two texts are the same lure when the share of common words (Jaccard)
reaches SAME; the words of a lonely place are kept in "places" besides, by themselves. Bounded: MAX_LURES lures and
places (the least telling, least recently used is forgotten), MAX_RECIPIENTS recipients each, a day; MAX_DRAWN rows of
"drawn", DRAWN_FOR seconds; MAX_STRUCK attackers and attacked, STRUCK_FOR seconds.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from . import pairs
from .normalise import normalise

VERSION = 1
MAX_LURES = 8
MAX_RECIPIENTS = 24
MAX_WORDS = 24
MAX_SENDERS = 60
MAX_FIRST = 48
MAX_DRAWN = 32
MANY = 3  # people to whom one proposes the same rendezvous
DRAWN_FOR = 3 * 86_400
MAX_STRUCK = 12
STRUCK_FOR = 14 * 86_400
SAME = 0.6
LEAST_WORDS = 4
HOUR, DAY = 3_600, 86_400
_GRAVITY = {"plain": 0, "probe": 1, "alike": 2, "meeting": 3, "sexual": 4}
_WORD = re.compile(r"[a-z0-9]+")

Ledger = dict[str, Any]


def fresh() -> Ledger:
    """An empty author ledger."""
    return {"v": VERSION, "self": pairs.fresh(), "open": pairs.fresh(), "lures": [], "places": [], "to": [],
            "in": [], "drawn": [], "struck": [], "dealt": [], "a": {}}  # fmt: skip


def opened(ledger: Mapping[str, Any] | None) -> tuple[Ledger, bool]:
    """A private copy of a stored ledger, and whether it had to be started anew."""
    if not ledger:
        return fresh(), False
    if ledger.get("v") != VERSION or not isinstance(ledger.get("lures"), list):
        return fresh(), True
    own, bad_own = pairs.opened(ledger.get("self"))
    open_, bad_open = pairs.opened(ledger.get("open"))
    return {
        "v": VERSION,
        "self": own,
        "open": open_,
        "lures": copied(ledger["lures"]),
        "places": copied(ledger.get("places") or ()),
        "to": [list(row) for row in ledger.get("to") or ()],
        "in": [list(row) for row in ledger.get("in") or ()],
        "drawn": [list(row) for row in ledger.get("drawn") or ()],
        "struck": [list(row) for row in ledger.get("struck") or ()],
        "dealt": [list(row) for row in ledger.get("dealt") or ()],
        "a": dict(ledger.get("a") or {}),
    }, bad_own or bad_open


def copied(lures: Iterable[list[Any]]) -> list[list[Any]]:
    """A private copy of a list of lures."""
    return [[list(words), kind, [list(row) for row in rows]] for words, kind, rows in lures]


def fingerprint(text: str) -> list[int]:
    """The words of a text as small hashes, sorted, without the shortest ones; stable across processes."""
    words = {word[:6] for word in _WORD.findall(normalise(text[:400]).text) if len(word) > 1}
    return sorted(zlib.crc32(word.encode()) & 0xFFFFFF for word in words)[:MAX_WORDS]


def _alike(a: list[int], b: list[int]) -> float:
    left, right = set(a), set(b)
    union = len(left | right)
    return len(left & right) / union if union else 0.0


def note_lure(
    ledger: Ledger, text: str, kind: str, recipients: list[str], now: int, *, minors: Collection[str] = (),
    among: str = "lures",
) -> int:  # fmt: skip
    """Count a message as a lure to these people. Returns how many got this lure within a day (0: too short to say).

    `kind` is "sexual", "meeting", "alike" (no rule knows it, but it reads like a lure), "probe" (it asks for an age) or
    "plain"; a lure keeps the gravest kind it ever had. A greeting of a word or two is no lure; two words that ask for
    sex, a meeting or an age are. `minors`: which of the recipients are. `among`: "lures", or "places" where the text is
    but the words of a place.
    """
    words = fingerprint(text)
    if not words or (kind == "plain" and len(words) < LEAST_WORDS) or not recipients:
        return 0
    lures = ledger[among]
    found = max(lures, key=lambda lure: _alike(lure[0], words), default=None)
    if found is None or _alike(found[0], words) < SAME:
        found = [words, kind, []]
    else:
        lures.remove(found)
        found[1] = max(found[1], kind, key=_GRAVITY.__getitem__)
    known = {row[0]: row for row in found[2] if now - row[1] < DAY}
    for recipient in recipients:
        row = known.setdefault(recipient, [recipient, now])
        if recipient in minors:
            row[2:] = [1]
    found[2] = sorted(known.values(), key=lambda row: row[1])[-MAX_RECIPIENTS:]
    ledger[among] = [found, *lures]
    if len(ledger[among]) > MAX_LURES:
        # Small talk makes no lure forgotten: what went to one person and asks for nothing goes first.
        least = min(reversed(ledger[among]), key=lambda lure: (lure[1] != "plain", min(2, len(lure[2]))))
        ledger[among].remove(least)
    return len(found[2])


def note_rendezvous(ledger: Ledger, text: str, author: str, furtive: bool, now: int) -> tuple[int, tuple[str, ...]]:
    """Count who proposed this rendezvous in a room within a day. Returns how many did in the same words, and which
    others did so furtively: not everybody who names the same place and hour acts with them.
    """
    count = note_lure(ledger, text, "meeting", [author], now)
    rows = ledger["lures"][0][2] if count else []
    for row in rows:
        if furtive and row[0] == author:
            row[2:] = [1]
    return count, tuple(row[0] for row in rows if len(row) > 2 and row[0] != author)


def _sent(ledger: Ledger) -> list[list[Any]]:
    return [*ledger["lures"], *ledger["places"]]


def recipients(ledger: Ledger, now: int, span: int, kinds: frozenset[str] | None = None) -> list[str]:
    """The people who got the most widely sent lure (of these kinds) within `span` seconds, earliest first."""
    best: list[str] = []
    for _words, kind, rows in _sent(ledger):
        if kinds is None or kind in kinds:
            reached = [row[0] for row in rows if now - row[1] < span]
            best = max(best, reached, key=len)
    return best


def reached_by_kind(ledger: Ledger, now: int, span: int, kind: str) -> list[str]:
    """Everybody who got any lure of a kind within `span` seconds, whatever its words."""
    rows = sorted(
        (row[1], row[0]) for _w, k, rows in ledger["lures"] if k == kind for row in rows if now - row[1] < span
    )
    return list(dict.fromkeys(person for _at, person in rows))


def minors_reached(ledger: Ledger) -> frozenset[str]:
    """The minors among those who got any lure, or to whom this ledger's person wrote first."""
    rows = [*ledger["to"], *(row for _words, _kind, reached in _sent(ledger) for row in reached)]
    return frozenset(row[0] for row in rows if len(row) > 2)


def note_first(ledger: Ledger, people: Iterable[str], now: int, *, minors: Collection[str]) -> None:
    """Remember that this ledger's person wrote first to these people."""
    rows = {row[0]: row for row in ledger["to"] if now - row[1] < DAY}
    for person in people:
        rows.setdefault(person, [person, now, 1] if person in minors else [person, now])
    ledger["to"] = [*rows.values()][-MAX_FIRST:]


def written_first(ledger: Ledger, now: int) -> list[str]:
    """The people to whom this ledger's person wrote first within a day, earliest first."""
    return [row[0] for row in ledger["to"] if now - row[1] < DAY]


def note_sender(ledger: Ledger, sender: str, now: int, *, new: bool = True) -> None:
    """Count an account of a week (`new`) or of a month that writes first to this ledger's person, for a day."""
    rows = [row for row in ledger["in"] if now - row[1] < DAY and row[0] != sender]
    ledger["in"] = [*rows, [sender, now] if new else [sender, now, 1]][-MAX_SENDERS:]


def senders(ledger: Ledger) -> tuple[int, int]:
    """How many accounts of a week wrote first to this ledger's person within a day, and how many older ones."""
    older = sum(len(row) > 2 for row in ledger["in"])
    return len(ledger["in"]) - older, older


def note_drawn(ledger: Ledger, sender: str, sightings: Iterable[pairs.Sighting], now: int) -> None:
    """Remember what somebody did to draw this ledger's person to a rendezvous."""
    rows = [row for row in ledger["drawn"] if now - row[1] < DRAWN_FOR]
    rows += [[sender, now, one.tactic, one.strength, one.ref, one.rule, one.version] for one in sightings]
    ledger["drawn"] = rows[-MAX_DRAWN:]


def drawn_by_others(ledger: Ledger, sender: str, now: int) -> list[list[Any]]:
    """What accounts other than `sender` did lately to draw this ledger's person to a rendezvous."""
    return [row for row in ledger["drawn"] if row[0] != sender and now - row[1] < DRAWN_FOR]


def note_struck(
    ledger: Ledger, attacker: str, strength: float, ref: str, rule: tuple[str, str], now: int
) -> list[list[Any]]:
    """Remember a blow against this ledger's person. Returns the last one of each attacker within a day."""
    rows = [row for row in struck_by(ledger, now) if row[0] != attacker]
    ledger["struck"] = [*rows, [attacker, now, strength, ref, *rule]][-MAX_STRUCK:]
    return [row for row in ledger["struck"] if now - row[1] < DAY]


def struck_by(ledger: Ledger, now: int) -> list[list[Any]]:
    """The last blow against this ledger's person of each attacker who is remembered."""
    return [row for row in ledger["struck"] if now - row[1] < STRUCK_FOR]


def note_dealt(ledger: Ledger, attacked: str, now: int) -> None:
    """Remember that this ledger's person attacked somebody."""
    rows = [row for row in ledger["dealt"] if row[0] != attacked and now - row[1] < DAY]
    ledger["dealt"] = [*rows, [attacked, now]][-MAX_STRUCK:]


def joined(own: pairs.Ledger, others: Iterable[list[Any]]) -> pairs.Ledger:
    """A pair ledger with the rows of `drawn_by_others` as if the same account had done it; `own` is left as it is.

    What others did counts as long before in messages (nothing is fast by joining), and when it was in time.
    """
    tactics = {name: list(entries) for name, entries in own["t"].items()}
    for number, (_sender, at, tactic, strength, ref, rule, version) in enumerate(others, start=1):
        tactics.setdefault(tactic, []).append([at, -1000 * number, strength, ref, rule, version])
    return {**own, "t": tactics}
