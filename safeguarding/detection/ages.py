"""False age (M6), in both directions, from what members say about themselves against their verified band.

Never a weapon: somebody who says they are a minor is helped out of adult rooms and asked for a fresh proof, no more.
An adult who passes for young among minors, or a presumed teenager who lets an adult life slip out, is the graver case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from . import pairs, rooms
from .context import MINORS, Situation
from .counterfactual import rescored
from .normalise import normalise
from .pairs import Sighting
from .tactics import AGE_TACTICS, Profile
from .told import is_news
from .types import Alert, Finding, Utterance

BIRTH_YEAR = "says_birth_year"  # what it says of an age depends on the day (see `of_the_day`)
OTHER_AGE = "says_teen_years"  # of a verified minor: an age that is none of their band
OF_AGE = "says_of_age"  # of who was fifteen to seventeen at their proof: eighteen, plainly said
_YEARS_TOLD = ("says_minor", "school", OTHER_AGE, BIRTH_YEAR)
_YEAR = re.compile(r"(?:19|20)\d\d|\d\d")

_IN_WORDS = {
    "dix-sept": 17, "dix-huit": 18, "dix-neuf": 19, "huit": 8, "neuf": 9, "dix": 10, "onze": 11, "douze": 12,
    "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19,
}  # fmt: skip
_ANSWER = re.compile(
    r"\W*(?:(?:j'?\s?ai|jai|g|im|i'm|i am|moi|oui|yeah|yes|euh|heu|bah|ben|um|uh|only|just|presque|bientot|almost"
    r"|nearly|en) )*"
    rf"(?P<said>\d{{1,4}}|{'|'.join(_IN_WORDS).replace('-', '[- ]')})"
    r"(?:(?P<class>\s?(?:e|eme|em)(?![a-z]))|\s?(?:ans?|a|piges|balais|y|yo|yrs?|years?)(?![a-z]))?(?P<rest>.*)",
    re.DOTALL,
)
_NUMBER = re.compile(
    rf"(?<![\w.,])(?P<said>\d{{1,4}}|{'|'.join(_IN_WORDS)})(?![\w])(?P<years>\s?(?:ans?|piges|balais|y|yo|yrs?|years?)\b)?"
)
_LAUGH = re.compile(r"\b(?:mdr+|ptdr+|xpldr|lol|lo+l|lmao|rofl|(?:ha){2,}h?|jk|joke|blague|deconne)\b|[😂🤣😜😹]")
_NEXT_WORD = re.compile(r"\s+([a-z]+)")
# What is counted, and no age: names of units, and (see `_counts`) whatever looks like the plural of a thing.
_UNITS = frozenset(b"h min mn km kg cm mm go ko eur euro pm am people quid pound degre percent k mille".split())
_NO_THINGS = frozenset(
    b"mais dans depuis jsuis sans plus alors sais vous nous suis vais fais apres jamais tes mes this yes was does"
    b" always years piges balais".split()
)

MINOR_AMONG_ADULTS = Profile(
    code="M6", scope="self", weights={"says_minor": 46, "school": 37, "borrowed_proof": 44},
    levels=((42, "P2"), (22, "P3")), core=frozenset({"says_minor", "school", "borrowed_proof"}),
    measures={"P2": ("fresh_age_proof", "help_card")},
)  # fmt: skip
ADULT_AMONG_MINORS = Profile(
    code="M6", scope="self",
    weights={
        "says_adult": 52, "adult_life": 26, "says_minor": 0, "pretends": 50, "borrowed_proof": 38, OTHER_AGE: 26,
        OF_AGE: 38,
    },
    levels=((44, "P1"), (36, "P2"), (24, "P3")),
    core=frozenset({"says_adult", "adult_life", "pretends", "borrowed_proof", OTHER_AGE, OF_AGE}),
    # Teenagers make themselves older or younger in jest: looked at, and that alone is no adult's life.
    grave={"P1": (frozenset({"says_adult", "pretends", "borrowed_proof"}),)},
    measures={"P1": ("hold", "fresh_age_proof", "pause_contact"), "P2": ("fresh_age_proof",)},
)  # fmt: skip
ADULT_POSING = Profile(
    code="M6", scope="self", weights={"says_minor": 60, "says_same_age": 50, "school": 46, "pretends": 50},
    levels=((44, "P1"), (24, "P3")), core=frozenset({"says_minor", "says_same_age", "school", "pretends"}),
    measures={"P1": ("hold", "fresh_age_proof", "pause_contact")},
)  # fmt: skip


# What somebody says of their age that their verified band says as well: there is nothing to look at.
_OF_THE_BAND = {
    "teen_13_14": frozenset({"says_minor", "school", "says_same_age"}),
    "teen_15_17": frozenset({"says_minor", "school", "says_same_age"}),
    "adult": frozenset({"says_adult", "adult_life"}),
}
# The years of those whom a proof of this band says to be: it holds for a year, in which there is a birthday.
_YEARS_OF = {"teen_13_14": (13, 15), "teen_15_17": (15, 18)}
# How old pupils are as a class begins; with a class skipped or done twice, from a year less to two years more.
_CLASSES = {
    "cm1": 9, "cm2": 10, "6": 11, "sixieme": 11, "5": 12, "cinquieme": 12, "4": 13, "quatrieme": 13, "3": 14,
    "troisieme": 14, "brevet": 14, "seconde": 15, "2nde": 15, "premiere": 16, "1ere": 16, "terminale": 17, "tle": 17,
    "bac": 17,
}  # fmt: skip
_CLASS = re.compile(
    r"\b(?:(?:year|yr) (?P<year>\d\d?)|grade (?P<grade>\d\d?)|(?P<ordinal>[3-6])\s?(?:e|eme|em)"
    r"|(?P<named>cm[12]|sixieme|cinquieme|quatrieme|troisieme|brevet|seconde|2nde|premiere|1ere|terminale|tle|bac))\b"
    r"(?P<early> (?:blanc )?(?:de |d')?francais)?"
)
# Years that are still to come, or by which something is counted, are nobody's age today.
_TO_COME = re.compile(
    r"\b(?:aurai|vais|bientot|presque|dans|avant|turn\w*|will|going|nearly|almost|next|till|until|before)\b"
)


def is_of_the_band(finding: Finding, band: str) -> bool:
    """Whether a finding about an age says only what the verified band says ("I have a maths test", of a pupil)."""
    return finding.code == "M6" and finding.tactic in _OF_THE_BAND.get(band, ())


def of_the_day(findings: Iterable[Finding], utterance: Utterance, band: str) -> tuple[Finding, ...]:
    """The findings with what a year of birth says of an age on the day of the message, and what an age or a class says
    of somebody whose proof says another one (OTHER_AGE); without the ages that count something else (cats, guests).
    """
    told = []
    for finding in findings:
        if finding.tactic in _YEARS_TOLD:
            tactic = _told_on_the_day(finding, utterance, band)
            if tactic is None:
                continue
            if tactic != finding.tactic:
                finding = replace(finding, tactic=tactic, weight=1.0 if tactic == OTHER_AGE else finding.weight)
        told.append(finding)
    return tuple(told)


def _told_on_the_day(finding: Finding, utterance: Utterance, band: str) -> str | None:
    """What a finding about years or a class says of its author; None for nothing."""
    start, end = finding.span
    text = normalise(utterance.text[start:end]).text
    if finding.tactic == BIRTH_YEAR:
        years = _YEAR.findall(text)
        return _plain_claim(*_born_in(int(years[-1]), utterance), band) if years else None
    if finding.tactic == "says_minor" and _is_a_count(finding, utterance):
        return None
    said = _years_said(text)
    claim = _claim(*said, band) if said else None
    if OTHER_AGE in (claim, finding.tactic):
        return OTHER_AGE if claim == OTHER_AGE else None
    return finding.tactic


def _years_said(text: str) -> tuple[int, int] | None:
    """The least and the most years that a text says of who says it: an age, or a class."""
    if _TO_COME.search(text):
        return None
    if found := _CLASS.search(text):
        if found["year"] or found["grade"]:
            return _in_class(int(found["year"]) + 4 if found["year"] else int(found["grade"]) + 5)
        return _in_class(_CLASSES[found["ordinal"] or found["named"]] - bool(found["early"]))
    numbers = [int(_IN_WORDS.get(one["said"], 0) or one["said"]) for one in _NUMBER.finditer(text)]
    ages = [number for number in numbers if 8 <= number <= 18]
    return (ages[-1], ages[-1]) if ages else None


def _in_class(begins: int) -> tuple[int, int]:
    return begins - 1, begins + 2


def _claim(least: int, most: int, band: str) -> str | None:
    """What it says of somebody of this band that they are between so many years old; None for nothing."""
    youngest, oldest = _YEARS_OF.get(band, (0, 99))
    if least < 19 and (most < youngest or least > oldest):
        return OTHER_AGE
    if 7 <= most < 18:
        return "says_minor"
    return "says_adult" if 19 <= least < 100 else None


def _plain_claim(least: int, most: int, band: str) -> str | None:
    """The same of a year of birth, or an answer: nobody asked how old they are says eighteen to show off, as is said
    unasked. Whoever is so among minors is of age by now, or was not at their proof what it says.
    """
    if least == 18 and band in _YEARS_OF:
        return OF_AGE if least <= _YEARS_OF[band][1] else "says_adult"
    return _claim(least, most, band)


def _is_a_count(finding: Finding, utterance: Utterance) -> bool:
    """Whether the number by which somebody says to be a minor is not called years and counts what comes next."""
    start, end = finding.span
    text = normalise(utterance.text[start : end + 40]).text
    size = len(normalise(utterance.text[start:end]).text)
    number = next((one for one in _NUMBER.finditer(text) if one.start() < size), None)
    return number is not None and not number["years"] and _counts(text[number.end() :])


def _born_in(year: int, utterance: Utterance) -> tuple[int, int]:
    """The years that somebody born then can be old on the day of the message: whose birthday may be to come is not
    told. Two figures are of the last century.
    """
    most = utterance.at.year - (year if year > 99 else 1900 + year)
    return most - 1, most


def _answered(situation: Situation) -> str | None:
    """What somebody's answer to a question about age says: a number that counts nothing else, a year, a class."""
    if not rooms.asked_age(situation.room_ledger, situation.author, situation.now):
        return None
    match = _ANSWER.match(normalise(situation.utterance.text[:80]).text)
    if match is None or _counts(match["rest"]):
        return None
    number = int(_IN_WORDS.get(match["said"].replace(" ", "-"), 0) or match["said"])
    band = situation.person(situation.author).band
    if match["class"]:
        return _claim(*_in_class(_CLASSES[str(number)]), band) if 3 <= number <= 6 else None
    if number >= 1900:
        return _plain_claim(*_born_in(number, situation.utterance), band)
    claim = _claim if _LAUGH.search(match["rest"]) else _plain_claim
    return claim(number, number, band) if 7 <= number <= 80 else None


def _counts(rest: str) -> bool:
    """Whether what follows a number makes it one of hours, euros, points: a sign of measure, a unit, a plural."""
    if rest[:1].isalnum() or re.match(r"\s?[/%€$£°:+]|[.,]\d", rest):
        return True
    word = _NEXT_WORD.match(rest)
    if word is None or word[1].encode() in _NO_THINGS:
        return False
    return word[1].encode() in _UNITS or (len(word[1]) > 3 and word[1][-1] in "sx")


def age_alerts(situation: Situation) -> Iterator[Alert]:
    """M6, and what the room remembers of ages (who said they are a minor, who was asked)."""
    now, author, ledger = situation.now, situation.author, situation.author_ledger["self"]
    tactics = situation.tactics
    band = situation.person(author).band
    among_minors = situation.minors_room or any(situation.person(key).band in MINORS for key, _ in situation.aimed)
    claims = AGE_TACTICS | {"adult_life", "pretends"}
    if band in MINORS or not among_minors:
        claims -= {"says_same_age"}  # as old as an adult: nothing to look at
    seen = [
        Sighting(name, tactics[name].weight, situation.utterance.ref, tactics[name].rule, tactics[name].version)
        for name in sorted(claims)
        if name in tactics
    ]
    answer = _answered(situation)
    if answer and "says_minor" not in tactics and "says_adult" not in tactics:
        seen.append(Sighting(answer, 1.0, situation.utterance.ref, "engine.answered_age", "2"))
    if any(one.tactic == "says_minor" for one in seen):
        rooms.note_young(situation.room_ledger, author, now)
    if "age_probe" in tactics:
        rooms.note_age_question(situation.room_ledger, author, now)
    if not seen:
        return
    pairs.record(ledger, seen, now)
    if band in MINORS:
        profile = ADULT_AMONG_MINORS
    elif among_minors:
        profile = ADULT_POSING
    else:
        profile = MINOR_AMONG_ADULTS
    score = pairs.score(profile, ledger)
    if score.severity is None or pairs.is_cleared(ledger, "M6", score.severity, score):
        return
    if not is_news(ledger["a"], "M6", score.severity, score.total, now):
        return
    protects: tuple[str, ...] = (author,)
    if profile is not MINOR_AMONG_ADULTS:
        near = rooms.recent_speakers(situation.room_ledger, author, now)
        protects = tuple(dict.fromkeys([*(key for key, _ in situation.aimed), *near]))[:8]
    yield Alert(
        "M6", score.severity, author, protects, score.total, tuple(sorted(score.weights)),
        tuple(dict.fromkeys(entry[3] for entry in score.entries))[-12:], profile.measures.get(score.severity, ()),
        {
            "code": "M6", "score": score.total, "weights": dict(score.weights), "bonus": dict(score.bonus),
            "without_age_gap": score.total,
            "rules": [{"rule": e[4], "version": e[5], "ref": e[3]} for e in score.entries],
            "counterfactuals": rescored(profile, ledger, score, pairs.ORDINARY, lambda _, other: other.severity),
        },
    )  # fmt: skip
