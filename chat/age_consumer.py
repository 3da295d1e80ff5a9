"""The socket of a page on which somebody waits for their proof of age. Rooms have another: this one opens nothing."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import logging
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import timezone

from community.models import Member
from community.services.access import Access, access_of
from community.services.progress import CLOSED, Progress, progress_of

from . import protocol
from .hub import Socket, hub
from .threads import in_reader

logger = logging.getLogger(__name__)

LOOK_AGAIN = 15.0  # seconds after which it asks again, should a publication have been lost


class AgeConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Sends {"type": "age", "state": ...} of the member's own running check whenever it changes, and nothing else.

    Open to a member without an age, not to one who is suspended or banned. It closes when the check ends, and at the
    first frame that comes: there is nothing to say.
    """

    async def connect(self) -> None:
        await self.accept()
        member = self.scope.get("user")
        if not isinstance(member, Member):
            await self.close(code=protocol.CLOSE_LOGIN)
            return
        self.member = member
        self.news = asyncio.Event()
        self.told_to_close: int | None = None
        self.socket = Socket(member.pk, member.public_id, self._about_member)
        await hub().attach(self.socket)  # before the first look: whatever changes later is heard
        self.task = asyncio.create_task(self._tell())

    async def disconnect(self, code: int) -> None:
        if hasattr(self, "socket"):
            if hasattr(self, "task"):
                self.task.cancel()
            await self.socket.hub.detach(self.socket)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if hasattr(self, "socket"):
            self.told_to_close = protocol.CLOSE_FLOOD
            self.news.set()

    async def _about_member(self, payload: dict[str, Any]) -> None:
        """Of all that is told to a person, only that their check or their rights changed, or that they must go."""
        match payload.get("type"):
            case "age" | "access":
                self.news.set()
            case "close":
                self.told_to_close = payload["code"]
                self.news.set()

    async def _tell(self) -> None:
        """The only sender of this socket, until it closes it."""
        try:
            code = await self._follow()
        except Exception:
            logger.exception("an age check could not be followed; its page asks by itself")
            code = protocol.CLOSE_RESUME
        await self.close(code=code)

    async def _follow(self) -> int:
        """Send each state once; return the code to close with."""
        told = ""
        while self.told_to_close is None:
            self.news.clear()
            access, progress = await in_reader(_look, self.member)
            self.socket.access_version = access.version
            if access.shut_out:
                return protocol.CLOSE_FORBIDDEN
            if progress.state != told:
                told = progress.state
                await self.send(text_data=json.dumps({"type": "age", "state": told}))
            if progress.state == CLOSED:
                return 1000
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), _wait(progress))
        return self.told_to_close


def _look(member: Member) -> tuple[Access, Progress]:
    return access_of(member), progress_of(member)


def _wait(progress: Progress) -> float:
    if progress.until is None:
        return LOOK_AGAIN
    return min(LOOK_AGAIN, max(0.0, (progress.until - timezone.now()) / dt.timedelta(seconds=1)) + 0.05)
