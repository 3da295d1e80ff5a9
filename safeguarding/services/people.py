"""What this floor may know of people: their verified bands, read in one query however many they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils import timezone

from community.models import AgeFact
from community.policies import AgeBand, band_of
from community.statements import composed


@composed
def _current_facts(members: list[int], day: dt.date) -> QuerySet[AgeFact, tuple[int, int, bool]]:
    current = AgeFact.objects.current(day).filter(member__in=members)
    return current.values_list("member_id", "threshold", "is_over")


def bands_of(member_pks: Iterable[int]) -> dict[int, AgeBand]:
    """The band that current facts prove, for each of `member_pks` (primary keys); NONE where nothing is proved.

    Facts hold by days of the community's zone. One query.
    """
    facts: dict[int, dict[int, bool]] = {pk: {} for pk in member_pks}
    for pk, threshold, is_over in _current_facts(facts.keys(), timezone.localdate()):
        facts[pk][threshold] = is_over
    return {pk: band_of(proved) for pk, proved in facts.items()}
