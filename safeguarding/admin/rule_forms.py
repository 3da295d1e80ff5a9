"""Shapes of what the pages about rules send."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from chat.models import Room
from safeguarding.incidents import INCIDENTS

LARGEST_FILE = 400_000  # bytes
MOST_FILES = 60


class StepForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500)


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several uploads under one name; at least one."""

    widget = ManyFiles(attrs={"accept": ".yaml,.yml"})

    def clean(self, data: Any, initial: Any = None) -> Any:
        if not data:
            return super().clean(None, initial)
        return [super(ManyFilesField, self).clean(one, initial) for one in data]


class FilesForm(forms.Form):
    """Rule files, read here as text; whether they are rules is for the service to say."""

    sources = ManyFilesField(
        label=_("Rule files (YAML)"),
        help_text=_("A file of the same name takes the place of the one in force. All are refused if one is wrong."),
    )

    def clean_sources(self) -> dict[str, str]:
        texts: dict[str, str] = {}
        uploads = self.cleaned_data["sources"]
        if len(uploads) > MOST_FILES:
            raise forms.ValidationError(_("Too many files at once."))
        for upload in uploads:
            name = str(upload.name)
            if not name.endswith((".yaml", ".yml")) or len(name) > 80:
                raise forms.ValidationError(_("%(name)s: the name must end in .yaml."), params={"name": name[:80]})
            if (upload.size or 0) > LARGEST_FILE:
                raise forms.ValidationError(_("%(name)s is too large."), params={"name": name})
            try:
                texts[name] = upload.read().decode("utf-8")
            except UnicodeDecodeError as error:
                raise forms.ValidationError(_("%(name)s is not UTF-8 text."), params={"name": name}) from error
        return texts


class ImportForm(FilesForm):
    note = forms.CharField(label=_("What they are for"), max_length=300, required=False)


class Lines(forms.CharField):
    """One entry a line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 4}), max_length=20_000, strip=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        return [line for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))


class ExpressionForm(forms.Form):
    """A watched expression. Errors come back by field, from here or from the service."""

    phrases = Lines(
        label=_("Expressions to watch for, one a line"),
        help_text=_(
            "Plain words. Accents, capitals, odd spellings and spaced letters do not matter; insult* meets insulting."
        ),
    )
    code = forms.ChoiceField(label=_("What it points to"))
    action = forms.ChoiceField(
        label=_("What happens to the message"),
        widget=forms.RadioSelect,
        choices=[
            ("flag", _("It is shown; a person looks within a day")),
            ("hold", _("It is held until a person has read it")),
            ("refuse", _("It is refused")),
        ],
        help_text=_("Beyond a few rooms two people put in force what holds or refuses."),
    )
    lang = forms.ChoiceField(
        label=_("Language"), choices=[("any", _("French and English")), ("fr", _("French")), ("en", _("English"))]
    )
    bands = forms.MultipleChoiceField(
        label=_("Only in rooms for"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=[("teen_13_14", _("13–14 years")), ("teen_15_17", _("15–17 years")), ("adult", _("adults"))],
        help_text=_("None chosen: in every room."),
    )
    rooms = forms.ModelMultipleChoiceField(
        Room.objects.none(), label=_("Only in these rooms"), required=False, to_field_name="public_id",
        help_text=_("None chosen: in every room."),
    )  # fmt: skip
    until = forms.DateField(label=_("Watched until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    must_fire = Lines(label=_("Sentences that must be met, one a line"))
    must_not_fire = Lines(
        label=_("Sentences that must not be met, one a line"),
        help_text=_("At least as many: the ordinary sentences that resemble it most."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "fr"
        codes = self.fields["code"]
        assert isinstance(codes, forms.ChoiceField)
        codes.choices = [(code, incident.words.in_language(language)) for code, incident in INCIDENTS.items()]
        rooms = self.fields["rooms"]
        assert isinstance(rooms, forms.ModelMultipleChoiceField)
        rooms.queryset = Room.objects.open().order_by("name")
        self.fields["until"].initial = timezone.localdate() + dt.timedelta(days=90)

    def given(self) -> dict[str, Any]:
        """The keyword arguments of watch_expression."""
        said = dict(self.cleaned_data)
        until = said.pop("until")
        midnight = dt.datetime.combine(until + dt.timedelta(days=1), dt.time(), timezone.get_current_timezone())
        return {**said, "expires_at": midnight}

    def tell(self, wrong: dict[str, list[str]]) -> None:
        """Show what the service found wrong beside the field it found it in."""
        for field, said in wrong.items():
            for sentence in said:
                self.add_error("until" if field == "expires_at" else field, sentence)


class ReplayForm(forms.Form):
    days = forms.TypedChoiceField(
        label=_("How far back"),
        coerce=int,
        choices=[(1, _("1 day")), (7, _("1 week")), (30, _("1 month")), (90, _("3 months"))],
        initial=30,
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("The machine reads what was said; the reading is logged with this."),
    )


class TryFilesForm(FilesForm, ReplayForm):
    """Files that are replayed and not imported."""

    field_order = ("sources", "days", "reason")


class ShareForm(forms.Form):
    share = forms.IntegerField(
        label=_("Share of the members that rules on trial judge, in percent"), min_value=1, max_value=50
    )
