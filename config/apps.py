from __future__ import annotations

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The wiring as an app: it owns the operators' commands, the start-up checks and the heartbeat task."""

    name = "config"
    verbose_name = "Havre"
