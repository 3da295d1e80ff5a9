"""Installations as people meet them: everybody in a browser of their own, everything else as it runs for real."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from community.models import Member
from tests.harness.live import LiveHavre
from tests.harness.sessions import log_in


@pytest.fixture
def sit_down(live_havre: LiveHavre, new_person: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """A page of somebody who has logged in; of staff, with the second factor proved."""

    def open_browser(member: Member, path: str = "/", *, second_factor: bool | None = None, **options: object) -> Page:
        context = new_person(locale="en-GB", **options)
        proved = member.is_staff if second_factor is None else second_factor
        log_in(context, live_havre.url, member, second_factor=proved)
        page = context.new_page()
        page.goto(live_havre.url + path)
        return page

    return open_browser
