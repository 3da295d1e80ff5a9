"""How django-allauth does things here: accounts by our services, mail as rows, addresses behind our proxies."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language

from .client import client_of
from .middleware import device_of
from .models import Member
from .services.mail import queue_mail
from .services.members import open_account, record_login
from .services.signs import note_device

# allauth's mails -> ours. What is not here is a mistake and raises.
_MAILS = {
    "email_confirmation": "confirm_email",
    "email_confirmation_signup": "confirm_email",
    "account_already_exists": "account_exists",
    "password_reset_key": "reset_password",
    "password_changed": "security_changed",
    "password_reset": "security_changed",
    "password_set": "security_changed",
    "email_changed": "security_changed",
    "email_confirm": "security_changed",
    "email_deleted": "security_changed",
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """settings.ACCOUNT_ADAPTER."""

    def save_user(
        self, request: HttpRequest, user: AbstractBaseUser, form: forms.BaseForm, commit: bool = True
    ) -> Member:
        """Open the account of a sign-up form that was found valid; its errors are the service's refusals."""
        data = form.cleaned_data
        return open_account(
            email=data["email"],
            pseudonym=data["pseudonym"],
            password=data["password1"],
            language=get_language() or "fr",
            terms_version=data["terms_version"],
            client=client_of(request),
        )

    def login(self, request: HttpRequest, user: Any) -> None:
        """Begin the session and keep where the login came from."""
        super().login(request, user)
        record_login(member=user, client=client_of(request))
        note_device(member=user, device=device_of(request))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write a MailJob. What allauth put into `context`, tokens above all, goes no further."""
        user = context.get("user")
        queue_mail(
            template=_MAILS[template_prefix.rpartition("/")[2]],
            member=user if isinstance(user, Member) else None,
            to_email=email,
            language=get_language(),
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """What allauth's rate limits count by."""
        return client_of(request).address or "0.0.0.0"  # noqa: S104  no address: all such clients share one limit

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the account's page."""
        return reverse("community:account")

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Home, which sends each where they may go; who works here proves their second factor first."""
        return reverse("community:second_factor" if request.user.is_staff else "home")
