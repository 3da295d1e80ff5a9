"""Proofs of age that are given elsewhere: by an OpenID Connect provider, or on a hosted vendor's pages.

Both begin the same way here: the person says which band they can prove, which chooses what is asked and opens nothing,
and follows a link.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from community.models import AgeCheck
from community.own_checks import home_of
from community.policies import Ask

from . import oidc, vendors
from .bands import bands_to_prove
from .provider import AgeProvider, Level


class RemoteProvider(AgeProvider):
    """The page on which the band is chosen, then the link."""

    for_guardians = True

    def start(self, check: AgeCheck, request: HttpRequest) -> HttpResponseBase:
        """Choose what to prove, then go: the link is there once `services.remote` has prepared it."""
        context = {
            "check": check,
            "provider": self,
            "bands": bands_to_prove(check, self),
            "back": home_of(check.consent),
            "section": "account" if check.member_id else "",
        }
        response = render(request, "community/age_remote.html", context)
        response["Cache-Control"] = "no-store"
        return response


class OidcAgeProvider(RemoteProvider):
    slug = "oidc_age"
    level = Level.ENHANCED

    @property
    def label(self) -> str:
        one = oidc.client()
        return one.name if one and one.name else _("An official age service")

    @property
    def privacy_notice(self) -> str:
        return _(
            "A service you already trust with your identity says only yes or no: over this age, or not. It learns that "
            "somebody asks, not your account. What stays here: the answer and the day."
        )

    def is_ready(self) -> bool:
        return oidc.client() is not None

    def supports(self, ask: Ask) -> bool:
        return {*ask.at_least, *ask.under} <= set(settings.AGE_THRESHOLDS)


class HostedProvider(RemoteProvider):
    slug = "hosted"
    level = Level.STANDARD

    @property
    def label(self) -> str:
        return _("A specialised company")

    @property
    def privacy_notice(self) -> str:
        return _(
            "A company checks your document or your face on its own pages, under its own rules, and tells us yes or "
            "no. It does not learn your account. What stays here: the answer and the day."
        )

    def is_ready(self) -> bool:
        return vendors.account() is not None

    def supports(self, ask: Ask) -> bool:
        seller = vendors.vendor()
        return seller is not None and seller.supports(ask)
