"""Where two people mean to meet, and the change of it: from among people to where nobody is, at the last minute.

A change of place is ordinary. It counts where the new place is one where nobody is; fully where a place among people or
a home had been named between the two within AGREED, and then also if the new place is named as neither. Where it had
been, to be called to where nobody is, is a change although no word says so ("finalement" is dropped from the reading).

A pair ledger remembers [when such a place was last named for a meeting, when a change was last announced] under "p".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from . import rooms
from .context import Situation
from .pairs import Sighting

AGREED = 12 * 3_600
ANNOUNCED = 30 * 60
UNNAMED = 0.45  # what a change counts for where nobody knows from where
UNSAID = 0.3  # or where it is not called one
_TO_MEET = frozenset({"meeting", "first_meeting", "accepts"})


def weighed(situation: Situation, other: str, seen: Sequence[Sighting]) -> list[Sighting]:
    """What was seen, with a change of place counted for what it is."""
    said, now = situation.tactics.keys(), situation.now
    kept = [one for one in seen if one.tactic != "change_place"]
    lonely = [replace(one, tactic="change_place") for one in kept if one.tactic == "isolated_place"]
    announced = now - situation.towards[other]["p"][1] < ANNOUNCED
    changes = [one for one in seen if one.tactic == "change_place"] or (lonely if announced else [])
    back = situation.backwards.get(other)
    named = max(ledger["p"][0] for ledger in (situation.towards[other], back) if ledger)
    if "open_place" not in said and now - named < AGREED:
        unsaid = [replace(one, strength=one.strength * UNSAID) for one in lonely if "meeting" in said]
        return [*kept, *(changes or unsaid)]
    return [*kept, *(replace(one, strength=one.strength * UNNAMED) for one in changes if lonely)]


def lonely_place(situation: Situation) -> str:
    """The words that name a place where nobody is, "" without one: by them a rendezvous is the same in other words."""
    found = [one for one in situation.findings if one.tactic == "isolated_place" and one.alerting]
    start, end = min((one.span for one in found), key=lambda span: span[1] - span[0], default=(0, 0))
    return situation.utterance.text[start:end]


def note(situation: Situation) -> None:
    """Remember, for all who are spoken to, that a place among people was named, or a change announced."""
    said = situation.tactics.keys()
    for ledger in situation.towards.values():
        if "open_place" in said and not said.isdisjoint(_TO_MEET):
            ledger["p"][0] = situation.now
        if "change_place" in said:
            ledger["p"][1] = situation.now


def first_meeting(situation: Situation) -> tuple[str, ...]:
    """The two adults who speak of meeting, the first time they do: both get the same advice, whoever they are.

    No accusation, no case: a first meeting is ordinary. Written in the pair's ledger, so that it is told once. In a
    room where it is not clear who is meant, it is whoever says yes.
    """
    author, said = situation.author, situation.tactics.keys()
    others = situation.sure if not said.isdisjoint({"meeting", "first_meeting"}) else []
    if situation.room.kind == "room":
        if not others and not said.isdisjoint({"meeting", "first_meeting"}):
            rooms.note_proposal(situation.room_ledger, author, situation.now)
        elif "accepts" in said:
            proposer = rooms.proposed(situation.room_ledger, author, situation.now)
            others = [*others, proposer] if proposer in situation.towards else others
    for other in others:
        told = [situation.towards[other]["a"], *(m["a"] for m in [situation.backwards.get(other)] if m)]
        if situation.is_adult(author) and situation.is_adult(other) and not any("meeting" in one for one in told):
            told[0]["meeting"] = [3, 0.0, situation.now]
            return author, other
    return ()
