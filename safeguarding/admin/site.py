"""The console's own site: second factor compulsory, roles by group alone, no form that writes to a record."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from django_otp.admin import OTPAdminSite
from unfold.dataclasses import Favicon
from unfold.sites import UnfoldAdminSite

from safeguarding import registers, rule_figures, selectors
from safeguarding.services.rule_moves import WATCH

from .access import is_officer, is_verified, may, reader
from .places import places_for

# Unfold's names; the colours are those of the members' pages (community/app.css).
PRIMARY = {
    "50": "#eef7f8",
    "100": "#dcedf0",
    "200": "#bcdde3",
    "300": "#8fc6d0",
    "400": "#7fd0de",
    "500": "#7fd0de",
    "600": "#0b5563",
    "700": "#083f4a",
    "800": "#06323b",
    "900": "#06262d",
    "950": "#041a1f",
}


class ConsoleSite(UnfoldAdminSite, OTPAdminSite):  # type: ignore[misc]  # neither has types
    """Django admin behind a second factor. People log in where members do, then prove the second factor."""

    site_header = site_title = "Havre"
    index_title = gettext_lazy("Now")
    index_template = "admin/havre/dashboard.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Active, in a role that opens the console, and verified by a second factor in this session."""
        return bool(
            request.user.is_authenticated
            and request.user.is_active
            and is_verified(request)
            and may(request, "open_console")
        )

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """There is one way to log in, the members'; from there to the second factor, and on to where one was going."""
        onward = request.GET.get("next") or reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not may(request, "open_console"):
            raise PermissionDenied
        if not is_verified(request):
            return redirect_to_login(onward, reverse("community:second_factor"))
        return redirect(reverse("admin:index"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One way to change a password, the members'."""
        return redirect("account_change_password")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """What is due, what is overdue, what rings, and whether checking keeps up."""
        board = selectors.dashboard(reader(request), officer=is_officer(request))
        owed = registers.owed_by_officers(reader(request)) if is_officer(request) else []
        age = selectors.age_board(reader(request)) if may(request, "oversee_age_officers") else None
        steering = rule_figures.board(reader(request)) if may(request, WATCH) else None
        erasures = registers.erasures_waiting(reader(request)) if may(request, "hold_evidence") else None
        shown = {"erasures": erasures, "board": board, "owed": owed, "age": age, "steering": steering}
        page: TemplateResponse = super().index(request, {**shown, **(extra_context or {})})
        return page

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        return {
            **context,
            "colors": {**context["colors"], "primary": PRIMARY},
            "site_icon": static("community/havre.svg"),
            "site_favicons": [Favicon(href=static("community/havre.svg"), rel="icon", type="image/svg+xml")],
            "styles": [static("safeguarding/console.css")],
            "scripts": [static("safeguarding/console.js")],
            "is_officer": is_officer(request),
        }

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        return []  # the sidebar is the list

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The places there are, by section (see `places`)."""
        return places_for(request)


console = ConsoleSite(name="admin")
