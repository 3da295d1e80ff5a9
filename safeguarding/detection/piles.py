"""Many against one: who attacks, who abets, who defends, who is attacked.

The part `pile` of a room ledger:

    {"hits": [[at, attacker, target, strength, ref, rule, version, sure, grave], ...],
     "sides": {person: [side, attacks, at, rude]}}

`side` is a sum of evidence: above zero somebody speaks like those who attack (slander, bodies, exclusion, slurs,
applause after an attack), below like those attacked and their friends (denying, asking why, denouncing, calming,
answering several at once: "vous", "bande de"). Insults alone say little, as a third of them are answers. In a
quarrel where both sides hit, an alert waits until one person stands out; where nobody hits back, a few attacks are
enough. So the person who answers back is not the subject, however loud. `rude` says of somebody's last few messages
whether they were rude (1) or not (0). `grave` says of a blow whether it was hate or a threat (1);
applause has none of the last two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_HITS = 40
MAX_SIDES = 24
MEMORY = 24 * 3600
HEAT = 45 * 60
UNKNOWN = "?"
LAST_MESSAGES = 4  # of a person: how many are remembered as rude or not

# Evidence of a side, by what a finding does (its tactic, else the last part of its rule's name).
SIDES: Mapping[str, float] = {
    "sexual_slander": 1.2, "body": 0.8, "exclude": 0.8, "gone": 0.7, "blame": 0.7, "humiliate": 0.6, "family": 0.4,
    "mock_looks": 0.8, "belittle": 0.6, "insult": 0.3, "incites_suicide": 0.8,
    "threat": 0.3, "hush": 0.25, "silence": 0.25, "hate": 1.0, "to_many": -1.0,
    "deny": -1.8, "defend": -1.0, "appease": -1.3, "denounce": -0.4,
}  # fmt: skip
APPLAUSE = 0.6
STANDS_OUT = 3.0  # evidence needed where both sides hit
MARGIN = 0.3  # and by how much it must exceed the next person's
DEFENDS = -1.0  # at or below, somebody clearly answers or defends
LEANS = 1.0  # evidence needed for other alerts about somebody in a quarrel
MANY_TO_ONE = 4  # attacks on one person that are a pile-on though they hit back
FEW_BACK = 3  # of these, for each blow back
QUIET_TOTAL = 1.7  # strength of attacks needed where nobody hits back

Pile = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A pile-on that stands: the gravest aggressor, all aggressors, whom they attack, the points, the messages.

    `abettors`: those of the aggressors who only applauded and struck nobody; never the subject while somebody struck.
    `answering`: those who, where both sides hit, took at least as many blows as they dealt: nobody to name.
    `weights`: the points of each aggressor; with `bonus` they add up to the score, which ends at 100. `rules`:
    what the blows met, as [rule, version, ref].
    """

    subject: str
    aggressors: tuple[str, ...]
    abettors: tuple[str, ...]
    answering: frozenset[str]
    target: str | None
    score: float
    evidence: tuple[str, ...]
    weights: Mapping[str, float]
    bonus: Mapping[str, float]
    rules: tuple[tuple[str, str, str], ...]


def opened(pile: Mapping[str, Any], now: int) -> Pile:
    """A private copy without what is older than MEMORY."""
    hits = [list(hit) for hit in pile.get("hits", ()) if now - hit[0] < MEMORY]
    sides = {
        key: [*row[:3], list(row[3]) if len(row) > 3 else []]
        for key, row in pile.get("sides", {}).items()
        if now - row[2] < MEMORY
    }
    return {"hits": hits, "sides": sides}


def side(pile: Pile, person: str) -> float:
    """The evidence so far about somebody; 0 for a stranger."""
    return float(pile["sides"].get(person, (0.0, 0, 0))[0])


def _lately(pile: Pile, now: int) -> list[list[Any]]:
    """The blows of the last while."""
    return [hit for hit in pile["hits"] if now - hit[0] <= HEAT]


def _attackers(pile: Pile, now: int) -> set[str]:
    return {hit[1] for hit in _lately(pile, now)}


def is_quarrel(pile: Pile, now: int) -> bool:
    """Whether more than one person has attacked lately, so that blows may be answers."""
    return len(_attackers(pile, now)) >= 2


def was_struck(pile: Pile, person: str) -> bool:
    """Whether somebody was attacked here as far as is remembered."""
    return any(hit[2] == person for hit in pile["hits"])


def is_party(pile: Pile, person: str, now: int) -> bool:
    """Whether somebody attacked lately or was attacked."""
    return any(person in (hit[1], hit[2]) for hit in _lately(pile, now))


def is_answering(pile: Pile, person: str, now: int) -> bool:
    """Whether what this person says in a quarrel may well be an answer, so that nothing but more evidence accuses
    them.
    """
    return is_quarrel(pile, now) and side(pile, person) < LEANS


def was_struck_first(pile: Pile, person: str, others: Collection[str], now: int) -> bool:
    """Whether somebody answers blow for blow: lately they were struck before they struck, by each of these `others`
    whom they speak to for certain, and dealt no more blows than they took.
    """
    own = [hit for hit in _lately(pile, now) if person in (hit[1], hit[2])]
    strikers = {hit[1] for hit in own if hit[2] == person}
    if not own or own[0][2] != person or not others or not strikers.issuperset(others):
        return False
    return _surplus(pile, person, now) <= 0


def was_struck_gravely_first(pile: Pile, person: str, others: Collection[str], now: int) -> bool:
    """Whether what somebody answers so was hate or a threat, by each of these `others`, before they did the like to
    anybody: a mild word excuses no slur, and no threat to kill.
    """
    if not was_struck_first(pile, person, others, now):
        return False
    grave = {**pile, "hits": [hit for hit in pile["hits"] if hit[8:9] == [1]]}
    return was_struck_first(grave, person, others, now)


def _surplus(pile: Pile, person: str, now: int) -> int:
    """How many blows more somebody lately dealt than took."""
    return sum((hit[1] == person) - (hit[2] == person) for hit in _lately(pile, now))


def struck_more(pile: Pile, person: str, now: int) -> bool:
    """Whether somebody lately dealt more blows than they took; where nobody struck, nobody took any: True."""
    return not blows(pile, now) or _surplus(pile, person, now) > 0


def took_more(pile: Pile, person: str, now: int) -> bool:
    """Whether somebody lately took more blows than they dealt."""
    return _surplus(pile, person, now) < 0


def gave_and_took(pile: Pile, person: str, now: int) -> bool:
    """Whether somebody lately both struck and was struck: what they say is of a quarrel first."""
    lately = _lately(pile, now)
    return any(hit[1] == person for hit in lately) and any(hit[2] == person for hit in lately)


def aim(pile: Pile, author: str, candidates: tuple[tuple[str, float], ...]) -> str | None:
    """Whom an attack is probably aimed at: by turn, pulled towards the other side and whoever is already under
    attack.
    """
    if not candidates:
        return None
    own = side(pile, author)
    struck = {hit[2] for hit in pile["hits"][-8:] if hit[1] != author and side(pile, hit[2]) <= 0}

    def likelihood(candidate: tuple[str, float]) -> float:
        person, confidence = candidate
        other = max(-2.0, min(2.0, side(pile, person)))
        return (
            confidence + (-0.5 * other if own >= 0 else 0.5 * other) + (0.3 if own >= 0 and person in struck else 0.0)
        )

    return max(candidates, key=likelihood)[0]


def blows(pile: Pile, now: int) -> int:
    """How many attacks are remembered of the last while."""
    return len(_lately(pile, now))


def rude_share(pile: Pile, person: str) -> float:
    """The share of rude messages among somebody's last few; a single one counts half."""
    row = pile["sides"].get(person)
    return sum(row[3]) / max(2, len(row[3])) if row else 0.0


def note(
    pile: Pile, author: str, target: str | None, does: Iterable[str], strength: float, ref: str, now: int, *,
    rude: bool = False, rule: tuple[str, str] = ("", ""), sure: bool = False, grave: bool = False,
) -> None:  # fmt: skip
    """Record a message: what it does (names of SIDES), the strength of its attack (0: none), whether it is rude, the
    rule by which it is an attack, with its version, whether its target is certain, and whether it is hate or a threat.
    """
    row = pile["sides"].setdefault(author, [0.0, 0, now, []])
    row[3] = [*row[3], int(rude)][-LAST_MESSAGES:]
    evidence = sum(SIDES.get(name, 0.0) for name in does)
    row[0] = round(max(-8.0, min(8.0, row[0] + evidence)), 3)
    row[2] = now
    if strength > 0:
        row[1] += 1
        hit = [now, author, target or UNKNOWN, round(strength, 3), ref, *rule, int(sure), int(grave)]
        pile["hits"] = [*pile["hits"], hit][-MAX_HITS:]
    _forget_bystanders(pile)


def _forget_bystanders(pile: Pile) -> None:
    """Beyond MAX_SIDES people whoever was silent longest is forgotten, never a party to a blow that is remembered."""
    excess = len(pile["sides"]) - MAX_SIDES
    if excess <= 0:
        return
    parties = {person for hit in pile["hits"] for person in hit[1:3]}
    bystanders = [key for key in pile["sides"] if key not in parties]
    for key in sorted(bystanders, key=lambda key: pile["sides"][key][2])[:excess]:
        del pile["sides"][key]


def note_applause(pile: Pile, author: str, ref: str, now: int, rule: tuple[str, str] = ("", "")) -> bool:
    """Applause right after somebody else's attack. Returns whether it counted."""
    last = pile["hits"][-1] if pile["hits"] else None
    if last is None or author in (last[1], last[2]) or now - last[0] > 180 or side(pile, author) < 0:
        return False
    row = pile["sides"].setdefault(author, [0.0, 0, now, []])
    row[0] = round(row[0] + APPLAUSE, 3)
    row[2] = now
    pile["hits"] = [*pile["hits"], [now, author, last[2], 0.4, ref, *rule]][-MAX_HITS:]
    return True


def noted_by(pile: Pile, ref: str) -> str:
    """The rule by which the message just noted is a blow; empty where it is none."""
    last = pile["hits"][-1] if pile["hits"] else None
    return str(last[5]) if last is not None and last[4] == ref and len(last) > 5 else ""


def _only_applauds(pile: Pile, person: str) -> bool:
    row = pile["sides"].get(person)
    return row is not None and row[1] == 0


def lacking(pile: Pile, person: str) -> Pile:
    """The pile as if somebody had never written here."""
    hits = [hit for hit in pile["hits"] if hit[1] != person]
    return {"hits": hits, "sides": {key: row for key, row in pile["sides"].items() if key != person}}


def standing(pile: Pile, now: int) -> Verdict | None:
    """The pile-on that stands at this moment, if any."""
    hits = _lately(pile, now)
    if len(hits) < 3:
        return None
    ranked = sorted({hit[1] for hit in hits}, key=lambda key: (_only_applauds(pile, key), -side(pile, key), key))
    subject = ranked[0]
    answering: frozenset[str] = frozenset()
    if _unanswered(pile, hits):
        aggressors = tuple(key for key in ranked if side(pile, key) > 0) or (subject,)
    elif attackers := _outnumbering(pile, hits):
        aggressors = tuple(key for key in ranked if key in attackers)
        subject = aggressors[0]
    else:
        second = max((side(pile, key) for key in pile["sides"] if key != subject), default=0.0)
        own, attacks, *_ = pile["sides"].get(subject, (0.0, 0))
        if len(hits) < 4 or attacks < 2 or own < STANDS_OUT or own - second < MARGIN:
            return None
        aggressors = tuple(key for key in ranked if side(pile, key) >= LEANS)
        answering = frozenset(key for key in aggressors if not struck_more(pile, key, now))
    blows = [hit for hit in hits if hit[1] in aggressors]
    total = sum(hit[3] for hit in blows)
    several = 8 * (len(aggressors) - 1)
    points = min(100.0, 30 + 9 * total + several)
    evidence = tuple(dict.fromkeys(hit[4] for hit in blows))[-12:]
    weights = {person: round(9 * sum(hit[3] for hit in blows if hit[1] == person), 2) for person in aggressors}
    bonus = {"base": 30.0, **({"several": float(several)} if several else {})}
    rules = tuple((hit[5], hit[6], hit[4]) for hit in blows if hit[5:7] and hit[5])  # blows of before had none
    abettors = tuple(key for key in aggressors if _only_applauds(pile, key))
    return Verdict(
        subject, aggressors, abettors, answering, _target(blows, aggressors), round(points, 1), evidence, weights,
        bonus, rules,
    )  # fmt: skip


def _unanswered(pile: Pile, hits: list[list[Any]]) -> bool:
    """Several who attack, or one who does not stop, and nobody who hits back but those who clearly defend
    themselves.
    """
    blows = [hit for hit in hits if side(pile, hit[1]) > DEFENDS]
    needed = LEANS if len(blows) == len(hits) else 2 * LEANS
    hits = blows
    if any(side(pile, hit[1]) <= 0 for hit in hits):
        return False
    by: dict[str, float] = {}
    for hit in hits:
        by[hit[1]] = by.get(hit[1], 0.0) + hit[3]
    attacked = {hit[2] for hit in hits} - {UNKNOWN}
    if attacked & by.keys():
        return False
    if not by or sum(by.values()) < QUIET_TOTAL or max(side(pile, key) for key in by) < needed:
        return False
    return len(by) >= 2 or len(hits) >= 3


def _outnumbering(pile: Pile, hits: list[list[Any]]) -> set[str]:
    """Several who began to attack one person who hits back now and then, and only that person does; else nobody.

    Counted are blows of which it is certain whom they were aimed at.
    """
    certain = [hit for hit in hits if hit[7:8] == [1]]
    target = _target(certain, ())
    if not certain or certain[0][2] != target:
        return set()
    dealt = [hit for hit in certain if hit[2] == target]
    struck_first: dict[str, bool] = {}
    for hit in certain:
        if target in (hit[1], hit[2]):
            struck_first.setdefault(hit[1] if hit[2] == target else hit[2], hit[2] == target)
    attackers = {hit[1] for hit in dealt if struck_first[hit[1]] and side(pile, hit[1]) > 0}
    back = [hit for hit in hits if hit[2] != target and hit[1] not in attackers]
    if len(attackers) < 2 or len(dealt) < max(MANY_TO_ONE, FEW_BACK * len(back)):
        return set()
    return attackers if all(hit[1] == target for hit in back) else set()


def _target(blows: list[list[Any]], aggressors: tuple[str, ...]) -> str | None:
    struck: dict[str, float] = {}
    for hit in blows:
        if hit[2] != UNKNOWN and hit[2] not in aggressors:
            struck[hit[2]] = struck.get(hit[2], 0.0) + hit[3]
    return max(struck, key=lambda key: struck[key]) if struck else None
