"""Appeals, judged by somebody who took no part in the decision."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from safeguarding import selectors
from safeguarding.models import Appeal
from safeguarding.services import appeals

from .access import is_officer, reader
from .forms import JudgementForm
from .records import RecordAdmin
from .site import console


@admin.register(Appeal, site=console)
class AppealAdmin(RecordAdmin):
    """The queue of appeals: oldest first. Those one decided, or may not know of, are not in it."""

    permission = "work_cases"
    page_template = "admin/havre/appeal.html"
    change_list_template = "admin/havre/appeals.html"
    list_filter = ("state",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appeal]:
        return (
            selectors.appeals_to_judge(reader(request), officer=is_officer(request))
            .select_related("decision__case", "decision__statement", "decision__member", "lodged_by", "judged_by")
            .order_by("judged_at", "created_at")
        )

    def page_context(self, request: HttpRequest, record: Appeal) -> dict[str, Any]:
        pending = record.state == Appeal.State.PENDING
        return {
            "title": _("Appeal"),
            "decision": record.decision,
            "form": JudgementForm() if pending else None,
        }

    def judge(self, request: HttpRequest, appeal: Appeal) -> str | HttpResponse:
        form = JudgementForm(request.POST)
        if not form.is_valid():
            return self.show(request, appeal, form=form)
        appeals.judge_appeal(
            actor=reader(request),
            appeal=appeal,
            overturn=form.cleaned_data["outcome"] == Appeal.State.OVERTURNED,
            answer=form.cleaned_data["answer"],
        )
        return _("Judged. The person can read the answer in their account.")

    verbs = {"judge": judge}  # noqa: RUF012  a table of the methods above
