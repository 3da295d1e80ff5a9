#!/usr/bin/env python
"""Django's command line, with Havre's settings."""

from __future__ import annotations

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

# They read a file and write lines: anybody may run them, with nothing installed but the requirements.
ENGINE_ALONE = {"assess_texts", "assess_conversations", "assess_room_names", "verify_age_presentation"}

# Before anything of `config` is imported: Celery's module there chooses the full settings where none are chosen.
_alone = len(sys.argv) > 1 and sys.argv[1] in ENGINE_ALONE
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.engine_settings" if _alone else "config.settings")

from config.first_run import prepare_environment  # noqa: E402

if __name__ == "__main__":
    try:
        if sys.argv[1:2] == ["setup"]:
            prepare_environment(sys.argv[2:])  # the settings do not load before the first secrets exist
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # names the variable: where in the settings it is read helps nobody
        sys.exit(f"Havre is not configured soundly: {error}")
