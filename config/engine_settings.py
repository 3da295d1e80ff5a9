"""Settings of the commands that run the engine alone: no database, no Redis, no secret, nothing to set first."""

from __future__ import annotations

import secrets
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = secrets.token_urlsafe(48)  # signs nothing; Django wants one to be there
DATABASES: dict[str, object] = {}
INSTALLED_APPS = ["safeguarding", "chat", "community", "django.contrib.auth", "django.contrib.contenttypes"]
AUTH_USER_MODEL = "community.Member"
LANGUAGE_CODE = "fr"
USE_TZ = True
TIME_ZONE = "Europe/Paris"
