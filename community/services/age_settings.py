"""How ages are proved here: the officers' settings, which must fit what the operator set up."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from community.age.registry import configured
from community.errors import SettingsUnsound
from community.models import Community, Member
from community.policies import ASK_OF_BAND

from .settings import get_community, update_community

FIELDS = ("floor_age", "digital_majority", "proof_days_adults", "proof_days_minors", "in_person_days", "age_methods")
LONGEST_DAYS = 1100
FLOORS = frozenset(age for ask in ASK_OF_BAND.values() for age in ask.at_least)  # where a band begins


def change_age_settings(*, actor: Member, **changes: Any) -> Community:
    """Change some of FIELDS. Raises SettingsUnsound with what does not fit, NotAllowed for all but the lead officer."""
    if unknown := changes.keys() - set(FIELDS):
        raise TypeError(f"not a setting of ages: {', '.join(sorted(unknown))}")
    require_sound(**changes)
    return update_community(actor=actor, **changes)


def require_sound(**changes: Any) -> None:
    """Raise SettingsUnsound unless some of FIELDS, changed so, fit together with the rest."""
    now = get_community()
    wanted = Community(pk=1, **{**{name: getattr(now, name) for name in FIELDS}, **changes})
    if problems := age_setting_problems(wanted):
        raise SettingsUnsound(" ".join(problems))


def age_setting_problems(community: Community) -> list[str]:
    """What in the settings would keep somebody out, or let somebody in, whom nobody meant; a sentence each."""
    found = []
    known = set(settings.AGE_THRESHOLDS)
    if 18 not in known:
        found.append(_("AGE_THRESHOLDS lacks 18: no room could be told from another."))
    if community.floor_age < 13:
        found.append(_("The floor age is under 13: nobody so young can be proved here."))
    for age in (community.floor_age, community.digital_majority):
        if age not in known:
            found.append(_("%(age)d years are not among AGE_THRESHOLDS.") % {"age": age})
    floor = community.floor_age
    if floor in known and floor not in FLOORS:
        found.append(_("No band begins at %(age)d years: nobody could prove to be old enough.") % {"age": floor})
    days = (community.proof_days_adults, community.proof_days_minors, community.in_person_days)
    if not all(1 <= one <= LONGEST_DAYS for one in days):
        found.append(_("A proof lasts from one day to three years."))
    slugs = {one.slug for one in configured()}
    if unknown := set(community.age_methods) - slugs:
        found.append(_("Not set up here: %(ways)s.") % {"ways": ", ".join(sorted(unknown))})
    return found
