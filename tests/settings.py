"""Havre's own settings, read from an environment made for the tests: nothing of a developer's reaches them."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

TEST_VAR = Path(tempfile.mkdtemp(prefix="havre-"))
atexit.register(shutil.rmtree, TEST_VAR, ignore_errors=True)

for _name in (
    "DATABASE_URL", "REDIS_URL", "HAVRE_DEMO", "HAVRE_ENV_FILE", "ALLOWED_HOSTS", "PAGING_URLS", "AGE_PROVIDERS",
):  # fmt: skip
    os.environ.pop(_name, None)
os.environ.update(DEBUG="1", HAVRE_VAR=str(TEST_VAR), ALLOWED_HOSTS="localhost,127.0.0.1,testserver")

from config.translations import compile_catalogues  # noqa: E402

# A fresh clone has no compiled catalogue, and Django reads the one there is while it starts: only here is it in time.
compile_catalogues(Path(__file__).resolve().parent.parent / "locale")

from config.settings import *  # noqa: E402, F403  the environment must stand before it is read

# Argon2 costs 50 ms by design; here it would only be waiting. test_settings.py checks the real list.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Nobody measures here; test_accounts.py does, with a clock of its own.
SIGN_UP_SECONDS = 0
