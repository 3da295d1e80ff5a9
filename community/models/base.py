from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from django.db import models

# No vowels, so no words; no 0/1/l, so it can be read aloud over a telephone.
_ALPHABET = "23456789bcdfghjkmnpqrstvwxz"


def new_public_id() -> str:
    """Return a random identifier for URLs, frames and exports (16 characters, 76 bits)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))


class PublicIdField(models.CharField):  # type: ignore[type-arg]  # generic for the type checker alone
    """A random public identifier; bigint keys never leave the database."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 16)
        kwargs.setdefault("unique", True)
        kwargs.setdefault("editable", False)
        kwargs.setdefault("default", new_public_id)
        super().__init__(**kwargs)


def one_of(field: str, values: Sequence[str], *, name: str) -> models.CheckConstraint:
    """State is TextChoices plus a constraint: the database refuses any other word.

    The values are spelt out because a Meta cannot see its sibling class; a test holds the two together.
    """
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": list(values)}), name=name)
