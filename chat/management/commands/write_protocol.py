from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from chat import protocol

INTRODUCTION = """\
# The protocol of the rooms, version 1

*Written from `chat/protocol.py` by `manage.py write_protocol`; edit it there.*

One WebSocket a page, at `/ws/`, with the session’s cookie; the origin must be this site’s. Frames are JSON objects of
at most 16 KiB and name the room they are about. Everything is authorised on every frame.

What others see is told by **events** with gapless numbers (`seq`) per room. A client keeps the last number of each
room and sends it when it comes back (`resume`): it misses nothing and sees nothing twice. A post carries a
`client_id`; sent again, it gets the same answer and is stored once."""

CLOSING = (
    (protocol.CLOSE_LOGIN, "log in first"),
    (protocol.CLOSE_FORBIDDEN, "an age proof ended, or a restriction; do not reconnect, show the page"),
    (protocol.CLOSE_RESUME, "this socket read too slowly; connect again and resume"),
    (protocol.CLOSE_FLOOD, "three bad frames in a row, or too many frames"),
)


class Command(BaseCommand):
    help = "Write docs/protocol.md from chat/protocol.py."

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "protocol.md"
        path.write_text(document(), encoding="utf-8")
        self.stdout.write(f"{path.name} written")


def document() -> str:
    """The text of docs/protocol.md; a test keeps the file equal to it."""
    lines = [INTRODUCTION, "", "## From the client"]
    for name, shape in protocol.CLIENT_FRAMES.items():
        rows = []
        for key in dataclasses.fields(shape):
            needed = "required" if key.default is dataclasses.MISSING else "optional"
            rows.append(f"| `{key.name}` | {key.metadata['told']} | {needed} |")
        lines += _section(name, (shape.__doc__ or "").strip(), ("key", "holds", ""), rows)
    lines += ["", "## From the server"]
    for name, (told, keys) in protocol.SERVER_FRAMES.items():
        lines += _section(name, told, ("key", "holds"), [f"| `{key}` | {holds} |" for key, holds in keys.items()])
    lines += [
        "",
        "## Limits and closing codes",
        "",
        f"A message has at most {protocol.BODY_CHARACTERS:,} characters, a frame {protocol.FRAME_BYTES:,} bytes. "
        f"{protocol.BAD_FRAMES_IN_A_ROW} bad frames in a row, or a flood, close the socket.",
        "",
        "| code | means |",
        "| --- | --- |",
        *(f"| {code} | {means} |" for code, means in CLOSING),
        "",
    ]
    return "\n".join(lines)


def _section(name: str, told: str, head: tuple[str, ...], rows: list[str]) -> list[str]:
    rule = "| " + " | ".join("---" for _ in head) + " |"
    return ["", f"### `{name}`", "", told, "", "| " + " | ".join(head) + " |", rule, *rows]
