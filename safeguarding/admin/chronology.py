"""The concern chronology of a person, reached from a case: against a reason, logged, printable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from safeguarding import chronology
from safeguarding.services import casework

from .access import may, reader
from .forms import ReasonForm


class ChronologyPage:
    """The page of a person across cases (mixed into the case's admin)."""

    admin_site: Any
    has_view_permission: Callable[..., bool]

    def chronology_view(self, request: HttpRequest, person: str) -> HttpResponseBase:
        """GET asks for the reason; a POST with one logs the reading and shows the lines."""
        actor = reader(request)
        member = chronology.people_for(actor).filter(public_id=person).first()
        if member is None or not may(request, "work_severe_cases"):
            raise Http404
        form = ReasonForm(request.POST if request.method == "POST" else None)
        lines = None
        if request.method == "POST" and form.is_valid():
            casework.read_about_person(actor=actor, member=member, reason=form.cleaned_data["reason"])
            lines = chronology.chronology_of(member, officer=actor)
        request.current_app = self.admin_site.name  # what Django's admin sets for {% url %}
        context = {
            **self.admin_site.each_context(request),
            "title": _("Chronology"),
            "member": member,
            "form": form,
            "told": lines,
        }
        return TemplateResponse(request, "admin/havre/chronology.html", context, status=422 if form.errors else 200)
