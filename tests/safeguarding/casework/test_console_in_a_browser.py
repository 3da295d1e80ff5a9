"""An evening in the console, in a real browser: nothing refused by the policy, nothing in the way of anybody."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Locator, Page, expect

from community.models import Restriction
from safeguarding.models import Decision, ErasureRequest
from safeguarding.services.orders import record_order
from safeguarding.services.urgent import open_urgent_sheet
from tests.safeguarding.casework.test_orders_and_holds import GIVEN as ORDER

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sit_down(live_server, new_person, visit) -> Callable[..., Page]:
    """A page in which somebody of the staff has logged in and proved the second factor."""

    def open_browser(member, *, width: int = 1200, dark: bool = False, check: bool = False) -> Page:
        logged_in: Client = visit(member)
        # axe brings its own script, which the policy refuses: it looks at a page that has none.
        context = new_person(locale="en-GB", width=width, dark=dark, bypass_csp=check)
        cookie = logged_in.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.goto(f"{live_server.url}/console/")
        return page

    return open_browser


def test_a_moderator_takes_reads_and_decides_a_case(sit_down, mo, bob, case):
    page = sit_down(mo)
    page.get_by_role("link", name="Cases", exact=True).click()
    page.get_by_role("button", name=re.compile("^Take")).click()
    expect(page.locator(".hv-words").first).to_have_css("filter", re.compile("blur"))
    page.get_by_label("Show the words").check()
    expect(page.locator(".hv-words").first).to_have_css("filter", "none")

    expect(page.get_by_label("Reasons (sent)")).to_be_hidden()
    page.get_by_label("Suspend until").check()
    page.get_by_label("For how long").select_option("7")
    page.get_by_role("checkbox", name=re.compile("respect.harassment")).check()
    page.get_by_label("Reasons (sent)").fill("You wrote hurtful things to a member after being asked to stop.")
    page.get_by_label("Private notes (never sent)").fill("A second time within the month, by the look of it.")
    page.get_by_role("button", name="See what will be sent").click()
    letter = page.locator("#decision .hv-letter")
    expect(letter).to_contain_text("Your account is suspended until")
    expect(letter).not_to_contain_text("second time")
    page.get_by_label("Close the case after this decision").check()
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_text("Decided. The person can read the reasons")).to_be_visible()

    decision = Decision.objects.get()
    assert (decision.member, decision.decided_by) == (bob, mo)
    assert Restriction.objects.get(member=bob).kind == "suspension"


def test_a_case_is_taken_with_the_keyboard_alone(sit_down, live_server, mo, case):
    page = sit_down(mo)
    page.goto(f"{live_server.url}/console/safeguarding/case/{case.public_id}/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Take this case")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The case is yours.")).to_be_visible()
    reveal = page.get_by_label("Show the words")
    reveal.focus()
    page.keyboard.press("Space")
    expect(page.locator(".hv-words").first).to_have_css("filter", "none")


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until `wanted` has the focus; every stop on the way can be left again."""
    for _stop in range(80):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    pytest.fail("no number of tabs leads there")


def test_a_dossier_is_looked_at_with_the_keyboard_alone(sit_down, live_server, sam, severe_case):
    page = sit_down(sam)
    page.goto(f"{live_server.url}/console/safeguarding/case/{severe_case.public_id}/dossier/")
    tab_to(page, page.get_by_label("On what legal ground"))
    page.keyboard.type("Requisition 2026/114")
    page.keyboard.press("Enter")  # looks, whatever other buttons the page has
    expect(page.get_by_role("heading", name=re.compile("^Page 1 of"))).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Next page"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("^Page 2 of"))).to_be_visible()
    expect(page.get_by_label("On what legal ground")).to_have_value("Requisition 2026/114")
    page.get_by_label("On what legal ground").press("Enter")
    expect(page.get_by_role("heading", name=re.compile("^Page 1 of"))).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_the_pages_stand_in_nobodys_way(sit_down, live_server, sam, bob, case, severe_case, width, dark):
    page = sit_down(sam, width=width, dark=dark, check=True)
    page.goto(f"{live_server.url}/console/safeguarding/case/{severe_case.public_id}/")
    page.get_by_role("button", name="Take this case").click()
    sheet = open_urgent_sheet(actor=sam, case=severe_case)
    line = severe_case.transmissions.order_by("pk").first()
    order = record_order(actor=sam, case=severe_case, **ORDER)
    hold = order.holds.first()
    ErasureRequest.objects.create(member=bob, code_hash="a", state="restricted", erased=3, restricted=2)
    for path in (
        "",
        "safeguarding/case/",
        f"safeguarding/case/{severe_case.public_id}/",
        f"safeguarding/case/{severe_case.public_id}/dossier/",
        f"safeguarding/case/person/{bob.public_id}/",
        f"safeguarding/urgentsheet/{sheet.public_id}/",
        "safeguarding/transmission/",
        f"safeguarding/transmission/{line.public_id}/",
        "safeguarding/authorityorder/new/",
        f"safeguarding/authorityorder/{order.public_id}/",
        f"safeguarding/legalhold/{hold.public_id}/",
        "safeguarding/erasurerequest/",
        "safeguarding/transparencymonth/",
        "community/auditevent/",
    ):
        page.goto(f"{live_server.url}/console/{path}")
        found = Axe().run(page).response["violations"]
        assert not found, [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
