"""People who talk over a real socket and come back when it breaks, as the page does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from dataclasses import dataclass, field
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException


@dataclass
class Talker:
    """One page in one room: resumes after every disconnection, sends again what was not acknowledged."""

    url: str
    cookie: str
    room: str
    events: list[dict[str, Any]] = field(default_factory=list)
    acks: dict[str, dict[str, Any]] = field(default_factory=dict)
    frames: list[dict[str, Any]] = field(default_factory=list)
    unanswered: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    joined: asyncio.Event = field(default_factory=asyncio.Event)
    _socket: ClientConnection | None = None
    _task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._live())
        await asyncio.wait_for(self.joined.wait(), 20)
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    @property
    def last_seq(self) -> int:
        return self.events[-1]["seq"] if self.events else 0

    async def say(self, body: str) -> str:
        """Send, or keep for the next connection; return the client id."""
        client_id = uuid.uuid4().hex
        self.unanswered[client_id] = body
        if self._socket is not None:
            with contextlib.suppress(WebSocketException, OSError):
                await self._send(client_id)
        return client_id

    async def until(self, condition: Any, *, seconds: float = 60) -> None:
        """Wait for a condition on what was received; fail after `seconds`."""
        end = asyncio.get_running_loop().time() + seconds
        while not condition(self):
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(
                    f"not within {seconds} s: {len(self.events)} events, {len(self.acks)} acks, "
                    f"{len(self.unanswered)} unanswered, {self.connections} connections, last {self.frames[-3:]}"
                )
            await asyncio.sleep(0.02)

    async def _live(self) -> None:
        while True:
            with contextlib.suppress(WebSocketException, OSError):
                origin = self.url.replace("ws://", "http://")
                async with connect(
                    f"{self.url}/ws/",
                    additional_headers={"Cookie": self.cookie},
                    origin=origin,
                    compression=None,
                    max_size=2**22,
                ) as socket:
                    self.connections += 1
                    await socket.send(json.dumps({"type": "join", "room": self.room, "after": self.last_seq}))
                    self._socket = socket
                    for client_id in list(self.unanswered):
                        await self._send(client_id)
                    async for text in socket:
                        self._take(json.loads(text))
            self._socket = None
            await asyncio.sleep(0.2)

    async def _send(self, client_id: str) -> None:
        assert self._socket is not None
        frame = {"type": "post", "room": self.room, "client_id": client_id, "body": self.unanswered[client_id]}
        await self._socket.send(json.dumps(frame))

    def _take(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "event":
                self.events.append(frame)
            case "ack" if frame["for"] == "post":
                self.acks[frame["client_id"]] = frame
                self.unanswered.pop(frame["client_id"], None)
            case "ack" if frame["for"] == "join":
                self.joined.set()
                self.frames.append(frame)
            case _:
                self.frames.append(frame)
