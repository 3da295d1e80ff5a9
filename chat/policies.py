"""Who may enter, and who may write. Pure: no query, no clock of its own."""

from __future__ import annotations

import datetime as dt
import re

from community.errors import AgeCheckRequired, Refused
from community.policies import AgeBand, meets
from community.services.access import Access

from .errors import AgeDoesNotFit, BannedFromRoom, ConsentRequired, FreshProofRequired, Muted, RoomClosed, ShutOut
from .models import Room

_PUBLIC_ID = re.compile(r"[0-9a-z]{16}")


def is_public_id(text: str) -> bool:
    """Whether a text has the shape of a public id: nothing else is looked up (a database refuses NUL or surrogates)."""
    return _PUBLIC_ID.fullmatch(text) is not None


def may_enter(access: Access, room: Room, now: dt.datetime) -> Refused | None:
    """None if the member may be in the room at `now`, else the refusal to tell.

    The one function that decides entry: pages, the socket's connection and every frame ask it. Only facts
    that somebody verified count; nothing self-declared is even passed in.
    """
    if access.shut_out:
        return ShutOut()
    if access.band == AgeBand.NONE or (access.deadline is not None and access.deadline <= now):
        return AgeCheckRequired()
    if access.fresh_proof_asked:
        return FreshProofRequired()
    if access.band == AgeBand.TEEN_13_14:
        return ConsentRequired()
    if not meets(access.facts, room.ask):
        return AgeDoesNotFit()
    if room.public_id in access.room_bans:
        return BannedFromRoom()
    if room.state != Room.State.OPEN:
        return RoomClosed()
    return None


def may_write(access: Access, room: Room, now: dt.datetime) -> Refused | None:
    """None if the member may post in the room at `now`: entry, and no mute."""
    return may_enter(access, room, now) or (Muted() if access.muted else None)
