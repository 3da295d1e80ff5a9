"""The demo answers on its own machine only, whatever server was told to listen where."""

from __future__ import annotations

import asyncio

import pytest

from config.loopback import loopback_only
from config.processes import is_loopback


async def application(scope, receive, send) -> None:
    await send({"type": "reached"})


def visit(kind: str, client: str | None, server: str, headers: list[tuple[bytes, bytes]] | None = None) -> dict:
    sent: list[dict] = []

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "client": (client, 40000) if client else None,
        "server": (server, 8000),
        "headers": headers or [],
    }
    asyncio.run(loopback_only(application)(scope, None, send))
    return sent[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1"])
def test_the_machine_itself_is_answered(host: str) -> None:
    assert visit("http", host, host)["type"] == "reached"
    assert visit("websocket", host, host)["type"] == "reached"


@pytest.mark.parametrize(
    ("client", "server", "headers"),
    [
        ("192.0.2.7", "192.0.2.1", []),
        ("127.0.0.1", "192.0.2.1", []),
        (None, "127.0.0.1", []),
        ("127.0.0.1", "127.0.0.1", [(b"x-forwarded-for", b"203.0.113.5")]),
        ("127.0.0.1", "127.0.0.1", [(b"Forwarded", b"for=203.0.113.5")]),
    ],
)
def test_whoever_comes_from_elsewhere_is_turned_away(client, server, headers) -> None:
    assert visit("http", client, server, headers)["status"] == 403
    assert visit("websocket", client, server, headers) == {"type": "websocket.close", "code": 1008}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.2", "127.0.0.1.example.org", "localhost.example"])
def test_what_is_not_this_machine_alone_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)
