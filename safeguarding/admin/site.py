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
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_otp.admin import OTPAdminSite
from unfold.dataclasses import Favicon
from unfold.sites import UnfoldAdminSite

from safeguarding import registers, rule_figures, selectors
from safeguarding.services.rule_moves import WATCH

from .access import is_officer, is_verified, may, reader, roles

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
        """The few places there are, in the order in which they are needed."""
        officer = is_officer(request)
        places = [
            (True, _("Now"), "dashboard", "admin:index"),
            (may(request, "work_cases"), _("Cases"), "inbox", "admin:safeguarding_case_changelist"),
            (may(request, "work_cases"), _("Appeals"), "balance", "admin:safeguarding_appeal_changelist"),
            (may(request, "review_rooms"), _("Proposed rooms"), "forum", "admin:chat_roomproposal_changelist"),
            (may(request, "review_rooms"), _("Rooms"), "meeting_room", "admin:chat_room_changelist"),
            (
                may(request, "export_cases"),
                _("Life at risk"),
                "e911_emergency",
                "admin:safeguarding_urgentsheet_changelist",
            ),
            (may(request, WATCH), _("Rules"), "rule", "admin:safeguarding_rule_changelist"),
            (may(request, "export_cases"), _("Exports"), "folder_zip", "admin:safeguarding_incidentexport_changelist"),
            (
                may(request, "export_cases"),
                _("Register"),
                "outgoing_mail",
                "admin:safeguarding_transmission_changelist",
            ),
            (may(request, "export_cases"), _("Orders"), "gavel", "admin:safeguarding_authorityorder_changelist"),
            (may(request, "hold_evidence"), _("Legal holds"), "lock", "admin:safeguarding_legalhold_changelist"),
            (
                may(request, "hold_evidence"),
                _("Retention"),
                "auto_delete",
                "admin:safeguarding_retentionrun_changelist",
            ),
            (
                may(request, "hold_evidence"),
                _("Requests for erasure"),
                "person_remove",
                "admin:safeguarding_erasurerequest_changelist",
            ),
            (
                may(request, "export_cases"),
                _("Figures"),
                "monitoring",
                "admin:safeguarding_transparencymonth_changelist",
            ),
            (
                may(request, "oversee_age_officers"),
                _("Associations"),
                "diversity_3",
                "admin:community_association_changelist",
            ),
            (
                may(request, "oversee_age_officers"),
                _("Contested ages"),
                "contact_support",
                "admin:community_agecontest_changelist",
            ),
            (
                may(request, "oversee_age_officers"),
                _("Settings of ages"),
                "tune",
                "admin:community_community_changelist",
            ),
            (may(request, "hold_evidence"), _("Courts’ orders"), "gavel", "admin:community_banmark_changelist"),
            (officer, _("Audit log"), "history", "admin:community_auditevent_changelist"),
        ]
        items = [
            {
                "title": title,
                "icon": icon,
                "link": reverse(name),
                "has_permission": True,
                "active": request.path == reverse(name)
                if name == "admin:index"
                else request.path.startswith(reverse(name)),
            }
            for allowed, title, icon, name in places
            if allowed
        ]
        return [{"items": items}] if roles(request) else []


console = ConsoleSite(name="admin")
