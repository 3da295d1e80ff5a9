"""Settings, wiring and operations: the one place that knows every floor of the house."""

from __future__ import annotations

from config.celery import app as celery_app

__all__ = ["celery_app"]
