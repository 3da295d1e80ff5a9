"""What is said when something cannot be: one calm page, with the help lines and the way out of every other page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return _page(
        request,
        400,
        _("This could not be read"),
        _("Something in the address, or in what was sent, is not right. Go back and try again."),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _page(
        request,
        403,
        _("This page is not open to you"),
        _("Your account has no right to this page. If you think it should, ask those who run this place."),
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of a form whose token is missing or too old; settings.CSRF_FAILURE_VIEW."""
    return _page(
        request,
        403,
        _("The form was not sent"),
        _(
            "This page was open for too long, or you logged in or out meanwhile. Go back, copy what you wrote, reload "
            "the page and send it again."
        ),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return _page(
        request, 404, _("There is nothing here"), _("This page does not exist, or is not there for you any more.")
    )


def wrong_way(request: HttpRequest) -> HttpResponse:
    """405 of a browser that opened what only a form may send, after a login in between for instance."""
    return _page(
        request,
        405,
        _("This was not done"),
        _("You came here by an address that only a button may open. Go back to the page and press the button again."),
    )


def too_many(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """429, of allauth's rate limits."""
    return _page(
        request,
        429,
        _("Let us wait a moment"),
        _(
            "There were many attempts in a short time, so nothing was done. It may not have been you. Wait a few "
            "minutes, then try again."
        ),
    )


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    response = render(request, "error.html", {"title": title, "text": text}, status=status)
    response["Cache-Control"] = "no-store"
    return response
