"""Replays and alarms: figures and links to cases. What was said is on no page here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from community.errors import Refused
from safeguarding import selectors
from safeguarding.errors import RulesBroken
from safeguarding.models import RuleAlarm, RuleReplay
from safeguarding.services import alarms, replays, rule_moves
from safeguarding.services.rules import STEER

from .access import is_officer, may, reader
from .records import RecordAdmin
from .rule_forms import TryFilesForm
from .site import console


@admin.register(RuleReplay, site=console)
class ReplayAdmin(RecordAdmin):
    """What a candidate would have changed. Cases that the reader may not know of are counted and not linked."""

    permission = rule_moves.WATCH
    page_template = "admin/havre/replay.html"
    change_list_template = "admin/havre/replays.html"
    list_filter = ("state",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RuleReplay]:
        return (
            RuleReplay.objects.select_related("rule", "pack", "asked_by")
            .defer("rule__content", "pack__files")
            .order_by("-pk")
        )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [path("files/", wrap(self.files_view), name="safeguarding_rulereplay_files"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        offered = {"new_url": reverse("admin:safeguarding_rulereplay_files"), "new_title": _("Replay rule files")}
        return super().changelist_view(request, {**(offered if may(request, STEER) else {}), **(extra_context or {})})

    def files_view(self, request: HttpRequest) -> HttpResponseBase:
        """Replay files that are not imported: nothing is taken in; what is wrong is told by file, rule and reason."""
        if not may(request, STEER):
            raise PermissionDenied
        form = TryFilesForm(request.POST, request.FILES) if request.method == "POST" else TryFilesForm()
        if form.is_valid():
            said = form.cleaned_data
            try:
                asked = replays.request_replay(
                    actor=reader(request), candidate=said["sources"], days=said["days"], reason=said["reason"]
                )
            except RulesBroken as broken:
                form.add_error("sources", str(broken))
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("The replay is under way. This page shows it when it is done."))
                return redirect(self.page_url(asked))
        context = {**self.admin_site.each_context(request), "title": _("Replay rule files"), "form": form}
        return TemplateResponse(request, "admin/havre/replay_files.html", context, status=422 if form.errors else 200)

    def page_context(self, request: HttpRequest, record: RuleReplay) -> dict[str, Any]:
        result = record.result or {}
        decided = result.get("decided", {})
        listed = {row["case"] for key in ("found", "missed") for row in decided.get(key, ())}
        visible = selectors.visible_cases(reader(request), officer=is_officer(request)).filter(public_id__in=listed)
        return {
            "title": _("Replay"),
            "result": result,
            "steers": may(request, STEER),
            "minutes_more": result.get("minutes", {}).get("difference", 0),
            "precision": [
                {
                    "when": when,
                    **decided[key],
                    "percent": None if decided[key]["precision"] is None else 100 * decided[key]["precision"],
                    "low": 100 * decided[key]["interval"][0],
                    "high": 100 * decided[key]["interval"][1],
                }
                for key, when in (("before", _("Now")), ("after", _("With the change")))
                if decided
            ],
            "visible": set(visible.values_list("public_id", flat=True)),
        }


@admin.register(RuleAlarm, site=console)
class AlarmAdmin(RecordAdmin):
    """What people must look at about the rules, until somebody says that they have."""

    permission = rule_moves.WATCH
    page_template = "admin/havre/rule_alarm.html"
    change_list_template = "admin/havre/rule_alarms.html"
    list_filter = ("kind",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RuleAlarm]:
        return RuleAlarm.objects.select_related("seen_by").order_by("-raised_at")

    def page_context(self, request: HttpRequest, record: RuleAlarm) -> dict[str, Any]:
        return {"title": record.get_kind_display(), "facts": sorted(record.facts.items())}

    def seen(self, request: HttpRequest, alarm: RuleAlarm) -> str:
        alarms.see_alarm(actor=reader(request), alarm=alarm)
        return _("Noted that you have looked.")

    verbs = {"seen": seen}  # noqa: RUF012  a table of the methods above
