"""Life at risk: the sheet one telephones from, and its review by a second officer."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from safeguarding import registers
from safeguarding.incidents import INCIDENTS
from safeguarding.models import UrgentSheet
from safeguarding.services import casework, urgent

from .access import reader
from .filters import ChoiceFilter
from .forms import SheetForm, SheetReviewForm
from .records import RecordAdmin
from .site import console


class ReviewFilter(ChoiceFilter):
    title = gettext_lazy("review")
    parameter_name = "review"
    choices_there_are = (("waiting", gettext_lazy("waiting")), ("done", gettext_lazy("reviewed")))

    def chosen(self, queryset: QuerySet[UrgentSheet], value: str) -> QuerySet[UrgentSheet]:
        return queryset.filter(reviewed_at__isnull=value == "waiting")


@admin.register(UrgentSheet, site=console)
class UrgentSheetAdmin(RecordAdmin):
    """For officers alone; sheets of cases they may not know of are not there."""

    permission = "export_cases"
    page_template = "admin/havre/urgent.html"
    change_list_template = "admin/havre/urgents.html"
    list_filter = (ReviewFilter,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[UrgentSheet]:
        return (
            registers.sheets_for(reader(request))
            .select_related("case", "opened_by", "reviewed_by")
            .order_by("reviewed_at", "due_at")
        )

    def page_context(self, request: HttpRequest, record: UrgentSheet) -> dict[str, Any]:
        actor = reader(request)
        readable = casework.may_read(actor=actor, case=record.case)
        waits = record.reviewed_at is None
        return {
            "title": _("Life at risk"),
            "incident_name": INCIDENTS[record.case.code].words.in_language(get_language() or "fr"),
            "facts": registers.urgent_facts(record.case, content=readable),
            "readable": readable,
            "lines": record.case.transmissions.order_by("due_at"),
            "own": record.opened_by_id == actor.pk,
            "form": SheetForm(initial={name: getattr(record, name) for name in urgent.WORDS}) if waits else None,
            "review_form": SheetReviewForm() if waits and record.opened_by_id != actor.pk else None,
        }

    def complete(self, request: HttpRequest, sheet: UrgentSheet) -> str | HttpResponse:
        form = SheetForm(request.POST)
        if not form.is_valid():
            return self.show(request, sheet, form=form)
        urgent.complete_urgent_sheet(actor=reader(request), sheet=sheet, **form.cleaned_data)
        return _("Written down.")

    def read(self, request: HttpRequest, sheet: UrgentSheet) -> str:
        casework.look_at_case(actor=reader(request), case=sheet.case, reason=_("life at risk"))
        return _("You may read this case for half an hour. The reading and its reason are logged.")

    def review(self, request: HttpRequest, sheet: UrgentSheet) -> str | HttpResponse:
        form = SheetReviewForm(request.POST)
        if not form.is_valid():
            return self.show(request, sheet, review_form=form)
        urgent.review_urgent_sheet(
            actor=reader(request),
            sheet=sheet,
            agreed=form.cleaned_data["agreed"] == "yes",
            text=form.cleaned_data["review"],
        )
        return _("Reviewed. The clock has stopped.")

    verbs = {"complete": complete, "read": read, "review": review}  # noqa: RUF012  a table of the methods above
