"""Whose socket it is, from the cookie and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore

from chat.login import MemberOfSession, session_key
from community.models import Member
from tests.harness.sessions import session_of

pytestmark = pytest.mark.django_db(transaction=True)


def user_of(*headers: tuple[bytes, bytes]) -> Member | AnonymousUser:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["user"])

    async def nothing(*message: Any) -> None:
        raise AssertionError("the middleware neither receives nor sends")

    async_to_sync(MemberOfSession(app))({"type": "websocket", "headers": list(headers)}, nothing, nothing)
    return seen[0]


def test_the_member_of_the_session_opens_the_socket(bob: Member) -> None:
    assert user_of((b"host", b"localhost"), (b"cookie", f"a=b; {session_of(bob)}".encode())) == bob


@pytest.mark.parametrize(
    "header", [b"", b"sessionid=", b"sessionid=nobody", b"sessionid=\xff\xfe", b"=;;=,{", b"other=sessionid"]
)
def test_no_cookie_a_strange_one_and_an_unknown_one_open_nothing(header: bytes) -> None:
    assert user_of((b"cookie", header)).is_anonymous
    assert user_of().is_anonymous


def test_a_changed_password_ends_the_sessions_opened_with_the_old_one(bob: Member) -> None:
    cookie = session_of(bob).encode()
    bob.set_password("a new one that nobody knows")
    bob.save()
    assert user_of((b"cookie", cookie)).is_anonymous


def test_logging_out_ends_the_session(bob: Member) -> None:
    cookie = session_of(bob)
    key = session_key({"headers": [(b"cookie", cookie.encode())]})
    assert key is not None
    SessionStore(key).delete()
    assert user_of((b"cookie", cookie.encode())).is_anonymous
