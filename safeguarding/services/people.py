"""What this floor may know of people: their verified bands, read in one query however many they are."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from community.models import AgeFact
from community.policies import AgeBand, band_of


def bands_of(member_pks: Iterable[int]) -> dict[int, AgeBand]:
    """The band that current facts prove, for each of `member_pks` (primary keys); NONE where nothing is proved.

    Facts hold by days of the community's zone. One query.
    """
    facts: dict[int, dict[int, bool]] = {pk: {} for pk in member_pks}
    current = AgeFact.objects.current(timezone.localdate()).filter(member__in=list(facts))
    for pk, threshold, is_over in current.values_list("member_id", "threshold", "is_over"):
        facts[pk][threshold] = is_over
    return {pk: band_of(proved) for pk, proved in facts.items()}
