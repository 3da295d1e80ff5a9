"""Shapes of what the register, the order desk and the legal holds take. Services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from community.models import Member
from safeguarding.incidents import CHANNELS
from safeguarding.models import AuthorityOrder, Case, IncidentExport, Transmission
from safeguarding.selectors import visible_cases

from .access import is_officer, reader


def _label(model: type, field: str) -> Any:
    return model._meta.get_field(field).verbose_name  # type: ignore[attr-defined]  # any of our models


class MomentInput(forms.DateTimeInput):
    """A day and a time, in the community's zone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _now() -> Any:
    return timezone.localtime().replace(second=0, microsecond=0)


def channels() -> list[tuple[str, str]]:
    """Everybody the table knows, by name, but the officer who reads this."""
    language = get_language() or "fr"
    return [(key, words.in_language(language)) for key, words in CHANNELS.items() if key != "officer"]


class ChannelForm(forms.Form):
    channel = forms.ChoiceField(label=gettext_lazy("Whom"), choices=channels)


class SentForm(forms.Form):
    """Who was told, when, on what ground."""

    recipient = forms.CharField(
        label=_label(Transmission, "recipient"),
        help_text=gettext_lazy("The service and the person who answered."),
        max_length=200,
    )
    sent_at = forms.DateTimeField(label=gettext_lazy("When"), widget=MomentInput, initial=_now)
    basis = forms.CharField(label=_label(Transmission, "basis"), max_length=300)
    reference = forms.CharField(
        label=_label(Transmission, "reference"),
        help_text=gettext_lazy("If they gave one at once."),
        max_length=100,
        required=False,
    )
    export = forms.ModelChoiceField(
        IncidentExport.objects.none(),
        label=gettext_lazy("Dossier handed over"),
        required=False,
        to_field_name="public_id",
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["export"].queryset = case.exports.filter(state=IncidentExport.State.READY)  # type: ignore[attr-defined]  # ModelChoiceField

    def clean_sent_at(self) -> Any:
        sent_at = self.cleaned_data["sent_at"]
        if sent_at > timezone.now():
            raise forms.ValidationError(_("This time has not come yet."))
        return sent_at


class ReferenceForm(forms.Form):
    reference = forms.CharField(label=_label(Transmission, "reference"), max_length=100)


class AboutForm(forms.Form):
    """What a hold or an order is about: a case, an account, or (an order) neither that is known here."""

    case = forms.CharField(
        label=gettext_lazy("Case (its reference)"), max_length=40, required=False, widget=forms.TextInput
    )
    account = forms.CharField(
        label=gettext_lazy("Account (its reference, or a pseudonym it carries or carried)"),
        max_length=60,
        required=False,
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_case(self) -> Case | None:
        typed = self.cleaned_data["case"].strip().rpartition("-")[2]  # also INC-2026-...
        if not typed:
            return None
        case = visible_cases(reader(self.request), officer=is_officer(self.request)).filter(public_id=typed).first()
        if case is None:
            raise forms.ValidationError(_("There is no case of this reference."))
        return case

    def clean_account(self) -> Member | None:
        typed = self.cleaned_data["account"].strip()
        if not typed:
            return None
        found = Member.objects.filter(
            Q(public_id=typed) | Q(pseudonym=typed) | Q(pseudonym_changes__pseudonym=typed)
        ).distinct()
        if len(found) != 1:
            raise forms.ValidationError(
                _("There is no such account.")
                if not found
                else _("Several accounts carried this pseudonym: give the reference of one.")
            )
        member: Member = found[0]
        return member


class HoldForm(AboutForm):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and bool(given.get("case")) == bool(given.get("account")):
            raise forms.ValidationError(_("Name a case or an account, one of the two."))
        return given


class OrderForm(AboutForm):
    """An order as it came in."""

    kind = forms.ChoiceField(label=_label(AuthorityOrder, "kind"), choices=AuthorityOrder.Kind.choices)
    authority = forms.CharField(label=_label(AuthorityOrder, "authority"), max_length=200)
    file_number = forms.CharField(label=_label(AuthorityOrder, "file_number"), max_length=100)
    contact = forms.CharField(label=_label(AuthorityOrder, "contact"), max_length=200, required=False)
    received_at = forms.DateTimeField(label=_label(AuthorityOrder, "received_at"), widget=MomentInput, initial=_now)
    due_at = forms.DateTimeField(
        label=gettext_lazy("Due (of a national requisition; the others have their own clock)"),
        widget=MomentInput,
        required=False,
    )
    categories = forms.MultipleChoiceField(
        label=_label(AuthorityOrder, "categories"),
        choices=AuthorityOrder.Data.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    about = forms.CharField(
        label=_label(AuthorityOrder, "about"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    period_from = forms.DateField(label=_label(AuthorityOrder, "period_from"), widget=DayInput, required=False)
    period_to = forms.DateField(label=_label(AuthorityOrder, "period_to"), widget=DayInput, required=False)
    may_inform = forms.BooleanField(label=_label(AuthorityOrder, "may_inform"), required=False)

    field_order = (
        "kind",
        "authority",
        "file_number",
        "contact",
        "received_at",
        "due_at",
        "categories",
        "about",
        "period_from",
        "period_to",
        "case",
        "account",
        "may_inform",
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        received, due = given.get("received_at"), given.get("due_at")
        if received and received > timezone.now():
            self.add_error("received_at", _("This time has not come yet."))
        if given.get("kind") == AuthorityOrder.Kind.REQUISITION and (not due or (received and due <= received)):
            self.add_error("due_at", _("Say by when the requisition must be answered, after it was received."))
        first, last = given.get("period_from"), given.get("period_to")
        if first and last and last < first:
            self.add_error("period_to", _("This day is before the first one."))
        return given


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=gettext_lazy("What was handed over, to whom and how"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    export = forms.ModelChoiceField(
        IncidentExport.objects.none(),
        label=gettext_lazy("Dossier handed over"),
        required=False,
        to_field_name="public_id",
    )

    def __init__(self, *args: Any, case: Case | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if case is not None:
            self.fields["export"].queryset = case.exports.filter(state=IncidentExport.State.READY)  # type: ignore[attr-defined]  # ModelChoiceField
