"""A crowd of sockets that costs the client as little as possible: frames are cut, and read only where asked for.

A general client spends more on a frame than the server; then the bench would measure the client.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import struct
import time
from collections.abc import Callable


class Frames(asyncio.Protocol):
    """One WebSocket (RFC 6455), client side, without extensions: enough to count, and to read what counts."""

    def __init__(self, host: str, cookie: str, on_frame: Callable[[Frames, memoryview], None]) -> None:
        self.host, self.cookie, self.on_frame = host, cookie, on_frame
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.count = 0
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /ws/ HTTP/1.1\r\nHost: {self.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nOrigin: http://{self.host}\r\n"
            f"Cookie: {self.cookie}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.open.done():
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            status = bytes(self._buffer[:12])
            del self._buffer[: end + 4]
            if status == b"HTTP/1.1 101":
                self.open.set_result(None)
            else:
                self.open.set_exception(ConnectionError(status.decode(errors="replace")))
        at, buffer = 0, self._buffer
        while len(buffer) - at >= 2:
            length, head = buffer[at + 1], 2
            if length == 126:
                if len(buffer) - at < 4:
                    break
                length, head = struct.unpack_from("!H", buffer, at + 2)[0], 4
            elif length == 127:
                if len(buffer) - at < 10:
                    break
                length, head = struct.unpack_from("!Q", buffer, at + 2)[0], 10
            if len(buffer) - at < head + length:
                break
            opcode = buffer[at] & 0x0F
            if opcode == 8:  # nobody here leaves before the end: what was measured from now on would not be the room
                raise AssertionError(f"closed by the server: {struct.unpack_from('!H', buffer, at + head)[0]}")
            if opcode == 9:  # a ping: answered, or the server closes
                self._write(0x8A, bytes(buffer[at + head : at + head + length]))
            else:
                self.count += 1
                with memoryview(buffer) as view:
                    self.on_frame(self, view[at + head : at + head + length])
            at += head + length
        del buffer[:at]

    def connection_lost(self, error: Exception | None) -> None:
        if not self.open.done():
            self.open.set_exception(error or ConnectionError("closed"))

    def send(self, frame: dict[str, object]) -> None:
        """Send a text frame, masked as a client must (with zeros: the server unmasks all the same)."""
        self._write(0x81, json.dumps(frame).encode())

    def _write(self, first: int, payload: bytes) -> None:
        if len(payload) < 126:
            head = struct.pack("!BB", first, 0x80 | len(payload))
        else:
            head = struct.pack("!BBH", first, 0x80 | 126, len(payload))
        self.transport.write(head + b"\0\0\0\0" + payload)


async def open_socket(port: int, cookie: str, on_frame: Callable[[Frames, memoryview], None]) -> Frames:
    """Connect and log in by cookie; ConnectionError where the server does not upgrade."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(
        lambda: Frames(f"localhost:{port}", cookie, on_frame), host="127.0.0.1", port=port
    )
    await asyncio.wait_for(socket.open, 30)
    return socket


# Ordinary words: the same line from many mouths would be a flood, and the room would rightly be slowed.
WORDS = [
    "bateau",
    "phare",
    "marée",
    "quai",
    "cordage",
    "voile",
    "gabarit",
    "semaine",
    "recette",
    "jardin",
    "tomate",
    "peinture",
    "escalier",
    "lampe",
    "fenêtre",
    "musique",
    "guitare",
    "chorale",
    "partition",
    "violon",
    "concert",
    "théâtre",
    "roman",
    "chapitre",
    "carnet",
    "stylo",
    "tableau",
    "atelier",
    "reliure",
    "montagne",
    "sentier",
    "refuge",
    "neige",
    "printemps",
    "automne",
    "colline",
    "rivière",
    "moulin",
    "farine",
    "levain",
    "fournil",
    "tartine",
    "confiture",
    "vélo",
    "guidon",
    "sacoche",
    "gare",
    "quartier",
    "marché",
    "fromage",
    "panier",
    "olive",
    "citron",
    "cannelle",
]


def stamp() -> str:
    """A body of about fifty characters that carries the moment it was sent; the same clock reads it in `ages_ms`."""
    return f"{' '.join(random.sample(WORDS, 5))} @{time.monotonic_ns()}@"


def ages_ms(frame: memoryview) -> list[float]:
    """Milliseconds since each body in this frame was stamped."""
    now = time.monotonic_ns()
    return [(now - int(part)) / 1e6 for part in bytes(frame).split(b"@")[1::2]]
