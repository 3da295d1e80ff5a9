"""Protocol v1: every frame of the socket, both ways, typed. docs/protocol.md is written from this file.

A frame is one JSON object of at most 16 KiB. What a client sends is parsed strictly: an unknown type, an unknown or
missing key, a value of another type or size is a bad frame, answered with a code and never acted on.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

VERSION = 1
FRAME_BYTES = 16 * 1024
BODY_CHARACTERS = 2000
MENTIONS = 8
BAD_FRAMES_IN_A_ROW = 3

# Codes with which the server closes a socket (RFC 6455 section 7.4.2: 4000-4999 are an application's own).
CLOSE_LOGIN = 4401  # log in first
CLOSE_FORBIDDEN = 4403  # an age proof ended, a restriction, a ban: the page says what to do
CLOSE_RESUME = 4408  # this socket read too slowly: connect again and resume
CLOSE_FLOOD = 4429  # three bad frames in a row, or too many frames

_ID = re.compile(r"[0-9a-z]{16}")
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")


class BadFrame(Exception):
    """A frame that is not of this protocol. `code` goes back to the client."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _public_id(value: Any) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise BadFrame("bad_id")
    return value


def _client_id(value: Any) -> str:
    if not isinstance(value, str) or not _CLIENT_ID.fullmatch(value):
        raise BadFrame("bad_client_id")
    return value


def _body(value: Any) -> str:
    if not isinstance(value, str):
        raise BadFrame("bad_body")
    if len(value) > BODY_CHARACTERS:
        raise BadFrame("message_too_long")
    return value


def _seq(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise BadFrame("bad_seq")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadFrame("bad_flag")
    return value


def _optional_id(value: Any) -> str:
    return "" if value is None else _public_id(value)


def _mentions(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MENTIONS:
        raise BadFrame("bad_mentions")
    return tuple(dict.fromkeys(_public_id(one) for one in value))


def _key(parse: Callable[[Any], Any], told: str, **options: Any) -> Any:
    return field(metadata={"parse": parse, "told": told}, **options)


# -- what a client sends ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Join:
    """Follow a room one is a member of: every event past `after`, then live ones. Joining again is resuming."""

    type: ClassVar[str] = "join"
    room: str = _key(_public_id, "public id of the room")
    after: int = _key(_seq, "the last number the client has", default=0)
    together: bool = _key(_flag, "whether events that come together may come in one frame, `events`", default=False)


@dataclass(frozen=True, slots=True)
class Leave:
    """Stop following a room. The membership stays; leaving it is a page's form."""

    type: ClassVar[str] = "leave"
    room: str = _key(_public_id, "public id of the room")


@dataclass(frozen=True, slots=True)
class Post:
    """Say something. The same `client_id` in the same room gets the same answer, however often it is sent."""

    type: ClassVar[str] = "post"
    room: str = _key(_public_id, "public id of the room")
    client_id: str = _key(_client_id, "the client’s own id of the message, 1 to 36 letters, digits, - or _")
    body: str = _key(_body, "1 to 2,000 characters")
    reply_to: str = _key(_optional_id, "public id of the message answered, or null", default="")
    mentions: tuple[str, ...] = _key(_mentions, "public ids of people in the room, at most 8", default=())


@dataclass(frozen=True, slots=True)
class Edit:
    """Write a new version of one’s own message."""

    type: ClassVar[str] = "edit"
    room: str = _key(_public_id, "public id of the room")
    message: str = _key(_public_id, "public id of the message")
    body: str = _key(_body, "1 to 2,000 characters")


@dataclass(frozen=True, slots=True)
class Delete:
    """Withdraw one’s own message."""

    type: ClassVar[str] = "delete"
    room: str = _key(_public_id, "public id of the room")
    message: str = _key(_public_id, "public id of the message")


@dataclass(frozen=True, slots=True)
class Typing:
    """One is writing. Send it at most every three seconds."""

    type: ClassVar[str] = "typing"
    room: str = _key(_public_id, "public id of the room")


@dataclass(frozen=True, slots=True)
class Read:
    """One has read up to a number."""

    type: ClassVar[str] = "read"
    room: str = _key(_public_id, "public id of the room")
    seq: int = _key(_seq, "the last number read")


@dataclass(frozen=True, slots=True)
class Resume(Join):
    """After a disconnection: the events past `after`, then live ones. Nothing is missed, nothing comes twice."""

    type: ClassVar[str] = "resume"


ClientFrame = Join | Leave | Post | Edit | Delete | Typing | Read | Resume
CLIENT_FRAMES: Mapping[str, type[ClientFrame]] = {
    frame.type: frame for frame in (Join, Leave, Post, Edit, Delete, Typing, Read, Resume)
}

# -- what the server sends -------------------------------------------------------------------------------------------

# type -> (what it says, {key: what it holds})
SERVER_FRAMES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "welcome": (
        "The socket is open.",
        {"protocol": "1", "member": "one’s own public id"},
    ),
    "ack": (
        "A frame was carried out. For a post, `state` says who sees it: visible, pending, held or refused.",
        {
            "for": "the type of the frame answered",
            "room": "public id of the room",
            "client_id": "of a post",
            "message": "public id of the message, of a post, an edit or a deletion",
            "seq": "its number once others see it, or null; of a join, the room’s last number",
            "state": "visible, pending, held, refused or removed",
            "text": "what to tell the author when others do not see it, translated",
        },
    ),
    "event": (
        "Something became visible or went. Numbers are gapless; a skipped one concerns somebody blocked.",
        {
            "room": "public id of the room",
            "seq": "the event’s number",
            "kind": "posted, edited, removed or skip",
            "message": "id, author {id, name, and role of a youth worker}, body, reply_to {id, author, body} or null, "
            "mentions, created_at, edited; of a removal only its id; of a skip null",
        },
    ),
    "events": (
        "Several events at once, in order, for those who asked for it when they joined.",
        {"room": "public id of the room", "items": "[event frames]"},
    ),
    "refused": (
        "What was asked may not be done.",
        {
            "code": "stable",
            "text": "translated",
            "for": "type",
            "room": "id",
            "client_id": "of a post",
            "message": "id",
        },
    ),
    "typing": ("Somebody is writing.", {"room": "id", "member": "{id, name}"}),
    "presence": (
        "Who is here now: everybody after a join, then who came and who left.",
        {"room": "id", "people": "[{id, name}]", "came": "{id, name}", "left": "{id, name}"},
    ),
    "notice": (
        "Something waits for this person alone: the state of their message, a safety card, a decision.",
        {
            "code": "message.held, message.refused, card.…, decision.waiting",
            "text": "translated",
            "room": "id",
            "message": "id",
        },
    ),
    "error": ("A bad frame; nothing was done.", {"code": "bad_json, bad_type, bad_key, bad_id, too_large, …"}),
    "closed": (
        "A room, or without `room` the whole socket, is no longer open to this person.",
        {"code": "stable, or the close code", "text": "translated", "room": "id"},
    ),
}


def parse(raw: str) -> ClientFrame:
    """Read a client's frame. Raises BadFrame with a code; never anything else, whatever the bytes."""
    if len(raw) > FRAME_BYTES or len(raw.encode("utf-8", "replace")) > FRAME_BYTES:
        raise BadFrame("too_large")
    try:
        data = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadFrame("bad_json") from None
    if not isinstance(data, dict):
        raise BadFrame("bad_json")
    kind = data.pop("type", None)
    shape = CLIENT_FRAMES.get(kind) if isinstance(kind, str) else None
    if shape is None:
        raise BadFrame("bad_type")
    keys = {one.name: one for one in dataclasses.fields(shape)}
    if not data.keys() <= keys.keys():
        raise BadFrame("bad_key")
    values = {}
    for name, one in keys.items():
        if name in data:
            values[name] = one.metadata["parse"](data[name])
        elif one.default is dataclasses.MISSING:
            raise BadFrame("bad_key")
    return shape(**values)


def _refuse_constant(_name: str) -> None:
    raise ValueError
