"""The one row that describes this installation, kept for a few seconds in every process."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import formats, timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from community import audit
from community.errors import NotAllowed, Refused
from community.models import Community, Member
from community.roles import OFFICER_LEAD, has_role

KEEP_SECONDS = 5.0
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
EDITABLE = frozenset(
    {
        *("name", "contact_email", "floor_age", "digital_majority", "cover_hours"),
        *("operator", "address", "contact_phone", "country", "public_body"),
    }
)

_kept: tuple[float, Community] | None = None


class BadCoverHours(Refused):
    code = "bad_cover_hours"
    message = gettext_lazy("Hours of cover are [day, from, until] with day mon to sun and times from 00:00 to 24:00.")


def get_community() -> Community:
    """The installation's settings, at most five seconds old. Made with its defaults where setup has not run."""
    global _kept
    if _kept is not None and time.monotonic() - _kept[0] < KEEP_SECONDS:
        return _kept[1]
    community = Community.objects.filter(pk=1).first() or Community(pk=1)
    # Inside a transaction nothing is kept: what it sees may be rolled back.
    if not transaction.get_connection().in_atomic_block:
        _kept = (time.monotonic(), community)
    return community


def update_community(*, actor: Member | None, component: str = "", **changes: Any) -> Community:
    """Change settings, audited with the old and the new values. The lead safeguarding officer does it in the
    console; `manage.py setup` does it with `actor=None` and a component."""
    global _kept
    if actor is None and not component:
        raise NotAllowed
    if actor is not None and not has_role(actor, OFFICER_LEAD):
        raise NotAllowed
    if unknown := changes.keys() - EDITABLE:
        raise TypeError(f"not a setting: {', '.join(sorted(unknown))}")
    if "cover_hours" in changes:
        check_cover_hours(changes["cover_hours"])
    with transaction.atomic():
        Community.objects.get_or_create(pk=1)
        community = Community.objects.select_for_update().get(pk=1)
        changed = {name: value for name, value in changes.items() if getattr(community, name) != value}
        if changed:
            before = {name: getattr(community, name) for name in changed}
            for name, value in changed.items():
                setattr(community, name, value)
            community.full_clean(validate_unique=False, validate_constraints=False)
            community.save()
            audit.record(
                actor=actor,
                component=component,
                action="community.changed",
                subject=community,
                data={"before": before, "after": changed},
            )
    _kept = None
    return community


def check_cover_hours(hours: Any) -> None:
    """Raise BadCoverHours unless `hours` is a list of [day, from, until], each within one day."""
    if not isinstance(hours, list):
        raise BadCoverHours
    for entry in hours:
        if not (isinstance(entry, list | tuple) and len(entry) == 3 and entry[0] in DAYS):
            raise BadCoverHours
        begin, end = entry[1], entry[2]
        if not all(isinstance(t, str) and _TIME.fullmatch(t) for t in (begin, end)) or begin >= end:
            raise BadCoverHours


def is_covered(hours: Sequence[Sequence[str]], now: dt.datetime) -> bool:
    """Whether somebody watches at `now`, in the community's zone."""
    local = timezone.localtime(now)
    clock = local.strftime("%H:%M")
    return any(day == DAYS[local.weekday()] and begin <= clock < end for day, begin, end in hours)


def cover_text(community: Community | None = None) -> str:
    """The hours in which somebody watches, as a sentence in the reader's language."""
    community = community or get_community()
    if not community.cover_hours:
        return _("No hours of cover are set: nobody may be watching.")
    parts = []
    for day, begin, end in community.cover_hours:
        parts.append(
            _("%(day)s %(begin)s–%(end)s")
            % {"day": WEEKDAYS[DAYS.index(day)], "begin": _clock(begin), "end": _clock(end)}
        )
    return _("Somebody is watching: %(hours)s.") % {"hours": ", ".join(parts)}


def _clock(text: str) -> str:
    if text == "24:00":
        return text
    return formats.time_format(dt.time.fromisoformat(text), "TIME_FORMAT")
