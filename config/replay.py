"""Playing conversation files as what they were: people in rooms, each with a socket of their own.

Every message goes the real way: a frame on an authenticated WebSocket, the services, Redis, a running worker. What is
measured is what the other people's sockets felt, on one clock.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

# The server's limit is 20 frames a second and 60 at once: a socket that kept to no limit would be closed for a flood.
FRAMES_A_SECOND, FRAMES_AT_ONCE = 18.0, 50.0
ANSWER_SECONDS = 30.0
TRIES = 3


class BadConversation(ValueError):
    """A line of the file is not a conversation; the message says which line and why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the file: when, by whom, to whom (letters of participants), what."""

    at: dt.datetime
    author: str
    to: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """One room of the file. `cast` names the people it shares with the other conversations of its line."""

    cast: str
    room_name: str
    band: str
    language: str
    bands: dict[str, str]  # letter -> declared band
    lines: tuple[Line, ...]


def read_conversations(path: Path) -> Iterator[Conversation]:
    """The conversations of a JSONL file (labels and expectations are not looked at). Raises BadConversation."""
    with path.open(encoding="utf-8") as file:
        for number, raw in enumerate(file, start=1):
            if not raw.strip():
                continue
            try:
                data = json.loads(raw)
                for part in data.get("conversations") or [data]:
                    yield _conversation(str(number), data.get("lang", "fr"), part)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise BadConversation(f"line {number}: {type(error).__name__}: {error}") from error


def _conversation(cast: str, language: str, part: dict[str, Any]) -> Conversation:
    lines = [
        Line(
            dt.datetime.fromisoformat(message["at"]),
            message["from"],
            tuple(message.get("to") or ()),
            message["text"],
        )
        for message in part["messages"]
    ]
    room = part["room"]
    return Conversation(
        cast=cast,
        room_name=str(room.get("name") or ""),
        band=room["band"],
        language=language if language in ("fr", "en") else "fr",
        bands={letter: person["band"] for letter, person in part["participants"].items()},
        lines=tuple(sorted(lines, key=lambda line: line.at)),
    )


@dataclass(slots=True)
class Book:
    """What was sent, answered, delivered and settled; times on one monotonic clock, in seconds."""

    total: int
    sent: int = 0
    answered: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    hurried: int = 0  # times a room slowed by a protective measure was given its pace back (see Seat.say)
    sent_at: dict[str, float] = field(default_factory=dict)  # message id -> when its frame was sent
    settled_at: dict[str, float] = field(default_factory=dict)  # when its author's own socket knew
    delivered_at: dict[str, list[float]] = field(default_factory=dict)  # when each other socket had it
    awaited: set[str] = field(default_factory=set)  # pending when acknowledged: its check will be seen to end

    def delivery_seconds(self) -> list[float]:
        """From sending to the socket of another person, one entry a delivery."""
        return [at - self.sent_at[m] for m, ats in self.delivered_at.items() if m in self.sent_at for at in ats]

    def check_seconds(self) -> list[float]:
        """From sending to the end of the full check as the author learns it, for messages that waited for theirs."""
        return [self.settled_at[m] - self.sent_at[m] for m in self.awaited if m in self.settled_at]


def percentile(values: Sequence[float], per_cent: float) -> float | None:
    """The smallest value that `per_cent` of the values do not exceed; None of none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * int(per_cent * 10) // 1000) - 1)]


class Seat:
    """One person at one socket."""

    def __init__(self, member: str, cookie: str, book: Book, hurry: Callable[[str], None]) -> None:
        """`hurry(room)` lets a slowed room go at full pace again; it is called in a thread."""
        self.member = member
        self._hurry = hurry
        self._cookie = cookie
        self._book = book
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._allowance, self._spent_at = FRAMES_AT_ONCE, time.monotonic()
        self.closed = ""

    async def sit(self, url: str, origin: str, rooms: Sequence[str]) -> None:
        """Connect, and follow the rooms."""
        self._socket = await connect(
            url,
            origin=Origin(origin),
            additional_headers={"Cookie": self._cookie},
            compression=None,
            max_size=None,
            open_timeout=ANSWER_SECONDS,
        )
        self._reader = asyncio.create_task(self._read())
        for room in rooms:
            await self._ask({"type": "join", "room": room}, f"join {room}")

    async def rise(self) -> None:
        """Leave."""
        if self._socket:
            await self._socket.close()
        if self._reader:
            await self._reader

    async def say(self, room: str, body: str, mentions: Sequence[str]) -> None:
        """Post once, whatever it takes within TRIES, and write into the book what came of it.

        A room that was slowed is given its pace back, and that is counted: the file's people waited minutes where
        the replay waits milliseconds.
        """
        client_id = uuid.uuid4().hex
        frame = {"type": "post", "room": room, "client_id": client_id, "body": body, "mentions": list(mentions)}
        self._book.sent += 1
        began = time.monotonic()
        for _try in range(TRIES):
            answer = await self._ask(frame, client_id)
            if answer.get("code") == "slow_mode":
                self._book.hurried += 1
                await asyncio.to_thread(self._hurry, room)
            elif answer["type"] != "error":
                break
        self._book.answered += 1
        if answer["type"] != "ack":
            self._book.refused[answer.get("code", "?")] += 1
            return
        message = answer["message"]
        self._book.sent_at[message] = began
        if answer["state"] == "pending":
            self._book.awaited.add(message)

    async def _ask(self, frame: dict[str, Any], key: str) -> dict[str, Any]:
        if self.closed or self._socket is None:
            return {"type": "refused", "code": f"socket closed {self.closed}"}
        await self._pace()
        answer = asyncio.get_running_loop().create_future()
        self._answers[key] = answer
        try:
            await self._socket.send(json.dumps(frame))
            return await asyncio.wait_for(answer, ANSWER_SECONDS)
        except (ConnectionClosed, TimeoutError) as error:
            return {"type": "error", "code": type(error).__name__}
        finally:
            self._answers.pop(key, None)

    async def _pace(self) -> None:
        while True:
            now = time.monotonic()
            self._allowance = min(FRAMES_AT_ONCE, self._allowance + (now - self._spent_at) * FRAMES_A_SECOND)
            self._spent_at = now
            if self._allowance >= 1:
                self._allowance -= 1
                return
            await asyncio.sleep((1 - self._allowance) / FRAMES_A_SECOND)

    async def _read(self) -> None:
        assert self._socket is not None
        try:
            async for raw in self._socket:
                self._take(json.loads(raw), time.monotonic())
        except ConnectionClosed:
            pass
        finally:
            self.closed = str(self._socket.close_code or "?")
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_result({"type": "refused", "code": f"socket closed {self.closed}"})

    def _take(self, frame: dict[str, Any], at: float) -> None:
        match frame["type"]:
            case "ack" | "refused" | "error":
                key = frame.get("client_id") or f"{frame.get('for')} {frame.get('room')}"
                answer = self._answers.get(key)
                if answer and not answer.done():
                    answer.set_result(frame)
            case "event" if frame["kind"] == "posted":
                message = frame["message"]
                if message["author"]["id"] == self.member:
                    self._book.settled_at.setdefault(message["id"], at)
                else:
                    self._book.delivered_at.setdefault(message["id"], []).append(at)
            case "notice" if frame["code"] in ("message.held", "message.refused"):
                self._book.settled_at.setdefault(frame["message"], at)


@dataclass(frozen=True, slots=True)
class Stage:
    """A conversation with its room and its people's seats."""

    conversation: Conversation
    room: str
    seats: dict[str, Seat]


async def play(
    stages: Sequence[Stage],
    *,
    url: str,
    origin: str,
    speed: float | None,
    at_once: int,
    pending: Callable[[], int],
    progress: Callable[[Book], None],
    book: Book,
    patience: float = 120.0,
) -> None:
    """Play every conversation in its own order, `at_once` of them side by side, and wait until nothing is pending.

    A message is sent when the one before it was answered; with `speed` (times the original pace; None: at once) not
    before its time. `pending` is called in a thread. Raises nothing for what the server refuses: that is in the book.
    """
    places = asyncio.Semaphore(at_once)
    seats: dict[Seat, list[str]] = {}
    for stage in stages:
        for seat in stage.seats.values():
            seats.setdefault(seat, []).append(stage.room)

    async def perform(stage: Stage) -> None:
        async with places:
            began = time.monotonic()
            first = stage.conversation.lines[0].at if stage.conversation.lines else None
            for line in stage.conversation.lines:
                if speed and first:
                    due = began + (line.at - first).total_seconds() / speed
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                mentions = [stage.seats[letter].member for letter in line.to if letter in stage.seats]
                await stage.seats[line.author].say(stage.room, line.text, mentions[:8])
                progress(book)

    try:
        for seat, rooms in seats.items():
            await seat.sit(url, origin, rooms)
        await asyncio.gather(*(perform(stage) for stage in stages))
        end = time.monotonic() + patience
        while time.monotonic() < end and await asyncio.to_thread(pending) > 0:
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)  # the last frames are on their way
    finally:
        await asyncio.gather(*(seat.rise() for seat in seats))
