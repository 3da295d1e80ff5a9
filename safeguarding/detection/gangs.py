"""Several who attack one person, each in a conversation or at an hour of their own: a pile-on (C1) that no room shows.

A blow counts where a rule finds an attack on the person certainly spoken to, its words read like one (`likeness`), and
it answers nothing: in a direct conversation the attacker began to talk, in a room nobody had just spoken to them, for
whoever is written to may refuse and tell off, however many do; nor is of a room what `piles` tells of, or who did
something grave there or spoke hate or a threat to all that day. Who was attacked by the one they attack answers, for
two weeks; and nobody is ganged up on who attacked somebody else that day. In rooms, where people jest before others, it
takes one more, and that all of it is as strong as so many whole blows: four who snap at somebody are no pile-on.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import counted, likeness, piles, rooms, spread
from .context import Situation
from .crowds import is_attack, strongest
from .told import GROWTH, evidence_of, explain, is_news, told_about, told_lately
from .types import Alert

PEOPLE, IN_ROOMS = 3, 4
HARSH = 100  # hundredths of a logit that the words of a blow weigh at least
WHOLE = 200  # of a blow that counts as one


def gang_alerts(situation: Situation) -> Iterator[Alert]:
    """C1 about the one of them who struck hardest, the others having acted too."""
    attacks = [one for one in situation.findings if one.alerting and is_attack(one) and one.target == "you"]
    harsh = likeness.risk_in(situation.said, "C1")
    if not attacks or harsh < HARSH:
        return
    attackers = {row[0] for row in spread.struck_by(situation.author_ledger, situation.now)}
    for other in situation.sure:
        if other not in attackers and not _answers(situation, other):
            yield from _against(situation, other, round(min(1.5, harsh / WHOLE), 2), strongest(attacks))


def _answers(situation: Situation, other: str) -> bool:
    """Whether somebody may well refuse, tell off or answer whom they attack; or the pile-on is told of as it is."""
    ledger, author, now = situation.room_ledger, situation.author, situation.now
    if situation.room.kind == "direct":
        return rooms.who_began(ledger, author, now) != author
    return (
        rooms.spoke_to(ledger, other, author, now)
        or told_about(ledger["a"], other, now)
        or told_lately(situation.recipients[other]["a"], "H1", now)
        or told_lately(situation.recipients[other]["open"]["a"], "V2", now)
        or piles.standing(ledger["pile"], now) is not None
    )


def _against(situation: Situation, other: str, strength: float, rule: tuple[str, str]) -> Iterator[Alert]:
    ledger, now, ref = situation.recipients[other], situation.now, situation.utterance.ref
    situation.noted_recipients.add(other)
    rows = spread.note_struck(ledger, situation.author, strength, ref, rule, now)
    people = [row[0] for row in rows]
    if any(now - at < spread.DAY and attacked not in people for attacked, at in ledger["dealt"]):
        return
    least, strong = (PEOPLE, 0.0) if situation.room.kind == "direct" else (IN_ROOMS, float(IN_ROOMS))
    gang = counted.Gang({row[0]: row[2] for row in rows}, least, situation.is_minor(other), strong)
    weighed = gang.weigh()
    # Somebody more who joins in is news by itself: the case must name them.
    if not weighed.severity or not is_news(
        ledger["a"], "C1", weighed.severity, weighed.score + GROWTH * len(people), now
    ):
        return
    subject = max(reversed(rows), key=lambda row: row[2])[0]
    entries = [[0, 0, 0.0, *row[3:6]] for row in rows]
    yield Alert(
        "C1", weighed.severity, subject, (other,), weighed.score, ("pile_on",), evidence_of(entries, ref),
        ("safety_card",),
        explain(
            "C1", weighed.score, weighed.weights, weighed.bonus, entries, aggressors=people, apart=True,
            counts={"aggressors": len(people)}, counterfactuals=gang.otherwise(),
        ),
        tuple(key for key in people if key != subject),
    )  # fmt: skip
