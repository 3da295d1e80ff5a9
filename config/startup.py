"""What every long-running process does first. `manage.py` commands run the same checks by themselves."""

from __future__ import annotations

import gc

from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured


def refuse_unsound_start() -> None:
    """Raise ImproperlyConfigured with every error of the system checks: a safeguard that is missing, a rule file that
    does not load, a port that names nothing. Without this an ASGI server starts on a configuration `check` refuses."""
    # The rules are a million objects that stay: looking through them for garbage, now or later, finds none.
    gc.disable()
    try:
        messages = run_checks(include_deployment_checks=not settings.LOCAL)
    finally:
        gc.freeze()
        gc.enable()
    errors = [str(message) for message in messages if message.is_serious()]
    if errors:
        raise ImproperlyConfigured("\n".join(["Havre refuses to start:", *errors]))
