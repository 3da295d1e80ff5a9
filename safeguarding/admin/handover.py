"""The register of transmissions, the order desk and the legal holds. For officers alone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from safeguarding import registers
from safeguarding.models import AuthorityOrder, ErasureRequest, LegalHold, RetentionRun, Transmission
from safeguarding.services import holds, orders, transmissions

from .access import reader
from .filters import ChoiceFilter
from .handover_forms import AnswerForm, HoldForm, OrderForm, ReferenceForm, SentForm
from .records import RecordAdmin
from .site import console


class TransmissionFilter(ChoiceFilter):
    title = gettext_lazy("state")
    parameter_name = "state"
    choices_there_are = (
        ("due", gettext_lazy("to be told")),
        ("overdue", gettext_lazy("overdue")),
        ("sent", gettext_lazy("sent, not acknowledged")),
        ("acknowledged", gettext_lazy("acknowledged")),
        ("not_needed", gettext_lazy("not needed")),
        ("all", gettext_lazy("all")),
    )

    def chosen(self, queryset: QuerySet[Transmission], value: str) -> QuerySet[Transmission]:
        if value == "all":
            return queryset
        if value == "overdue":
            return queryset.filter(state=Transmission.State.DUE, due_at__lt=timezone.now())
        return queryset.filter(state=value)


@admin.register(Transmission, site=console)
class TransmissionAdmin(RecordAdmin):
    """Whom to tell and who was told, soonest due first."""

    permission = "export_cases"
    page_template = "admin/havre/transmission.html"
    change_list_template = "admin/havre/transmissions.html"
    list_filter = (TransmissionFilter,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transmission]:
        return (
            registers.transmissions_for(reader(request)).select_related("case", "sent_by", "export").order_by("due_at")
        )

    def page_context(self, request: HttpRequest, record: Transmission) -> dict[str, Any]:
        state = Transmission.State
        return {
            "title": registers.channel_name(record.channel),
            "sent_form": SentForm(case=record.case, initial={"basis": record.basis})
            if record.state == state.DUE
            else None,
            "reference_form": ReferenceForm() if record.state == state.SENT else None,
        }

    def sent(self, request: HttpRequest, line: Transmission) -> str | HttpResponse:
        form = SentForm(request.POST, case=line.case)
        if not form.is_valid():
            return self.show(request, line, sent_form=form)
        transmissions.record_sent(actor=reader(request), line=line, **form.cleaned_data)
        return _("Written down.")

    def acknowledged(self, request: HttpRequest, line: Transmission) -> str | HttpResponse:
        form = ReferenceForm(request.POST)
        if not form.is_valid():
            return self.show(request, line, reference_form=form)
        transmissions.record_acknowledged(actor=reader(request), line=line, **form.cleaned_data)
        return _("Written down.")

    def not_needed(self, request: HttpRequest, line: Transmission) -> str:
        transmissions.record_not_needed(actor=reader(request), line=line, reason=request.POST.get("reason", "")[:500])
        return _("Written down.")

    verbs = {"sent": sent, "acknowledged": acknowledged, "not-needed": not_needed}  # noqa: RUF012  a table


class OrderFilter(ChoiceFilter):
    title = gettext_lazy("state")
    parameter_name = "state"
    choices_there_are = (("open", gettext_lazy("to be answered")), ("settled", gettext_lazy("settled")))

    def chosen(self, queryset: QuerySet[AuthorityOrder], value: str) -> QuerySet[AuthorityOrder]:
        return queryset.filter(answered_at__isnull=value == "open")


@admin.register(AuthorityOrder, site=console)
class OrderAdmin(RecordAdmin):
    """The order desk: soonest due first."""

    permission = "export_cases"
    page_template = "admin/havre/order.html"
    change_list_template = "admin/havre/orders.html"
    list_filter = (OrderFilter,)
    new_form = OrderForm
    new_title = gettext_lazy("Write down an order")
    new_help = gettext_lazy("What it is about is preserved at once; its clock runs from the moment it was received.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuthorityOrder]:
        return (
            registers.orders_for(reader(request))
            .select_related("case", "member", "received_by", "authentic_by", "answered_by", "export")
            .order_by("due_at")
        )

    def page_context(self, request: HttpRequest, record: AuthorityOrder) -> dict[str, Any]:
        state = AuthorityOrder.State
        labels = dict(AuthorityOrder.Data.choices)
        return {
            "title": str(record),
            "asked": [labels[category] for category in record.categories],
            "holds": record.holds.select_related("case", "member").order_by("pk"),
            "answer_form": AnswerForm(case=record.case) if record.state == state.AUTHENTIC else None,
            "waits": record.answered_at is None,
            "may_extend": record.kind == AuthorityOrder.Kind.PRESERVATION and record.extended_at is None,
        }

    def write_down(self, request: HttpRequest, given: dict[str, Any]) -> AuthorityOrder:
        member = given.pop("account")
        return orders.record_order(actor=reader(request), member=member, **given)

    def authentic(self, request: HttpRequest, order: AuthorityOrder) -> str:
        orders.confirm_authentic(actor=reader(request), order=order, how=request.POST.get("how", ""))
        return _("Written down.")

    def extend(self, request: HttpRequest, order: AuthorityOrder) -> str:
        orders.extend_preservation(actor=reader(request), order=order, reason=request.POST.get("reason", ""))
        return _("Thirty days more.")

    def answer(self, request: HttpRequest, order: AuthorityOrder) -> str | HttpResponse:
        form = AnswerForm(request.POST, case=order.case)
        if not form.is_valid():
            return self.show(request, order, answer_form=form)
        orders.answer_order(actor=reader(request), order=order, **form.cleaned_data)
        return _("Answered. The clock has stopped.")

    def refuse(self, request: HttpRequest, order: AuthorityOrder) -> str:
        orders.refuse_order(actor=reader(request), order=order, grounds=request.POST.get("reason", "")[:2000])
        return _("Written down: it is not executed, and why.")

    verbs = {"authentic": authentic, "extend": extend, "answer": answer, "refuse": refuse}  # noqa: RUF012  a table


class HoldFilter(ChoiceFilter):
    title = gettext_lazy("state")
    parameter_name = "state"
    choices_there_are = (("standing", gettext_lazy("standing")), ("lifted", gettext_lazy("lifted")))

    def chosen(self, queryset: QuerySet[LegalHold], value: str) -> QuerySet[LegalHold]:
        return queryset.filter(lifted_at__isnull=value == "standing")


@admin.register(LegalHold, site=console)
class HoldAdmin(RecordAdmin):
    """What nothing erases: soonest to be looked at again first."""

    permission = "hold_evidence"
    page_template = "admin/havre/hold.html"
    change_list_template = "admin/havre/holds.html"
    list_filter = (HoldFilter,)
    new_form = HoldForm
    new_title = gettext_lazy("Place a legal hold")
    new_help = gettext_lazy("Nothing of it is erased while the hold stands. It is looked at again every 90 days.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LegalHold]:
        return (
            registers.holds_for(reader(request))
            .select_related("case", "member", "order", "placed_by", "reviewed_by", "lifted_by")
            .order_by("due_at")
        )

    def page_context(self, request: HttpRequest, record: LegalHold) -> dict[str, Any]:
        return {
            "title": _("Legal hold"),
            "waits": record.lifted_at is None,
            "own": record.placed_by_id == reader(request).pk,
        }

    def write_down(self, request: HttpRequest, given: dict[str, Any]) -> LegalHold:
        return holds.place_hold(
            actor=reader(request), case=given["case"], member=given["account"], reason=given["reason"]
        )

    def review(self, request: HttpRequest, hold: LegalHold) -> str:
        holds.review_hold(actor=reader(request), hold=hold, reason=request.POST.get("reason", ""))
        return _("Reviewed. It is looked at again in 90 days.")

    def lift(self, request: HttpRequest, hold: LegalHold) -> str:
        holds.lift_hold(actor=reader(request), hold=hold, reason=request.POST.get("reason", ""))
        return _("Lifted. What has outlived its term goes with the next night.")

    verbs = {"review": review, "lift": lift}  # noqa: RUF012  a table of the methods above


@admin.register(RetentionRun, site=console)
class RetentionAdmin(RecordAdmin):
    """What the nights erased, by rule. Counts alone: there is nothing of anybody in it."""

    permission = "hold_evidence"
    change_list_template = "admin/havre/retention.html"
    ordering = ("-pk",)


class ErasureFilter(ChoiceFilter):
    title = gettext_lazy("state")
    parameter_name = "state"
    choices_there_are = (("all", gettext_lazy("all")), *ErasureRequest.State.choices)

    def chosen(self, queryset: QuerySet[ErasureRequest], value: str) -> QuerySet[ErasureRequest]:
        return queryset if value == "all" else queryset.filter(state=value)


@admin.register(ErasureRequest, site=console)
class ErasureAdmin(RecordAdmin):
    """Who asked to be forgotten, how far it has got, what is kept and why. It goes by itself: there is no verb."""

    permission = "hold_evidence"
    change_list_template = "admin/havre/erasures.html"
    list_filter = (ErasureFilter,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ErasureRequest]:
        return registers.erasures_for(reader(request))
