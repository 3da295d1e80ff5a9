"""The choices of a list's filter, as links."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.simple_tag
def filter_choices(spec: Any, changelist: Any) -> list[dict[str, Any]]:
    """What may be chosen, which is chosen, and where each leads."""
    return list(spec.choices(changelist))
