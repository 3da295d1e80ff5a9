"""What every page of a member shows from this floor: the safety cards that wait for them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from community.models import Member

from . import selectors


def safety_cards(request: HttpRequest) -> dict[str, Any]:
    """Template context: `safety_cards`, asked for once a page and only by pages that show them."""
    user = getattr(request, "user", None)
    if not isinstance(user, Member):  # anonymous; a lazy user of a logged-in member passes isinstance
        return {"safety_cards": []}
    return {"safety_cards": SimpleLazyObject(lambda: list(selectors.cards_of(user)))}
