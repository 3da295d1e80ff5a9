"""One measurement: a room of so many people, so many of whom talk."""

from __future__ import annotations

import asyncio
import statistics
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tests.bench.sockets import Frames, ages_ms, open_socket, stamp

SETTLE = 20.0
QUIET = 0.3  # seconds in which nobody hears anything
PRESENT = 2**31  # past every number: only what comes from now on


@dataclass(frozen=True)
class Felt:
    """Milliseconds from sending to arriving, over every arrival."""

    p50: float
    p95: float
    p99: float
    arrivals: int

    @classmethod
    def of(cls, ages: Sequence[float]) -> Felt:
        cuts = statistics.quantiles(ages, n=100) if len(ages) > 1 else [0.0] * 99
        return cls(round(cuts[49], 1), round(cuts[94], 1), round(cuts[98], 1), len(ages))

    def plain(self) -> dict[str, float]:
        return asdict(self)


class Crowd:
    """Everybody of one room, connected; the first ones talk."""

    def __init__(self, port: int, room: str, cookies: Sequence[str]) -> None:
        self.port, self.room, self.cookies = port, room, cookies
        self.sockets: list[Frames] = []
        self.events = 0
        self.ages: list[float] = []
        self.reading = False
        self.joined = 0
        self.heard: dict[Frames, asyncio.Event] = {}

    async def gather(self) -> None:
        """Connect and join, twenty at a time; done when every join is answered and everybody has heard who came.

        As a page does, which holds what was said before: what came while nobody measured is not sent again.
        """
        for start in range(0, len(self.cookies), 20):
            batch = [open_socket(self.port, cookie, self._on_frame) for cookie in self.cookies[start : start + 20]]
            self.sockets += await asyncio.gather(*batch)
        for socket in self.sockets:
            self.heard[socket] = asyncio.Event()
            socket.send({"type": "join", "room": self.room, "after": PRESENT, "together": True})
        await self._until(lambda: self.joined == len(self.sockets))
        heard = -1
        while heard != (heard := sum(socket.count for socket in self.sockets)):
            await asyncio.sleep(QUIET)

    async def disperse(self) -> None:
        for socket in self.sockets:
            socket.transport.close()
        await asyncio.sleep(0.2)

    async def deliveries(self, senders: int, seconds: float) -> float:
        """Arrivals a second in a closed loop: each sender sends again when it has seen its own message."""
        talking = self.sockets[:senders]
        end = time.monotonic() + seconds

        async def talk(socket: Frames) -> None:
            while time.monotonic() < end:
                self.heard[socket].clear()
                self._post(socket)
                await self.heard[socket].wait()

        self.events, begun = 0, time.monotonic()
        await asyncio.wait_for(asyncio.gather(*(talk(socket) for socket in talking)), seconds + SETTLE)
        return self.events / (time.monotonic() - begun)

    async def felt(self, a_second: float, seconds: float) -> Felt:
        """Latency at a low fixed rate, over every member's arrivals."""
        self.ages, self.reading, self.events = [], True, 0
        count = int(a_second * seconds)
        begun = time.monotonic()
        for number in range(count):
            await asyncio.sleep(max(0.0, begun + number / a_second - time.monotonic()))
            self._post(self.sockets[number % min(20, len(self.sockets))])
        await self._until(lambda: self.events >= count * len(self.sockets))
        self.reading = False
        return Felt.of(self.ages)

    def _post(self, socket: Frames) -> None:
        socket.send({"type": "post", "room": self.room, "client_id": uuid.uuid4().hex, "body": stamp()})

    def _on_frame(self, socket: Frames, frame: memoryview) -> None:
        kind = bytes(frame[:14])
        if kind == b'{"type":"event':
            self.events += bytes(frame).count(b'{"type":"event",')
            if self.reading:
                self.ages += ages_ms(frame)
            elif (waiting := self.heard.get(socket)) is not None:
                # Any message will do: everybody sees every message in the same order.
                waiting.set()
        elif kind == b'{"type":"ack",' and b'"for":"join"' in bytes(frame):
            self.joined += 1
        elif kind in {b'{"type":"refus', b'{"type":"error', b'{"type":"close'}:
            raise AssertionError(bytes(frame).decode())

    async def _until(self, holds) -> None:  # type: ignore[no-untyped-def]  # any condition
        end = time.monotonic() + 60
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"not within 60 s: {self.events} events")
            await asyncio.sleep(0.01)
