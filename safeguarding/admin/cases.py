"""The case queue and the case page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from community.errors import Refused
from community.models import AuditEvent
from safeguarding import enforcement, explanations, selectors
from safeguarding.errors import Conflict, NotClaimed
from safeguarding.incidents import CHANNELS, INCIDENTS
from safeguarding.models import Case, Decision
from safeguarding.services import casework, decisions, paging, statements
from safeguarding.services.evidence import freeze_more
from safeguarding.services.naming import name_party
from safeguarding.services.transmissions import add_transmission
from safeguarding.services.urgent import open_urgent_sheet

from .access import is_officer, may, reader
from .chronology import ChronologyPage
from .filters import CodeFilter
from .forms import DecisionForm, FreezeForm, NamingForm, NoteForm, ReasonForm
from .handover_forms import ChannelForm
from .prepare import DossierPage
from .records import RecordAdmin
from .site import console


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("waiting", _("waiting")),
            ("mine", _("mine")),
            ("overdue", _("overdue")),
            ("second", _("waiting for a second person")),
            ("closed", _("closed")),
        ]

    def choices(self, changelist: Any) -> Any:
        """Without a choice, what waits."""
        chosen = self.value() or "waiting"
        for value, title in self.lookup_choices:
            yield {
                "selected": chosen == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        waiting = queryset.exclude(state=Case.State.CLOSED)
        match self.value():
            case "closed":
                return queryset.filter(state=Case.State.CLOSED)
            case "mine":
                return waiting.filter(assigned_to=reader(request))
            case "second":
                return waiting.filter(pk__in=selectors.proposed_by_others(reader(request)))
            case "overdue":
                return waiting.filter(first_look_at__isnull=True, due_at__lt=timezone.now())
        return waiting


@admin.register(Case, site=console)
class CaseAdmin(ChronologyPage, DossierPage, RecordAdmin):
    """The queue: gravest and soonest due first; a case nobody may know of is not in it."""

    permission = "work_cases"
    page_template = "admin/havre/case.html"
    change_list_template = "admin/havre/queue.html"
    list_filter = (StateFilter, "severity", CodeFilter)
    list_display = ("__str__",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        return (
            selectors.visible_cases(reader(request), officer=is_officer(request))
            .select_related("assigned_to", "room")
            .order_by("severity", F("first_look_at").asc(nulls_first=True), "due_at")
        )

    def get_urls(self) -> list[URLPattern]:
        page = path(
            "<slug:key>/dossier/", self.admin_site.admin_view(self.dossier_view), name="safeguarding_case_dossier"
        )
        person = path(
            "person/<slug:person>/", self.admin_site.admin_view(self.chronology_view), name="safeguarding_chronology"
        )
        return [person, page, *super().get_urls()]

    def page_context(self, request: HttpRequest, record: Case) -> dict[str, Any]:
        actor = reader(request)
        mine = casework.holds(actor=actor, case=record)
        readable = casework.may_read(actor=actor, case=record)
        incident = INCIDENTS[record.code]
        language = get_language() or "fr"
        file = selectors.case_file(record, content=readable)
        waits = record.state != Case.State.CLOSED
        return {
            "title": f"{record.severity} · {incident.words.in_language(language)}",
            "incident": incident,
            "incident_name": incident.words.in_language(language),
            "tell": [CHANNELS[key].in_language(language) for key in incident.tell],
            "file": file,
            "cards": explanations.cards_of(record, file),
            "mine": mine,
            "readable": readable,
            "waits": waits,
            "page": record.pages.filter(acknowledged_at__isnull=True).first() if waits else None,
            "free": record.claimed_at is None or record.claimed_at < timezone.now() - casework.CLAIM_LASTS,
            "may_export": may(request, "export_cases"),
            "channel_form": ChannelForm(),
            "lines": record.transmissions.select_related("sent_by").order_by("pk"),
            "holds": record.holds.filter(lifted_at__isnull=True),
            "sheet": record.urgent_sheets.filter(reviewed_at__isnull=True).first(),
            "decision_form": DecisionForm(case=record, initial={"version": record.version}) if mine and waits else None,
            "reason_form": ReasonForm(),
            "note_form": NoteForm(),
            "freeze_form": FreezeForm(case=record) if mine and waits else None,
            "naming_form": NamingForm(case=record, actor=actor) if mine and waits else None,
            "proposals": [d for d in file.decisions if d.takes_effect_at is None and d.refused_at is None],
            "readings": AuditEvent.objects.filter(
                Q(action="case.read") | Q(action="case.claimed"),
                subject_type="safeguarding.case",
                subject_id=str(record.pk),
            )
            .select_related("actor")
            .order_by("-pk")[:10],
        }

    # -- verbs -------------------------------------------------------------------------------------------------------

    def claim(self, request: HttpRequest, case: Case) -> str:
        casework.claim_case(actor=reader(request), case=case)
        return _("The case is yours.")

    def release(self, request: HttpRequest, case: Case) -> str:
        casework.release_claim(actor=reader(request), case=case)
        return _("The case is back in the queue.")

    def look(self, request: HttpRequest, case: Case) -> str:
        casework.look_at_case(actor=reader(request), case=case, reason=request.POST.get("reason", "")[:500])
        return _("You may read this case for half an hour. The reading and its reason are logged.")

    def note(self, request: HttpRequest, case: Case) -> str:
        casework.add_note(actor=reader(request), case=case, text=request.POST.get("text", "")[:4000])
        return _("Noted.")

    def escalate(self, request: HttpRequest, case: Case) -> str:
        casework.escalate_case(actor=reader(request), case=case, reason=request.POST.get("reason", "")[:500])
        return _("The safeguarding officers have the case now.")

    def close(self, request: HttpRequest, case: Case) -> str:
        version = request.POST.get("version", "")
        casework.close_case(actor=reader(request), case=case, version=int(version) if version.isdigit() else 0)
        return _("The case is closed.")

    def urgent(self, request: HttpRequest, case: Case) -> HttpResponse:
        """Straight to the sheet: nothing to fill in stands before it."""
        sheet = open_urgent_sheet(actor=reader(request), case=case)
        return redirect("admin:safeguarding_urgentsheet_page", sheet.public_id)

    def acknowledge(self, request: HttpRequest, case: Case) -> str:
        casework.require_worker(actor=reader(request), case=case)
        paging.acknowledge_page(actor=reader(request), case=case)
        return _("The calls have stopped. Now take the case.")

    def decide(self, request: HttpRequest, case: Case) -> str | HttpResponse:
        """Record the decision, or show how it will read. Whatever is refused, nothing that was typed is lost."""
        form = DecisionForm(request.POST, case=case)
        if not form.is_valid():
            return self.again(request, case, form)
        try:
            if "preview" in request.POST:
                return self.again(request, case, form, preview=self.preview(request, case, form))
            decision = decisions.record_decision(actor=reader(request), case=case, **form.decided())
        except Conflict:
            raise
        except Refused as refusal:
            form.refuse(refusal)
            return self.again(request, case, form)
        if decision.takes_effect_at is None:
            return _("Proposed. It takes effect when a second person approves it.")
        return _("Decided. The person can read the reasons in their account.")

    def preview(self, request: HttpRequest, case: Case, form: DecisionForm) -> str:
        """The statement of reasons as it would be sent; nothing is stored."""
        casework.require_worker(actor=reader(request), case=case)
        read = statements.preview_statement(case=case, values=form.decided())
        return read or _("Nothing is sent to anybody.")

    def again(self, request: HttpRequest, case: Case, form: DecisionForm, preview: str = "") -> TemplateResponse:
        case.refresh_from_db()
        if form.data.get("version") != str(case.version):
            # They read what is new on this page; their words are kept, and count for the case as it is now.
            form.data = QueryDict(mutable=True)
            form.data.update(request.POST)
            form.data["version"] = str(case.version)
        return self.show(request, case, decision_form=form, preview=preview)

    def approve(self, request: HttpRequest, case: Case) -> str:
        decisions.approve_decision(actor=reader(request), decision=self.proposal(request, case))
        return _("Approved. It has taken effect.")

    def refuse(self, request: HttpRequest, case: Case) -> str:
        decisions.refuse_decision(
            actor=reader(request),
            decision=self.proposal(request, case),
            reason=request.POST.get("reason", "")[:500],
        )
        return _("Refused. Nothing was done to anybody.")

    def proposal(self, request: HttpRequest, case: Case) -> Decision:
        decision = case.decisions.filter(public_id=request.POST.get("decision", "")).first()
        if decision is None or not enforcement.MEASURES[decision.action].final:
            raise Conflict
        return decision

    def tell(self, request: HttpRequest, case: Case) -> str | HttpResponse:
        form = ChannelForm(request.POST)
        if not form.is_valid():
            return self.show(request, case, channel_form=form)
        line = add_transmission(actor=reader(request), case=case, channel=form.cleaned_data["channel"])
        return redirect("admin:safeguarding_transmission_page", line.public_id)

    def freeze(self, request: HttpRequest, case: Case) -> str | HttpResponse:
        """More of the conversation becomes evidence; what was typed wrongly comes back with its error."""
        form = FreezeForm(request.POST, case=case)
        if not form.is_valid():
            return self.back_to_holder(request, case, freeze_form=form)
        frozen = freeze_more(actor=reader(request), case=case, **form.cleaned_data)
        return ngettext("%(n)d more piece is frozen.", "%(n)d more pieces are frozen.", len(frozen)) % {
            "n": len(frozen)
        }

    def name(self, request: HttpRequest, case: Case) -> str | HttpResponse:
        """Somebody becomes a party whom neither a report nor the machine had seen."""
        actor = reader(request)
        form = NamingForm(request.POST, case=case, actor=actor)
        if not form.is_valid():
            return self.back_to_holder(request, case, naming_form=form)
        name_party(actor=actor, case=case, **form.cleaned_data)
        return _("%(who)s is a party to this case now.") % {"who": form.cleaned_data["member"].pseudonym}

    def back_to_holder(self, request: HttpRequest, case: Case, **form: Any) -> HttpResponse:
        """What was typed wrongly, to whoever holds the case: what is offered there is for nobody else to read."""
        if not casework.holds(actor=reader(request), case=case):
            raise NotClaimed
        return self.show(request, case, **form)

    verbs = {  # noqa: RUF012  a table of the methods above
        "name": name,
        "freeze": freeze,
        "claim": claim,
        "release": release,
        "look": look,
        "note": note,
        "escalate": escalate,
        "close": close,
        "acknowledge": acknowledge,
        "urgent": urgent,
        "tell": tell,
        "decide": decide,
        "approve": approve,
        "refuse": refuse,
    }
