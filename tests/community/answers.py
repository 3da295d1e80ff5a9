"""Answers to the ground floor's ports, for its own tests."""

from __future__ import annotations

from typing import Any, ClassVar

from community.models import Member
from community.ports import NameScreen, PersonalData


class Screen(NameScreen):
    """Refuses one word, to see that the port is asked."""

    def refusal(self, pseudonym: str) -> str | None:
        return "Not this one." if "forbidden" in pseudonym.casefold() else None


class Upstairs(PersonalData):
    """Remembers whom it was asked about."""

    section = "upstairs"
    closed: ClassVar[list[int]] = []

    def export(self, member: Member) -> Any:
        return {"said": member.pseudonym}

    def close(self, member: Member) -> None:
        self.closed.append(member.pk)
