"""System checks of the rooms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from .safeguard import get_safeguard


@register()
def safeguard_is_set(**_kwargs: Any) -> Sequence[CheckMessage]:
    """chat.E001: no message may be stored where nothing checks it."""
    try:
        get_safeguard()
    except (ImportError, TypeError, AttributeError) as error:
        named = getattr(settings, "CHAT_SAFEGUARD", None)
        return [Error(f"CHAT_SAFEGUARD ({named!r}) names no safeguard: {error}", id="chat.E001")]
    return []
