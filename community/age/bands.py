"""What somebody may choose to prove. The choice decides what is asked of a provider, and opens nothing by itself."""

from __future__ import annotations

from community.models import AgeCheck
from community.policies import ASK_OF_BAND, FACTS_OF_BAND, AgeBand, opens
from community.services.settings import get_community

from .provider import AgeProvider


def bands_to_prove(check: AgeCheck, way: AgeProvider) -> list[tuple[str, str]]:
    """The bands (value and label) that open something here and that this way can prove, adults first. A guardian is
    asked to be an adult, and nothing else."""
    floor = get_community().floor_age
    bands = [AgeBand.ADULT, AgeBand.TEEN_15_17, AgeBand.TEEN_13_14] if check.member_id else [AgeBand.ADULT]
    return [
        (band.value, str(band.label))
        for band in bands
        if way.supports(ASK_OF_BAND[band]) and opens(FACTS_OF_BAND[band], floor_age=floor)
    ]
