"""The age page, the code a member shows, and the desk at which an age officer attests."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .age.demo import DemoProvider
from .age.provider import Verdict
from .age.registry import provider, providers
from .client import client_of
from .errors import NotAnAgeOfficer, ProviderUnavailable, Refused
from .forms import AgeDeskForm, ContestForm
from .models import AgeCheck, AgeContest, Member
from .policies import MINOR_BANDS, AgeBand, opens
from .qr import qr_data_uri
from .second_factor import second_factor_required
from .services.access import access_of
from .services.age_checks import begin_check, cancel_check, code_of, current_check
from .services.age_facts import ended_proof, record_outcome
from .services.associations import places_to_go
from .services.attesting import Attested, active_officer, attest_check
from .services.contests import contest_age
from .services.progress import progress_of
from .services.settings import get_community


def _member(request: HttpRequest) -> Member:
    assert isinstance(request.user, Member)  # LoginRequiredMiddleware
    return request.user


@never_cache
@require_safe
def age_page(request: HttpRequest) -> HttpResponse:
    """What is known, what it opens, and the ways of proving an age."""
    return _age_page(request, ContestForm())


def _age_page(request: HttpRequest, form: ContestForm) -> HttpResponse:
    member = _member(request)
    access = access_of(member)
    community = get_community()
    fits = opens(access.facts, floor_age=community.floor_age)
    context = {
        "access": access,
        "band": AgeBand(access.band).label,
        "open": fits and not (access.fresh_proof_asked or access.held or access.consent_missing),
        "too_young": access.band != AgeBand.NONE and not fits,
        "ended": ended_proof(member) if access.band == AgeBand.NONE else None,
        "providers": [one for one in providers() if one.is_ready()],
        "running": AgeCheck.objects.filter(member=member, expires_at__gt=timezone.now()).first(),
        "may_print": access.band not in MINOR_BANDS,
        "places": places_to_go(),
        "contest": AgeContest.objects.filter(member=member).order_by("-pk").first(),
        "contest_form": form,
        "section": "account",
    }
    return render(request, "community/age.html", context, status=422 if form.errors else 200)


@require_POST
def contest(request: HttpRequest) -> HttpResponse:
    """Say that a result about one's age is wrong."""
    form = ContestForm(request.POST)
    if form.is_valid():
        try:
            contest_age(actor=_member(request), text=form.cleaned_data["text"])
        except Refused as refusal:
            form.add_error("text", str(refusal))
        else:
            messages.success(request, _("Received. A person answers within thirty days; another way is open now."))
            return redirect("community:age")
    return _age_page(request, form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """A sheet to print and take to an age officer, for adults alone. Asking for it anew ends the former one."""
    member = _member(request)
    if access_of(member).band in MINOR_BANDS:
        messages.error(request, _("Invitations on paper are for adults: show the code on your screen instead."))
        return redirect("community:age")
    if request.method == "POST":
        try:
            begin_check(actor=member, provider="in_person", address=client_of(request).address, on_paper=True)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("community:age")
        return redirect("community:age_invitation")
    check = current_check(member, "in_person")
    shown: dict[str, Any] = {}
    if check is not None and check.on_paper:
        code = code_of(check)
        shown = {"code": f"{code[:4]} {code[4:]}", "qr": qr_data_uri(code), "until": check.expires_at}
    return render(request, "community/age_invitation.html", {**shown, "places": places_to_go(), "section": "account"})


@require_POST
def begin(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin a check with one provider and go to its page."""
    try:
        chosen = provider(slug)
        if not chosen.is_ready():
            raise ProviderUnavailable
        begin_check(actor=_member(request), provider=chosen.slug, address=client_of(request).address)
    except ProviderUnavailable as refusal:
        raise Http404 from refusal
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("community:age")
    return redirect("community:age_check", slug=slug)


@never_cache
@require_safe
def check_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The provider's own page of a running check; without one, back to the age page."""
    try:
        chosen = provider(slug)
    except ProviderUnavailable as refusal:
        raise Http404 from refusal
    check = current_check(_member(request), slug)
    if check is None:
        if access_of(_member(request)).band == AgeBand.NONE:
            messages.info(
                request, _("This check is over, and no age is proved. You can begin again, or take another way.")
            )
        return redirect("community:age")
    return chosen.start(check, request)


@never_cache
@require_safe
def status(request: HttpRequest) -> JsonResponse:
    """How far the member's check is; the page asks so that nobody has to reload it."""
    return JsonResponse({"state": progress_of(_member(request)).state})


@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    """End one's own check."""
    cancel_check(actor=_member(request))
    return redirect("community:age")


@require_POST
def demo(request: HttpRequest) -> HttpResponse:
    """The demonstration's answer. There is no such page outside the demonstration."""
    try:
        chosen = provider("demo")
    except ProviderUnavailable as refusal:
        raise Http404 from refusal
    check = current_check(_member(request), "demo")
    if check is None or not isinstance(chosen, DemoProvider):
        return redirect("community:age")
    try:
        verdict = record_outcome(check=check, outcome=chosen.outcome_of(request.POST.get("band", "")))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("community:age")
    if verdict is not Verdict.MET:
        messages.error(request, _("This proof could not be accepted. Try another way, or ask a person."))
    return redirect("community:age")


_TOLD = {
    Attested.DONE: (messages.SUCCESS, gettext_lazy("Recorded. The person can see it on their own page.")),
    Attested.SECOND_NEEDED: (
        messages.WARNING,
        gettext_lazy("A second person of your association must now see the document and type the same code."),
    ),
    Attested.DISAGREED: (
        messages.WARNING,
        gettext_lazy("You two did not see the same age. Nothing is recorded; the person may begin again."),
    ),
    Attested.NOT_SHOWN: (messages.INFO, gettext_lazy("Nothing is recorded. The person may begin again.")),
    Attested.CONTRADICTED: (
        messages.WARNING,
        gettext_lazy(
            "This does not fit what was proved before. Nothing is recorded; a safeguarding officer will look."
        ),
    ),
}


@never_cache
@second_factor_required
@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """Where an age officer types or scans the code and says which band they saw."""
    member = _member(request)
    try:
        officer = active_officer(member)
    except NotAnAgeOfficer as refusal:
        raise PermissionDenied from refusal
    form = AgeDeskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            ended = attest_check(
                actor=member,
                code=form.cleaned_data["code"],
                band=AgeBand(form.cleaned_data["band"]),
                months=int(form.cleaned_data["months"]),
                on_file=form.cleaned_data["on_file"],
                address=client_of(request).address,
            )
        except Refused as refusal:
            form.add_error("code", str(refusal))
        else:
            level, text = _TOLD[ended]
            messages.add_message(request, level, str(text))
            return redirect("community:age_desk")
    return render(
        request,
        "community/age_desk.html",
        {"form": form, "officer": officer, "section": "desk"},
        status=422 if form.errors else 200,
    )
