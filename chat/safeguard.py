"""The port of safety: what chat asks before and after a message is stored (settings.CHAT_SAFEGUARD).

A missing safeguard is a failed system check, never a silence that lets everything through.
"""

from __future__ import annotations

import enum
import functools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from community.models import Member

from .models import Message, Room, RoomProposal


class Verdict(enum.StrEnum):
    ALLOW = "allow"
    HOLD = "hold"  # stored, shown to nobody but its author, waits for a person
    REFUSE = "refuse"  # stored as evidence, never shown; the author is told kindly


@dataclass(frozen=True, slots=True)
class Draft:
    """What is about to be said. `recent` are the author's last texts in this room, oldest first."""

    author: Member
    room: Room
    body: str
    recent: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Screening:
    """The immediate answer. `findings` are stored with the revision; `told` is for the author, translated."""

    verdict: Verdict
    findings: Sequence[dict[str, Any]] = field(default_factory=tuple)
    told: str = ""


class Safeguard(ABC):
    """What chat asks of the floor above. Implemented by settings.CHAT_SAFEGUARD."""

    @abstractmethod
    def screen(self, draft: Draft) -> Screening:
        """Answer before the message is stored: pure, in process, far under a millisecond."""

    @abstractmethod
    def messages_stored(self, messages: Sequence[Message]) -> None:
        """Called inside the storing transaction for new or edited messages; raising undoes them.

        All are PENDING. The answer nudges the drain; the row itself is the queue.
        """

    @abstractmethod
    def message_leaving(self, message: Message) -> None:
        """Called inside the transaction in which a message is edited or deleted by its author."""

    @abstractmethod
    def screen_room_name(self, proposal: RoomProposal) -> Screening:
        """Judge a room's name and topic before anybody sees them; HOLD means a person looks closely."""


def get_safeguard() -> Safeguard:
    """What settings.CHAT_SAFEGUARD names. Raises ImportError or TypeError rather than let anything through."""
    return _load(settings.CHAT_SAFEGUARD)


@functools.cache
def _load(path: str) -> Safeguard:
    answer = import_string(path)()
    if not isinstance(answer, Safeguard):
        raise TypeError(f"{path} is not a chat.safeguard.Safeguard")
    return answer
