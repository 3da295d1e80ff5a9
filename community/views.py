"""The member's own pages: account, data, blocks, language."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.i18n import set_language as django_set_language

from . import terms
from .errors import Refused
from .forms import CloseAccountForm, PseudonymForm
from .middleware import is_open_to
from .models import Block, Member, Restriction
from .own_data import readable
from .policies import AgeBand
from .roles import AGE_OFFICER, has_role
from .services.access import access_of
from .services.members import (
    accept_terms,
    block_member,
    change_pseudonym,
    choose_language,
    close_account,
    export_personal_data,
    unblock_member,
)


def _member(request: HttpRequest) -> Member:
    assert isinstance(request.user, Member)  # LoginRequiredMiddleware
    return request.user


@never_cache
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """The member's page: name, age, limits, and the way to everything of theirs. Open while suspended too."""
    member = _member(request)
    access = access_of(member)
    return render(
        request,
        "community/account.html",
        {
            "access": access,
            "band": AgeBand(access.band).label,
            "restrictions": Restriction.objects.filter(member=member).in_force(timezone.now()).order_by("starts_at"),
            "terms_outdated": member.terms_version != terms.current().version,
            "terms_version": terms.current().version,
            "is_open": is_open_to(member, "community:blocks"),
            "is_age_officer": member.is_staff and has_role(member, AGE_OFFICER),
            "section": "account",
        },
    )


@require_POST
def accept(request: HttpRequest) -> HttpResponse:
    """Agree to the terms in force."""
    try:
        accept_terms(actor=_member(request), version=request.POST.get("version", ""))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("community:account")


@require_http_methods(["GET", "HEAD", "POST"])
def pseudonym(request: HttpRequest) -> HttpResponse:
    """Take another pseudonym."""
    member = _member(request)
    form = PseudonymForm(request.POST if request.method == "POST" else None, member=member)
    if request.method == "POST" and form.is_valid():
        try:
            change_pseudonym(actor=member, pseudonym=form.cleaned_data["pseudonym"])
        except Refused as refusal:
            form.add_error("pseudonym", str(refusal))
        else:
            messages.success(request, _("Your pseudonym is changed."))
            return redirect("community:account")
    return render(
        request,
        "community/pseudonym.html",
        {"form": form, "section": "account"},
        status=422 if form.errors else 200,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def data(request: HttpRequest) -> HttpResponseBase:
    """What is held about the member; a POST downloads it, as JSON or (`as=html`) as a page (GDPR art. 15, 20)."""
    member = _member(request)
    if request.method != "POST":
        return render(request, "community/data.html", {"section": "account"})
    held = export_personal_data(actor=member)
    response: HttpResponse
    if request.POST.get("as") == "html":
        extension = "html"
        response = render(request, "community/data_file.html", {"entries": readable(held), "language": get_language()})
    else:
        extension = "json"
        response = JsonResponse(held, json_dumps_params={"ensure_ascii": False, "indent": 2})
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="my-data-{day}.{extension}"'
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest) -> HttpResponse:
    """Close one's own account, with the password once more."""
    member = _member(request)
    form = CloseAccountForm(request.POST if request.method == "POST" else None, member=member)
    if request.method == "POST" and form.is_valid():
        try:
            close_account(actor=member, member=member)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            logout(request)
            messages.success(request, _("Your account is closed."))
            return redirect("home")
    return render(
        request,
        "community/close_account.html",
        {"form": form, "section": "account"},
        status=422 if form.errors else 200,
    )


@require_safe
def blocks(request: HttpRequest) -> HttpResponse:
    """Whom the member has blocked."""
    rows = Block.objects.filter(blocker=_member(request)).select_related("blocked").order_by("-created_at")
    return render(request, "community/blocks.html", {"blocks": rows, "section": "account"})


@require_POST
def block(request: HttpRequest, public_id: str) -> HttpResponse:
    """Block a member one has met; back to where one was."""
    try:
        block_member(actor=_member(request), member=_other(public_id))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Blocked: you no longer see each other."))
    return _back(request)


@require_POST
def unblock(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take one's own block back."""
    unblock_member(actor=_member(request), member=_other(public_id))
    return _back(request)


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """Django's own, which keeps it in this browser; for a member also in the account, for their mail."""
    if isinstance(request.user, Member):
        choose_language(actor=request.user, language=request.POST.get("language", ""))
    return django_set_language(request)


def _other(public_id: str) -> Member:
    member: Member | None = Member.objects.filter(public_id=public_id).first()
    if member is None:
        raise Http404
    return member


def _back(request: HttpRequest) -> HttpResponse:
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return redirect(target)
    return redirect("community:blocks")
