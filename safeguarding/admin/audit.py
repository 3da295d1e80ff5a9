"""The audit log, to be read. Nothing here can be changed: triggers refuse it, and there is no form."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from community.models import AuditEvent
from safeguarding import audit_words, selectors

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

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        """By codes and people, and by the words in which an action is shown."""
        found, repeats = super().get_search_results(request, queryset, search_term)
        if words := search_term.strip():
            found |= queryset.filter(action__in=audit_words.actions_named(words))
        return found, repeats
