"""What the hub reads from the database: the numbers of rooms, and events by number. Authorised by the consumer."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from community.models import Member

from .models import Room, RoomEvent
from .selectors import Shaped, shape_events

PAGE = 200


def last_seqs(room_ids: Sequence[str]) -> dict[str, int]:
    """{public id: last number} of these rooms, one query."""
    return dict(Room.objects.filter(public_id__in=room_ids).values_list("public_id", "last_seq")) if room_ids else {}


def shaped_since(room_id: str, after: int) -> list[Shaped]:
    """The next events past `after`, oldest first, at most 200."""
    return shape_events(list(RoomEvent.objects.filter(room__public_id=room_id, seq__gt=after).order_by("seq")[:PAGE]))


def access_versions(pks: Collection[int]) -> dict[int, int]:
    """{key: access version} of these members, one query: what their sockets know is compared with it."""
    return dict(Member.objects.filter(pk__in=pks).values_list("pk", "access_version")) if pks else {}
