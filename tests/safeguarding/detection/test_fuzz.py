"""A hundred thousand texts nobody would write, through everything a message passes: none breaks it, none makes it work
more than its length, every span lies inside.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.detection.corpora import HALVES, SUITE, lines
from benchmarks.detection.costs import ADVERSARIAL
from safeguarding.detection import engine
from safeguarding.detection.lexicon import lexicon_for
from safeguarding.detection.normalise import normalise
from safeguarding.detection.rulesets import LANGS, Ruleset
from safeguarding.detection.types import RoomInfo, Utterance
from tests.talk import ALICE, BOB, DANA, START
from tests.work import function_calls

TEXTS = 100_000
SHARES = 10  # cases the texts are told off to, so that several processes may share them
PLANES = (
    range(0x20, 0x7F), range(0xA0, 0x250), range(0x300, 0x370), range(0x370, 0x530), range(0x600, 0x700),
    range(0x1E00, 0x2070), range(0x2460, 0x2500), range(0x3040, 0x3100), range(0xD800, 0xE000), range(0xFE00, 0x10000),
    range(0x1D400, 0x1D500), range(0x1F100, 0x1F700), range(0xE0000, 0xE0080), range(0x20),
)  # fmt: skip


def said() -> list[str]:
    """Real sentences to mutate: those of our suite."""
    return [
        message["text"]
        for half in HALVES
        for line in lines(SUITE / half / "conversations.jsonl")
        for message in line.get("messages", ())
    ]


def hostile(count: int, seed: int) -> Iterator[str]:
    """Random letters of every plane, and sentences cut, repeated, swapped and sprinkled with them."""
    chance = random.Random(seed)
    sentences = said()

    def letter() -> str:
        return chr(chance.choice(chance.choice(PLANES)))

    for n in range(count):
        if n % 2:
            yield "".join(letter() for _ in range(chance.randrange(40)))
            continue
        text = list(chance.choice(sentences))
        for _ in range(chance.randrange(1, 8)):
            at = chance.randrange(len(text) + 1)
            what = chance.randrange(4)
            if what == 0:
                text.insert(at, letter() * chance.randrange(1, 30))
            elif what == 1:
                del text[at : at + chance.randrange(6)]
            elif what == 2:
                text[at:at] = text[max(0, at - 6) : at] * chance.randrange(1, 6)
            else:
                text.insert(at, chance.choice("'’.-_*|$@0 \u200b\u202e\u0301"))
        yield "".join(text)


@pytest.mark.parametrize("share", range(SHARES))
def test_no_text_breaks_the_checks_and_every_span_lies_inside(ruleset: Ruleset, share: int) -> None:
    readers = {lang: lexicon_for(ruleset, lang) for lang in LANGS}
    # one sign may stand for several words ("🌙" is "ce soir")
    most = max(len(meant.split()) for lexicon in readers.values() for meant in lexicon.vocabulary.spelling.values())
    rooms = {lang: RoomInfo("teens", "room", "salon", "", "teen_15_17", lang) for lang in LANGS}
    people = {person.key: person for person in (ALICE, BOB, DANA)}
    ledgers: dict[str, Any] = {}  # a talk of nothing else: they must stay small
    for n, text in enumerate(hostile(TEXTS // SHARES, seed=share)):
        lang = LANGS[n % 2]
        author = (ALICE, BOB)[n % 3 % 2]
        folded = normalise(text)
        reading = readers[lang].read(text)
        # as much is kept of a text as bounds what any rule may cost on it
        assert len(folded.text) <= 18 * len(text) + 1
        assert len(reading.pieces) <= most * len(folded.text) + 1
        assert normalise(folded.text).text == folded.text
        if n % 50 == 0:
            assert len(reading.spans) == len(reading.pieces)
        recent = ("t e", text) if n % 10 == 0 else ()
        screened = engine.screen(text, room=rooms[lang], author=author, recent=recent, ruleset=ruleset)
        utterance = Utterance(str(n), author.key, START, text, ("dana",) if n % 5 else (), lang)
        checked = engine.assess(utterance, room=rooms[lang], people=people, ledgers=ledgers, ruleset=ruleset)
        ledgers |= checked.ledgers
        for finding in (*screened.findings, *checked.findings):
            start, end = finding.span
            assert 0 <= start < end <= len(text), (text, finding)
    assert len(json.dumps(ledgers)) < 150_000


# ---- how much work a text is


def calls(text: str, ruleset: Ruleset) -> int:
    """The functions called to screen a text that was met before: what is compiled or guessed once is known."""
    room = RoomInfo("teens", "room", "salon", "", "teen_15_17", "fr")

    def work() -> object:
        return engine.screen(text, room=room, author=BOB, ruleset=ruleset)

    work()
    return function_calls(work)


HARD = [
    *ADVERSARIAL.values(), "a", "a ", "jt", "sal", "qu'", "!?", "@", '"', "je vais te ", "t'es pas ", "s*l*p* ", "0o",
    "jemmerde", "c.o.n.n.", "ﷺ", "\ud800", "\u0301", "koi29 ", "kestu", "2m1bi1", "gay.e.s ", "toto@exemple.fr ",
    "tom99 sur snap ", "124812481248pm ",
    "12 rue des lilas ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HARD, ids=range(len(HARD)))
def test_twice_the_text_is_no_more_than_twice_the_work(ruleset: Ruleset, piece: str) -> None:
    times = 1000 // len(piece)  # whole pieces: a cut one is another word
    assert calls(2 * times * piece, ruleset) <= 2.2 * calls(times * piece, ruleset)


@pytest.mark.parametrize("piece", HARD, ids=range(len(HARD)))
def test_no_letter_makes_more_than_thirty_calls(ruleset: Ruleset, piece: str) -> None:
    assert calls((piece * 2000)[:2000], ruleset) <= 30 * 2000


def test_what_rules_find_in_a_text_beyond_what_is_kept_costs_nothing_more(ruleset: Ruleset) -> None:
    """A text of nothing but examples of rules, in both languages: 88,000 calls while all in it was judged twice."""
    examples = [example.text for rule in ruleset.rules if rule.scope == "text" for example in rule.must_fire]
    for seed in range(5):
        lines = random.Random(seed).sample(examples, 120)
        assert calls("\n".join(lines)[:2000], ruleset) <= 25 * 2000
