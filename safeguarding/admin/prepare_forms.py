"""Shapes of what prepares a dossier: for whom it is, and what a person knows of the case that no row tells."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy

from community.models import Community
from safeguarding.dossier.encrypt import NoRecipient, check_age_key
from safeguarding.dossier.words import WORDS
from safeguarding.models import AuthorityOrder, Briefing, Case, IncidentExport
from safeguarding.services.briefing import ANSWERS, CIRCUMSTANCES, DETAIL, TEXTS


def _label(model: type, field: str) -> Any:
    return getattr(model, field).field.verbose_name


class ExportForm(forms.Form):
    """For whom, on what ground, and in which shape."""

    recipient = forms.ChoiceField(label=gettext_lazy("For whom"), choices=IncidentExport.Recipient.choices)
    recipient_name = forms.CharField(
        label=_label(IncidentExport, "recipient_name"),
        help_text=gettext_lazy("The service: it stands on every page of the copy."),
        max_length=200,
        required=False,
    )
    legal_basis = forms.CharField(label=gettext_lazy("On what legal ground"), max_length=300)
    request = forms.CharField(
        label=_label(IncidentExport, "request"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    order = forms.ModelChoiceField(
        AuthorityOrder.objects.none(),
        label=gettext_lazy("Order it answers"),
        required=False,
        to_field_name="public_id",
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=[("fr", "Français"), ("en", "English")])
    unredacted = forms.BooleanField(
        label=gettext_lazy("Unredacted copy"),
        help_text=gettext_lazy("Third parties and the notifier by name: for police or prosecutor, by two officers."),
        required=False,
    )
    with_connections = forms.BooleanField(
        label=_label(IncidentExport, "with_connections"),
        help_text=gettext_lazy("Addresses and ports of the people concerned, by two officers."),
        required=False,
    )
    encryption = forms.ChoiceField(
        label=_label(IncidentExport, "encryption"),
        choices=IncidentExport.Encryption.choices,
        initial=IncidentExport.Encryption.NONE,
        required=False,
    )
    encrypt_to = forms.CharField(label=_label(IncidentExport, "encrypt_to"), max_length=100, required=False)

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        orders = case.orders.filter(answered_at__isnull=True)
        if orders.exists():
            self.fields["order"].queryset = orders  # type: ignore[attr-defined]  # a ModelChoiceField
        else:
            del self.fields["order"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["encryption"] = given.get("encryption") or IncidentExport.Encryption.NONE.value
        if given["encryption"] == IncidentExport.Encryption.AGE:
            try:
                check_age_key((given.get("encrypt_to") or "").strip())
            except NoRecipient:
                self.add_error("encrypt_to", gettext_lazy("This is no public age key: it begins with age1."))
        return given


def _column(name: str) -> forms.Field:
    column = Community._meta.get_field(name)
    assert isinstance(column, models.Field)
    field = column.formfield()
    assert field is not None
    return field


class SenderForm(forms.Form):
    """Who hands over, as letters name them: the same in every dossier."""

    FIELDS = ("operator", "address", "contact_phone", "contact_email", "public_body")

    def __init__(self, posted: QueryDict | None, *, community: Community) -> None:
        # A page without these fields (a deputy's, another client's) says nothing of them, and empties none.
        super().__init__(posted if posted is not None and "operator" in posted else None)
        for name in self.FIELDS:
            self.fields[name] = _column(name)
            self.initial[name] = getattr(community, name)

    @property
    def wrong(self) -> bool:
        return self.is_bound and not self.is_valid()

    def said(self) -> dict[str, Any]:
        """What has changed, as update_community takes it."""
        return {name: self.cleaned_data[name] for name in self.changed_data} if self.is_bound else {}


class BriefingForm(forms.Form):
    """Danger, family, what is suspected, and the facts a qualification turns on. All of it may stay unknown."""

    def __init__(self, *args: Any, briefing: Briefing | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "fr"
        for name in (
            "danger_now",
            "danger_why",
            "summary",
            "family_knows",
            "family_may_know",
            "family_note",
            "opinion",
        ):
            label = _label(Briefing, name)
            if name in ANSWERS:
                initial = getattr(briefing, name) if briefing else Briefing.Answer.UNKNOWN
                self.fields[name] = forms.ChoiceField(label=label, choices=Briefing.Answer.choices, initial=initial)
            else:
                long = name in ("summary", "opinion", "family_note")
                self.fields[name] = forms.CharField(
                    label=label,
                    max_length=500 if name in ("danger_why", "family_note") else 2000,
                    required=False,
                    initial=getattr(briefing, name) if briefing else "",
                    widget=forms.Textarea(attrs={"rows": 3}) if long else forms.TextInput(),
                )
        facts = briefing.circumstances if briefing else {}
        for key in CIRCUMSTANCES:
            known = facts.get(key, {})
            words = WORDS[f"c.{key}"].in_language(language)
            self.fields[f"c_{key}"] = forms.ChoiceField(
                label=words,
                choices=Briefing.Answer.choices,
                initial=known.get("answer", Briefing.Answer.UNKNOWN),
            )
            self.fields[f"d_{key}"] = forms.CharField(
                label=gettext_lazy("Detail: %(what)s") % {"what": words},
                max_length=DETAIL,
                required=False,
                initial=known.get("detail", ""),
            )

    def said(self) -> dict[str, Any]:
        """The keyword arguments of brief_case: what has changed since it was last written; empty when nothing has."""
        changed = set(self.changed_data)
        given: dict[str, Any] = {name: self.cleaned_data[name] for name in (*ANSWERS, *TEXTS) if name in changed}
        facts = {
            key: {"answer": self.cleaned_data[f"c_{key}"], "detail": self.cleaned_data[f"d_{key}"]}
            for key in CIRCUMSTANCES
            if {f"c_{key}", f"d_{key}"} & changed
        }
        return {**given, **({"circumstances": facts} if facts else {})}
