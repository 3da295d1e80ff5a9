"""The heartbeat: a task beat starts and a worker runs, so its trace proves that beat, broker and worker are alive."""

from __future__ import annotations

import time

from celery import shared_task
from django.core.cache import cache

HEARTBEAT_KEY = "worker.heartbeat"
HEARTBEAT_SECONDS = 10.0


@shared_task(name="config.heartbeat")
def heartbeat() -> None:
    """Leave the time (seconds since 1970); /healthz reads it."""
    cache.set(HEARTBEAT_KEY, time.time(), timeout=24 * 3600)
