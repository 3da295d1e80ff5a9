"""One socket a page: parse, authorise, call a service, answer. Everything is authorised on every frame."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import time
import uuid
from typing import Any

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils import timezone, translation

from community.errors import Refused
from community.models import Member
from community.services.access import access_of

from . import broadcast, presence, protocol
from .errors import MessageUnknown, NotAMember
from .hub import Socket, hub
from .models import Message, Room
from .policies import may_take_part
from .protocol import BadFrame, ClientFrame
from .services.messages import delete_message, edit_message, mark_read
from .services.posting import Post, Posted
from .services.rooms import Entry, entry_of
from .threads import in_reader, poster

logger = logging.getLogger(__name__)

BURST_SECONDS = 3  # so many seconds' worth of frames may come at once
RECHECK = 60.0  # seconds after which a socket asks again, should a publication have been lost


class RoomConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """The socket of a page. Frames name the room; `chat.protocol` says which there are."""

    async def connect(self) -> None:
        await self.accept()
        member = self.scope.get("user")
        if not isinstance(member, Member):
            await self._end(protocol.CLOSE_LOGIN)
            return
        self.member = member
        self.language = member.language
        self.socket_id = uuid.uuid4().hex
        self.bad = 0
        self.heeded = 0  # how often rights were looked at again
        self.rooms: dict[str, Room] = {}
        self.sleeps: dict[str, dt.datetime] = {}  # when a room that is followed ends its opening hours
        self.allowance, self.spent_at = _burst(), time.monotonic()
        self.tasks: list[asyncio.Task[None]] = []
        self.access = await in_reader(access_of, member)
        if refusal := may_take_part(self.access, timezone.now()):
            await self._end(protocol.CLOSE_FORBIDDEN, refusal)
            return
        self.socket = Socket(member.pk, member.public_id, self._about_member)
        self._heed_access()
        await hub().attach(self.socket)
        self.tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._keep_deadlines())]
        self._push({"type": "welcome", "protocol": protocol.VERSION, "member": member.public_id})

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As channels does, but for closing old database connections in a thread before every frame: no connection is
        opened on channels' own thread, and `chat.threads` keeps its own."""
        await getattr(self, get_handler_name(message))(message)

    async def disconnect(self, code: int) -> None:
        for task in getattr(self, "tasks", []):
            if task is not asyncio.current_task():
                task.cancel()
        if hasattr(self, "socket"):
            for room_id in list(self.socket.cursors):
                await self._leave(room_id)
            await self.socket.hub.detach(self.socket)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not hasattr(self, "socket") or self.socket.close_code is not None:
            return
        if not self._within_rate():
            self.socket.close(protocol.CLOSE_FLOOD)
            return
        try:
            if text_data is None:
                raise BadFrame("bad_json")
            frame = protocol.parse(text_data)
        except BadFrame as bad:
            self.bad += 1
            self._push({"type": "error", "code": bad.code})
            if self.bad >= protocol.BAD_FRAMES_IN_A_ROW:
                self.socket.close(protocol.CLOSE_FLOOD)
            return
        self.bad = 0
        try:
            await self._handle(frame)
        except Refused as refusal:
            self._push(self._refused(frame, refusal))
        except Exception:
            # Nothing was promised: the page keeps what it sent and sends it again.
            logger.exception("a %s frame could not be carried out", frame.type)
            self._push({"type": "error", "code": "try_again", **_named(frame)})

    # -- frames ------------------------------------------------------------------------------------------------------

    async def _handle(self, frame: ClientFrame) -> None:
        match frame:
            case protocol.Join():
                await self._join(frame)
            case protocol.Leave():
                await self._leave(frame.room)
                self._ack(frame)
            case protocol.Post():
                await self._post(frame)
            case protocol.Edit():
                message = await self._message(frame.room, frame.message)
                posted = await self._in_words(edit_message, actor=self.member, message=message, body=frame.body)
                self._ack(frame, **_state(posted))
            case protocol.Delete():
                message = await self._message(frame.room, frame.message)
                await self._in_words(delete_message, actor=self.member, message=message)
                self._ack(frame, message=frame.message, state=Message.Visibility.REMOVED)
            case protocol.Typing():
                await self._entry(frame.room)
                broadcast.passing(frame.room, self.member, {"type": "typing"}, "member")
            case protocol.Read():
                entry = await self._entry(frame.room)
                await in_reader(mark_read, actor=self.member, room=entry.room, seq=frame.seq)

    async def _join(self, frame: protocol.Join) -> None:
        heeded = self.heeded
        # Posting authorises itself and reads the room's row again: only its key is kept.
        self.rooms[frame.room] = (await self._entry(frame.room)).room
        news = frame.room not in self.socket.cursors
        last = await self.socket.hub.join(self.socket, frame.room, frame.after, together=frame.together)
        self._ack(frame, seq=last)
        if self.heeded != heeded:  # rights changed since they were asked for, and nobody looked at this room
            await self._stay_or_leave(frame.room)
        await self._be_seen(frame.room)
        people = await in_reader(presence.people_here, frame.room, hidden=self.socket.hidden)
        if frame.room not in self.socket.cursors:
            return  # sent away meanwhile
        self._push({"type": "presence", "room": frame.room, "people": people})
        if news:
            broadcast.passing(frame.room, self.member, {"type": "presence"}, "came")

    async def _be_seen(self, room_id: str) -> None:
        await in_reader(presence.arrive, room_id, self.socket_id, self.member)
        if room_id not in self.socket.cursors:  # sent away while it was noted
            await in_reader(presence.depart, room_id, self.socket_id, self.member)

    async def _leave(self, room_id: str) -> None:
        if room_id in self.socket.cursors:
            self.sleeps.pop(room_id, None)
            await self.socket.hub.leave(self.socket, room_id)
            await in_reader(presence.depart, room_id, self.socket_id, self.member)
            broadcast.passing(room_id, self.member, {"type": "presence"}, "left")

    async def _post(self, frame: protocol.Post) -> None:
        room = self.rooms.get(frame.room) or (await self._entry(frame.room)).room
        post = Post(self.member, room, frame.client_id, frame.body, frame.reply_to, frame.mentions)
        answer = await poster().post(post)
        if isinstance(answer, Refused):
            raise answer
        self._ack(frame, client_id=frame.client_id, **_state(answer))

    async def _entry(self, room_id: str) -> Entry:
        entry = await self._in_words(entry_of, member=self.member, room_id=room_id)
        if not entry.role:
            raise NotAMember
        if entry.until is None:
            self.sleeps.pop(room_id, None)
        else:
            self.sleeps[room_id] = entry.until
        return entry  # type: ignore[no-any-return]  # in_words keeps no types

    async def _message(self, room_id: str, message_id: str) -> Message:
        await self._entry(room_id)
        found = await in_reader(
            Message.objects.filter(public_id=message_id, room__public_id=room_id, author=self.member).first
        )
        if found is None:
            raise MessageUnknown
        return found

    async def _in_words(self, service: Any, **arguments: Any) -> Any:
        def call() -> Any:
            with translation.override(self.language):
                return service(**arguments)

        return await in_reader(call)

    # -- what changes about the member -------------------------------------------------------------------------------

    async def _about_member(self, payload: dict[str, Any]) -> None:
        match payload.get("type"):
            case "frame":
                self.socket.push(payload["frame"])
            case "close":
                self._push({"type": "closed", "code": str(payload["code"]), "text": payload["reason"]})
                self.socket.close(payload["code"])
            case "access":
                await self._authorise_again()

    async def _authorise_again(self) -> None:
        self.heeded += 1
        self.access = await in_reader(access_of, self.member)
        self._heed_access()
        if refusal := may_take_part(self.access, timezone.now()):
            self._closed(protocol.CLOSE_FORBIDDEN, refusal)
            return
        for room_id in list(self.socket.cursors):
            await self._stay_or_leave(room_id)

    async def _stay_or_leave(self, room_id: str) -> None:
        try:
            await self._entry(room_id)
        except Refused as refusal:
            await self._leave(room_id)
            with translation.override(self.language):
                self._push({"type": "closed", "room": room_id, "code": refusal.code, "text": str(refusal)})

    def _heed_access(self) -> None:
        self.socket.hidden, self.socket.access_version = self.access.blocked_pks, self.access.version

    async def _keep_deadlines(self) -> None:
        """Authorise again at the very moment something ends, and now and then should nobody have told."""
        while True:
            wait = RECHECK
            if ends := [at for at in (self.access.changes_at, *self.sleeps.values()) if at is not None]:
                wait = min(RECHECK, max(0.0, (min(ends) - timezone.now()) / dt.timedelta(seconds=1)) + 0.05)
            await asyncio.sleep(wait)
            try:
                await self._authorise_again()
                for room_id in list(self.socket.cursors):
                    await self._be_seen(room_id)
            except Exception:
                logger.exception("a socket could not be authorised again")

    # -- out ---------------------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        """The only sender of this socket: takes from its queue until told to close."""
        while (text := await self.socket.queue.get()) is not None:
            await self.base_send({"type": "websocket.send", "text": text})  # straight: every delivery passes here
        await self.close(code=self.socket.close_code or 1000)

    async def _end(self, code: int, refusal: Refused | None = None) -> None:
        if refusal is not None:
            with translation.override(getattr(self, "language", None)):
                closed = {"type": "closed", "code": refusal.code, "text": str(refusal)}
            await self.send(text_data=json.dumps(closed, ensure_ascii=False))
        await self.close(code=code)

    def _push(self, frame: dict[str, Any]) -> None:
        self.socket.push(broadcast.dump(frame))

    def _ack(self, frame: ClientFrame, **more: Any) -> None:
        self._push({"type": "ack", "for": frame.type, "room": frame.room, **more})

    def _closed(self, code: int, refusal: Refused) -> None:
        with translation.override(self.language):
            self._push({"type": "closed", "code": refusal.code, "text": str(refusal)})
        self.socket.close(code)

    def _refused(self, frame: ClientFrame, refusal: Refused) -> dict[str, Any]:
        with translation.override(self.language):
            return {"type": "refused", "code": refusal.code, "text": str(refusal), **_named(frame)}

    def _within_rate(self) -> bool:
        now = time.monotonic()
        gained = (now - self.spent_at) * settings.SOCKET_FRAMES_PER_SECOND
        self.allowance = min(_burst(), self.allowance + gained) - 1
        self.spent_at = now
        return self.allowance >= 0


def _burst() -> float:
    return float(settings.SOCKET_FRAMES_PER_SECOND * BURST_SECONDS)


def _state(posted: Posted) -> dict[str, Any]:
    return {
        "message": posted.message.public_id,
        "seq": posted.seq,
        "state": posted.message.visibility,
        "text": posted.told,
    }


def _named(frame: ClientFrame) -> dict[str, Any]:
    named = {"for": frame.type, "room": frame.room}
    for key in ("client_id", "message"):
        if value := getattr(frame, key, None):
            named[key] = value
    return named
