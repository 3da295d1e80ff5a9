"""Joining, in a real browser against real processes: sign up, confirm by the mail a worker sent, prove an age."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from community.models import AgeOfficer, Association, Member
from community.policies import AgeBand
from community.roles import AGE_OFFICER
from community.services.access import access_of
from community.services.attesting import attest_check
from tests.community.conftest import new_member
from tests.harness.browsers import sound
from tests.harness.live import LiveHavre
from tests.harness.servers import wait_until

pytestmark = [pytest.mark.live, pytest.mark.browser]


@pytest.fixture(autouse=True)
def ports() -> None:
    """The real floors above, not the stand-ins of this folder."""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_person_signs_up_confirms_and_has_an_age_attested_on_a_small_screen(
    live_havre: LiveHavre,
    new_person: Callable[..., BrowserContext],
    dark: bool,
) -> None:
    page = new_person(width=360, height=740, dark=dark, locale="en-GB").new_page()
    page.goto(f"{live_havre.url}/accounts/signup/")
    sound(page)
    page.get_by_label("E-mail address").fill("dora@example.org")
    page.get_by_label("Pseudonym").fill("Dora")
    page.get_by_label("Password", exact=True).fill("a long enough passphrase")
    page.get_by_label("I have read the terms").check()
    page.locator("main form").get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    sound(page)

    wait_until(lambda: bool(live_havre.mails("dora@example.org")), seconds=30, what="the worker sends the mail")
    (mail,) = live_havre.mails("dora@example.org")
    assert "Dora" not in mail.as_string()
    (path,) = re.findall(r"https?://[^/\s]+(\S+)", mail.get_content())
    page.goto(live_havre.url + path)
    sound(page)
    page.get_by_role("button", name="Yes, confirm").click()
    page.goto(f"{live_havre.url}/accounts/login/")
    if page.get_by_label("Password").count():
        sound(page)
        page.get_by_label("E-mail address").fill("dora@example.org")
        page.get_by_label("Password").fill("a long enough passphrase")
        page.locator("main form").get_by_role("button", name="Log in").click()
    page.goto(f"{live_havre.url}/rooms/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your age")
    sound(page)

    page.get_by_role("button", name="Begin: In person").click()
    shown = page.locator(".code-shown")
    expect(shown).to_be_visible()
    sound(page)
    code = shown.inner_text()
    club = Association.objects.create(name="The judo club")
    for name in ("olive", "oscar"):
        officer = new_member(name, AgeBand.NONE, AGE_OFFICER)
        AgeOfficer.objects.create(association=club, member=officer)
        attest_check(actor=officer, code=code, band=AgeBand.TEEN_15_17)
        if name == "olive":
            expect(page.get_by_text("A second person of the same association")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("Proved: 15–17")).to_be_visible(timeout=15_000)
    assert access_of(Member.objects.get(pseudonym="Dora")).band == AgeBand.TEEN_15_17
    sound(page)
    page.goto(f"{live_havre.url}/account/")
    sound(page)
    page.goto(f"{live_havre.url}/age/")
    page.get_by_role("link", name="To the rooms").click()
    expect(page).to_have_url(re.compile(r"/rooms/$"))
