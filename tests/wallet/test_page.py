"""The wallet's pages in a real browser: small, dark, by keyboard, with a screen reader, before JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, WebSocket, expect
from playwright.sync_api import Error as PlaywrightError

from community.models import AgeFact
from community.policies import AgeBand
from community.services.access import access_of
from community.services.trust import import_trust_list, read_trust_list
from tests.cast import open_member
from tests.fakes import FakeAgeService
from tests.harness.browsers import sound
from tests.harness.live import LiveHavre
from tests.harness.sessions import log_in

from .holder import Wallet
from .issuer import Provider

pytestmark = [pytest.mark.live, pytest.mark.browser]

# What the page asks the browser is written down on the way; the browser's own API then does what it does.
LISTEN = """
const ask = navigator.credentials?.get.bind(navigator.credentials);
if (ask) navigator.credentials.get = (options) => { window.asked = options.digital.requests; return ask(options); };
"""


def wallet_of_the_browser(page: Page, action: str, response: str = "") -> None:
    """What Chromium's virtual wallet will do (W3C Digital Credentials, "Automation"): "respond" or "decline"."""
    behaviour = {"action": action, "protocol": "org-iso-mdoc", "response": {"response": response}}
    if action != "respond":
        behaviour = {"action": action}
    try:
        page.context.new_cdp_session(page).send("DigitalCredentials.setVirtualWalletBehavior", behaviour)
    except PlaywrightError as error:
        if "wasn't found" not in error.message:
            raise
        pytest.skip("this Chromium has no virtual wallet")


@pytest.fixture
def age_service() -> Iterator[FakeAgeService]:
    """A fake, which only has to say where people go."""
    service = FakeAgeService()
    with service.running():
        yield service


@pytest.fixture
def wallet_on(monkeypatch: pytest.MonkeyPatch, age_service: FakeAgeService) -> None:
    """Before the server starts: it reads its environment once."""
    monkeypatch.setenv("AGE_PROVIDERS", "in_person,eu_wallet,oidc_age")
    monkeypatch.setenv("OIDC_AGE_NAME", "A service")
    monkeypatch.setenv("OIDC_AGE_ISSUER", age_service.url)
    monkeypatch.setenv("OIDC_AGE_CLIENT_ID", "havre-test")


def believed() -> Provider:
    provider = Provider(now=timezone.now().replace(microsecond=0))
    import_trust_list(read_trust_list(provider.pem.encode()), component="test")
    return provider


def begin(page: Page, havre: LiveHavre, answer: str, *, look: bool = True) -> None:
    page.goto(f"{havre.url}/age/")
    page.get_by_role("button", name="Begin: European age wallet").press("Enter")
    if look:  # axe needs JavaScript
        sound(page)
    page.get_by_label(answer).check()
    page.get_by_role("button", name="Go on").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask your wallet")


def link_on(page: Page) -> str:
    return page.get_by_role("link", name="Open the application").get_attribute("href") or ""


def post(wallet: Wallet, link: str) -> str:
    """Answer as a wallet does, over the network; where it is sent on."""
    address, form = wallet.answer(link)
    with urlopen(Request(address, data=urlencode(form).encode())) as answer:
        return str(json.load(answer)["redirect_uri"])


def test_two_devices_and_one_device_without_javascript(
    wallet_on: None, live_havre: LiveHavre, new_person: Callable[..., BrowserContext]
) -> None:
    provider, charlie = believed(), open_member("charlie")
    here = new_person(locale="en-GB", width=360, height=740, dark=True)
    here.add_init_script("delete window.DigitalCredential")
    log_in(here, live_havre.url, charlie)
    page = here.new_page()
    sockets: list[WebSocket] = []
    page.on("websocket", lambda socket: sockets.append(socket))
    begin(page, live_havre, "15–17")
    sound(page)
    expect(page.get_by_role("button", name="Ask through the browser")).to_be_hidden()
    # It is told, and does not have to ask: polling is only for where there is no socket.
    page.route("**/age/status/", lambda route: route.abort())
    expect(page.get_by_role("img", name="The request to your wallet as a QR code")).to_be_visible()

    goes_on = post(Wallet(provider, {"age_over_15": True, "age_over_18": False}), link_on(page))
    telephone = new_person(locale="en-GB", width=360, height=640, java_script_enabled=False).new_page()
    telephone.goto(goes_on)
    digits = re.sub(r"\D", "", telephone.locator(".code-shown").inner_text())
    expect(telephone.get_by_text("these digits would give their account your age")).to_be_visible()
    with_script = new_person(locale="en-GB", width=360, height=640, dark=True).new_page()
    with_script.goto(goes_on)
    sound(with_script)

    expect(page.get_by_text("Your wallet has answered.")).to_be_visible(timeout=15_000)  # by itself
    assert {socket.url.rpartition("/ws/")[2] for socket in sockets} == {"age/"}
    sound(page)
    page.get_by_label("The six digits your telephone shows at the end").fill(digits)
    page.get_by_role("button", name="Finish").press("Enter")
    expect(page.get_by_text("Proved: 15–17")).to_be_visible()
    assert access_of(charlie).band == AgeBand.TEEN_15_17

    page.get_by_role("button", name="Begin: A service").press("Enter")
    expect(page.get_by_label("adult")).to_be_visible()
    sound(page)
    page.get_by_label("adult").check()
    page.get_by_role("button", name="Go on").press("Enter")
    expect(page.get_by_role("link", name="Go there")).to_be_visible()
    sound(page)

    dora = open_member("dora")
    one_device = new_person(locale="en-GB", width=360, height=740, java_script_enabled=False)
    log_in(one_device, live_havre.url, dora)
    page = one_device.new_page()
    begin(page, live_havre, "adult", look=False)
    page.goto(post(Wallet(provider, {"age_over_18": True}), link_on(page)))
    expect(page.get_by_text("Proved: adult")).to_be_visible()


def test_an_answer_refused_is_told_calmly_and_a_browser_that_has_a_wallet_is_asked(
    wallet_on: None, live_havre: LiveHavre, new_person: Callable[..., BrowserContext]
) -> None:
    """The browser's own Digital Credentials API, with its virtual wallet in place of one that is installed."""
    provider, charlie = believed(), open_member("charlie")
    wallet = Wallet(provider, {"age_over_18": True})
    here = new_person(locale="en-GB", width=360, height=740)
    here.add_init_script(LISTEN)
    here.add_init_script("delete window.WebSocket")  # the page asks by itself
    log_in(here, live_havre.url, charlie)
    page = here.new_page()
    begin(page, live_havre, "adult")
    stranger = Wallet(Provider(name="Nobody", now=timezone.now().replace(microsecond=0)), {"age_over_18": True})
    with pytest.raises(OSError, match="400"):
        post(stranger, link_on(page))
    expect(page.get_by_text("That says nothing against you")).to_be_visible(timeout=15_000)
    sound(page)
    expect(page.get_by_role("link", name="Other ways, or a person")).to_be_visible()

    begin(page, live_havre, "adult")
    sound(page)
    button = page.get_by_role("button", name="Ask through the browser")
    wallet_of_the_browser(page, "decline")
    button.press("Enter")
    expect(page.get_by_text("The browser gave no proof.")).to_be_visible()
    (asked,) = page.evaluate("window.asked")
    assert asked["protocol"] == "org-iso-mdoc"
    sealed = wallet.answer_browser(asked["data"], origin=live_havre.url, elements=["age_over_18"])
    wallet_of_the_browser(page, "respond", sealed)
    button.press("Enter")
    expect(page.get_by_text("Proved: adult")).to_be_visible()
    assert AgeFact.objects.get(member=charlie).method == "eu_wallet"
