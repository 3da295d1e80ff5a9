"""The signed months of figures, and the DSA's yearly report as a download. For officers."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils import timezone

from safeguarding.models import TransparencyMonth
from safeguarding.services.transparency import year_data
from safeguarding.transparency.dsa24 import csv_of, sections

from .records import RecordAdmin
from .site import console

FIRST_YEAR = 2020


@admin.register(TransparencyMonth, site=console)
class FiguresAdmin(RecordAdmin):
    """Counts alone: there is nothing of anybody in it."""

    permission = "export_cases"
    key = "month"
    change_list_template = "admin/havre/figures.html"
    ordering = ("-month",)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("report/", wrap(self.report_view), name="safeguarding_dsa_report"),
            path("<slug:month>/json/", wrap(self.month_view), name="safeguarding_transparencymonth_json"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        this_year = timezone.localdate().year
        return super().changelist_view(request, {"years": [this_year, this_year - 1, this_year - 2]})

    def report_view(self, request: HttpRequest) -> HttpResponse:
        """The eleven sections of `?year=`, in one zip."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = request.GET.get("year", "")
        if not (asked.isascii() and asked.isdigit()) or not FIRST_YEAR <= int(asked) <= timezone.localdate().year:
            raise Http404
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, rows in sections(year_data(int(asked))).items():
                archive.writestr(f"{name}.csv", csv_of(rows))
        return HttpResponse(
            packed.getvalue(),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="dsa-report-{asked}.zip"'},
        )

    def month_view(self, request: HttpRequest, month: str) -> HttpResponse:
        """One signed month with its signature, to hand to an auditor."""
        row: TransparencyMonth = self.find(request, month)
        return JsonResponse(
            {"body": row.body, "sha256": row.sha256, "signature": row.signature, "public_key": row.public_key},
            headers={"Content-Disposition": f'attachment; filename="figures-{row.month}.json"'},
        )
