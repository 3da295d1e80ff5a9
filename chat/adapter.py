"""This floor's answer to the ground floor: what the rooms hold about a member, and what closing an account ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from community import ports
from community.models import Member

from . import selectors
from .models import Membership
from .services.rooms import leave_every_room


class PersonalData(ports.PersonalData):
    """The member's own words, rooms and proposals. Others' words are theirs (GDPR art. 15(4))."""

    section = "chat"
    labels: ClassVar[Mapping[str, Any]] = {
        "chat": _("Rooms and messages"),
        "rooms": _("Rooms"),
        "room": _("Room"),
        "role": _("Role"),
        "left_at": _("Left on"),
        "messages": _("Messages"),
        "written_at": _("Written on"),
        "body": _("Words"),
        "seen_by_others": _("Seen by others"),
        "proposals": _("Rooms proposed"),
        "name": _("Name"),
        "topic": _("Topic"),
        "rules": _("Rules"),
        "made_at": _("Made on"),
    }
    words: ClassVar[Mapping[str, Mapping[str, Any]]] = {"role": dict(Membership.Role.choices)}

    def export(self, member: Member) -> Any:
        return selectors.personal_data(member)

    def close(self, member: Member) -> None:
        leave_every_room(actor=member)
