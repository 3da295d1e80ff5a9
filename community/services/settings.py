"""The one row that describes this installation, kept for a few seconds in every process."""

from __future__ import annotations

import time
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from community import audit
from community.errors import NotAllowed
from community.hours import check_hours, hours_text
from community.models import Community, Member
from community.roles import OFFICER_LEAD, has_role

KEEP_SECONDS = 5.0
EDITABLE = frozenset(
    {
        *("name", "contact_email", "floor_age", "digital_majority", "cover_hours"),
        *("proof_days_adults", "proof_days_minors", "in_person_days", "age_methods"),
        *("operator", "address", "contact_phone", "country", "public_body"),
    }
)
# Settings that decide who may do what: cached rights end with them.
RIGHTS = frozenset({"floor_age", "digital_majority"})

_kept: tuple[float, Community] | None = None


def get_community() -> Community:
    """The installation's settings, at most five seconds old. Made with its defaults where setup has not run."""
    global _kept
    if _kept is not None and time.monotonic() - _kept[0] < KEEP_SECONDS:
        return _kept[1]
    community = read_community()
    # Inside a transaction nothing is kept: what it sees may be rolled back.
    if not transaction.get_connection().in_atomic_block:
        _kept = (time.monotonic(), community)
    return community


def read_community() -> Community:
    """The settings as they are now, for what outlives those seconds. One query."""
    return Community.objects.filter(pk=1).first() or Community(pk=1)


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
        check_hours(changes["cover_hours"])
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
            if changed.keys() & RIGHTS:  # what everybody may do is worked out anew
                Member.objects.update(access_version=F("access_version") + 1)
            audit.record(
                actor=actor,
                component=component,
                action="community.changed",
                subject=community,
                data={"before": before, "after": changed},
            )
    _kept = None
    return community


def cover_text(community: Community | None = None) -> str:
    """The hours in which somebody watches, as a sentence in the reader's language."""
    community = community or get_community()
    if not community.cover_hours:
        return _("No hours of cover are set: nobody may be watching.")
    return _("Somebody is watching: %(hours)s.") % {"hours": hours_text(community.cover_hours)}
