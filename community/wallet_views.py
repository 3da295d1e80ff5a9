"""The wallet's side of a proof of age: where people choose what to prove, wallets post, and browsers come back.

Whoever begins is a logged-in member or, where the address says `?guardian`, the guardian whose check this browser's
session remembers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from .age.eu_wallet.dcapi import longest_text
from .age.eu_wallet.openid4vp import MAX_FORM
from .age.provider import Verdict
from .client import client_of
from .errors import Refused, TooManyAttempts, TryLater, WalletOver
from .models import AgeCheck, GuardianConsent, Member, WalletExchange
from .own_checks import guardian_check_here, home_of, page_of
from .policies import FACTS_OF_BAND, AgeBand
from .services.wallet import (
    Holder,
    begin_exchange,
    decline_exchange,
    finish_by_code,
    finish_here,
    most_of_answer,
    receive_from_browser,
    receive_response,
    returning,
    running_exchange,
)
from .services.wallet_request import METHOD, began_here, typed_code


@dataclass(frozen=True, slots=True)
class _Asker:
    """Who a request is from, and where they go on."""

    holder: Holder
    slug: str  # of the provider of their running check

    @property
    def _consent(self) -> GuardianConsent | None:
        return self.holder if isinstance(self.holder, GuardianConsent) else None

    @property
    def home(self) -> str:
        return home_of(self._consent)

    @property
    def page(self) -> str:
        return page_of(self._consent, self.slug)


def _asker(request: HttpRequest) -> _Asker | None:
    """A guardian where the address says so and this browser began, else the member; None for anybody else."""
    if "guardian" in request.GET:
        check = guardian_check_here(request, METHOD)
        return _Asker(check.consent, METHOD) if check is not None and check.consent is not None else None
    if not isinstance(request.user, Member):
        return None
    running = AgeCheck.objects.filter(member=request.user).values_list("provider", flat=True).first()
    return _Asker(request.user, running or METHOD)


def _nobody() -> HttpResponse:
    """What was begun is over, or was begun elsewhere: to the age page, which asks to log in."""
    return redirect("community:age")


def _session(request: HttpRequest) -> str:
    return request.session.session_key or ""


@login_not_required
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Somebody says which band to prove: it decides what is asked, and opens nothing by itself."""
    asker = _asker(request)
    if asker is None:
        return _nobody()
    band = request.POST.get("band", "")
    if band not in FACTS_OF_BAND:
        messages.error(request, _("Choose what you want to prove."))
    else:
        try:
            begin_exchange(holder=asker.holder, band=AgeBand(band), session_key=_session(request))
        except Refused as refusal:
            messages.error(request, str(refusal))
    return redirect(asker.page)


@csrf_exempt  # a wallet has no cookie of ours; the state says which request it answers
@never_cache
@login_not_required
@require_POST
def response(request: HttpRequest) -> JsonResponse:
    """Where wallets post (OpenID4VP direct_post). Says where to go on, or that it was nothing, and never why."""
    posted = _form(request)
    if posted is None:
        return JsonResponse({"error": "invalid_request"}, status=400)
    address = client_of(request).address
    try:
        if "error" in posted:
            goes_on = decline_exchange(state=posted.get("state", ""), address=address)
        else:
            goes_on = receive_response(
                state=posted.get("state", ""), vp_token=posted.get("vp_token", ""), address=address
            )
    except TooManyAttempts:
        return JsonResponse({"error": "slow_down"}, status=429)
    except TryLater:
        return JsonResponse({"error": "temporarily_unavailable"}, status=503)
    except Refused:
        return JsonResponse({"error": "invalid_request"}, status=400)
    return JsonResponse({"redirect_uri": goes_on})


def _form(request: HttpRequest) -> dict[str, str] | None:
    """The fields of a small urlencoded form, each once; None for anything else, however long."""
    if request.content_type != "application/x-www-form-urlencoded":
        return None
    body = request.read(MAX_FORM + 1)
    if len(body) > MAX_FORM:
        return None
    try:
        fields = QueryDict(body.decode("ascii"), encoding="utf-8")
    except (UnicodeDecodeError, TooManyFieldsSent):
        return None
    known = {name: fields.getlist(name) for name in ("state", "vp_token", "error")}
    if any(len(values) > 1 for values in known.values()):
        return None
    return {name: values[0] for name, values in known.items() if values}


@never_cache
@login_not_required
@require_safe
def returned(request: HttpRequest) -> HttpResponseBase:
    """Where the wallet's device ends: done in the browser that began, six digits to carry there in any other."""
    try:
        exchange = returning(response_code=request.GET.get("response_code", ""), address=client_of(request).address)
    except WalletOver:
        return render(request, "community/wallet_return.html", {"code": "", "section": "account"})
    except Refused as refusal:
        return HttpResponse(str(refusal), status=429, content_type="text/plain; charset=utf-8")
    asker = _began(request, exchange)
    if asker is not None:
        if request.method == "HEAD":
            return HttpResponse()
        try:
            verdict = finish_here(holder=asker.holder, session_key=_session(request), exchange=exchange)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            _tell(request, verdict)
        return redirect(asker.home)
    code = typed_code(exchange)
    answer = render(request, "community/wallet_return.html", {"code": f"{code[:3]} {code[3:]}", "section": "account"})
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _began(request: HttpRequest, exchange: WalletExchange) -> _Asker | None:
    """Whoever began the exchange, where it was in this browser."""
    if not began_here(exchange, _session(request)):
        return None
    check = exchange.age_check
    if check.consent is not None:
        return _Asker(check.consent, METHOD) if guardian_check_here(request, METHOD) == check else None
    owner = request.user
    return _Asker(owner, check.provider) if isinstance(owner, Member) and owner == check.member else None


@login_not_required
@require_POST
def code(request: HttpRequest) -> HttpResponse:
    """Whoever began types the six digits that the wallet's device shows."""
    asker = _asker(request)
    if asker is None:
        return _nobody()
    try:
        verdict = finish_by_code(
            holder=asker.holder, session_key=_session(request), code=request.POST.get("code", "")[:20]
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(asker.page)
    _tell(request, verdict)
    return redirect(asker.home)


@never_cache
@login_not_required
@require_POST
def browser(request: HttpRequest) -> HttpResponse:
    """The page hands over what the browser's Digital Credentials API gave it. Answers where to go on."""
    asker = _asker(request)
    if asker is None:
        return _nobody()
    try:
        verdict = receive_from_browser(
            holder=asker.holder, session_key=_session(request), response=_sealed(request, asker.holder)
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return JsonResponse({"next": asker.page})
    _tell(request, verdict)
    return JsonResponse({"next": asker.home})


def _sealed(request: HttpRequest, holder: Holder) -> str:
    """The text of {"response": "base64url"}; "" for anything else, which opens to nothing."""
    if request.content_type != "application/json":
        return ""
    exchange = running_exchange(holder)
    if exchange is None:
        return ""
    most = longest_text(most_of_answer(exchange)) + 100
    body = request.read(most + 1)
    if len(body) > most:
        return ""
    try:
        posted: Any = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    sealed = posted.get("response") if isinstance(posted, dict) else None
    return sealed if isinstance(sealed, str) else ""


def _tell(request: HttpRequest, verdict: Verdict) -> None:
    if verdict is not Verdict.MET:
        messages.error(request, _("This proof could not be accepted. Try another way, or ask a person."))
