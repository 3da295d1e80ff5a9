"""Many against one: who attacks, who abets, who defends, who is attacked.

The part `pile` of a room ledger:

    {"hits": [[at, attacker, target, strength, ref], ...], "roles": {person: [aggression, defence, suffered, at]}}

Roles come from the order of things: whoever attacks somebody who has attacked nobody is an aggressor; whoever attacks an
aggressor back, for themselves or for another, is answering. Words of peace or defence count for the one who says them.
Insults thrown by the person attacked therefore never make them the subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MAX_HITS = 32
MAX_ROLES = 16
MEMORY = 24 * 3600
HEAT = 45 * 60
AGGRESSOR = 0.8
UNKNOWN = "?"

Pile = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A pile-on that stands: the gravest aggressor, all aggressors, whom they attack, the points, the messages."""

    subject: str
    aggressors: tuple[str, ...]
    target: str | None
    score: float
    evidence: tuple[str, ...]


def opened(pile: dict[str, Any], now: int) -> Pile:
    """A private copy without what is older than MEMORY."""
    hits = [list(hit) for hit in pile.get("hits", ()) if now - hit[0] < MEMORY]
    roles = {key: list(row) for key, row in pile.get("roles", {}).items() if now - row[3] < MEMORY}
    return {"hits": hits, "roles": roles}


def _role(pile: Pile, person: str, now: int) -> list[Any]:
    row: list[Any] = pile["roles"].setdefault(person, [0.0, 0.0, 0.0, now])
    row[3] = now
    if len(pile["roles"]) > MAX_ROLES:
        del pile["roles"][min(pile["roles"], key=lambda key: pile["roles"][key][3])]
    return row


def is_aggressor(pile: Pile, person: str) -> bool:
    """Whether this person attacked, more than they were attacked or answered."""
    aggression, defence, suffered, _at = pile["roles"].get(person, (0.0, 0.0, 0.0, 0))
    return bool(aggression >= AGGRESSOR and aggression >= 0.8 * (defence + suffered))


def is_answering(pile: Pile, author: str, target: str | None, now: int) -> bool:
    """Whether an attack by `author` answers one: on the target, on anybody who attacked first, or from one attacked."""
    if target and target != UNKNOWN and is_aggressor(pile, target) and not is_aggressor(pile, author):
        return True
    _aggression, defence, suffered, _at = pile["roles"].get(author, (0.0, 0.0, 0.0, 0))
    return bool((suffered + defence) > 0 and not is_aggressor(pile, author))


def aim(pile: Pile, author: str, candidates: tuple[tuple[str, float], ...]) -> str | None:
    """Whom an attack is aimed at: an aggressor goes for the one under attack, others for an aggressor, else the turn."""
    if not candidates:
        return None
    if candidates[0][1] >= 0.9:
        return candidates[0][0]
    hostile = is_aggressor(pile, author)

    def likelihood(candidate: tuple[str, float]) -> float:
        person, confidence = candidate
        aggression, _defence, suffered, _at = pile["roles"].get(person, (0.0, 0.0, 0.0, 0))
        pull = min(suffered, 2.0) - min(aggression, 2.0) if hostile else min(aggression, 2.0) - 0.2 * min(suffered, 2.0)
        return confidence + 0.3 * float(pull)

    return max(candidates, key=likelihood)[0]


def note_attack(pile: Pile, author: str, target: str | None, strength: float, ref: str, now: int) -> bool:
    """Record an attack. Returns whether it makes its author an aggressor (False: they were answering)."""
    answering = is_answering(pile, author, target, now)
    row = _role(pile, author, now)
    if answering:
        row[1] = round(row[1] + strength, 3)
        return False
    row[0] = round(row[0] + strength, 3)
    if target:
        suffered = _role(pile, target, now)
        suffered[2] = round(suffered[2] + strength, 3)
    pile["hits"] = [*pile["hits"], [now, author, target or UNKNOWN, round(strength, 3), ref]][-MAX_HITS:]
    return True


def note_peace(pile: Pile, author: str, now: int) -> None:
    """Somebody defends or calms."""
    row = _role(pile, author, now)
    row[1] = round(row[1] + 1.0, 3)


def note_abetting(pile: Pile, author: str, ref: str, now: int) -> bool:
    """Applause right after an attack. Returns whether it counted."""
    last = pile["hits"][-1] if pile["hits"] else None
    if last is None or last[1] == author or last[2] == author or now - last[0] > 180:
        return False
    defence, suffered = pile["roles"].get(author, (0, 0.0, 0.0, 0))[1:3]
    if defence or suffered:
        return False
    row = _role(pile, author, now)
    row[0] = round(row[0] + 0.4, 3)
    pile["hits"] = [*pile["hits"], [now, author, last[2], 0.4, ref]][-MAX_HITS:]
    return True


def standing(pile: Pile, now: int) -> Verdict | None:
    """The pile-on that stands at this moment, if any: several against one, or one who does not stop."""
    hits = [hit for hit in pile["hits"] if now - hit[0] <= HEAT and is_aggressor(pile, hit[1])]
    if not hits:
        return None
    targets: dict[str, float] = {}
    for hit in hits:
        targets[hit[2]] = targets.get(hit[2], 0.0) + hit[3]
    known = {target: total for target, total in targets.items() if target != UNKNOWN}
    target = max(known, key=lambda key: known[key]) if known else UNKNOWN
    aimed = [hit for hit in hits if hit[2] in (target, UNKNOWN)]
    by: dict[str, float] = {}
    for hit in aimed:
        by[hit[1]] = by.get(hit[1], 0.0) + hit[3]
    total = sum(by.values())
    if not (len(by) >= 2 and total >= 2.0) and not (len(aimed) >= 3 and max(by.values()) >= 2.6):
        return None
    aggressors = tuple(sorted(by, key=lambda key: (-pile["roles"][key][0], key)))
    points = min(100.0, 30 + 9 * total + 8 * (len(by) - 1))
    evidence = tuple(dict.fromkeys(hit[4] for hit in aimed))[-12:]
    return Verdict(aggressors[0], aggressors, None if target == UNKNOWN else target, round(points, 1), evidence)
