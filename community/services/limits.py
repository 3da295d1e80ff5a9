"""How often somebody may try something. Counts live in the Redis cache, by member and by client address."""

from __future__ import annotations

import hashlib
import ipaddress

import redis
from django.core.cache import cache

from community.errors import TooManyAttempts, TryLater


def take(action: str, who: str | int, *, most: int, seconds: int) -> None:
    """Count one attempt of `who` at `action`; raise TooManyAttempts beyond `most` in a window of `seconds`.

    Without Redis it raises TryLater: an attempt that cannot be counted is not allowed. `who` is stored hashed.
    """
    key = f"limit:{action}:{hashlib.sha256(str(who).encode()).hexdigest()[:32]}"
    try:
        cache.add(key, 0, seconds)
        try:
            count = cache.incr(key)
        except ValueError:  # it ended between the two
            cache.add(key, 1, seconds)
            count = 1
    except redis.RedisError as error:
        raise TryLater from error
    if count > most:
        raise TooManyAttempts


def subscriber(address: str) -> str:
    """What stands for one subscriber: an IPv4 address, or the /64 that an IPv6 subscriber moves about in."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
