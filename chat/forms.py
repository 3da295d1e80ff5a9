"""Shapes of what members type about rooms. Forms read; services decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from community.policies import meets

from .models import Room

# What a room may ask for here: (from age, under age) and the words for it.
AGES: Mapping[str, tuple[int, int | None]] = {
    "13-15": (13, 15),
    "13-18": (13, 18),
    "15-18": (15, 18),
    "18-": (18, None),
}
AGE_WORDS = {
    "13-15": _("13 and 14 years"),
    "13-18": _("13 to 17 years"),
    "15-18": _("15 to 17 years"),
    "18-": _("adults, from 18 years"),
}


class PostForm(forms.Form):
    """One message, as the plain form sends it; the service says what is wrong with it."""

    body = forms.CharField(required=False, strip=False)
    client_id = forms.CharField(max_length=36)
    reply_to = forms.CharField(max_length=16, required=False)


class EditForm(forms.Form):
    """Another version of one's own message."""

    body = forms.CharField(label=_("Message"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 4}))


class ChangeForm(forms.Form):
    """Another name, topic or rules for a room."""

    name = forms.CharField(label=_("Name"), max_length=80)
    topic = forms.CharField(
        label=_("Topic"), max_length=200, required=False, help_text=_("One line: what one talks about here.")
    )
    rules = forms.CharField(label=_("Rules"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4}))


class ProposalForm(ChangeForm):
    """A new room. Nobody proposes a room that they could not enter: only ages they have proved are offered."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    ages = forms.ChoiceField(label=_("Who may enter"))

    def __init__(self, *args: Any, facts: Mapping[int, bool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ages"].choices = ages_open_to(facts)  # type: ignore[attr-defined]  # a ChoiceField

    def clean_ages(self) -> tuple[int, int | None]:
        return AGES[self.cleaned_data["ages"]]


def ages_open_to(facts: Mapping[int, bool]) -> Sequence[tuple[str, Any]]:
    """The ages of a room that verified facts would open, as choices."""
    return [
        (key, AGE_WORDS[key])
        for key, (at_least, under) in AGES.items()
        if meets(facts, Room(at_least=at_least, under=under).ask)
    ]
