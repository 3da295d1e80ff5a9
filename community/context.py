"""What every page shows: the community's name, who is watching when, whom to call. One read, kept for seconds."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .helplines import urgent_lines
from .models import Member
from .roles import workplace_of
from .services.settings import cover_text, get_community


def page(request: HttpRequest) -> dict[str, Any]:
    """Template context of base.html."""
    return {
        "community": get_community(),
        "cover": cover_text(),
        "demo": settings.HAVRE_DEMO,
        "urgent_lines": urgent_lines(),
        "work": SimpleLazyObject(lambda: _work(request)),  # asked for staff alone
    }


def _work(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    return workplace_of(user) if isinstance(user, Member) else ""
