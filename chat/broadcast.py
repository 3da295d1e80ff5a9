"""Tells the hubs what was committed. Publishing leaves the posting thread, and losing it loses nothing:
hubs and clients resume from the numbers in the database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from community import bus
from community.models import Member

from .models import Message, RoomEvent
from .selectors import Shaped, shape_events

CLOSED_BY_RULE = 4403

# One thread keeps the order in which this process committed; hubs sort out the rest by number.
_publisher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="publish")


def room_changed(events: Sequence[RoomEvent], *, bodies: Mapping[int, str] | None = None) -> None:
    """Publish events of one or more rooms once the caller's transaction commits. Never raises into it."""

    def publish() -> None:
        by_room: dict[str, list[Shaped]] = {}
        for one in shape_events(events, bodies=bodies):
            by_room.setdefault(one.frame["room"], []).append(one)
        for room, shaped in by_room.items():
            _publisher.submit(bus.publish, room_channel(room), encode_room(shaped))

    transaction.on_commit(publish, robust=True)


def encode_room(shaped: Sequence[Shaped]) -> bytes:
    """What a hub receives: every frame encoded once, with its number, author and who it quotes beside it."""
    items = [[one.seq, one.author_pk, one.quoted_pk, dump(one.frame)] for one in shaped]
    return json.dumps({"items": items}, ensure_ascii=False).encode()


def encode_together(room_id: str, events: Sequence[str]) -> str:
    """Several encoded `event` frames of one room as one `events` frame."""
    return f'{{"type":"events","room":"{room_id}","items":[{",".join(events)}]}}'


def tell_member(member: Member, frame: Mapping[str, Any]) -> None:
    """Send a frame to every open socket of one person, once the caller's transaction commits."""
    _to_member(member.public_id, {"type": "frame", "frame": dump(frame)})


def tell_author(message: Message) -> None:
    """Tell the author, and nobody else, that a message of theirs waits or was refused, in their language."""
    with override(message.author.language):
        text = (
            _("Your message waits for a person to read it first. Only you can see it until then.")
            if message.visibility == Message.Visibility.HELD
            else _("This message was not sent.")
        )
    tell_member(
        message.author,
        {
            "type": "notice",
            "code": f"message.{message.visibility}",
            "room": message.room.public_id,
            "message": message.public_id,
            "text": text,
        },
    )


def disconnect_member(member: Member, code: int, reason: str) -> None:
    """Close every open socket of one person with `code`, after commit. `reason` is translated and neutral."""
    _to_member(member.public_id, {"type": "close", "code": code, "reason": reason})


def passing(room_id: str, member: Member, frame: Mapping[str, Any], key: str) -> None:
    """Tell a room that somebody is typing, has come or left. No number, no record: who misses it misses nothing.

    The member stands under `key` in the frame; hubs keep it from the author and across blocks.
    """
    told = {**frame, "room": room_id, key: {"id": member.public_id, "name": member.pseudonym}}
    payload = {"passing": dump(told), "from": member.pk}
    _publisher.submit(bus.publish, room_channel(room_id), json.dumps(payload).encode())


def room_channel(public_id: str) -> str:
    return f"room:{public_id}"


def member_channel(public_id: str) -> str:
    return f"member:{public_id}"


def dump(frame: Mapping[str, Any]) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def _to_member(public_id: str, payload: Mapping[str, Any]) -> None:
    def publish() -> None:
        _publisher.submit(bus.publish, member_channel(public_id), json.dumps(payload).encode())

    transaction.on_commit(publish, robust=True)
