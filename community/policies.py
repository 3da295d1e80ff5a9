"""Pure rules about ages and contact. No query, no clock: what is needed is passed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class AgeBand(models.TextChoices):
    NONE = "none", _("not verified")
    TEEN_13_14 = "teen_13_14", _("13–14")
    TEEN_15_17 = "teen_15_17", _("15–17")
    ADULT = "adult", _("adult")


class Level(models.TextChoices):
    """How much a proof is worth, from the weakest to the strongest (the words of IEEE 2089.1-2024)."""

    ASSERTED = "asserted", _("asserted")
    STANDARD = "standard", _("standard")
    ENHANCED = "enhanced", _("enhanced")
    STRICT = "strict", _("strict")


@dataclass(frozen=True, slots=True)
class Ask:
    """What a room or a check needs: over every age in `at_least`, under every age in `under`."""

    at_least: tuple[int, ...] = ()
    under: tuple[int, ...] = ()


MINOR_BANDS = frozenset({AgeBand.TEEN_13_14, AgeBand.TEEN_15_17})

ASK_OF_BAND: Mapping[AgeBand, Ask] = {
    AgeBand.TEEN_13_14: Ask(at_least=(13,), under=(15, 18)),
    AgeBand.TEEN_15_17: Ask(at_least=(15,), under=(18,)),
    AgeBand.ADULT: Ask(at_least=(18,)),
}


# What a person of each band is known to be after somebody saw their document.
FACTS_OF_BAND: Mapping[AgeBand, Mapping[int, bool]] = {
    AgeBand.TEEN_13_14: {13: True, 15: False},
    AgeBand.TEEN_15_17: {15: True, 18: False},
    AgeBand.ADULT: {18: True},
}


def meets(facts: Mapping[int, bool], ask: Ask) -> bool:
    """Whether verified facts ({threshold: is over}) satisfy `ask`; a missing fact never does.

    Being over 18 implies being over 15, and under 15 implies under 18; nothing else is inferred.
    An 18+ proof therefore never opens a room that asks for a verified *under* 18.
    """
    over = max((t for t, is_over in facts.items() if is_over), default=-1)
    under = min((t for t, is_over in facts.items() if not is_over), default=10**6)
    if over >= under:  # contradictory facts open nothing
        return False
    return all(over >= t for t in ask.at_least) and all(under <= t for t in ask.under)


def band_of(facts: Mapping[int, bool]) -> AgeBand:
    """The band that verified facts prove, or NONE."""
    for band, ask in ASK_OF_BAND.items():
        if meets(facts, ask):
            return band
    return AgeBand.NONE


def reaches(level: str, least: str) -> bool:
    """Whether a proof of `level` is at least as strong as `least`; a word that is no level reaches nothing."""
    order = Level.values
    return level in order and order.index(level) >= order.index(least)


def needs_consent(facts: Mapping[int, bool], *, digital_majority: int) -> bool:
    """Whether a guardian must agree too: a minor who is not proved over the digital majority (GDPR art. 8; in France
    15 years, loi 78-17 art. 45)."""
    return band_of(facts) in MINOR_BANDS and not meets(facts, Ask(at_least=(digital_majority,)))


def may_contact(one: AgeBand, other: AgeBand) -> bool:
    """Whether two members may be in private contact (DESIGN section 4, invariant 3): same known band only.

    Also governs invitations, mentions, presence, typing, search and the directory outside a shared room.
    """
    return one == other and one != AgeBand.NONE


def may_share_room(one: AgeBand, other: AgeBand) -> bool:
    """Whether two members may meet in a room at all: minors with minors, adults with adults."""
    if AgeBand.NONE in (one, other):
        return False
    return (one in MINOR_BANDS) == (other in MINOR_BANDS)


def opens(facts: Mapping[int, bool], *, floor_age: int) -> bool:
    """Whether verified facts open this community at all, whose floor age is `floor_age` years: nobody without a proved
    band, nobody under the floor. Whether a guardian must agree too is `needs_consent`."""
    return band_of(facts) is not AgeBand.NONE and meets(facts, Ask(at_least=(floor_age,)))
