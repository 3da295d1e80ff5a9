"""The gate: what a member without a valid age, or one who is suspended, may still open. Everything else is shut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation

from .error_views import wrong_way
from .models import Member
from .policies import opens
from .services.access import Access, access_of
from .services.settings import get_community
from .services.signs import new_device

# Names of addresses, not paths; `x:*` is every address of a namespace. What the floors above leave open is named in
# settings.AGE_GATE_OPEN: this floor does not know them.
ALWAYS_OPEN = frozenset(
    {
        "home",
        "healthz",
        "set_language",
        "community:help",
        "community:terms",
        "community:terms_teen",
        "community:terms_json",
        "community:terms_version",
        "community:privacy",
        "community:guardian",
        "community:guardian_link",
        "community:guardian_check",
        "community:guardian_status",
        "community:account",
        "community:accept_terms",
        "community:data",
        "community:close_account",
        "account_login",
        "account_logout",
        "account_inactive",
        "account_email",
        "account_change_password",
        "account_set_password",
        "account_reauthenticate",
        "account_confirm_email",
        "account_email_verification_sent",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
    }
)
# For those whose age is not known, but not for those who are suspended or banned. The console and the age officers'
# desk ask for a role and a second factor instead: an officer's age is nobody's question.
OPEN_WITHOUT_AGE = frozenset(
    {
        "community:age",
        "community:age_begin",
        "community:age_check",
        "community:age_cancel",
        "community:age_leave",
        "community:oidc_return",
        "community:hosted_return",
        "community:hosted_webhook",
        "community:consent",
        "community:consent_act",
        "community:consent_status",
        "community:age_contest",
        "community:age_invitation",
        "community:age_status",
        "community:age_demo",
        "community:age_desk",
        "community:wallet_choose",
        "community:wallet_response",
        "community:wallet_return",
        "community:wallet_code",
        "community:wallet_browser",
        "community:second_factor",
        "community:second_factor_enrol",
        "admin:*",
    }
)


def is_named(view_name: str, names: frozenset[str]) -> bool:
    """Whether an address is on a list, by its name or by its namespace."""
    namespace = view_name.partition(":")[0] if ":" in view_name else ""
    return view_name in names or (bool(namespace) and f"{namespace}:*" in names)


def passes(access: Access, view_name: str, *, floor_age: int) -> bool:
    """Whether a member with these rights may open the address of this name."""
    if is_named(view_name, ALWAYS_OPEN | frozenset(settings.AGE_GATE_OPEN)):
        return True
    if access.shut_out:
        return False
    if is_named(view_name, OPEN_WITHOUT_AGE):
        return True
    if access.held or access.fresh_proof_asked or access.consent_missing:
        return False
    return opens(access.facts, floor_age=floor_age)


def is_open_to(member: Member, view_name: str) -> bool:
    """Whether the gate lets a member open the address of this name now: no page leads where it turns people away."""
    return passes(access_of(member), view_name, floor_age=get_community().floor_age)


class AgeGateMiddleware:
    """Turns a logged-in member away from every address that is not open to them. Runs before every view.

    Sets `request.access` for the views. Visitors who are not logged in are LoginRequiredMiddleware's business.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        member = request.user
        if not isinstance(member, Member):
            return None
        access = access_of(member)
        request.access = access  # type: ignore[attr-defined]  # ours, for the views
        name = request.resolver_match.view_name if request.resolver_match else ""
        if passes(access, name, floor_age=get_community().floor_age):
            return None
        return redirect("community:account" if access.shut_out else "community:age")


class WrongWayMiddleware:
    """A browser that opens what only a form may send gets words, not its own page of an empty error.

    It happens to people: who logs in again after pressing a button is led to the button's address.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or request.method != "GET" or not request.accepts("text/html"):
            return response
        told = wrong_way(request)
        told["Allow"] = response["Allow"]
        return told


DEVICE_COOKIE = "havre_device"
DEVICE_COOKIE_AGE = 390 * 24 * 3600


def device_of(request: HttpRequest) -> str:
    """The random name of this browser: of its cookie, or a new one that the answer sets."""
    known: str = request.COOKIES.get(DEVICE_COOKIE, "")
    if not known:
        known = getattr(request, "new_device", "") or new_device()
        request.new_device = known  # type: ignore[attr-defined]  # for DeviceMiddleware
    return known


class DeviceMiddleware:
    """Gives a browser its random name when somebody logs in there. It is used for nothing but `services.signs`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if name := getattr(request, "new_device", ""):
            response.set_cookie(
                DEVICE_COOKIE,
                name,
                max_age=DEVICE_COOKIE_AGE,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


class MemberLanguageMiddleware:
    """A member who has not chosen a language in this browser reads in the one of their account."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and isinstance(request.user, Member):
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = request.user.language
        return self.get_response(request)
