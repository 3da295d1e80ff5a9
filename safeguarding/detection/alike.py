"""Alerts that a talk gives rise to by its likeness to risky ones (see `likeness`). It only ever adds to the rules'."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from . import likeness, piles, rooms
from .context import Situation
from .lexicon import Lexicon
from .likeness import Likeness
from .tactics import PAIR_PROFILES, SELF_PROFILES
from .told import AGAIN, explain
from .types import Alert, Finding

TACTIC = "likeness"
HIGH = 325  # hundredths of a logit from which a talk is looked at for itself
ALONE = 500  # the same where there is no talk yet: a message or two
TALK = 3  # messages of a room that make a talk
FURTHER = 100  # by which a talk must be still more alike to be told of again
FEW = 4  # people heard in a room lately, of whom one can be told from the others
LIT = 60  # what a message adds for its words to be shown
_COUNTED = frozenset({"P0", "P1", "P2"})
_HELP = frozenset(profile.code for profile in SELF_PROFILES)
_PROFILES = {profile.code: profile for profile in (*PAIR_PROFILES, *SELF_PROFILES)}
_TO_MINORS = frozenset({"M1", "M2", "M4", "M5", "M7"})
_TO_ADULTS = frozenset({"C2", "S1"})
_ATTACKS = frozenset({"C1", "H1", "V2", "V3"})
_NEVER = frozenset({"X2"})  # told by how many people got it, not by words


def listen(situation: Situation, told: Sequence[Finding], lexicon: Lexicon) -> Finding | None:
    """Add the message to what is known of the talk; what lights the words that weigh, where they do."""
    utterance, people = situation.utterance, situation.room_ledger["like"]
    weights = likeness.weights_for(lexicon.lang)
    reading = lexicon.read(utterance.text)
    things = likeness.things_in(reading, told, likeness.classes_of(lexicon))
    said, answered = weights.of(things, likeness.SAID), weights.of(things, likeness.ANSWERED)
    situation.grown = likeness.note(people, situation.author, utterance.ref, situation.now, said, answered, weights)
    mine = likeness.of_person(people, situation.author, weights)
    if mine is None or mine.total < 0 or said[0] < LIT or not utterance.text:
        return None
    code = next(_possible(situation, mine.codes), "")
    span = likeness.weightiest_words(reading, weights)
    weight = round(min(1.0, said[0] / 300), 2)
    rule = f"{likeness.RULE}.{lexicon.lang}"
    return Finding(code, rule, weights.version, span, TACTIC, weight, None, alerting=False) if code else None


def with_likeness(situation: Situation, found: Iterable[Alert]) -> list[Alert]:
    """The alerts of a message, and those that the talk itself gives rise to."""
    people, weights = situation.room_ledger["like"], likeness.weights_for(situation.utterance.lang)
    kept = list(found)
    for alert in found:
        if alert.severity in _COUNTED and alert.subject in people:
            _tell(people[alert.subject], alert.code, situation.now)
    for person in situation.grown:
        talk = likeness.of_person(people, person, weights)
        if talk is not None:
            kept += _by_itself(situation, person, talk, people[person])
    return kept


def _tell(row: list[Any], code: str, now: int) -> None:
    row[4][code] = [now, row[1]]


def _possible(situation: Situation, codes: Iterable[str]) -> Iterator[str]:
    """The codes that can be meant here, likeliest first."""
    minors = situation.minors_room or any(situation.is_minor(key) for key in situation.people)
    never = _NEVER | (_TO_ADULTS if minors else _TO_MINORS)
    return (code for code in codes if code not in never)


def _by_itself(situation: Situation, person: str, talk: Likeness, row: list[Any]) -> Iterator[Alert]:
    talking = situation.room_ledger["n"] + 1 >= TALK
    if talk.total < (HIGH if talking else ALONE):
        return
    code = next(_possible(situation, talk.codes), "")
    if code not in _HELP and not _may_be_named(situation, person, code):
        return
    if not code or any(
        talk.total < total + FURTHER or (told == code and situation.now - at < AGAIN)
        for told, (at, total) in row[4].items()
    ):
        return  # told of already, and not clearly more alike since
    _tell(row, code, situation.now)
    score, rule = likeness.points(talk.total), f"{likeness.RULE}.{situation.utterance.lang}"
    entries = [[0, 0, 0.0, ref, rule, talk.version] for ref in talk.refs]
    yield Alert(
        code, "P2", person, _protected(situation, person, code), score, (TACTIC,), talk.refs,
        _PROFILES[code].measures.get("P2", ()) if code in _PROFILES else (),
        explain(code, score, {TACTIC: score}, {}, entries, counterfactuals=[
            {"without": f"tactic:{TACTIC}", "score": 0.0, "severity": None},
        ]),
    )  # fmt: skip


def _may_be_named(situation: Situation, person: str, code: str) -> bool:
    """Whether somebody can be told from the others: in a room only while few speak, and never somebody who takes the
    blows. Once blows are exchanged, `piles` says who attacks: who is answered harshly may be the one attacked.
    """
    if situation.room.kind == "direct":
        return True
    pile, now = situation.room_ledger["pile"], situation.now
    heard = rooms.recent_speakers(situation.room_ledger, situation.author, now)
    if len(heard) >= FEW or not piles.struck_more(pile, person, now):
        return False
    return code not in _ATTACKS or piles.blows(pile, now) <= 1


def _protected(situation: Situation, person: str, code: str) -> tuple[str, ...]:
    if code in _HELP:
        return (person,)
    if situation.room.kind == "direct":
        return tuple(sorted(key for key in situation.people if key != person))
    return tuple(situation.sure) if person == situation.author else ()
