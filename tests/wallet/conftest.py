"""Alice (15–17), bob (adult), charlie (no age), and a provider of attestations that this community believes."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from html import unescape
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone, translation

from community.models import Member
from community.policies import AgeBand
from community.services.trust import import_trust_list, read_trust_list
from tests.cast import open_member

from .holder import Wallet
from .issuer import Provider


@pytest.fixture(autouse=True)
def nobodys_language() -> Iterator[None]:
    """No test finds the language that another one's browser spoke."""
    yield
    translation.deactivate()


@pytest.fixture
def wallet_on(settings) -> None:
    settings.AGE_PROVIDERS = [
        "community.age.in_person.InPersonProvider",
        "community.age.eu_wallet.provider.EuWalletProvider",
    ]
    settings.SITE_URL = "https://havre.example"


@pytest.fixture
def provider(db: None, wallet_on: None) -> Provider:
    """A provider that is believed from today on."""
    provider = Provider(now=timezone.now().replace(microsecond=0))
    import_trust_list(read_trust_list(provider.pem.encode()), component="test")
    return provider


@pytest.fixture
def charlie(db: None) -> Member:
    return open_member("charlie")


@pytest.fixture
def alice(db: None) -> Member:
    return open_member("alice", AgeBand.TEEN_15_17)


@pytest.fixture
def bob(db: None) -> Member:
    return open_member("bob", AgeBand.ADULT)


@pytest.fixture
def adult(provider: Provider) -> Wallet:
    return Wallet(provider, {"age_over_15": True, "age_over_18": True})


@pytest.fixture
def teen(provider: Provider) -> Wallet:
    return Wallet(provider, {"age_over_15": True, "age_over_18": False})


class Browser(Client):
    """One browser of one member, or of nobody."""

    def __init__(self, member: Member | None = None) -> None:
        super().__init__(headers={"accept-language": "en"})
        if member is not None:
            self.force_login(member)

    def begin(self, band: AgeBand = AgeBand.ADULT) -> str:
        """Begin a check with the wallet and choose a band; return the link that the page offers."""
        self.post("/age/eu_wallet/begin/")
        self.post("/age/wallet/choose/", {"band": band.value})
        return self.link()

    def link(self) -> str:
        """The link on the wallet's page as it stands, or "" where there is none."""
        found = re.search(r'href="(av://[^"]+)"', self.page())
        return unescape(found[1]) if found else ""

    def page(self) -> str:
        return self.get("/age/eu_wallet/").content.decode()

    def told(self) -> str:
        """The age page, as text."""
        return re.sub(r"<[^>]+>", "", self.get("/age/").content.decode())


@pytest.fixture
def browse() -> Callable[..., Browser]:
    return Browser


@pytest.fixture
def post() -> Callable[..., tuple[int, dict[str, str]]]:
    """Post as a wallet does: from anywhere, with no cookie."""

    def send(address: str, form: dict[str, str], **extra: object) -> tuple[int, dict[str, str]]:
        path = address.removeprefix("https://havre.example")
        answer = Client(enforce_csrf_checks=True).post(
            path, urlencode(form),
            content_type="application/x-www-form-urlencoded", **extra,
        )  # fmt: skip
        return answer.status_code, answer.json()

    return send


def at_once(times: int, act: Callable[[int], object]) -> list[object]:
    """What so many threads got that began together."""
    ended: list[object] = []
    ready = threading.Barrier(times)

    def run(number: int) -> None:
        ready.wait()
        try:
            ended.append(act(number))
        except Exception as error:  # noqa: BLE001  whatever it is, the test must see it
            ended.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended
