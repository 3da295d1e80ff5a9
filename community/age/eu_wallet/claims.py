"""What the elements of a verified presentation mean for those who asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .profile import threshold_of
from .refusals import Reason, Refusal


def answers(elements: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
    """Whether every claim is there and as wanted. An age is a CBOR boolean: 1, "true" and null are none.

    Raises Refusal: NOT_PRESENTED, NOT_BOOLEAN.
    """
    for name, wanted in claims.items():
        if name not in elements:
            raise Refusal(Reason.NOT_PRESENTED)
        if isinstance(wanted, bool) and not isinstance(elements[name], bool):
            raise Refusal(Reason.NOT_BOOLEAN)
    return all(type(elements[name]) is type(wanted) and elements[name] == wanted for name, wanted in claims.items())


def facts_of(elements: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[int, bool]:
    """{years: is over}, of the ages that were asked for and of nothing else."""
    facts = {threshold_of(name): elements.get(name) for name in claims}
    return {years: value for years, value in facts.items() if years is not None and isinstance(value, bool)}
