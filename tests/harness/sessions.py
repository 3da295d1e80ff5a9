"""Logging somebody in without the login page, for tests about something else."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_static.models import StaticDevice
from playwright.sync_api import BrowserContext

from community.models import Member


def session_key(member: Member, *, second_factor: bool = False) -> str:
    """The key of a logged-in session of this member, with the second factor proved if told so."""
    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    if second_factor:
        device, _created = StaticDevice.objects.get_or_create(user=member, name="recovery")
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return str(session.session_key)


def session_of(member: Member) -> str:
    """The cookie header of a logged-in session of this member."""
    return f"{settings.SESSION_COOKIE_NAME}={session_key(member)}"


def log_in(context: BrowserContext, url: str, member: Member, *, second_factor: bool = False) -> None:
    """Log a browser in at an installation, in the member's language."""
    key = session_key(member, second_factor=second_factor)
    cookies = {settings.SESSION_COOKIE_NAME: key, settings.LANGUAGE_COOKIE_NAME: member.language}
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
