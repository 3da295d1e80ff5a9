"""The demo has accounts with known passwords: whoever comes from elsewhere is turned away, however it was started."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from config.processes import is_loopback

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def loopback_only(application: Application) -> Application:
    """An ASGI application that answers only connections made to and from this machine, and none that was forwarded."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"} and not _is_local(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            body = b"This is a demo: it answers on its own machine only.\n"
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        await application(scope, receive, send)

    return guarded


def _is_local(scope: Scope) -> bool:
    ends = [scope.get("client"), scope.get("server")]
    forwarded = any(name.lower() in {b"forwarded", b"x-forwarded-for"} for name, _ in scope["headers"])
    return not forwarded and all(end is not None and is_loopback(end[0]) for end in ends)
