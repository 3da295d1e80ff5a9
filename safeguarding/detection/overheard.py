"""A reply to an adult in a room of minors: the others read it too, and what can only be done to minors counts half."""

from __future__ import annotations

from . import rooms
from .context import Situation
from .tactics import M1, PAIR_TACTICS, Group
from .told import told_about

SHARE = 0.5  # it may well be meant for the adult
# What a teenager may well say to a youth worker, and means for nobody who reads along.
CONFIDED: Group = frozenset({"secrecy", "meeting", "isolation", "come_alone", "isolated_place", "trust", "late"})


def is_overheard(situation: Situation) -> bool:
    """Whether a message in a room of minors answers adults alone: others there read a reply to the youth worker too.

    Not what is answered to an adult of whom something grave was told there: who tests them lures nobody.
    """
    to, ledger, now = situation.utterance.to, situation.room_ledger, situation.now
    if not to or not situation.minors_room or situation.room.kind != "room" or not all(map(situation.is_adult, to)):
        return False
    read_by = rooms.recent_speakers(ledger, situation.author, now)
    return any(map(situation.is_minor, read_by)) and not any(told_about(ledger["a"], key, now) for key in to)


def tactics_for_others(situation: Situation) -> Group:
    """What of an overheard message counts for those who read it. What a teenager confides does only where they ask for
    more (an image, a call, another platform), now or before: an adult confides in nobody in a room of minors.
    """
    said = {*situation.tactics, *situation.author_ledger["open"]["t"]}
    if situation.is_adult(situation.author) or not said.isdisjoint(M1.core - CONFIDED):
        return PAIR_TACTICS
    return PAIR_TACTICS - CONFIDED
