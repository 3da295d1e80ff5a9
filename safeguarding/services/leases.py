"""Who drains which room: a lease with a token and an end, claimed by one conditional UPDATE on both databases."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from community.statements import composed_update
from safeguarding.models import RoomLease

# A worker that dies keeps its room for so long; one that lives renews at every commit.
LEASE = dt.timedelta(seconds=10)


def claim_room(room_pk: int) -> str | None:
    """Take the room's lease; return its token, or None while somebody else holds it."""
    now = timezone.now()
    token = secrets.token_hex(16)
    if _claim(room_pk, now, token, now + LEASE):
        return token
    if RoomLease.objects.filter(room=room_pk).exists():
        return None
    # The first lease of this room: of two who insert at once, the one whose token stands has it.
    RoomLease.objects.bulk_create(
        [RoomLease(room_id=room_pk, token=token, expires_at=now + LEASE)], ignore_conflicts=True
    )
    return token if RoomLease.objects.filter(room=room_pk, token=token).exists() else None


def renew_lease(room_pk: int, token: str) -> bool:
    """Prolong the lease inside the caller's transaction, which holds its row until it ends; False when it was lost."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a lease is renewed in the transaction that relies on it")
    now = timezone.now()
    return bool(_renew(room_pk, token, now, now + LEASE))


def release_room(room_pk: int, token: str) -> None:
    """Give the room back, if it is still ours."""
    _release(room_pk, token)


@composed_update
def _claim(room: int, now: dt.datetime, token: str, until: dt.datetime) -> tuple[QuerySet[RoomLease], dict[str, Any]]:
    free = Q(expires_at__isnull=True) | Q(expires_at__lte=now)
    return RoomLease.objects.filter(free, room=room), {"token": token, "expires_at": until}


@composed_update
def _renew(room: int, token: str, now: dt.datetime, until: dt.datetime) -> tuple[QuerySet[RoomLease], dict[str, Any]]:
    return RoomLease.objects.filter(room=room, token=token, expires_at__gt=now), {"expires_at": until}


@composed_update
def _release(room: int, token: str) -> tuple[QuerySet[RoomLease], dict[str, Any]]:
    return RoomLease.objects.filter(room=room, token=token), {"token": "", "expires_at": None}
