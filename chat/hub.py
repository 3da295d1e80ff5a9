"""The room hub: one Redis subscription a room and process, a frame encoded once, a bounded queue a socket.

What Redis loses, the numbers find: a gap, a reconnection or a silence is filled from the database. The hub keeps
nothing another process would need; a socket that reads slowly is closed with *resume* and holds nobody up.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
from django.conf import settings

from .broadcast import dump, encode_together, member_channel, room_channel
from .protocol import CLOSE_RESUME
from .reading import access_versions, last_seqs, shaped_since
from .selectors import Shaped, without
from .threads import in_reader, poster

logger = logging.getLogger(__name__)

QUEUE = 512  # frames a socket may be behind
PATIENCE = 0.05  # seconds to wait for a number that another process is about to publish
TELLING = 25e-6  # seconds that telling one socket takes, generously: a room is told at most half of the time
RUSH = 3  # times as long a room waits when posts queue up, or as many events came: the busier, the fewer sends
HEARTBEAT = 5.0  # seconds between two looks at the numbers in the database
REDIS_BACKOFF = (0.1, 0.5, 1.0, 2.0)


@dataclass(slots=True)
class Item:
    """One event on its way: its number, whose it is, and the frame as text, encoded once."""

    seq: int
    author_pk: int
    quoted_pk: int | None
    text: str


@dataclass(slots=True)
class Cursor:
    """How far one socket is in one room. While it catches up, what comes live waits in `buffer`."""

    sent: int
    together: bool = False  # whether events that come together may come in one frame
    catching: bool = True
    buffer: deque[Item] = field(default_factory=deque)


class Socket:
    """One open connection, as the hub sees it. It stays with the hub that it was attached to."""

    hub: Hub  # from `attach` on

    def __init__(self, member_pk: int, member_id: str, on_member: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self.member_pk = member_pk
        self.member_id = member_id
        self.on_member = on_member
        self.hidden: frozenset[int] = frozenset()  # members a block keeps apart
        self.access_version = 0
        self.cursors: dict[str, Cursor] = {}
        self.queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE)
        self.close_code: int | None = None

    def push(self, text: str) -> None:
        """Queue a frame; a socket too far behind is told to come back and resume."""
        if self.close_code is not None:
            return
        try:
            self.queue.put_nowait(text)
        except asyncio.QueueFull:
            self.close(CLOSE_RESUME)

    def close(self, code: int) -> None:
        """Ask the consumer to close: after what is queued, or at once where the queue is full."""
        if self.close_code is None:
            self.close_code = code
            if self.queue.full():
                while not self.queue.empty():
                    self.queue.get_nowait()
                self.hub.let_go(self)
            self.queue.put_nowait(None)


@dataclass(slots=True)
class Feed:
    """What a process knows of a room that somebody here follows."""

    room_id: str
    last_seq: int
    sockets: set[Socket] = field(default_factory=set)
    early: dict[int, Item] = field(default_factory=dict)  # came before their turn
    syncing: bool = False
    untold: list[Item] = field(default_factory=list)  # in order, told together in a moment
    tell_at: float = 0.0  # by the loop's clock: not before


class Hub:
    """The feeds of one process. Use `hub()`; its methods belong to the event loop they were made on."""

    def __init__(self) -> None:
        self._feeds: dict[str, Feed] = {}
        self._members: dict[str, set[Socket]] = {}
        self._redis = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1)
        self._pubsub = self._redis.pubsub(ignore_subscribe_messages=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self._opening = asyncio.Lock()
        # One at a time: two first subscriptions at once would each open a connection, and only one is listened to.
        self._wire = asyncio.Lock()

    # -- sockets -----------------------------------------------------------------------------------------------------

    async def attach(self, socket: Socket) -> None:
        """Let a socket hear what concerns its person."""
        socket.hub = self
        self._members.setdefault(socket.member_id, set()).add(socket)
        await self._subscribe(member_channel(socket.member_id))
        if not self._tasks:
            self._spawn(self._listen())
            self._spawn(self._watch())

    async def detach(self, socket: Socket) -> None:
        """Forget a socket. The last one of a room or a person ends the subscription."""
        for room_id in list(socket.cursors):
            await self.leave(socket, room_id)
        sockets = self._members.get(socket.member_id, set())
        sockets.discard(socket)
        if not sockets:
            self._members.pop(socket.member_id, None)
            await self._unsubscribe(member_channel(socket.member_id))
        if not self._members:
            await self._stop()

    async def join(self, socket: Socket, room_id: str, after: int, *, together: bool = False) -> int:
        """Send the socket every event past `after`, then live ones; return the room's last number then.

        Subscribed before the number is read: whatever is committed later is heard or found.
        """
        async with self._opening:
            feed = self._feeds.get(room_id)
            if feed is None:
                await self._subscribe(room_channel(room_id))
                last = (await in_reader(last_seqs, [room_id])).get(room_id, 0)
                feed = self._feeds.setdefault(room_id, Feed(room_id, last))
        socket.cursors[room_id] = cursor = Cursor(min(after, feed.last_seq), together)
        feed.sockets.add(socket)
        last = feed.last_seq
        self._spawn(self._catch_up(feed, socket, cursor))
        return last

    async def leave(self, socket: Socket, room_id: str) -> None:
        """Stop sending a room's events to a socket."""
        socket.cursors.pop(room_id, None)
        feed = self._feeds.get(room_id)
        if feed is None:
            return
        feed.sockets.discard(socket)
        if not feed.sockets:
            del self._feeds[room_id]
            await self._unsubscribe(room_channel(room_id))

    def let_go(self, socket: Socket) -> None:
        """Keep nothing more for a socket that does not read; its consumer detaches it when it ends."""
        for room_id in socket.cursors:
            self._spawn(self._forget(socket, room_id))

    async def _forget(self, socket: Socket, room_id: str) -> None:
        feed = self._feeds.get(room_id)
        if feed is not None:
            feed.sockets.discard(socket)

    def people(self, room_id: str) -> Iterable[Socket]:
        """The sockets of this process that follow the room."""
        feed = self._feeds.get(room_id)
        return tuple(feed.sockets) if feed else ()

    # -- events ------------------------------------------------------------------------------------------------------

    async def _catch_up(self, feed: Feed, socket: Socket, cursor: Cursor) -> None:
        while socket.cursors.get(feed.room_id) is cursor and socket.close_code is None:
            if cursor.sent < feed.last_seq:
                try:
                    missed = await in_reader(shaped_since, feed.room_id, cursor.sent)
                except Exception:
                    logger.exception("a socket could not catch up; it is told to come back")
                    socket.close(CLOSE_RESUME)
                    return
                for shaped in missed:
                    if shaped.seq > cursor.sent:  # else it came live meanwhile
                        socket.push(dump(without(shaped, socket.hidden)))
                        cursor.sent = shaped.seq
            while cursor.buffer and cursor.buffer[0].seq <= cursor.sent:
                cursor.buffer.popleft()
            if cursor.sent >= feed.last_seq or (cursor.buffer and cursor.buffer[0].seq == cursor.sent + 1):
                # No await between here and the end: nothing can come in between.
                for item in cursor.buffer:
                    _send(feed.room_id, socket, cursor, item)
                cursor.buffer.clear()
                if cursor.sent >= feed.last_seq:
                    cursor.catching = False
                    return
            # Let the writer of this very socket have its turn: a long absence is told in pages.
            while socket.queue.qsize() > QUEUE // 2 and socket.close_code is None:
                await asyncio.sleep(0.01)

    def _take(self, feed: Feed, items: Iterable[Item]) -> None:
        for item in items:
            if item.seq > feed.last_seq:
                feed.early[item.seq] = item
        ready: list[Item] = []
        while item_next := feed.early.pop(feed.last_seq + 1, None):
            feed.last_seq = item_next.seq
            ready.append(item_next)
        if ready:
            self._tell(feed, ready)
        if feed.early and not feed.syncing:
            self._spawn(self._fill_gap(feed))

    def _tell(self, feed: Feed, items: list[Item]) -> None:
        """Tell at once in a quiet room. In a rush what comes while the last telling is paid for is told together."""
        waiting = bool(feed.untold)
        feed.untold += items
        if not waiting:
            loop = asyncio.get_running_loop()
            if loop.time() >= feed.tell_at:
                self._tell_now(feed)
            else:
                loop.call_at(feed.tell_at, self._tell_now, feed)

    def _tell_now(self, feed: Feed) -> None:
        items, feed.untold = feed.untold, []
        _send_all(feed, items)
        rush = RUSH if poster().waiting else min(len(items), RUSH)
        feed.tell_at = asyncio.get_running_loop().time() + TELLING * len(feed.sockets) * rush

    async def _fill_gap(self, feed: Feed) -> None:
        """A number is missing: another process commits first and publishes last, or Redis lost it."""
        feed.syncing = True
        try:
            await asyncio.sleep(PATIENCE)
            if feed.early:
                await self._sync(feed)
        finally:
            feed.syncing = False

    async def _sync(self, feed: Feed) -> None:
        while True:
            missed = await in_reader(shaped_since, feed.room_id, feed.last_seq)
            if not missed:
                return
            for seq in [seq for seq in feed.early if seq <= missed[-1].seq]:
                del feed.early[seq]
            self._take(feed, [_item(shaped) for shaped in missed])

    # -- Redis -------------------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        failures = 0
        while True:
            try:
                async for message in self._pubsub.listen():
                    failures = 0
                    await self._hear(message["channel"].decode(), message["data"])
                await asyncio.sleep(PATIENCE)  # nothing is subscribed for the moment
            except (redis.RedisError, OSError) as error:
                pause = REDIS_BACKOFF[min(failures, len(REDIS_BACKOFF) - 1)]
                if not failures:
                    logger.warning("Redis does not answer (%s); rooms go on from the database", type(error).__name__)
                failures += 1
                await asyncio.sleep(pause)
                await self._resubscribe()

    async def _resubscribe(self) -> None:
        async with self._wire:
            with contextlib.suppress(redis.RedisError, OSError):
                await self._pubsub.aclose()  # type: ignore[no-untyped-call]  # redis gives it no types
            self._pubsub = self._redis.pubsub(ignore_subscribe_messages=True)
            try:
                if channels := self._channels():
                    await self._pubsub.subscribe(*channels)
            except (redis.RedisError, OSError):
                return  # the next round tries again
        for feed in list(self._feeds.values()):
            self._spawn(self._sync(feed))
        for socket in [one for sockets in self._members.values() for one in sockets]:
            self._spawn(_run(socket.on_member({"type": "access"})))

    async def _hear(self, channel: str, data: bytes) -> None:
        kind, _, name = channel.partition(":")
        try:
            payload = json.loads(data)
        except ValueError:
            logger.warning("a publication that is not JSON was passed over")
            return
        if kind == "member":
            for socket in tuple(self._members.get(name, ())):
                self._spawn(_run(socket.on_member(payload)))
        elif feed := self._feeds.get(name):
            if "items" in payload:
                self._take(feed, [Item(*item) for item in payload["items"]])
            elif "passing" in payload:
                self._pass(feed, payload)

    def _pass(self, feed: Feed, payload: dict[str, Any]) -> None:
        """Typing and the like: no number, no record, not to the author, not across a block."""
        for socket in feed.sockets:
            if socket.queue.qsize() > QUEUE // 4:
                continue  # it has enough to read: when a whole room comes back at once, who came would fill its queue
            if payload["from"] != socket.member_pk and payload["from"] not in socket.hidden:
                socket.push(payload["passing"])

    async def _watch(self) -> None:
        """Every few seconds compare numbers and rights with the database: what Redis lost is found here."""
        while True:
            await asyncio.sleep(HEARTBEAT)
            try:
                for room_id, seq in (await in_reader(last_seqs, list(self._feeds))).items():
                    feed = self._feeds.get(room_id)
                    if feed and seq > feed.last_seq:
                        await self._sync(feed)
                sockets = [socket for those in self._members.values() for socket in those]
                versions = await in_reader(access_versions, {socket.member_pk for socket in sockets})
                for socket in sockets:
                    if socket.access_version != versions.get(socket.member_pk):
                        self._spawn(_run(socket.on_member({"type": "access"})))
            except Exception:
                logger.exception("numbers and rights could not be compared with the database")

    async def _subscribe(self, channel: str) -> None:
        # Without Redis the listener's next round subscribes to everything that is followed.
        with contextlib.suppress(redis.RedisError, OSError):
            async with self._wire:
                await self._pubsub.subscribe(channel)

    async def _unsubscribe(self, channel: str) -> None:
        with contextlib.suppress(redis.RedisError, OSError):
            async with self._wire:
                await self._pubsub.unsubscribe(channel)
        if channel in self._channels():  # somebody came meanwhile
            await self._subscribe(channel)

    def _channels(self) -> set[str]:
        return {room_channel(room) for room in self._feeds} | {member_channel(one) for one in self._members}

    async def _stop(self) -> None:
        loop = asyncio.get_running_loop()
        if _hubs.get(loop) is not self:
            return  # two left at the same moment: the other one has stopped it, and somebody may have opened the next
        del _hubs[loop]  # first: whoever comes meanwhile opens a new one
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        with contextlib.suppress(redis.RedisError, OSError):
            await self._pubsub.aclose()  # type: ignore[no-untyped-call]  # redis gives it no types
            await self._redis.aclose()

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _run(work: Awaitable[None]) -> None:
    await work


def _send_all(feed: Feed, items: list[Item]) -> None:
    """Send items that follow each other to every socket of the room: in one frame, encoded once, where it may be."""
    people = {pk for item in items for pk in (item.author_pk, item.quoted_pk)}
    frame = encode_together(feed.room_id, [item.text for item in items]) if len(items) > 1 else ""
    for socket in feed.sockets:
        cursor = socket.cursors[feed.room_id]
        follows = not cursor.catching and cursor.sent == items[0].seq - 1
        if frame and cursor.together and follows and socket.hidden.isdisjoint(people):
            cursor.sent = items[-1].seq
            socket.push(frame)
        else:
            for item in items:
                _send(feed.room_id, socket, cursor, item)


def _send(room_id: str, socket: Socket, cursor: Cursor, item: Item) -> None:
    if item.seq <= cursor.sent:
        return
    if cursor.catching and item.seq != cursor.sent + 1:
        if len(cursor.buffer) >= QUEUE:
            socket.close(CLOSE_RESUME)
        else:
            cursor.buffer.append(item)
        return
    cursor.sent = item.seq
    if item.author_pk in socket.hidden or item.quoted_pk in socket.hidden:
        shaped = Shaped(item.seq, item.author_pk, item.quoted_pk, json.loads(item.text))
        socket.push(dump(without(shaped, socket.hidden)))
    else:
        socket.push(item.text)


def _item(shaped: Shaped) -> Item:
    return Item(shaped.seq, shaped.author_pk, shaped.quoted_pk, dump(shaped.frame))


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of this process's event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
