"""Alerts that a talk gives rise to by its likeness to risky ones (see `likeness`), and what of the rules' may wait."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from . import likeness, piles, rooms
from .compose import DONE_TO_SOMEBODY
from .context import Situation
from .tactics import HELP_CODES, PAIR_PROFILES, SELF_PROFILES
from .told import AGAIN, explain, told_about
from .types import Alert, Finding

TACTIC = "likeness"
HIGH = 250  # hundredths of a logit from which a talk is looked at for itself
# The same where harmless talk is often like it (friends, dates), and where it hardly ever is.
HIGH_FOR = {"C1": 325, "H1": 325, "V1": 325, "C3": 175, "M1": 175, "M4": 175, "M7": 175}
JOINS = 100  # that somebody else's talk must read like, where a talk of several against one is enough at HIGH
ALONE = 700  # the same where there is no talk yet: a message or two
TALK = 3  # messages of a room that make a talk
GAP = 60  # hundredths of a logit less for an adult where a minor is
FURTHER = 100  # by which a talk must be still more alike to be told of again
BLOWS = 2  # exchanged in a room lately; more are a quarrel
FEW = 4  # people heard in a room lately, of whom one can be told from the others
CALM = 200  # hundredths of a logit under which a talk reads as harmless, whatever a rule found
CALM_ALONE = 100  # the same for its message alone: small talk before a lure says nothing of it
CAREFUL = 200  # by how much lower both are of what is done to minors (a proof can be false), and of an adult near them
ENOUGH = 4  # words that a clause must have to read as anything at all
CLAUSE_ENDS = ",.;:!?\n"
NEAR = 12  # characters on either side that are read with a match where no sign ends its clause
LIT = 60  # what a message adds for its words to be shown
_PROFILES = {profile.code: profile for profile in (*PAIR_PROFILES, *SELF_PROFILES)}
_ATTACKS = frozenset({"C1", "C2", "C3", "H1", "M2", "V2", "V3"})  # what people in a quarrel do to one another
_STRIKES = frozenset({"C1", "H1", "V2"})  # what a pile-on is made of
_AMONG_MORE = frozenset({"C1"})  # takes several; between two, rules tell insults
# Who is helped, or drawn to an ambush, needs their card now; of abuse material weights know too few words.
NEVER_LOWERED = HELP_CODES | {"V1", "V3", "M3"}
LOWERED = ("P1", "P2")
_NEVER = frozenset({"X2"})  # told by how many people got it, not by words


def listen(situation: Situation, told: Sequence[Finding]) -> Finding | None:
    """Add the message to what is known of the talk; what lights the words that weigh, where they do and no rule has lit
    the message.
    """
    utterance, people, lexicon = situation.utterance, situation.room_ledger["like"], situation.lexicon
    weights = likeness.weights_for(lexicon.lang)
    reading = lexicon.read(utterance.text)
    said: Sequence[int] = likeness.NOTHING
    answered: Sequence[int] = likeness.NOTHING
    places: list[int] = []
    if likeness.counts(situation.room_ledger["heard"], situation.author, reading, situation.now):
        known = weights.known(likeness.things_in(reading, told, likeness.classes_of(lexicon)))
        said, answered = weights.of(known, likeness.SAID), weights.of(known, likeness.ANSWERED)
        places = likeness.places_of(known)
    if _is_told_of_another(told):
        said, places = likeness.NOTHING, []
    situation.grown = likeness.note(
        people, situation.author, utterance.ref, situation.now, said, answered, weights, places, situation.sure
    )
    situation.said, situation.told = said, told
    mine = people[situation.author]
    if mine[1] < 0 or said[0] < LIT or not utterance.text or any(one.alerting for one in told):
        return None
    span, weight = likeness.weightiest_words(reading, weights), round(min(1.0, said[0] / 300), 2)
    code = _code(situation, mine)
    return Finding(code, weights.rule, weights.version, span, TACTIC, weight, None, alerting=False)


def _is_told_of_another(told: Sequence[Finding]) -> bool:
    """Whether what rules found done to somebody is all another's word or wish, or warned of: then the author says none
    of it, and what is told is no more theirs than the rules take it for.
    """
    done = [one.alerting for one in told if one.code in DONE_TO_SOMEBODY]
    return bool(done) and not any(done)


def high(code: str) -> int:
    """How like a talk of this code one must be to be looked at for itself, in hundredths of a logit."""
    return HIGH_FOR.get(code, HIGH)


def reads(situation: Situation, person: str, row: Sequence[Any], code: str) -> int:
    """How like a talk of this code that of somebody is, in hundredths of a logit; less is enough of an adult who writes
    where a minor reads.
    """
    gap = GAP if _is_adult_near_minors(situation, person) else 0
    return likeness.risk_of(row, code, likeness.weights_for(situation.utterance.lang)) + gap


def _is_adult_near_minors(situation: Situation, person: str) -> bool:
    if person == situation.author:
        return situation.is_adult(person) and situation.minors_addressed
    return situation.is_adult(person) and (situation.minors_room or situation.is_minor(situation.author))


def calmed(situation: Situation, code: str, severity: str, rests_on: Collection[str]) -> str:
    """How grave what rules found is, once the talk has been read: a P3 instead of a P1 or P2 where it `rests_on` this
    message alone and the talk reads as harmless, whole, by the message alone and by each clause alone in which
    something was found. So neither small talk before a lure nor friendly words around it hide it. What is done to
    minors and what an adult says where a minor reads must read far more harmless. Never what is gravest, a call for
    help, an ambush, abuse material, a yes (it says what another proposed), what few words say, nor what is said before
    there is a talk.
    """
    weights = likeness.weights_for(situation.utterance.lang)
    row = situation.room_ledger["like"].get(situation.author)
    if severity not in LOWERED or code in NEVER_LOWERED or code not in likeness.CODES or not weights.network:
        return severity
    if row is None or situation.room_ledger["n"] + 1 < TALK:
        return severity
    careful = code.startswith("M") or _is_adult_near_minors(situation, situation.author)
    if "accepts" in situation.tactics or (careful and any(ref != situation.utterance.ref for ref in rests_on)):
        return severity
    less = CAREFUL if careful else 0
    if likeness.risk_of(row, code, weights) >= CALM - less:
        return severity
    text, classes = situation.utterance.text, likeness.classes_of(situation.lexicon)
    for said in {text, *(_clause(text, one) for one in situation.told if one.alerting)}:
        reading = situation.lexicon.read(said)
        things = likeness.things_in(reading, situation.told, classes)
        few = len(likeness.words_of(reading)) < ENOUGH
        if few or likeness.risk_alone(things, code, weights) >= CALM_ALONE - less:
            return severity
    return "P3"


def _clause(text: str, found: Finding) -> str:
    """What stands between two signs, and near, around what a rule found in a text."""
    start, end = found.span
    begins = (*(text.rfind(sign, 0, start) for sign in CLAUSE_ENDS), text.rfind(" ", 0, max(0, start - NEAR)))
    ends = (*(text.find(sign, end) for sign in CLAUSE_ENDS), text.find(" ", end + NEAR))
    before, after = max(begins), min((place for place in ends if place >= 0), default=len(text))
    return text[before + 1 : after]


def likeness_alerts(situation: Situation, found: Sequence[Alert]) -> Iterator[Alert]:
    """The alerts that the talk itself gives rise to, beside those `found` in a message."""
    people = situation.room_ledger["like"]
    for alert in found:
        if alert.severity != "P3" and alert.subject in people:
            _tell(people[alert.subject], alert.code, situation.now)
    for person in situation.grown:
        yield from _by_itself(situation, person, people[person])
    if situation.grown:
        yield from _together(situation, people)


def _tell(row: list[Any], code: str, now: int) -> None:
    row[4][code] = [now, row[1]]


def _code(situation: Situation, row: list[Any]) -> str:
    """The likeliest code that can be meant here: not what is done to minors only where none is, nor the reverse."""
    minors = situation.minors_room or any(situation.is_minor(key) for key in situation.people)

    def possible(code: str) -> bool:
        profile = _PROFILES.get(code)
        return code not in _NEVER and (profile is None or (profile.minors if minors else profile.adults))

    return next(filter(possible, likeness.likeliest(row)))


def _by_itself(situation: Situation, person: str, row: list[Any]) -> Iterator[Alert]:
    talking = situation.room_ledger["n"] + 1 >= TALK
    code = _code(situation, row)
    value = reads(situation, person, row, code)
    if value < (high(code) if talking else ALONE):
        return
    if code in HELP_CODES or _may_be_named(situation, person, code, value):
        yield from _alert(situation, person, row, code, value)


def _together(situation: Situation, people: Mapping[str, list[Any]]) -> Iterator[Alert]:
    """Several against one, however many are heard: whose talk reads most like it, where that of somebody else does too
    and few blows fell that rules know (of more, `piles` tells who began).
    """
    piled = situation.room_ledger["pile"]
    present = people if situation.room.kind == "direct" else situation.people
    if len(present) < 3 or piles.blows(piled, situation.now) > BLOWS or _somebody_is_told_off(situation, people):
        return
    lately = {person: row for person, row in people.items() if situation.now - row[0] <= piles.HEAT}
    values = {person: reads(situation, person, row, "C1") for person, row in lately.items()}
    first, *others = sorted(values, key=lambda person: (-values[person], person))
    if _code(situation, people[first]) not in _STRIKES or piles.took_more(piled, first, situation.now):
        return
    if values[first] >= HIGH and others and values[others[0]] >= JOINS:
        yield from _alert(situation, first, people[first], "C1", values[first])


def _alert(situation: Situation, person: str, row: list[Any], code: str, value: int) -> Iterator[Alert]:
    """The alert about somebody; none where it was told of already and their talk is not clearly more alike since."""
    if any(
        row[1] < before + FURTHER or (told == code and situation.now - at < AGAIN)
        for told, (at, before) in row[4].items()
    ):
        return
    _tell(row, code, situation.now)
    weights, score, refs = likeness.weights_for(situation.utterance.lang), likeness.points(value), likeness.refs_of(row)
    entries = [[0, 0, 0.0, ref, weights.rule, weights.version] for ref in refs]
    yield Alert(
        code, "P2", person, _protected(situation, person, row, code), score, (TACTIC,), refs,
        _PROFILES[code].measures.get("P2", ()) if code in _PROFILES else (),
        explain(code, score, {TACTIC: score}, {}, entries, counterfactuals=[
            {"without": f"tactic:{TACTIC}", "score": 0.0, "severity": None},
        ]),
    )  # fmt: skip


def _may_be_named(situation: Situation, person: str, code: str, value: int) -> bool:
    """Whether somebody whose talk reads `value` can be told from the others. Of two, not whose talk reads less like it
    than the other's, nor whoever answers somebody told of: refusing again and again is like a risky talk too. Of what
    is done to minors, no minor who speaks to adults. Among more, only while few speak. As attacking, not who takes the
    blows, and nobody once it is a quarrel: who is answered harshly may be the one attacked, and `piles` tells them
    apart. Who lures or sells may well be answered harshly; who gives blows as well is in a quarrel, and what else it is
    like is a guess.
    """
    wrote, profile = situation.room_ledger["like"], _PROFILES.get(code)
    to = situation.sure if person == situation.author else []
    if profile and not profile.adults and to and situation.is_minor(person) and all(map(situation.is_adult, to)):
        return False
    if situation.room.kind == "direct" and len(wrote) <= 2:
        others = {key: row for key, row in wrote.items() if key != person}
        if code in _AMONG_MORE or any(row[4].keys() - HELP_CODES for row in others.values()):
            return False
        return all(reads(situation, key, row, code) <= value for key, row in others.items())
    pile, now = situation.room_ledger["pile"], situation.now
    if code in _ATTACKS and _somebody_is_told_off(situation, wrote.keys() - {person}):
        return False
    if len(rooms.recent_speakers(situation.room_ledger, situation.author, now)) >= FEW:
        return False
    if code not in _ATTACKS:
        return not piles.gave_and_took(pile, person, now)
    return piles.struck_more(pile, person, now) and piles.blows(pile, now) <= BLOWS


def _somebody_is_told_off(situation: Situation, people: Iterable[str]) -> bool:
    """Whether somebody did something grave here within a day: who is harsh with them tells them off."""
    return any(told_about(situation.room_ledger["a"], person, situation.now) for person in people)


def _protected(situation: Situation, person: str, row: Sequence[Any], code: str) -> tuple[str, ...]:
    if code in HELP_CODES:
        return (person,)
    if situation.room.kind == "direct":
        return tuple(sorted(key for key in situation.people if key != person))
    spoken_to = row[6] if situation.now - row[0] <= rooms.TURN_SECONDS else ()
    protects = tuple(key for key in spoken_to if key != person)
    profile = _PROFILES.get(code)
    if profile is None or profile.adults or not situation.minors_room:
        return protects
    # What can only be done to minors is done to those who read it, whoever was answered.
    near = rooms.recent_speakers(situation.room_ledger, person, situation.now)
    return tuple(filter(situation.is_minor, protects)) or tuple(filter(situation.is_minor, near))
