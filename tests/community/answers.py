"""Answers to the ground floor's ports, for its own tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar

from community.models import Member
from community.ports import AgeWatch, NameScreen, PersonalData


class Screen(NameScreen):
    """Refuses one word, to see that the port is asked."""

    def refusal(self, pseudonym: str) -> str | None:
        return "Not this one." if "forbidden" in pseudonym.casefold() else None


class Watch(AgeWatch):
    """Remembers the signs it was told of."""

    signs: ClassVar[list[tuple[str, tuple[int, ...]]]] = []

    def ban_matched(self, *, member: Member, how: str, until: dt.datetime | None) -> None:
        self.signs.append((f"ban {how}" + (" by a court" if until else ""), (member.pk,)))

    def guardian_banned(self, *, child: Member, banned: Member | None) -> None:
        self.signs.append(("guardian", (child.pk, *([banned.pk] if banned else []))))

    def ban_lifted(self, *, member: Member) -> None:
        self.signs.append(("lifted", (member.pk,)))

    def proof_shared(self, *, members: Sequence[Member]) -> None:
        self.signs.append(("proof", tuple(member.pk for member in members)))

    def device_shared(self, *, member: Member) -> None:
        self.signs.append(("device", (member.pk,)))


class Upstairs(PersonalData):
    """Remembers whom it was asked about."""

    section = "upstairs"
    closed: ClassVar[list[int]] = []

    def export(self, member: Member) -> Any:
        return {"said": member.pseudonym}

    def close(self, member: Member) -> None:
        self.closed.append(member.pk)
