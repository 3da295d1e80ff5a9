"""The only writer to Redis pub/sub. Losing a publication costs a moment: clients resume from the database."""

from __future__ import annotations

import functools
import logging

import redis
from django.conf import settings

logger = logging.getLogger(__name__)


@functools.cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.2, socket_connect_timeout=0.2, retry=None, health_check_interval=0
    )


def publish(channel: str, payload: bytes) -> bool:
    """Publish within 200 ms, without retry; return whether Redis took it. Never raises.

    Call it after commit. What matters is already a row: hubs and clients backfill from it.
    """
    try:
        _client().publish(channel, payload)
    except redis.RedisError:
        logger.warning("publication on %s lost; clients will resume", channel.split(":", 1)[0])
        return False
    return True
