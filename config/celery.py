"""The Celery application.

Tasks are named, never imported, by the code that starts them (`community.queue.nudge`), and every one of them
works on rows: losing the broker, a worker or the beat delays work and loses none. What beat starts by the clock
stands in the settings.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init, worker_ready
from django.core.exceptions import ImproperlyConfigured

from community.queue import nudge
from config.startup import refuse_unsound_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("havre")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def check_first(**_: Any) -> None:
    try:
        refuse_unsound_start()
    except ImproperlyConfigured as error:
        # Celery logs what a signal's receiver raises, and goes on: only leaving stops it.
        raise SystemExit(str(error)) from error


@worker_ready.connect
def first_heartbeat(**_: Any) -> None:
    """Beat's own first one comes ten seconds later: until then /healthz would call a worker silent that is there."""
    nudge("config.heartbeat")
