"""Associations and the people who attest ages for them. Everything they attested can be revoked at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from community.models import AgeFact, AgeOfficer, Association
from community.services.age import revoke_facts

from .access import reader
from .records import RecordAdmin
from .site import console


def _standing(officer: AgeOfficer) -> int:
    """How many members' facts rest on this officer: those they attested or confirmed."""
    facts = AgeFact.objects.filter(Q(attested_by=officer) | Q(confirmed_by=officer), revoked_at__isnull=True)
    return facts.values("member").distinct().count()


@admin.register(Association, site=console)
class AssociationAdmin(RecordAdmin):
    """Who vouches for ages, and how much rests on them. Whom they vouched for is not listed."""

    permission = "oversee_age_officers"
    page_template = "admin/havre/association.html"
    change_list_template = "admin/havre/associations.html"
    list_filter = ("active",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Association]:
        return Association.objects.annotate(
            people=Count("officers", filter=Q(officers__active=True), distinct=True)
        ).order_by("name")

    def page_context(self, request: HttpRequest, record: Association) -> dict[str, Any]:
        officers = record.officers.select_related("member").order_by("-active", "member__pseudonym")
        return {"officers": [(officer, _standing(officer)) for officer in officers]}

    def revoke(self, request: HttpRequest, association: Association) -> str:
        revoked = revoke_facts(
            actor=reader(request), association=association, reason=request.POST.get("reason", "")[:500]
        )
        return _("Revoked: %(count)d age facts. Those members must prove their age again.") % {"count": revoked}

    def revoke_officer(self, request: HttpRequest, association: Association) -> str:
        officer = association.officers.filter(member__public_id=request.POST.get("officer", "")).first()
        if officer is None:
            raise Http404
        revoked = revoke_facts(actor=reader(request), officer=officer, reason=request.POST.get("reason", "")[:500])
        return _("Revoked: %(count)d age facts. Those members must prove their age again.") % {"count": revoked}

    verbs = {"revoke": revoke, "revoke-officer": revoke_officer}  # noqa: RUF012  a table of the methods above
