"""The gate in front of the real addresses: deny by default, and the list of exceptions is this one."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from community.middleware import ALWAYS_OPEN, OPEN_WITHOUT_AGE, passes
from community.services.access import Access

AGELESS = Access(member_id=1, version=1)
SUSPENDED = Access(member_id=1, version=1, facts={18: True}, suspended=True)


def names(patterns: list[URLPattern | URLResolver], namespace: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from names(pattern.url_patterns, inner)
        else:
            yield f"{namespace}{pattern.name or ''}"


def every_name() -> set[str]:
    return set(names(get_resolver("config.urls").url_patterns))


def test_no_address_of_a_room_is_open_without_an_age() -> None:
    rooms = {name for name in every_name() if name.startswith("chat:")}
    assert rooms
    assert not {name for name in rooms if passes(AGELESS, name, floor_age=15) or passes(SUSPENDED, name, floor_age=15)}


def test_every_exception_names_an_address_that_exists() -> None:
    listed = {name for name in ALWAYS_OPEN | OPEN_WITHOUT_AGE | set(settings.AGE_GATE_OPEN) if not name.endswith("*")}
    assert listed <= every_name()


def test_reports_decisions_and_appeals_are_open_to_everyone() -> None:
    for name in ("safeguarding:report_member", "safeguarding:my_decisions", "safeguarding:decision"):
        assert passes(AGELESS, name, floor_age=15)
        assert passes(SUSPENDED, name, floor_age=15)


def test_the_console_asks_for_more_than_the_gate_and_is_shut_to_the_suspended() -> None:
    console = {name for name in every_name() if name.startswith("admin:")}
    assert console
    assert not {name for name in console if passes(SUSPENDED, name, floor_age=15)}
