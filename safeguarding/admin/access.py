"""Who may see what in the console. Groups alone decide: a superuser has no right by being one."""

from __future__ import annotations

from django.http import HttpRequest

from community.models import Member
from community.roles import OFFICER_DEPUTY, OFFICER_LEAD, ROLES, roles_of

OFFICERS = frozenset({OFFICER_LEAD, OFFICER_DEPUTY})


def roles(request: HttpRequest) -> frozenset[str]:
    """The roles of whoever asks, read once a request."""
    known: frozenset[str] | None = getattr(request, "console_roles", None)
    if known is None:
        user = request.user
        known = roles_of(user) if isinstance(user, Member) else frozenset()
        request.console_roles = known  # type: ignore[attr-defined]  # lives as long as the request
    return known


def may(request: HttpRequest, permission: str) -> bool:
    """Whether one of their roles carries the permission."""
    return any(permission in ROLES[role] for role in roles(request))


def is_officer(request: HttpRequest) -> bool:
    """Whether they are a safeguarding officer."""
    return bool(roles(request) & OFFICERS)


def reader(request: HttpRequest) -> Member:
    """The member behind a request that the console has let in."""
    assert isinstance(request.user, Member)
    return request.user


def is_verified(request: HttpRequest) -> bool:
    """Whether this session has proved a second factor (django_otp's middleware answers)."""
    proved: bool = request.user.is_verified()  # type: ignore[union-attr]  # OTPMiddleware adds it to every user
    return proved
