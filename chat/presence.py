"""Who is in a room just now: one sorted set a room in Redis, an entry a socket, each with an end of its own.

Nobody is told of somebody a block keeps apart. Without Redis nobody is seen, and nothing else changes.
"""

from __future__ import annotations

import functools
import json
import logging
import time
from collections.abc import Collection
from typing import Any, cast

import redis
from django.conf import settings

from community.models import Member

logger = logging.getLogger(__name__)

LASTS = 90  # seconds; a socket renews it every sixty


@functools.cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.2, socket_connect_timeout=0.2, retry=None)


def arrive(room_id: str, socket_id: str, member: Member) -> None:
    """Note, or renew, that this socket of the member follows the room. Never raises."""
    key, entry = _key(room_id), _entry(socket_id, member)
    now = time.time()
    try:
        pipe = _client().pipeline()
        pipe.zadd(key, {entry: now + LASTS})
        pipe.zremrangebyscore(key, 0, now)
        pipe.expire(key, LASTS)
        pipe.execute()
    except redis.RedisError:
        logger.info("presence not noted")


def depart(room_id: str, socket_id: str, member: Member) -> None:
    """This socket no longer follows the room. Never raises."""
    try:
        _client().zrem(_key(room_id), _entry(socket_id, member))
    except redis.RedisError:
        logger.info("presence not removed; it ends by itself")


def people_here(room_id: str, *, hidden: Collection[int]) -> list[dict[str, Any]]:
    """Who follows the room now, each once, without the members of `hidden` (primary keys)."""
    try:
        entries = cast(list[bytes], _client().zrangebyscore(_key(room_id), time.time(), "+inf"))
    except redis.RedisError:
        return []
    people: dict[str, dict[str, Any]] = {}
    for entry in entries:
        _socket, pk, public_id, name = json.loads(entry)
        if pk not in hidden:
            people[public_id] = {"id": public_id, "name": name}
    return sorted(people.values(), key=lambda person: person["name"].casefold())


def _key(room_id: str) -> str:
    return f"presence:{room_id}"


def _entry(socket_id: str, member: Member) -> str:
    return json.dumps([socket_id, member.pk, member.public_id, member.pseudonym])
