"""Every main page, as the demo's people see it in French: axe finds nothing, nothing is wider than a telephone, and
the way out and the numbers to call are there."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import translation
from playwright.sync_api import BrowserContext, Page

from community.models import Member
from community.services.settings import cover_text, get_community
from tests.harness.live import LiveHavre
from tests.harness.places import Place, furnish, seed
from tests.harness.sessions import log_in

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.one_database]

NARROW, WIDE = 360, 1280
NUMBERS = ("17", "112", "114", "15", "119", "3018", "3114")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_main_pages_stand_in_nobodys_way(
    live_havre: LiveHavre, new_person: Callable[..., BrowserContext], dark: bool
) -> None:
    seed(live_havre.environ)
    places = furnish()
    wrong: list[str] = []
    for who, theirs in itertools.groupby(places, key=lambda place: place.who):
        # axe brings a script of its own, which the policy of the console refuses.
        context = new_person(locale="fr-FR", width=NARROW, height=740, dark=dark, bypass_csp=True)
        if who:
            member = Member.objects.get(pseudonym=who)
            log_in(context, live_havre.url, member, second_factor=member.is_staff)
        page = context.new_page()
        for place in theirs:
            answer = page.goto(live_havre.url + place.path)
            assert answer is not None
            assert answer.ok, (place, answer.status)
            wrong += [f"{place.name}: {fault}" for fault in faults(page, place)]
        context.close()
    assert not wrong, "\n".join(wrong)


def faults(page: Page, place: Place) -> list[str]:
    """What is wrong with the page that is open, in words."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    found = [f"{wide} pixels wide on {NARROW}"] if wide > NARROW else []
    for violation in Axe().run(page).response["violations"]:
        found.append(f"{violation['id']}: " + "; ".join(node["html"][:200] for node in violation["nodes"]))
    text = page.inner_text("body")
    with translation.override("fr"):
        cover = cover_text(get_community())
    if cover not in text:
        found.append("the hours of cover are missing")
    if not place.path.startswith("/console/"):
        if not page.locator("#quick-exit").is_visible():
            found.append("no quick exit")
        found += [
            f"{number} is missing" for number in NUMBERS if not page.locator(f'footer a[href$=":{number}"]').count()
        ]
    if page.locator("h1").count() != 1:
        found.append("not exactly one main heading")
    page.set_viewport_size({"width": WIDE, "height": 860})
    wide = page.evaluate("document.documentElement.scrollWidth")
    found += [f"{wide} pixels wide on {WIDE}"] if wide > WIDE else []
    page.set_viewport_size({"width": NARROW, "height": 740})
    return found
