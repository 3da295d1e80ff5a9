"""Threads beside the event loop: readers, and one writer that commits the posts of a process together.

`database_sync_to_async` has one thread for everything; a slow page would hold up every post.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from community.errors import Refused

from .services.posting import Post, Posted, post_messages

P = ParamSpec("P")
R = TypeVar("R")

_readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="read")
_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="post")


def _kept_open(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run on this thread's own connection, which stays open: opening SQLite anew costs twelve times the query.

    One that broke is closed, so that the next call opens another.
    """
    try:
        return function(*args, **kwargs)
    except (InterfaceError, OperationalError):
        connection.close()
        raise


def _post_together(posts: Sequence[Post]) -> list[Posted | Refused]:
    """Once more where the connection broke meanwhile (the database was restarted): a post is stored once, however often
    it is sent."""
    try:
        return _kept_open(post_messages, posts)
    except (InterfaceError, OperationalError):
        return _kept_open(post_messages, posts)


async def in_reader(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a function that asks the database, off the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_readers, lambda: _kept_open(function, *args, **kwargs))


class Poster:
    """Groups the posts of one event loop: while a batch is being committed, the next one gathers."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Post, asyncio.Future[Posted | Refused]]] = []
        self._running = False

    @property
    def waiting(self) -> int:
        """Posts that wait for the batch being committed."""
        return len(self._waiting)

    async def post(self, post: Post) -> Posted | Refused:
        """Store one post, together with whatever else waits; return its own answer."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Posted | Refused] = loop.create_future()
        self._waiting.append((post, answer))
        if not self._running:
            self._running = True
            self._task = loop.create_task(self._drain())
        return await answer

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            most = settings.POSTS_TOGETHER
            batch, self._waiting = self._waiting[:most], self._waiting[most:]
            try:
                answers = await loop.run_in_executor(_writer, _post_together, [post for post, _ in batch])
            except Exception as error:  # noqa: BLE001  # each sender is told; the loop goes on for the next batch
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
        self._running = False


_posters: WeakKeyDictionary[asyncio.AbstractEventLoop, Poster] = WeakKeyDictionary()


def poster() -> Poster:
    """The poster of this process's event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _posters:
        _posters[loop] = Poster()
    return _posters[loop]
