"""Shapes of what members send. Forms validate shape only; services decide."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Report


class ReportForm(forms.Form):
    """A report: the category alone is enough."""

    category = forms.ChoiceField(
        label=_("What happens?"),
        choices=Report.Category.choices,
        error_messages={"required": _("Nothing is sent yet: choose below what happens.")},
    )
    danger_now = forms.BooleanField(label=_("Somebody is in danger now"), required=False)
    text = forms.CharField(
        label=_("In your words (you may leave this empty)"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        required=False,
    )


class ErasureCodeForm(forms.Form):
    """The code that opens the answer to a request for erasure."""

    code = forms.CharField(
        label=_("Your code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class AppealForm(forms.Form):
    """Why a decision is wrong, in the words of the person it is about."""

    text = forms.CharField(
        label=_("Why is the decision wrong?"), widget=forms.Textarea(attrs={"rows": 7}), max_length=4000
    )


class ContestForm(forms.Form):
    """Why a protective measure is wrong."""

    text = forms.CharField(label=_("Why is this wrong?"), widget=forms.Textarea(attrs={"rows": 4}), max_length=2000)
