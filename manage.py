#!/usr/bin/env python
"""Django's command line, with Havre's settings."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from config.first_run import prepare_environment

# They read lines and write lines: anybody may run them, with nothing installed but the requirements.
ENGINE_ALONE = {"assess_texts", "assess_conversations", "assess_room_names"}

if __name__ == "__main__":
    alone = set(sys.argv[1:2]) <= ENGINE_ALONE and len(sys.argv) > 1
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.engine_settings" if alone else "config.settings")
    if sys.argv[1:2] == ["setup"]:
        prepare_environment(sys.argv[2:])  # the settings do not load before the first secrets exist
    execute_from_command_line(sys.argv)
