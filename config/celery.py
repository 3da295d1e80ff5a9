"""The Celery application and what beat starts by the clock.

Tasks are named, never imported, by the code that starts them (`community.queue.nudge`), and every one of them
works on rows: losing the broker, a worker or a beat delays work and loses none.
"""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("havre")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
