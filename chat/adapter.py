"""This floor's answer to the ground floor: what the rooms hold about a member, and what closing an account ends."""

from __future__ import annotations

from typing import Any

from community import ports
from community.models import Member

from . import selectors
from .services.rooms import leave_every_room


class PersonalData(ports.PersonalData):
    """The member's own words, rooms and proposals. Others' words are theirs (GDPR art. 15(4))."""

    section = "chat"

    def export(self, member: Member) -> Any:
        return selectors.personal_data(member)

    def close(self, member: Member) -> None:
        leave_every_room(actor=member)
