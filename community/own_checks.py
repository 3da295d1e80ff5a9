"""Whose proof of age runs in a browser: a member's by their login, a guardian's, who has no account, by the session."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from .guardian_links import mail_token
from .models import AgeCheck, GuardianConsent
from .services.age_checks import running_check

_KEY = "guardian_check"  # in the session of the guardian's browser: the public id of their running check


def remember_guardian_check(request: HttpRequest, check: AgeCheck) -> None:
    """Let this browser, and no other, finish a guardian's check."""
    request.session[_KEY] = check.public_id


def guardian_check_here(request: HttpRequest, *slugs: str) -> AgeCheck | None:
    """The guardian's running check of this browser, where it is with one of these providers."""
    remembered = request.session.get(_KEY, "")
    found = (running_check(public_id=remembered, provider=slug) for slug in slugs)
    return next((check for check in found if check is not None), None)


def home_of(consent: GuardianConsent | None) -> str:
    """Where somebody goes on: the guardian's page, or the member's."""
    if consent is not None:
        return reverse("community:guardian", args=[mail_token(consent.public_id, consent.email_hash)])
    return reverse("community:age")


def status_of(consent: GuardianConsent | None) -> str:
    """What a page asks to learn how far a proof is."""
    if consent is not None:
        return reverse("community:guardian_status", args=[mail_token(consent.public_id, consent.email_hash)])
    return reverse("community:age_status")


def page_of(consent: GuardianConsent | None, slug: str) -> str:
    """The page of a running check with this provider."""
    if consent is not None:
        token = mail_token(consent.public_id, consent.email_hash)
        return reverse("community:guardian_check", args=[token, slug])
    return reverse("community:age_check", args=[slug])
