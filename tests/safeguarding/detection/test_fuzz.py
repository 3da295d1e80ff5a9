"""A hundred thousand texts nobody would write: none breaks the reader, none makes it slow, every span lies inside."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from benchmarks.detection.corpora import HALVES, SUITE, lines
from safeguarding.detection.compose import scan
from safeguarding.detection.contact import find_contacts
from safeguarding.detection.lexicon import lexicon_for
from safeguarding.detection.normalise import normalise
from safeguarding.detection.rulesets import Ruleset, load_ruleset

TEXTS = 100_000
SCANNED = 12_000  # of them through every rule and the search for contact data; the others through the reader
PLANES = (
    range(0x20, 0x7F), range(0xA0, 0x250), range(0x300, 0x370), range(0x370, 0x530), range(0x600, 0x700),
    range(0x1E00, 0x2070), range(0x2460, 0x2500), range(0x3040, 0x3100), range(0xD800, 0xE000), range(0xFE00, 0x10000),
    range(0x1D400, 0x1D500), range(0x1F100, 0x1F700), range(0xE0000, 0xE0080), range(0x20),
)  # fmt: skip


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return load_ruleset()


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


def test_no_text_breaks_the_reader(ruleset: Ruleset) -> None:
    readers = [lexicon_for(ruleset, lang) for lang in ("fr", "en")]
    # one sign may stand for several words ("🌙" is "ce soir")
    most = max(len(meant.split()) for lexicon in readers for meant in lexicon.vocabulary.spelling.values())
    for n, text in enumerate(hostile(TEXTS, seed=1)):
        folded = normalise(text)
        reading = readers[n % 2].read(text)
        # as much is kept of a text as bounds what any rule may cost on it
        assert len(folded.text) <= 18 * len(text) + 1
        assert len(reading.pieces) <= most * len(folded.text) + 1
        if n % 50 == 0:
            assert normalise(folded.text).text == folded.text
            assert len(reading.spans) == len(reading.pieces)


def test_no_text_breaks_the_rules_and_every_span_lies_inside(ruleset: Ruleset) -> None:
    for n, text in enumerate(hostile(SCANNED, seed=2)):
        for finding in (*scan(text, ("fr", "en")[n % 2], ruleset), *find_contacts(text)):
            start, end = finding.span
            assert 0 <= start < end <= len(text), (text, finding)
