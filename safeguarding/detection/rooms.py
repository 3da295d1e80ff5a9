"""The ledger of a room: who spoke lately, to whom a message is probably addressed, and what people said of their age.

    {"v": 1, "n": messages so far, "sp": [[person, at, n, addressee, [short texts]], ...], "young": {person: at},
     "ask": [asker, at, n], "pile": {...see piles...}, "drift": [...see drift...], "a": {...see told...},
     "meet": [author, at, n] of the last meeting proposed to nobody in particular,
     "lures": [[[word hashes], "meeting", [[author, at] or [author, at, 1], ...]], ...], "like": {...see likeness...},
     "began": person, "heard": [[hash of author and words, at], ...]}

"lures" are rendezvous proposed here, with the accounts that proposed each in the same words, 1 where furtively (see
spread).

At most SPEAKERS speakers are remembered, newest first. Short texts are kept for TAIL_SECONDS only, so that words split
over several messages can be read together, TAIL_LENGTH characters of them; nothing longer than TAIL_CHARS is kept at
all.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from . import likeness, spread
from .normalise import normalise
from .tactics import lifetime
from .types import Person, RoomInfo, Utterance

VERSION = 1
SPEAKERS = 8
TAIL_SECONDS = 120
TAIL_CHARS = 32
TAIL_TEXTS = 12
TAIL_LENGTH = 96  # of all of them
SCRAP_WORDS = 2
TURN_SECONDS = 30 * 60
SILENCE_SECONDS = 12 * 3600  # after which whoever writes begins to talk anew
LEAST_CONFIDENCE = 0.15
NAMED = 0.9
SURE = 0.8

Ledger = dict[str, Any]
Addressees = tuple[tuple[str, float], ...]


def fresh() -> Ledger:
    """An empty room ledger."""
    return {"v": VERSION, "n": 0, "sp": [], "young": {}, "ask": None, "pile": {}, "drift": [], "a": {}, "lures": [],
            "meet": None, "like": {}, "heard": [], "began": ""}  # fmt: skip


def opened(ledger: Mapping[str, Any] | None) -> tuple[Ledger, bool]:
    """A private copy of a stored ledger, and whether it had to be started anew."""
    if not ledger:
        return fresh(), False
    if ledger.get("v") != VERSION or not isinstance(ledger.get("sp"), list) or not isinstance(ledger.get("pile"), dict):
        return fresh(), True
    return {
        "v": VERSION,
        "n": ledger.get("n", 0),
        "sp": [[*row[:4], list(row[4])] for row in ledger["sp"]],
        "young": dict(ledger.get("young") or {}),
        "ask": ledger.get("ask"),
        "pile": ledger["pile"],
        "drift": [list(row) for row in ledger.get("drift") or ()],
        "a": dict(ledger.get("a") or {}),
        "lures": spread.copied(ledger.get("lures") or ()),
        "meet": ledger.get("meet"),
        "like": likeness.copied(ledger.get("like") or {}),
        "heard": [list(row) for row in ledger.get("heard") or ()],
        "began": ledger.get("began") or "",
    }, False


def seconds(utterance: Utterance) -> int:
    """The moment of a message in whole seconds since 1970."""
    return int(utterance.at.timestamp())


@lru_cache(maxsize=4096)
def _first_name(name: str) -> str:
    """The part of a display name people would call somebody by ("lilou.hand" -> "lilou"); "" when there is none."""
    letters = "".join(char if char.isalpha() else " " for char in normalise(name).text).split()
    return letters[0] if letters and len(letters[0]) >= 3 else ""


def addressees(
    utterance: Utterance, room: RoomInfo, ledger: Mapping[str, Any], people: Mapping[str, Person]
) -> Addressees:
    """Who is probably spoken to, with a confidence from 0 to 1, surest first, never more than SPEAKERS.

    Explicit addressees are certain; so is the other person of a direct conversation. In a room a name in the text comes
    next, beside whoever is explicitly answered; failing both the turn: whoever spoke last, the more surely if they
    spoke to the author or nobody else is there.
    """
    author = utterance.author
    explicit = tuple(dict.fromkeys(key for key in utterance.to if key != author))
    if room.kind == "direct":
        if explicit:
            return tuple((key, 1.0) for key in explicit[:SPEAKERS])
        others = [key for key in people if key != author]
        others = others or [row[0] for row in ledger.get("sp", ()) if row[0] != author]
        return tuple((key, 1.0) for key in others[:SPEAKERS])
    words = frozenset(normalise(utterance.text[:400]).text.replace("'", " ").replace("@", " ").split())
    words = frozenset(word.strip('.,;:!?()"') for word in words) - {""}  # nobody is called by a bare sign
    named = sorted(key for key, person in people.items() if key != author and _first_name(person.name) in words)
    meant = [*((key, 1.0) for key in explicit), *((key, NAMED) for key in named if key not in explicit)]
    return tuple(meant[:SPEAKERS]) or _by_turn(author, seconds(utterance), ledger)


def _by_turn(author: str, now: int, ledger: Mapping[str, Any]) -> Addressees:
    others = [row for row in ledger.get("sp", ()) if row[0] != author and now - row[1] <= TURN_SECONDS]
    if not others:
        return ()
    if len(others) == 1:
        return ((others[0][0], 0.9),)
    guesses: list[tuple[str, float]] = []
    for rank, row in enumerate(others[:SPEAKERS]):
        confidence = (0.65, 0.35, 0.2, 0.15)[min(rank, 3)] - (0.05 * max(0, rank - 3))
        if row[3] == author:  # they were talking to the author
            confidence += 0.15
        guesses.append((row[0], round(min(confidence, SURE), 2)))
    guesses.sort(key=lambda guess: -guess[1])
    return tuple(guess for guess in guesses if guess[1] >= LEAST_CONFIDENCE)


def tail(author: str, now: int, ledger: Mapping[str, Any]) -> list[str]:
    """The author's last short texts here, oldest first, if they spoke within TAIL_SECONDS.

    Who splits a sentence goes on before others speak, unless they write it by the word: where somebody spoke after a
    text of more than SCRAP_WORDS, it ends with a line break, and no pattern reaches across.
    """
    for row in ledger["sp"]:
        if row[0] == author:
            texts = list(row[4]) if now - row[1] <= TAIL_SECONDS else []
            if texts and row[2] != ledger["n"] and len(texts[-1].split()) > SCRAP_WORDS:
                texts[-1] = texts[-1].rstrip() + "\n"
            return texts
    return []


def note_speaker(ledger: Ledger, utterance: Utterance, aimed: Addressees, now: int) -> None:
    """The author becomes the newest speaker; the oldest beyond SPEAKERS is forgotten, and so are stale short texts."""
    previous = tail(utterance.author, now, ledger)
    short = [utterance.text] if len(utterance.text) <= TAIL_CHARS else []
    texts = (previous + short)[-TAIL_TEXTS:] if short else []
    while sum(map(len, texts)) > TAIL_LENGTH:
        del texts[0]
    best = aimed[0][0] if aimed and aimed[0][1] >= 0.5 else None
    others = [row for row in ledger["sp"] if row[0] != utterance.author][: SPEAKERS - 1]
    for row in others:
        if now - row[1] > TAIL_SECONDS:
            row[4] = []
    ledger["began"] = who_began(ledger, utterance.author, now)
    ledger["n"] += 1
    ledger["sp"] = [[utterance.author, now, ledger["n"], best, texts], *others]


def who_began(ledger: Mapping[str, Any], author: str, now: int) -> str:
    """Who was the first to write after the last long silence; the author of a message that ends one."""
    last = max((row[1] for row in ledger["sp"]), default=None)
    return author if last is None or now - last > SILENCE_SECONDS else str(ledger.get("began") or "")


def recent_speakers(ledger: Mapping[str, Any], author: str, now: int) -> list[str]:
    """Those who spoke within the turn window, newest first, the author left out."""
    return [row[0] for row in ledger["sp"] if row[0] != author and now - row[1] <= TURN_SECONDS]


def spoke_to(ledger: Mapping[str, Any], person: str, other: str, now: int) -> bool:
    """Whether somebody's last words here, within the turn window, were rather for this other person."""
    return any(row[0] == person and row[3] == other and now - row[1] <= TURN_SECONDS for row in ledger["sp"])


def note_young(ledger: Ledger, person: str, now: int) -> None:
    """Remember that somebody said they are a minor (at most 2 x SPEAKERS people, the latest)."""
    ledger["young"][person] = now
    while len(ledger["young"]) > 2 * SPEAKERS:
        del ledger["young"][min(ledger["young"], key=ledger["young"].__getitem__)]


def said_young(ledger: Mapping[str, Any], person: str, now: int) -> bool:
    """Whether this person said here, not long ago, that they are a minor."""
    at = ledger["young"].get(person)
    return at is not None and now - at < lifetime("says_minor")


def note_proposal(ledger: Ledger, author: str, now: int) -> None:
    """Somebody proposed to meet, it is not clear to whom: who says yes next is the one."""
    ledger["meet"] = [author, now, ledger["n"]]


def proposed(ledger: Mapping[str, Any], author: str, now: int) -> str | None:
    """Who proposed to meet within the last five messages and the turn window, if not the author."""
    meet = ledger.get("meet")
    if not meet or meet[0] == author or now - meet[1] > TURN_SECONDS or ledger["n"] - meet[2] > 5:
        return None
    return str(meet[0])


def note_age_question(ledger: Ledger, author: str, now: int) -> None:
    """Somebody asked for an age: a bare number said next is an answer."""
    ledger["ask"] = [author, now, ledger["n"]]


def asked_age(ledger: Mapping[str, Any], author: str, now: int) -> bool:
    """Whether somebody else asked for an age within the last five messages and ten minutes."""
    ask = ledger.get("ask")
    if not ask:
        return False
    return bool(ask[0] != author and now - ask[1] <= 600 and ledger["n"] - ask[2] <= 5)
