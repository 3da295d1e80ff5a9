"""What the hub reads from the database: the numbers of rooms, and events by number. Authorised by the consumer."""

from __future__ import annotations

from collections.abc import Sequence

from .models import Room, RoomEvent
from .selectors import Shaped, shape_events

PAGE = 200


def last_seqs(room_ids: Sequence[str]) -> dict[str, int]:
    """{public id: last number} of these rooms, one query."""
    return dict(Room.objects.filter(public_id__in=room_ids).values_list("public_id", "last_seq")) if room_ids else {}


def shaped_since(room_id: str, after: int) -> list[Shaped]:
    """The next events past `after`, oldest first, at most 200."""
    return shape_events(list(RoomEvent.objects.filter(room__public_id=room_id, seq__gt=after).order_by("seq")[:PAGE]))
