"""A guardian's consent: the child's page, and the two pages that the guardian sees without an account.

The guardian's pages are made of the consent alone: they show no pseudonym, room, message, report or case.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .age.provider import AgeProvider
from .age.registry import provider, providers
from .client import client_of
from .errors import ConsentOver, ProviderUnavailable, Refused
from .forms import GuardianForm
from .guardian_links import link_token
from .models import GuardianConsent, Member
from .own_checks import remember_guardian_check
from .qr import qr_data_uri
from .services.access import access_of
from .services.age_checks import code_of
from .services.associations import places_to_go
from .services.consents import consent_open_here
from .services.guardians import (
    ADULT,
    agree_as_child,
    ask_guardian,
    begin_guardian_check,
    confirm_address,
    consent_by_link,
    consent_by_mail,
    consent_of,
    follow_consent,
    give_address,
    guardian_check,
    guardian_code,
    withdraw_as_child,
    withdraw_as_guardian,
)
from .services.progress import consent_progress


def _child(request: HttpRequest) -> Member:
    assert isinstance(request.user, Member)  # LoginRequiredMiddleware
    return request.user


@never_cache
@require_safe
def consent(request: HttpRequest) -> HttpResponse:
    """The child's page: what the guardian will see, the link, how far it is, and the way out."""
    child = _child(request)
    access = access_of(child)
    found = consent_of(child)
    if found is None and not access.consent_missing:
        return redirect("community:age")
    link = settings.SITE_URL + reverse("community:guardian_link", args=[link_token(found.public_id)]) if found else ""
    context = {
        "consent": found,
        "possible": consent_open_here(),
        "link": link,
        "qr": qr_data_uri(link) if link else "",
        "state": consent_progress(found),
        "section": "account",
    }
    return render(request, "community/consent.html", context)


@never_cache
@require_safe
def status(request: HttpRequest) -> JsonResponse:
    """How far the child's consent is; their page asks so that nobody has to reload it."""
    return JsonResponse({"state": consent_progress(consent_of(_child(request)))})


@require_POST
def act(request: HttpRequest, what: str) -> HttpResponse:
    """The child asks, agrees or withdraws."""
    acts = {"ask": ask_guardian, "agree": agree_as_child, "withdraw": withdraw_as_child}
    if what not in acts:
        raise Http404
    try:
        acts[what](actor=_child(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("community:consent")


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def guardian_link(request: HttpRequest, token: str) -> HttpResponse:
    """What a child's link opens: what is asked, and where the guardian gives an address to confirm."""
    address = client_of(request).address
    form = GuardianForm(request.POST if request.method == "POST" else None)
    try:
        found = consent_by_link(token=token, address=address)
        if request.method == "POST" and form.is_valid():
            email = form.cleaned_data["email"]
            give_address(consent=found, email=email, language=get_language() or "fr", address=address)
            return render(request, "community/guardian_mailed.html")
    except ConsentOver as refusal:
        return _over(request, refusal)
    except Refused as refusal:
        form.add_error("email", str(refusal))
    return render(request, "community/guardian_link.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def guardian(request: HttpRequest, token: str) -> HttpResponse:
    """What the mailed link opens: agree, add a proof of being an adult, withdraw at any time."""
    try:
        found = consent_by_mail(token=token, address=client_of(request).address)
        if request.method == "POST":
            return _guardian_acts(request, found, token)
    except ConsentOver as refusal:
        return _over(request, refusal)
    context = {
        "consent": found,
        "state": consent_progress(found),
        "token": token,
        "code": _spaced(guardian_code(found)),
        "providers": [one for one in providers() if _is_offered(one)],
        "places": places_to_go(),
    }
    return render(request, "community/guardian.html", context)


def _guardian_acts(request: HttpRequest, found: GuardianConsent, token: str) -> HttpResponse:
    here = redirect("community:guardian", token=token)
    what = request.POST.get("what", "")
    try:
        if what == "confirm":
            confirm_address(consent=found)
        elif what == "withdraw":
            withdraw_as_guardian(consent=found)
            return render(request, "community/guardian_withdrawn.html")
        elif what == "prove":
            chosen = provider(request.POST.get("provider", ""))
            if not _is_offered(chosen):
                raise ProviderUnavailable
            check = begin_guardian_check(consent=found, provider=chosen.slug, address=client_of(request).address)
            remember_guardian_check(request, check)
            return redirect("community:guardian_check", token=token, slug=chosen.slug)
    except ProviderUnavailable as refusal:
        raise Http404 from refusal
    except ConsentOver:
        raise
    except Refused as refusal:
        messages.error(request, str(refusal))
    return here


@never_cache
@login_not_required
@require_safe
def check_page(request: HttpRequest, token: str, slug: str) -> HttpResponseBase:
    """The guardian's running proof: a code for an age officer, or the provider's own page."""
    try:
        found = consent_by_mail(token=token, address=client_of(request).address)
        chosen = provider(slug)
    except ConsentOver as refusal:
        return _over(request, refusal)
    except ProviderUnavailable as refusal:
        raise Http404 from refusal
    check = guardian_check(found, slug)
    if check is None:
        return redirect("community:guardian", token=token)
    if slug != "in_person":
        remember_guardian_check(request, check)
        return chosen.start(check, request)
    code = code_of(check)
    context: dict[str, Any] = {
        "code": _spaced(code),
        "qr": qr_data_uri(code),
        "until": check.expires_at,
        "state": consent_progress(found),
        "token": token,
        "places": places_to_go(),
    }
    return render(request, "community/guardian_code.html", context)


@never_cache
@login_not_required
@require_safe
def guardian_status(request: HttpRequest, token: str) -> HttpResponse:
    """The same for the guardian's pages; those who ask too often are asked to wait."""
    try:
        state = follow_consent(token=token, address=client_of(request).address)
    except Refused:
        return HttpResponse(status=429)
    return JsonResponse({"state": state})


def _is_offered(way: AgeProvider) -> bool:
    return way.for_guardians and way.supports(ADULT) and way.is_ready()


def _spaced(code: str | None) -> str:
    return f"{code[:4]} {code[4:]}" if code else ""


def _over(request: HttpRequest, refusal: Refused) -> HttpResponse:
    return render(request, "community/guardian_over.html", {"refusal": _("This link is over.")}, status=404)
