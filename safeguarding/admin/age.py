"""Contested ages, and what courts ordered. Ages themselves are nowhere listed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from community.age.registry import configured
from community.errors import RestrictionInvalid, SettingsUnsound
from community.models import AgeContest, AgeFact, BanMark, Community, GuardianConsent
from community.services.access import start_of_day
from community.services.age_settings import FLOORS, change_age_settings
from community.services.contests import judge_contest, may_judge
from community.services.guardians import mark_shared_seen
from community.services.revocations import issuers, revoke_facts
from community.services.settings import get_community
from community.services.signs import lift_court_ban, record_court_ban

from .access import reader
from .forms import ContestJudgementForm
from .records import RecordAdmin
from .site import console


@admin.register(AgeContest, site=console)
class AgeContestAdmin(RecordAdmin):
    """Who says that a result about their age is wrong: oldest first, answered within thirty days."""

    permission = "oversee_age_officers"
    page_template = "admin/havre/age_contest.html"
    change_list_template = "admin/havre/age_contests.html"
    list_filter = ("state",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgeContest]:
        return (
            AgeContest.objects.exclude(member=reader(request))
            .select_related("member", "judged_by")
            .order_by("judged_at", "due_at")
        )

    def page_context(self, request: HttpRequest, record: AgeContest) -> dict[str, Any]:
        facts = AgeFact.objects.filter(member=record.member, superseded_at__isnull=True).order_by("-pk")
        may = record.state == AgeContest.State.PENDING and may_judge(actor=reader(request), contest=record)
        return {
            "title": _("Contested age"),
            "facts": facts,
            "form": ContestJudgementForm() if may else None,
        }

    def judge(self, request: HttpRequest, contest: AgeContest) -> str | HttpResponse:
        form = ContestJudgementForm(request.POST)
        if not form.is_valid():
            return self.show(request, contest, form=form)
        judge_contest(
            actor=reader(request),
            contest=contest,
            overturn=form.cleaned_data["outcome"] == AgeContest.State.OVERTURNED,
            answer=form.cleaned_data["answer"],
        )
        return _("Judged. The person can read the answer on their page.")

    verbs = {"judge": judge}  # noqa: RUF012  a table of the methods above


@admin.register(BanMark, site=console)
class CourtBanAdmin(RecordAdmin):
    """Courts' orders to keep somebody out. The address is kept as a keyed hash: it cannot be read here or anywhere."""

    permission = "hold_evidence"
    page_template = "admin/havre/court_ban.html"
    change_list_template = "admin/havre/court_bans.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[BanMark]:
        return BanMark.objects.filter(restriction__isnull=True).order_by("-pk")

    def get_urls(self) -> list[URLPattern]:
        return [
            path("record/", self.admin_site.admin_view(self.record_view), name="community_banmark_record"),
            *super().get_urls(),
        ]

    def record_view(self, request: HttpRequest) -> HttpResponseBase:
        return self.do_beside(request, self._record)

    def _record(self, request: HttpRequest) -> str:
        try:
            ends_at = start_of_day(dt.date.fromisoformat(request.POST.get("ends_on", "")))
        except ValueError as error:
            raise RestrictionInvalid from error
        record_court_ban(
            actor=reader(request),
            email=request.POST.get("email", "")[:254].strip(),
            reference=request.POST.get("reference", "")[:80],
            ends_at=ends_at,
        )
        return _("Recorded. An account with this address is held until then, now or when it comes.")

    def page_context(self, request: HttpRequest, record: BanMark) -> dict[str, Any]:
        return {"title": record.court_reference}

    def lift(self, request: HttpRequest, mark: BanMark) -> str:
        lift_court_ban(actor=reader(request), mark=mark, reason=request.POST.get("reason", "")[:500])
        return _("Lifted.")

    verbs = {"lift": lift}  # noqa: RUF012  a table of the methods above


@admin.register(GuardianConsent, site=console)
class SharedConsentAdmin(RecordAdmin):
    """Guardians who agreed for more than one child: brothers and sisters, or somebody who lends a proof. Of other
    consents nothing is listed."""

    permission = "oversee_age_officers"
    page_template = "admin/havre/shared_consent.html"
    change_list_template = "admin/havre/shared_consents.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[GuardianConsent]:
        shared = GuardianConsent.objects.filter(shared_since__isnull=False)
        return shared.select_related("child", "shared_seen_by").order_by("shared_seen_by", "-pk")

    def page_context(self, request: HttpRequest, record: GuardianConsent) -> dict[str, Any]:
        same = GuardianConsent.objects.open().filter(email_hash=record.email_hash)
        if record.proof_tag:
            same |= GuardianConsent.objects.open().filter(proof_tag=record.proof_tag)
        return {"title": _("One adult, several children"), "children": same.select_related("child").order_by("pk")}

    def seen(self, request: HttpRequest, consent: GuardianConsent) -> str:
        mark_shared_seen(actor=reader(request), consent=consent)
        return _("Noted as seen.")

    verbs = {"seen": seen}  # noqa: RUF012  a table of the methods above


@admin.register(Community, site=console)
class AgeSettingsAdmin(RecordAdmin):
    """How ages are proved here: one page. The lead officer changes it; what the operator set up is shown."""

    permission = "oversee_age_officers"
    key = "id"
    page_template = "admin/havre/age_settings.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        return self.show(request, self.find(request, "1"))

    def find(self, request: HttpRequest, key: str) -> Community:
        if key != "1" or not self.has_view_permission(request):
            raise Http404
        return get_community()  # also before anybody changed anything, when there is no row

    def page_context(self, request: HttpRequest, record: Community) -> dict[str, Any]:
        return {
            "title": _("Settings of ages"),
            "ways": [(one.slug, one.label, one.is_ready()) for one in configured()],
            "floors": sorted(FLOORS & set(settings.AGE_THRESHOLDS)),
            "issuers": issuers(),
            "ages": [age for age in settings.AGE_THRESHOLDS if 13 <= age <= 18],
            "days": [
                ("proof_days_adults", _("Days a proof lasts, adults’ rooms"), record.proof_days_adults),
                ("proof_days_minors", _("Days a proof lasts, minors’ rooms"), record.proof_days_minors),
                ("in_person_days", _("Days an adult’s proof in person lasts"), record.in_person_days),
            ],
        }

    def save(self, request: HttpRequest, community: Community) -> str:
        numbers = ("floor_age", "digital_majority", "proof_days_adults", "proof_days_minors", "in_person_days")
        typed = {name: request.POST.get(name, "") for name in numbers}
        if not all(text.isascii() and text.isdigit() and len(text) < 6 for text in typed.values()):
            raise SettingsUnsound
        change_age_settings(
            actor=reader(request),
            **{name: int(text) for name, text in typed.items()},
            age_methods=request.POST.getlist("age_methods"),
        )
        return _("Saved. It holds from now on; open rooms follow within seconds.")

    def revoke(self, request: HttpRequest, community: Community) -> str:
        ref = request.POST.get("issuer", "")
        if ref not in {one.ref for one in issuers()}:
            raise Http404
        revoked = revoke_facts(actor=reader(request), issuer=ref, reason=request.POST.get("reason", "")[:500])
        return _("Revoked: %(count)d age facts. Those members must prove their age again.") % {"count": revoked}

    verbs = {"save": save, "revoke": revoke}  # noqa: RUF012  a table of the methods above
