"""The way to a proof given elsewhere and back, for members and, without an account, for guardians."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from .age.provider import Verdict
from .age.vendors import BODY_BYTES, BadWebhook, account
from .client import client_of
from .errors import CodeUnknown, Refused
from .models import AgeCheck, Member
from .own_checks import guardian_check_here, home_of
from .policies import AgeBand
from .services.age_checks import current_check
from .services.remote import fetch_result_now, finish_oidc, is_answer_to, prepare, take_webhook

SIGNATURE_HEADER = "X-Havre-Signature"


def _checks(request: HttpRequest, slug: str) -> list[AgeCheck]:
    """The running checks of this browser with this provider: the guardian's, the member's."""
    found = [guardian_check_here(request, slug)]
    if isinstance(request.user, Member):
        found.append(current_check(request.user, slug))
    return [check for check in found if check is not None]


def _home(check: AgeCheck | None) -> str:
    return home_of(check.consent if check is not None else None)


def _told(request: HttpRequest, verdict: Verdict | None) -> None:
    if verdict is Verdict.MET:
        messages.success(request, _("Thank you: it is proved."))
    elif verdict is not None:
        messages.warning(request, _("This proof did not open anything. Try another way, or ask a person."))


@login_not_required
@require_POST
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Prepare the way there and show the link: it is followed, not redirected to, so that one sees where one goes."""
    check = next(iter(_checks(request, slug)), None)
    if check is None or slug not in ("oidc_age", "hosted"):
        return redirect("community:age")
    chosen = request.POST.get("band", "")
    band = AgeBand(chosen) if chosen in AgeBand.values else AgeBand.NONE
    try:
        where = prepare(check=check, band=band, address=client_of(request).address)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(_home(check))
    response = render(request, "community/age_leave.html", {"where": where, "back": _home(check), "section": "account"})
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@login_not_required
@require_safe
def oidc_return(request: HttpRequest) -> HttpResponse:
    """A browser comes back with a code: it counts only for a check of this very browser, and once."""
    state = request.GET.get("state", "")[:200]
    check = next((one for one in _checks(request, "oidc_age") if is_answer_to(check=one, state=state)), None)
    if check is None:
        messages.warning(request, _("This proof was begun elsewhere or is over. Begin again here."))
        return redirect("community:age" if request.user.is_authenticated else "home")
    home = _home(check)
    if "code" not in request.GET:
        messages.warning(request, _("Nothing was proved. Try again, another way, or ask a person."))
        return redirect(home)
    try:
        _told(request, finish_oidc(check=check, code=request.GET["code"]))
    except CodeUnknown:
        pass  # the same answer came twice: the first counted
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(home)


@never_cache
@login_not_required
@require_safe
def hosted_return(request: HttpRequest) -> HttpResponse:
    """A browser comes back from the vendor: its result is fetched, and nothing in this address is believed."""
    check = next(iter(_checks(request, "hosted")), None)
    if check is None:
        return redirect("community:age" if request.user.is_authenticated else "home")
    try:
        verdict = fetch_result_now(check=check)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(_home(check))
    _told(request, verdict)
    if verdict is None:
        messages.info(request, _("The result is not there yet. It comes by itself within a few minutes."))
    return redirect(_home(check))


@csrf_exempt
@login_not_required
@require_POST
def hosted_webhook(request: HttpRequest) -> HttpResponse:
    """A doorbell. Says 200 to whatever the vendor signed, known or not, and 403 to anything else."""
    if account() is None:
        raise Http404
    if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_BYTES:
        return HttpResponse(status=413)
    try:
        take_webhook(
            signature=request.headers.get(SIGNATURE_HEADER, "")[:2000],
            body=request.body,
            address=client_of(request).address,
        )
    except BadWebhook:
        return HttpResponse(status=403)
    except Refused:
        return HttpResponse(status=429)
    return HttpResponse(status=200)
