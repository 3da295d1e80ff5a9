"""A member asks to be forgotten, and reads the answer afterwards with a code, for the account is gone."""

from __future__ import annotations

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from community.client import client_of
from community.errors import Refused
from community.forms import CloseAccountForm
from community.models import Member
from community.services.limits import subscriber, take

from .forms import ErasureCodeForm
from .services.erasure import answer_of, request_erasure

TRIES, WINDOW = 10, 3600  # codes a subscriber may try an hour


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """What goes, what stays and why, before anything is done; then, with the password once more, it is done."""
    assert isinstance(request.user, Member)  # LoginRequiredMiddleware let nobody else in
    form = CloseAccountForm(request.POST if request.method == "POST" else None, member=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            asked, code = request_erasure(actor=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            logout(request)
            return render(request, "safeguarding/erased.html", {"asked": asked, "code": code})
    return render(
        request,
        "safeguarding/erase.html",
        {"form": form, "section": "account"},
        status=422 if form.errors else 200,
    )


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def erasure_answer(request: HttpRequest) -> HttpResponse:
    """The answer, for whoever has the code. A code that is none opens nothing, and few may be tried."""
    form = ErasureCodeForm(request.POST if request.method == "POST" else None)
    asked = None
    if request.method == "POST" and form.is_valid():
        try:
            take("erasure-code", subscriber(client_of(request).address), most=TRIES, seconds=WINDOW)
            asked = answer_of(form.cleaned_data["code"])
            if asked is None:
                form.add_error("code", _("This code opens nothing. Check it letter by letter."))
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return render(
        request,
        "safeguarding/erasure_answer.html",
        {"form": form, "asked": asked},
        status=422 if form.errors else 200,
    )
