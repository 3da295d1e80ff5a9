"""The only caller of Celery's send_task. The row is the queue; a nudge only makes it sooner."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import redis
from celery import current_app
from django.core.cache import cache
from django.db import transaction

logger = logging.getLogger(__name__)

# One thread: nudges leave the posting thread, and a broker that hangs delays nobody who talks.
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nudge")
# Seconds after a nudge in which those that follow gather: in a rush a check may come that much later.
PAUSE = 0.02
_about_to_ask: set[str] = set()


def _send(name: str, args: tuple[Any, ...]) -> None:
    try:
        current_app.send_task(name, args=args, retry=False, ignore_result=True)
    except Exception:  # noqa: BLE001  # whatever the broker does, the sweep finds the row
        logger.warning("nudge %s not sent; the sweep will find the work", name)


def nudge(name: str, *args: Any) -> None:
    """Ask a worker to run the task `name` once the current transaction commits. Never raises.

    Arguments are ids, not objects. A lost nudge costs seconds: every task named here is also swept.
    """
    # A nested function, not functools.partial: Django logs a robust hook's __qualname__ (ticket 36487).

    def send() -> None:
        _sender.submit(_send, name, args)

    transaction.on_commit(send, robust=True)


def nudge_once(name: str, *, seconds: int) -> None:
    """Like `nudge` without arguments, but silent while the same was asked within `seconds` and not begun yet.

    The task calls `nudge_heard(name)` before it looks for work: whatever is committed after that nudges again.
    Commits that follow each other closely share one: a busy process asks fifty times a second at most.
    """

    def send() -> None:
        if name not in _about_to_ask:
            _about_to_ask.add(name)
            _sender.submit(_send_once, name, seconds)

    transaction.on_commit(send, robust=True)


def nudge_heard(name: str) -> None:
    """The task `name` begins: from now on a nudge is news again. Never raises."""
    try:
        cache.delete(_key(name))
    except redis.RedisError:
        logger.warning("nudge %s not marked as heard; it is heard again in a few seconds", name)


def _key(name: str) -> str:
    return f"nudge:{name}"


def _send_once(name: str, seconds: int) -> None:
    _about_to_ask.discard(name)  # before asking: what is committed from here on asks again
    try:
        news = cache.add(_key(name), 1, timeout=seconds)  # SET NX EX
    except redis.RedisError:
        news = True
    if news:
        _send(name, ())
    time.sleep(PAUSE)
