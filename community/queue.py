"""The only caller of Celery's send_task. The row is the queue; a nudge only makes it sooner."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)

# One thread: nudges leave the posting thread, and a broker that hangs delays nobody who talks.
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nudge")


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
