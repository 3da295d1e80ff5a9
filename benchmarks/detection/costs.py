"""What a message costs, on one core, in CPU time of this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from safeguarding.detection.batch import assess_conversation
from safeguarding.detection.engine import assess, screen
from safeguarding.detection.lexicon import lexicon_for
from safeguarding.detection.likeness import weights_for
from safeguarding.detection.rulesets import LANGS, Ruleset
from safeguarding.detection.types import Person, RoomInfo

from .corpora import HALVES, SUITE, lines, seen
from .figures import Row, quantile

ORDINARY = "on se retrouve a la mediatheque apres les cours, tu ramenes ton livre de maths ? moi j'ai les exercices. "
# Each fills 2,000 characters with what a part of the reader finds hardest.
ADVERSARIAL = {
    "spaced letters": "p u t e ",
    "dotted letters": "s.a.l.e.",
    "stretched": "aaaaabbbbb",
    "leet": "3n1ev4 ",
    "stars": "p**e s****e ",
    "one word": "salopeconnard",
    "long unknown": "zqxjwkvb",
    "combining marks": "e\u0301\u0327\u0302",
    "zero width": "a\u200b",
    "quotes": "\"a' «b» ",
    "negations": "pas jamais rien ",
    "groups": "les femmes gays arabes juifs ",
    "insults": "sale conne de merde ",
    "digits": "0 6 1 2 ",
    "number words": "zero six douze ",
    "emoji": "\U0001f346\U0001f351",
    "homoglyphs": "раутеѕ ",
    "questions": "tu as quel age ? ",
    "apostrophes": "j't'l'd'",
    "links": "a.b.c.fr/ ",
    # what rules of both languages find, a line each: read in both, and once more as one sentence
    "rules": (
        "j'ai rien mangé depuis deux jours\nthe system does it by itself\n£300 crypto\nim a bit older than i put\n"
        "i will send them to all your friends\nviens plutôt à l'entrée du tunnel, et personne avec toi\ntic tac\n"
        "he says come alone\ndon't be shy\nj'ai encore la vidéo de l'hôtel\ni will die\nsale menteuse va\n"
        "send the codes\nsend 50 upfront then i ship it\nefface nos messages après\nand that's true\n"
        "lets move to telegram, more private\n"
    ),
}

PERSON = Person("a", "teen_15_17", 200)
ROOMS = {lang: RoomInfo("r", "room", "", "", "teen_15_17", lang) for lang in LANGS}


def _microseconds(work: Callable[[], object]) -> float:
    start = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - start) / 1000


def _texts(kinds: frozenset[str]) -> list[tuple[str, str]]:
    """What is said in the conversations of these kinds, and in ordinary talk; each text once."""
    texts = []
    for half in HALVES:
        for line in lines(SUITE / half / "conversations.jsonl"):
            if line["kind"] in kinds:
                for part in line.get("conversations") or [line]:
                    texts += [(message["text"], line["lang"]) for message in part["messages"]]
        if "benign" in kinds:
            texts += [(row["text"], row["lang"]) for row in lines(SUITE / half / "ordinary.jsonl")]
    return sorted(set(texts))


def warm_up(ruleset: Ruleset) -> None:
    """A process that has run for a while has met every rule, which is compiled when first needed, and read the weights
    of likeness.
    """
    for lang in LANGS:
        weights_for(lang)
        lexicon_for(ruleset, lang).compile_all()
    for rule in ruleset.rules:
        for example in (*rule.must_fire, *rule.must_not_fire):
            for lang in LANGS if rule.lang == "any" else (rule.lang,):
                screen(example.text, room=ROOMS[lang], author=PERSON, ruleset=ruleset)


def screening(ruleset: Ruleset) -> list[Row]:
    """`screen` of messages of about 60 characters, each seen for the first time, and of hostile ones of 2,000."""

    def run(text: str, lang: str) -> float:
        return _microseconds(lambda: screen(text, room=ROOMS[lang], author=PERSON, ruleset=ruleset))

    warm_up(ruleset)
    rows, median = [], 1.0
    for name, kind, bars in (("an ordinary", "benign", (60, 200)), ("a risky", "risk", (None, None))):
        texts = [pair for pair in _texts(frozenset({kind})) if 48 <= len(pair[0]) <= 72]
        taken = [run(text, lang) for text, lang in texts]
        for what, q, bar in (("median", 0.5, bars[0]), ("p99", 0.99, bars[1])):
            value = quantile(taken, q)
            rows.append(Row(f"screen of {name} 60-character message, {what}", value, "µs", bar, False, len(taken)))
            median = value if (kind, what) == ("benign", "median") else median
    long = [run((ORDINARY[n:] + ORDINARY * 20)[:2000], "fr") for n in range(20)]
    hostile = {
        name: quantile([run((f"{n} " + piece * 2000)[:2000], "fr") for n in range(5)], 0.5)
        for name, piece in ADVERSARIAL.items()
    }
    halves = {
        name: min(run((f"{n} " + piece * 2000)[:1000], "fr") for n in range(5)) for name, piece in ADVERSARIAL.items()
    }
    wholes = {
        name: min(run((f"{n} " + piece * 2000)[:2000], "fr") for n in range(5)) for name, piece in ADVERSARIAL.items()
    }
    doubled = {name: wholes[name] / halves[name] for name in ADVERSARIAL}
    ordinary = quantile(long, 0.5)
    worst, times = max(hostile.values()), {name: cost / ordinary for name, cost in hostile.items()}
    return [
        *rows,
        Row("2,000 hostile characters against 2,000 ordinary ones, worst", worst / ordinary, "x", 20, False,
            len(hostile), parts=times),
        Row("2,000 hostile characters against 1,000 of the same, worst", max(doubled.values()), "x", 3, False,
            len(doubled), parts=doubled),
        Row("2,000 hostile characters against 60 ordinary ones, worst", worst / median, "x", None, False, len(hostile)),
    ]  # fmt: skip


def full_checks(ruleset: Ruleset) -> list[Row]:
    """`assess` of every message of our suite, ledgers in memory."""
    taken: list[float] = []
    warm_up(ruleset)

    def timed(utterance: Any, **context: Any) -> Any:
        start = time.thread_time_ns()
        result = assess(utterance, **context)
        taken.append((time.thread_time_ns() - start) / 1000)
        return result

    for half in HALVES:
        for line in lines(SUITE / half / "conversations.jsonl"):
            assess_conversation(seen(line), ruleset, check=timed)
    return [
        Row("full check of a message, mean", sum(taken) / len(taken), "µs", 500, False, len(taken)),
        Row("full check of a message, median", quantile(taken, 0.5), "µs", 500, False, len(taken)),
        Row("full check of a message, p99", quantile(taken, 0.99), "µs", None, False, len(taken)),
    ]


SECTIONS: tuple[tuple[str, Callable[[Ruleset], list[Row]]], ...] = (
    ("screen", screening),
    ("full check", full_checks),
)
