"""Associations and the people who attest ages for them. Everything they attested can be revoked at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from community.models import AgeAlert, AgeFact, AgeOfficer, Association
from community.services.anomalies import mark_alert_seen
from community.services.associations import (
    appoint_age_officer,
    describe_association,
    dismiss_age_officer,
    register_association,
    set_association_active,
)
from community.services.revocations import revoke_facts

from .access import reader
from .people import member_named
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
        return {
            "officers": [(officer, _standing(officer)) for officer in officers],
            "kinds": Association.Kind.choices,
            "alerts": AgeAlert.objects.filter(officer__association=record, seen_at__isnull=True)
            .select_related("officer__member")
            .order_by("-pk"),
        }

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [path("register/", wrap(self.register_view), name="community_association_register"), *super().get_urls()]

    def register_view(self, request: HttpRequest) -> HttpResponseBase:
        return self.do_beside(request, self._register)

    def _register(self, request: HttpRequest) -> str:
        register_association(actor=reader(request), name=request.POST.get("name", "")[:120])
        return _("Entered. Now say what kind of place it is and appoint its age officers.")

    def describe(self, request: HttpRequest, association: Association) -> str:
        describe_association(
            actor=reader(request),
            association=association,
            kind=request.POST.get("kind", ""),
            whereabouts=request.POST.get("whereabouts", ""),
        )
        return _("Saved.")

    def switch(self, request: HttpRequest, association: Association) -> str:
        set_association_active(
            actor=reader(request),
            association=association,
            active=not association.active,
            reason=request.POST.get("reason", "")[:500],
        )
        return _("It may attest ages.") if association.active else _("It attests no ages any more.")

    def appoint(self, request: HttpRequest, association: Association) -> str:
        appoint_age_officer(
            actor=reader(request), member=member_named(request.POST.get("pseudonym", "")), association=association
        )
        return _("Appointed. They are asked for a second factor at their next visit.")

    def dismiss(self, request: HttpRequest, association: Association) -> str:
        dismiss_age_officer(
            actor=reader(request),
            officer=self._officer(request, association),
            reason=request.POST.get("reason", "")[:500],
        )
        return _("Dismissed. What they attested stands until it is revoked.")

    def alert_seen(self, request: HttpRequest, association: Association) -> str:
        alert = AgeAlert.objects.filter(
            officer__association=association, public_id=request.POST.get("alert", "")[:16]
        ).first()
        if alert is None:
            raise Http404
        mark_alert_seen(actor=reader(request), alert=alert)
        return _("Noted as seen.")

    def _officer(self, request: HttpRequest, association: Association) -> AgeOfficer:
        officer = association.officers.filter(member__public_id=request.POST.get("officer", "")[:16]).first()
        if officer is None:
            raise Http404
        return officer

    def revoke(self, request: HttpRequest, association: Association) -> str:
        revoked = revoke_facts(
            actor=reader(request), association=association, reason=request.POST.get("reason", "")[:500]
        )
        return _("Revoked: %(count)d age facts. Those members must prove their age again.") % {"count": revoked}

    def revoke_officer(self, request: HttpRequest, association: Association) -> str:
        officer = self._officer(request, association)
        revoked = revoke_facts(actor=reader(request), officer=officer, reason=request.POST.get("reason", "")[:500])
        return _("Revoked: %(count)d age facts. Those members must prove their age again.") % {"count": revoked}

    verbs = {  # noqa: RUF012  a table of the methods above
        "describe": describe,
        "switch": switch,
        "appoint": appoint,
        "dismiss": dismiss,
        "alert-seen": alert_seen,
        "revoke": revoke,
        "revoke-officer": revoke_officer,
    }
