"""Signs that languages space in their own way, where no sentence to translate holds them."""

from __future__ import annotations

from django import template
from django.utils.translation import pgettext

register = template.Library()


@register.simple_tag
def colon() -> str:
    """A colon; in French with the unbreakable space before it."""
    return pgettext("sign", ":")
