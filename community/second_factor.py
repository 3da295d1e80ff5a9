"""The second factor's pages: enrol once, then prove it in every session."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_otp import login as otp_login

from .errors import TooManyAttempts
from .forms import TokenForm
from .models import Member
from .qr import qr_data_uri
from .roles import workplace_of
from .services.second_factor import begin_enrolment, check_token, confirm_enrolment, is_enrolled


def second_factor_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Only for somebody who proved their second factor in this session; others go and do so, and come back."""

    @functools.wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_verified():  # type: ignore[union-attr]  # set by OTPMiddleware
            return redirect_to_login(request.get_full_path(), reverse("community:second_factor"))
        return view(request, *args, **kwargs)

    return checked


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for a code; who has no authenticator yet is led through enrolling one."""
    member = _staff(request)
    onward = _onward(request)
    if not is_enrolled(member):
        return redirect_to_login(onward, reverse("community:second_factor_enrol"))
    if member.is_verified():  # type: ignore[attr-defined]  # set by OTPMiddleware
        return redirect(onward)
    form = TokenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            device = check_token(actor=member, token=form.cleaned_data["token"])
        except TooManyAttempts as refusal:
            form.add_error("token", str(refusal))
        else:
            if device is not None:
                otp_login(request, device)
                return redirect(onward)
            form.add_error(
                "token", _("This code is not right, or was used already. Wait a little and try the next one.")
            )
    return render(
        request,
        "account/second_factor.html",
        {"form": form, "next": onward},
        status=422 if form.errors else 200,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Scan, type the first code, write down the recovery codes: shown once, on the answer."""
    member = _staff(request)
    onward = _onward(request)
    if is_enrolled(member):
        return redirect_to_login(onward, reverse("community:second_factor"))
    form = TokenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            confirmed = confirm_enrolment(actor=member, token=form.cleaned_data["token"])
        except TooManyAttempts as refusal:
            form.add_error("token", str(refusal))
        else:
            if confirmed is not None:
                device, codes = confirmed
                otp_login(request, device)
                return render(request, "account/recovery_codes.html", {"codes": codes, "next": onward})
            form.add_error(
                "token", _("This code is not right. Check the clock of your telephone and try the next one.")
            )
    device = begin_enrolment(actor=member)
    secret = device.config_url.partition("secret=")[2].partition("&")[0]
    return render(
        request,
        "account/second_factor_enrol.html",
        {
            "form": form,
            "next": onward,
            "qr": qr_data_uri(device.config_url),
            "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        },
        status=422 if form.errors else 200,
    )


def _staff(request: HttpRequest) -> Member:
    member = request.user
    if not isinstance(member, Member) or not member.is_staff:
        raise Http404
    return member


def _onward(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return target
    assert isinstance(request.user, Member)
    return resolve_url("community:age_desk" if workplace_of(request.user) == "desk" else "home")
