"""Who may enter, and who may write. Pure: no query, no clock of its own."""

from __future__ import annotations

import datetime as dt
import re

from community.errors import Refused
from community.hours import is_within
from community.policies import AgeBand, Ask, meets, reaches
from community.services.access import Access

from .errors import (
    AccountHeld,
    AgeDoesNotFit,
    BannedFromRoom,
    ConsentRequired,
    FreshProofRequired,
    Muted,
    ProofEnded,
    ProofTooWeak,
    RoomAsleep,
    RoomClosed,
    ShutOut,
)
from .models import Room

_PUBLIC_ID = re.compile(r"[0-9a-z]{16}")


def is_public_id(text: str) -> bool:
    """Whether a text has the shape of a public id: nothing else is looked up (a database refuses NUL or surrogates)."""
    return _PUBLIC_ID.fullmatch(text) is not None


def may_enter(access: Access, room: Room, now: dt.datetime) -> Refused | None:
    """None if the member may be in the room at `now`, else the refusal to tell.

    The one function that decides entry: pages, the socket's connection and every frame ask it. Only facts
    that somebody verified count; nothing self-declared is even passed in. A minors' room wants an age over and an age
    under, both signed or witnessed; an adult is let in only as its youth worker.
    """
    if refusal := may_take_part(access, now):
        return refusal
    if not meets(access.facts, Ask(at_least=(18,)) if is_youth_worker(access, room) else room.ask):
        return AgeDoesNotFit()
    if not reaches(access.level, room.needs_level):
        return ProofTooWeak()
    if room.public_id in access.room_bans:
        return BannedFromRoom()
    if room.state != Room.State.OPEN:
        return RoomClosed()
    if room.opening_hours and not is_within(room.opening_hours, now):
        return RoomAsleep(room.opening_hours)
    return None


def may_take_part(access: Access, now: dt.datetime) -> Refused | None:
    """None if the member may be in any room at all at `now`: a current proof, nothing that shuts them out."""
    if access.shut_out:
        return ShutOut()
    if access.held:
        return AccountHeld()
    if access.band == AgeBand.NONE or (access.deadline is not None and access.deadline <= now):
        return ProofEnded()
    if access.fresh_proof_asked:
        return FreshProofRequired()
    if access.consent_missing:
        return ConsentRequired()
    return None


def is_youth_worker(access: Access, room: Room) -> bool:
    """Whether this adult was appointed to this minors' room."""
    return room.admits_minors and room.public_id in access.youth_rooms


def may_write(access: Access, room: Room, now: dt.datetime) -> Refused | None:
    """None if the member may post in the room at `now`: entry, and no mute."""
    return may_enter(access, room, now) or (Muted() if access.muted else None)
