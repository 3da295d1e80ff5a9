"""The members' forms: they read and check what was typed; services do the rest."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import AddEmailForm as AllauthAddEmailForm
from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.account.forms import ResetPasswordKeyForm as AllauthResetPasswordKeyForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from . import terms
from .errors import BadAddress, PseudonymTaken, Refused, TermsOutdated
from .models import Member
from .names import MOST
from .policies import AgeBand
from .services.members import check_pseudonym, request_password_reset


class Plain:
    """Labels say what to type, so nothing is said twice inside a field; an address is called the same everywhere."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, one in self.fields.items():
            one.widget.attrs.pop("placeholder", None)
            if name in ("email", "login"):
                one.label = _("E-mail address")
            if isinstance(one, forms.EmailField):
                one.error_messages["invalid"] = BadAddress.message


class LoginForm(Plain, AllauthLoginForm):  # type: ignore[misc]  # allauth has no types
    """Address and password. Labels say what to type; the page itself has the way out of a forgotten password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class SignupForm(Plain, AllauthSignupForm):  # type: ignore[misc]  # allauth has no types
    """Address, pseudonym, password, agreement to the terms. No birth date: a typed age would open nothing."""

    pseudonym = forms.CharField(
        label=_("Pseudonym"),
        max_length=MOST,
        help_text=_("What others see. Not your real name, no number, no account on another network."),
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )
    agreed = forms.BooleanField(
        label=_("I have read the terms and agree to them."),
        error_messages={"required": _("You can only join if you agree to the terms.")},
    )
    terms_version = forms.CharField(widget=forms.HiddenInput, required=False)
    field_order = ("email", "pseudonym", "password1", "agreed", "terms_version")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].help_text = _("Only for logging in and for mail that says something waits here.")
        self.initial["terms_version"] = terms.current().version

    def clean_pseudonym(self) -> str:
        try:
            return check_pseudonym(self.cleaned_data["pseudonym"])
        except Refused as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.code) from refusal

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if cleaned.get("terms_version") != terms.current().version:
            # Show the form again with the version in force, so that what is agreed to is what was offered.
            typed = self.data.copy()  # type: ignore[has-type]  # allauth has no types
            typed[self.add_prefix("terms_version")] = terms.current().version
            self.data = typed
            self.add_error("agreed", forms.ValidationError(str(TermsOutdated.message), code=TermsOutdated.code))
        return cleaned

    def try_save(self, request: HttpRequest) -> tuple[Member | None, HttpResponseBase | None]:
        """allauth's, with the same time spent on a known address as on a new one."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        try:
            answer: tuple[Member | None, HttpResponseBase | None] = super().try_save(request)
        except PseudonymTaken as refusal:  # taken since the form was checked: nothing typed is lost
            self.add_error("pseudonym", str(refusal))
            return None, render(request, "account/signup.html", {"form": self}, status=409)
        return answer


class ResetPasswordForm(Plain, AllauthResetPasswordForm):  # type: ignore[misc]  # allauth has no types
    """Ask for a link. Nothing here looks at whether the address has an account: the worker does, once the answer has
    left, so that not even the time it takes tells anybody."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = self.cleaned_data["email"]
        request_password_reset(email=email, language=get_language() or "fr")
        return email


class AddEmailForm(Plain, AllauthAddEmailForm):  # type: ignore[misc]  # allauth has no types
    """Another address."""


class ChangePasswordForm(Plain, AllauthChangePasswordForm):  # type: ignore[misc]  # allauth has no types
    """The password in use, and another. The page itself has the way out of a forgotten one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].help_text = ""


class NewPasswordForm(Plain, AllauthResetPasswordKeyForm):  # type: ignore[misc]  # allauth has no types
    """Another password, by the link of a mail."""


class ReauthenticateForm(Plain, AllauthReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The password once more."""


class PseudonymForm(forms.Form):
    """Take another pseudonym."""

    pseudonym = forms.CharField(label=_("New pseudonym"), max_length=MOST)

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member

    def clean_pseudonym(self) -> str:
        try:
            return check_pseudonym(self.cleaned_data["pseudonym"], member=self.member)
        except Refused as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.code) from refusal


class CloseAccountForm(forms.Form):
    """Closing cannot be undone: the password once more, and a tick."""

    password = forms.CharField(
        label=_("Your password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    sure = forms.BooleanField(label=_("I understand that this cannot be undone."))

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.member.check_password(password):
            raise forms.ValidationError(_("This is not your password."), code="incorrect_password")
        return password


class AgeDeskForm(forms.Form):
    """What an age officer types: the code the person shows and the band seen on their document."""

    code = forms.CharField(
        label=_("Code shown by the person"),
        max_length=40,
        help_text=_("Type it or scan it."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "code-input",
                "autofocus": True,
            }
        ),
    )
    band = forms.ChoiceField(
        label=_("Age seen on the document"),
        choices=[
            (AgeBand.TEEN_13_14.value, _("13 or 14")),
            (AgeBand.TEEN_15_17.value, _("15, 16 or 17")),
            (AgeBand.ADULT.value, _("18 or over")),
            (AgeBand.NONE.value, _("Younger than 13, or I cannot tell")),
        ],
        widget=forms.RadioSelect,
    )

    months = forms.TypedChoiceField(
        label=_("For somebody under 18: when does this band end?"),
        help_text=_("The next of the 15th and 18th birthdays. What you tick is how long the proof lasts."),
        coerce=int,
        choices=[
            (12, _("in more than six months, or it is an adult")),
            (6, _("in three to six months")),
            (3, _("within three months")),
        ],
        initial=12,
        required=False,
        empty_value="12",
        widget=forms.RadioSelect,
    )

    on_file = forms.BooleanField(
        label=_("For a guardian’s code alone: this adult is the guardian whom our association has on file"),
        required=False,
    )


class GuardianForm(forms.Form):
    """Where the guardian is reached."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": BadAddress.message},
    )


class ContestForm(forms.Form):
    """What is wrong with a result about one's age."""

    text = forms.CharField(
        label=_("What is wrong?"),
        max_length=2000,
        help_text=_("Do not write your name or your date of birth: they are not needed."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class TokenForm(forms.Form):
    """Six figures of an authenticator, or one of the recovery codes."""

    token = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "text", "class": "code-input", "autofocus": True}
        ),
    )

    def clean_token(self) -> str:
        return "".join(self.cleaned_data["token"].split()).lower()


class ReasonForm(forms.Form):
    """Why something that weighs on people is done."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
