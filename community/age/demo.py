"""The demonstration's provider: choose a band and have it. It exists only under HAVRE_DEMO=1, on loopback."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from community.models import AgeCheck
from community.policies import FACTS_OF_BAND, AgeBand, Ask

from .provider import AgeProvider, Level, Outcome, Verdict


class DemoProvider(AgeProvider):
    """Refuses to exist anywhere else, whatever the settings name."""

    slug = "demo"
    level = Level.ENHANCED  # it stands in for the officer of a real community, and opens what they would

    def __init__(self) -> None:
        _require_demo()

    @property
    def label(self) -> str:
        return _("Demonstration")

    @property
    def privacy_notice(self) -> str:
        return _("No check at all: you choose a band, as nobody can in a real community.")

    def supports(self, ask: Ask) -> bool:
        return True

    def start(self, check: AgeCheck, request: HttpRequest) -> HttpResponseBase:
        """Offer the bands."""
        _require_demo()
        bands = [(band.value, band.label) for band in FACTS_OF_BAND]
        return render(request, "community/age_demo.html", {"check": check, "bands": bands, "section": "account"})

    def outcome_of(self, band: str) -> Outcome:
        """What choosing `band` proves; INCONCLUSIVE for a word that is none."""
        _require_demo()
        if band not in FACTS_OF_BAND:
            return Outcome(verdict=Verdict.INCONCLUSIVE, method=self.slug, level=self.level, reason="unknown band")
        return Outcome(
            verdict=Verdict.MET,
            facts=FACTS_OF_BAND[AgeBand(band)],
            method=self.slug,
            level=self.level,
            issuer_ref="demo",
        )


def _require_demo() -> None:
    if not settings.HAVRE_DEMO:
        raise ImproperlyConfigured("The demo's age provider exists only under HAVRE_DEMO=1.")
