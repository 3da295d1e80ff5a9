"""Whose socket it is: the member of the session that its cookie names, read once, when it opens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from community.models import Member

from .threads import in_reader

Asgi = Callable[
    [MutableMapping[str, Any], Callable[..., Awaitable[Any]], Callable[..., Awaitable[None]]], Awaitable[None]
]


class MemberOfSession:
    """ASGI middleware: `scope["user"]` is the logged-in member, or an AnonymousUser.

    Channels' own AuthMiddlewareStack also saves sessions, and for that looks at every frame sent: a third of what a
    delivery costs. A socket never writes its session.
    """

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[..., Awaitable[Any]],
        send: Callable[..., Awaitable[None]],
    ) -> None:
        await self._app({**scope, "user": await in_reader(_member, session_key(scope))}, receive, send)


def session_key(scope: MutableMapping[str, Any]) -> str | None:
    """The session's key in the cookie header of an ASGI scope; None where there is none or the header is nonsense."""
    for name, value in scope.get("headers", ()):
        if name == b"cookie":
            try:
                found = SimpleCookie(value.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
            except CookieError:
                return None
            return found.value if found else None
    return None


def _member(key: str | None) -> Member | AnonymousUser:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)  # Django's own: backend, password fingerprint and fallback keys
    assert isinstance(user, Member | AnonymousUser)
    return user
