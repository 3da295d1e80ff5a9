"""How alike a talk is to talks that were risky: weights learned from written pairs, added up message by message.

Rules know the words that somebody thought of. This knows words beside each other in conversations written for it
(`benchmarks/suite/pairs`): risky ones, each with a harmless twin that shares its words. A weight says how much likelier
a word, its beginning, two words near each other, a word class or a rule's tactic makes it that who wrote it is a person
to look at; or, where others wrote it, what it says of those they answer ("pardon ?", "mdr", "signalé"). So what people
make of a message counts too. Ages, names, rooms and whatever else is known of people are no features; nothing is
learned from members.

The sum is kept for the people who wrote lately in a room, and never falls far below where a talk begins (a CUSUM,
Page 1954): weeks of small talk buy nobody the right to a lure. Beside the sum a
small network reads the same things (`network`), and both judge by halves. Somebody whose talk is very like a risky one
is a P2 that no rule had found; what a rule found in talk that reads as harmless may wait a day (`alike`).

Weights are files made by `python -m benchmarks.likeness`, in hundredths of a logit, a line a thing: what it is, what it
weighs, and what it weighs for each code. A version names their content. Linear models with the other person's words
among the features: Morris & Hirst 2012; on what such models miss, docs/detection.md.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import math
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .lexicon import Lexicon
from .network import Network, unpacked
from .reading import STOP, Reading, bare_word, marks_of
from .rulesets import LANGS
from .types import Finding

FOLDER = Path(__file__).parent / "weights"
RULE = "engine.likeness"
SAID, ANSWERED = ROLES = ("S", "O")  # before the name of a thing: by the person, by somebody else
LEARNED_FROM = "learned from"  # the line of a file that names its pairs

FLOOR = -100  # how far below its beginning a sum may fall
HALF = 2  # of what weighs for one code is added to what weighs at all
SUREST = 600  # hundredths of a logit that the network may say for or against: it is sure too soon of what it never met
GROWS = 20  # what a message adds for the talk to be more alike than before
MOST_PEOPLE = 8
MOST_REFS = 6
MOST_HEARD = 24
HEARD_SECONDS = 86_400
SAME_AT_MOST = 3
FORGOTTEN_SECONDS = 60 * 86_400

CODES = ("C1", "C2", "C3", "D1", "H1", "M1", "M2", "M3", "M4", "M5", "M6", "M7", "S1", "V1", "V2", "V3", "X1", "X2")
NOTHING = (0,) * (1 + len(CODES))  # what no words weigh
_ZERO = 1 << 15  # is added to a weight, so that none is below nothing
_UNTOLD = frozenset(
    {"tactic_words", "link", "speaker", "mine", "absent"}
)  # classes that say only how words hang together

_BEGINNING = 4  # letters that tell a word from others, whatever its ending: "retrouve", "retrouvera"
_APART = (1, 2)  # next to one another, and with one word between: "seul ce soir", "seul chez moi ce soir"


def words_of(reading: Reading) -> list[tuple[int, str]]:
    """The words of a message, each with its place. Not its full stops: these tell who writes so, not what is meant."""
    return [(place, bare_word(piece)) for place, piece in enumerate(reading.pieces) if piece != STOP]


def _begun(word: str) -> str:
    return f"{word[:_BEGINNING]}~"


def _pairs(words: Iterable[str]) -> Iterator[tuple[int, Iterator[str]]]:
    """The beginnings of two words near each other, by how far apart they stand."""
    begun = [word[:_BEGINNING] for word in words]
    return ((apart, map(" ".join, zip(begun, begun[apart:], strict=False))) for apart in _APART)


def things_in(reading: Reading, findings: Iterable[Finding], classes: Mapping[int, str]) -> set[str]:
    """What a message holds that may weigh: words, how they begin, two near one another, word classes, tactics; without
    its role.
    """
    words = [word for _, word in words_of(reading)]
    things = {*words, *(_begun(word) for word in words if len(word) > _BEGINNING)}
    for _, pairs in _pairs(words):
        things.update(pairs)
    for piece in reading.pieces:
        things.update(f"@{classes[mark]}" for mark in marks_of(piece) if mark in classes)
    things.update(f"#{one.tactic or one.code}{'' if one.alerting else '-'}" for one in findings if one.code != "SIDE")
    return things


@functools.lru_cache(maxsize=8)
def classes_of(lexicon: Lexicon) -> Mapping[int, str]:
    """The word classes of a lexicon that may weigh, by their mark."""
    return {mark: name for name, mark in lexicon.marks.items() if name not in _UNTOLD}


def _packed(weights: Sequence[int]) -> int:
    """Weights as one number, 32 bits each: to add two of them is one addition, and a message adds a hundred."""
    return int.from_bytes(struct.pack(f"<{len(weights)}I", *(_ZERO + weight for weight in weights)), "little")


Row = tuple[int, int, int]  # of a thing: what it weighs said, and answered, both packed; its place in the network
ABSENT: Row = (0, 0, -1)


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of one language. `start` and sums: what weighs at all, then for each of CODES."""

    start: tuple[int, ...]  # of a talk in which nothing was said
    rows: Mapping[str, Row]
    version: str
    rule: str  # what findings and alerts name
    network: Network | None = None  # weights alone, without one, are read by their sums

    def known(self, things: Iterable[str]) -> list[Row]:
        """The rows of those things that weigh."""
        get = self.rows.get
        return [row for thing in things if (row := get(thing))]

    def of(self, known: Iterable[Row], role: str) -> list[int]:
        """The sum of what they weigh."""
        size, column = len(self.start), ROLES.index(role)
        found = [packed for row in known if (packed := row[column])]
        nothing = _ZERO * len(found)
        return [total - nothing for total in struct.unpack(f"<{size}I", sum(found).to_bytes(4 * size, "little"))]

    def at_all(self, thing: str) -> int:
        """What one thing weighs where the person says it."""
        packed = self.rows.get(thing, ABSENT)[0]
        return (packed & 0xFFFFFFFF) - _ZERO if packed else 0


def parsed(text: str, lang: str = LANGS[0], network: Network | None = None) -> Weights:
    """Weights of a language from the text of their file. Raises ValueError where it is none."""
    start: tuple[int, ...] = ()
    rows: dict[str, Row] = {thing: (0, 0, place) for place, thing in enumerate(network.things if network else ())}
    for line in text.splitlines():
        thing, at_all, *parts = line.split("\t")
        if thing == LEARNED_FROM:
            continue
        of_codes = dict(part.split(":") for part in parts)
        weights = (int(at_all), *(int(of_codes.get(code, 0)) for code in CODES))
        if thing == "start":
            start = weights
            continue
        said, answered, place = rows.get(thing[1:], ABSENT)
        packed = _packed(weights)
        rows[thing[1:]] = (packed, answered, place) if thing[0] == SAID else (said, packed, place)
    if not start:
        raise ValueError("a file of weights says what a talk starts with")
    content = text + (network.version if network else "")
    return Weights(start, rows, hashlib.sha256(content.encode()).hexdigest()[:12], f"{RULE}.{lang}", network)


_held: dict[str, Weights] = {}


def weights_for(lang: str) -> Weights:
    """The weights of "fr" or "en" (of "fr" for any other), read when first asked for."""
    known = lang if lang in LANGS else LANGS[0]
    if known not in _held:
        network = unpacked((FOLDER / f"{known}.npz").read_bytes())
        _held[known] = parsed((FOLDER / f"{known}.tsv").read_text(encoding="utf-8"), known, network)
    return _held[known]


@contextlib.contextmanager
def instead(lang: str, weights: Weights) -> Iterator[None]:
    """Other weights for a while: to measure some that are no files. Not for several threads at once."""
    before = weights_for(lang)
    _held[lang] = weights
    try:
        yield
    finally:
        _held[lang] = before


# ---- what a room's ledger keeps: {person: [at, logit x 100, [of each code], [[ref, added], ...], told, state of the
# ---- network, [those surely spoken to last]]}, and of what was said lately [[hash of author and words, at], ...]


def copied(rows: Mapping[str, Any]) -> dict[str, list[Any]]:
    """A private copy of the part of a room's ledger."""
    kept = {}
    for person, (at, total, codes, refs, told, *more) in rows.items():
        state, spoken_to = [*more, [], []][:2]
        kept[person] = [at, total, list(codes), [list(ref) for ref in refs], dict(told), list(state), list(spoken_to)]
    return kept


def counts(heard: list[list[int]], author: str, reading: Reading, now: int) -> bool:
    """Whether somebody did not say the very same so often lately that it says nothing more (as in learning, where a
    thing counts at most so often in a talk); remembered in `heard`.
    """
    key = zlib.crc32("\n".join([author, *(word for _, word in words_of(reading))]).encode())
    lately = [row for row in heard if now - row[1] < HEARD_SECONDS]
    if sum(row[0] == key for row in lately) >= SAME_AT_MOST:
        return False
    heard[:] = [*lately, [key, now]][-MOST_HEARD:]
    return True


def note(
    people: dict[str, list[Any]], author: str, ref: str, now: int, said: Sequence[int], answered: Sequence[int],
    weights: Weights, places: Sequence[int] = (), to: Sequence[str] = (),
) -> list[str]:  # fmt: skip
    """Add a message: for its author what it says and to whom, for those who wrote before what it answers, and to the
    network what stands at `places`. Returns those whose talk it made clearly more alike.
    """
    for person in [key for key, row in people.items() if now - row[0] >= FORGOTTEN_SECONDS]:
        del people[person]
    if author not in people:
        people[author] = [now, weights.start[0], list(weights.start[1:]), [], {}, [], []]
    floor, *floors = _floors(weights.start)
    for person, row in people.items():
        added = said if person == author else answered
        row[1] = max(floor, row[1] + added[0])
        row[2] = [max(least, total + more) for least, total, more in zip(floors, row[2], added[1:], strict=True)]
        if added[0] > 0:
            row[3] = _weightiest([*row[3], [ref, added[0]]])
    if weights.network:
        by_author, by_another = weights.network.added(places)
        for person, row in people.items():
            row[5] = weights.network.moved(row[5], by_author if person == author else by_another)
    people[author][0], people[author][6] = now, list(to)
    grown = [key for key in sorted(people) if (said if key == author else answered)[0] >= GROWS]
    while len(people) > MOST_PEOPLE:
        del people[min(people.keys() - {author}, key=lambda person: (people[person][0], person))]
    return [key for key in grown if key in people]


@functools.lru_cache(maxsize=8)
def _floors(start: tuple[int, ...]) -> tuple[int, ...]:
    """What no sum falls below."""
    return tuple(begun + FLOOR for begun in start)


def _weightiest(refs: list[list[Any]]) -> list[list[Any]]:
    if len(refs) > MOST_REFS:
        refs.remove(min(refs, key=lambda row: row[1]))
    return refs


def likeliest(row: Sequence[Any]) -> list[str]:
    """The codes that the talk of somebody may be, likeliest first."""
    return [code for _, code in sorted(zip(row[2], CODES, strict=True), key=lambda pair: (-pair[0], pair[1]))]


def risk_of(row: Sequence[Any], code: str, weights: Weights) -> int:
    """How much the talk of somebody is like one of this code, in hundredths of a logit: what weighs at all, and half of
    what weighs for the code, of the sum and of the network by halves. Together they tell harmless twins from risks
    better than any of them.
    """
    return _risk((row[1], *row[2]), row[5], code, weights)


def risk_alone(things: set[str], code: str, weights: Weights) -> int:
    """The same of a talk in which one person says these things and nobody anything else."""
    known = weights.known(things)
    sums = [begun + more for begun, more in zip(weights.start, weights.of(known, SAID), strict=True)]
    network = weights.network
    return _risk(sums, network.moved([], network.added(places_of(known))[0]) if network else [], code, weights)


def places_of(known: Iterable[Row]) -> list[int]:
    """Where in the network these things stand that it knows."""
    return [place for *_, place in known if place >= 0]


def _risk(sums: Sequence[int], state: Sequence[int], code: str, weights: Weights) -> int:
    summed = risk_in(sums, code)
    if not weights.network:
        return summed
    read = risk_in(weights.network.read(state), code)
    return (summed + max(-SUREST, min(SUREST, read))) // 2


def risk_in(weights: Sequence[int], code: str) -> int:
    """Of what weighs at all and for each code: all of the first and half of that for this one."""
    return int(weights[0]) + int(weights[1 + CODES.index(code)]) // HALF


def likeliest_in(weights: Sequence[int]) -> str:
    """The code that the words of one message are most like."""
    return min(zip(weights[1:], CODES, strict=True), key=lambda pair: (-pair[0], pair[1]))[1]


def refs_of(row: Sequence[Any]) -> tuple[str, ...]:
    """The messages that added most to the talk of somebody, oldest first."""
    return tuple(ref for ref, _ in row[3])


def points(total: int) -> float:
    """Hundredths of a logit as points out of 100: for the sum alone, the probability that the pairs would give it."""
    return round(100 / (1 + math.exp(-total / 100)), 1)


def weightiest_words(reading: Reading, weights: Weights) -> tuple[int, int]:
    """The span, in the original text, from the first to the last of the words that weigh most in a message."""
    row = words_of(reading)
    words = [word for _, word in row]
    alone = [weights.at_all(word) + weights.at_all(_begun(word)) for word in words]
    for apart, pairs in _pairs(words):
        for index, pair in enumerate(pairs):
            both = weights.at_all(pair)
            alone[index] += both
            alone[index + apart] += both
    most = max(alone, default=0)
    if most <= 0:
        return (0, reading.source.length)
    heavy = [place for (place, _), weight in zip(row, alone, strict=True) if weight * 2 >= most]
    return reading.original(heavy[0], heavy[-1] + 1)
