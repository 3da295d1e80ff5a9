"""The numbers of a room's events: gapless, for they are taken under its lock and given back by a rollback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db import connection


def allocate_seqs(rooms: Sequence[int]) -> list[int]:
    """Take the next number of a room's sequence for every entry of `rooms` (primary keys), in that order.

    Rooms are locked in order of their keys until the caller's transaction ends: two batches never deadlock.
    """
    last: dict[int, int] = {}
    with connection.cursor() as cursor:
        for room, count in sorted(Counter(rooms).items()):
            # One statement instead of a lock, a read and a write; both databases return the new value.
            cursor.execute(
                "UPDATE chat_room SET last_seq = last_seq + %s WHERE id = %s RETURNING last_seq", [count, room]
            )
            last[room] = cursor.fetchone()[0] - count
    numbers = []
    for room in rooms:
        last[room] += 1
        numbers.append(last[room])
    return numbers
