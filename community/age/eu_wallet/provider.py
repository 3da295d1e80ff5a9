"""The EU age verification wallet, as one of the ways of proving an age."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from community.age.bands import bands_to_prove
from community.age.provider import AgeProvider, Level
from community.models import AgeCheck, WalletExchange
from community.own_checks import home_of, status_of
from community.policies import AgeBand, Ask
from community.qr import qr_data_uri
from community.services.progress import consent_progress
from community.services.trust import current_anchors
from community.services.wallet import exchange_of
from community.services.wallet_request import METHOD, METHOD_ZK, began_here, browser_request, wallet_link

from . import zk


class EuWalletProvider(AgeProvider):
    """Asks a wallet for one yes or no. Neither who asks for whom, nor the answer, reaches anybody else.

    Level: the EU profile asks providers for assurance level *substantial*, and a telephone can be lent: ENHANCED.
    """

    slug = METHOD
    level = Level.ENHANCED
    for_guardians = True

    @property
    def label(self) -> str:
        return _("European age wallet")

    @property
    def privacy_notice(self) -> str:
        return _(
            "The age application on your telephone answers one question with yes or no: no name, no date of birth. "
            "The provider of the proof does not learn where you use it."
        )

    def is_ready(self) -> bool:
        """Whether any provider of proofs is believed (manage.py import_trust_anchors)."""
        return bool(current_anchors())

    def supports(self, ask: Ask) -> bool:
        """Any threshold can be asked for; whether a wallet holds it is its provider's business."""
        return True

    def start(self, check: AgeCheck, request: HttpRequest) -> HttpResponseBase:
        """First which band to prove, for no more than it needs is asked; then the request itself."""
        exchange = exchange_of(check)
        context: dict[str, Any] = {
            "slug": self.slug,
            "guardian": check.consent_id is not None,
            "back": home_of(check.consent),
            "follow": status_of(check.consent),
            "section": "account" if check.member_id else "",
        }
        if exchange is None or not began_here(exchange, request.session.session_key or ""):
            context["bands"] = bands_to_prove(check, self)
            return _never_kept(render(request, "community/wallet_choice.html", context))
        if exchange.state == WalletExchange.State.REFUSED:
            return _never_kept(render(request, "community/wallet_refused.html", context))
        link = self.link(exchange)
        context |= {
            "link": link,
            "qr": qr_data_uri(link, error="l") if link else "",
            "browser_request": browser_request(exchange),
            "band": AgeBand(exchange.band).label,
            "answered": exchange.state == WalletExchange.State.ANSWERED,
            "state": consent_progress(check.consent) if check.consent else exchange.state,
        }
        return _never_kept(render(request, "community/wallet.html", context))

    def link(self, exchange: WalletExchange) -> str:
        """The link that opens a wallet; "" where only the browser can ask."""
        return wallet_link(exchange)


class EuWalletZkProvider(EuWalletProvider):
    """The same in zero knowledge: not even a proof that could be known again. One adult can therefore open any number
    of accounts, so it is for communities that weigh that against the privacy. Off unless an operator names it."""

    slug = METHOD_ZK
    for_guardians = False  # nothing would tell that one adult agrees for many children

    @property
    def label(self) -> str:
        return _("European age wallet, without a trace")

    @property
    def privacy_notice(self) -> str:
        return _(
            "Your browser asks the age application, which proves the answer without showing the attestation. Not even "
            "the provider and this place together could tell that it was yours."
        )

    def is_ready(self) -> bool:
        """Also needs requirements-zk.txt and its circuits (manage.py make_zk_circuits)."""
        circuits = [zk.circuit_file(settings.ZK_CIRCUITS, circuit) for circuit in zk.CIRCUITS.values()]
        return super().is_ready() and zk.is_installed() and all(file.is_file() for file in circuits)

    def link(self, exchange: WalletExchange) -> str:
        """A proof goes through the browser alone (the profile's Annex A)."""
        return ""


def _never_kept(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "no-store"
    return response
