"""The audit log, to be read. Nothing here can be changed: triggers refuse it, and there is no form."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from community.models import AuditEvent
from safeguarding import selectors

from .access import reader
from .records import RecordAdmin
from .site import console


@admin.register(AuditEvent, site=console)
class AuditAdmin(RecordAdmin):
    """For officers; without what was done in cases they may not know of."""

    permission = "work_severe_cases"
    change_list_template = "admin/havre/audit.html"
    search_fields = ("action", "subject_type", "actor__pseudonym", "component")
    list_per_page = 100

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        return (
            AuditEvent.objects.exclude(selectors.audit_hidden_from(reader(request)))
            .select_related("actor", "payload", "seal")
            .order_by("-pk")
        )
