"""In person: an age officer of an association sees the document and gives it back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from community.models import AgeCheck
from community.policies import Ask
from community.qr import qr_data_uri
from community.services.age_checks import code_of

from .provider import AgeProvider, Level


class InPersonProvider(AgeProvider):
    """Shows the ten-minute code. It says nothing: neither who it is for, nor where, nor which age."""

    slug = "in_person"
    level = Level.ENHANCED
    for_guardians = True

    @property
    def label(self) -> str:
        return _("In person")

    @property
    def privacy_notice(self) -> str:
        return _(
            "An officer of a partner association looks at your document and hands it back. They do not see your "
            "account. What stays here: an age band, the association’s name and the day."
        )

    def supports(self, ask: Ask) -> bool:
        """Every band can be seen on a document; single thresholds inside a band cannot."""
        return set(ask.at_least) <= {13, 15, 18} and set(ask.under) <= {15, 18}

    def start(self, check: AgeCheck, request: HttpRequest) -> HttpResponseBase:
        """The code, as text and as a QR code."""
        code = code_of(check)
        left = check.expires_at - timezone.now()
        response = render(
            request,
            "community/age_code.html",
            {
                "code": f"{code[:4]} {code[4:]}",
                "qr": qr_data_uri(code),
                "minutes": max(1, round(left.total_seconds() / 60)),
                "waiting": check.state == AgeCheck.State.AWAITING_SECOND,
                "section": "account",
            },
        )
        response["Cache-Control"] = "no-store"
        return response
