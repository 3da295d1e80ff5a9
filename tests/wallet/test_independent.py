"""A wallet of other people's making against the running server, and its verifier against what our test wallet makes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import cbor2
import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from community.age.eu_wallet.transcripts import redirect_transcript
from community.models import AgeFact, Member
from community.policies import AgeBand
from community.services.access import access_of
from community.services.age_checks import begin_check
from community.services.trust import import_trust_list, read_trust_list
from community.services.wallet import begin_exchange
from community.services.wallet_request import wallet_link
from tests.cast import open_member
from tests.conftest import missing
from tests.harness.live import LiveHavre
from tests.harness.sessions import session_key

from .holder import Wallet, b64, read
from .issuer import NOW, Provider, der, sha256

FOLDER = Path(__file__).resolve().parent


def node(what: str, given: dict[str, Any]) -> Any:
    """Run the independent wallet."""
    if not shutil.which("node") or not (FOLDER / "node_modules" / "@owf" / "mdoc").is_dir():
        missing("the independent wallet is not installed (sh tests/tools/install.sh, which needs npm)")
    run = subprocess.run(
        ["node", "wallet.mjs", what], cwd=FOLDER, input=json.dumps(given), capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def jwk_of(wallet: Wallet) -> dict[str, str]:
    numbers = wallet.key.private_numbers()
    point = numbers.public_numbers
    parts = {"x": point.x, "y": point.y, "d": numbers.private_value}
    return {"kty": "EC", "crv": "P-256", "alg": "ES256"} | {
        name: b64(value.to_bytes(32, "big")) for name, value in parts.items()
    }


def presented(wallet: Wallet, link: str) -> Any:
    return node("present", {"link": link, "issued": b64(cbor2.dumps(wallet.attestation)), "holder": jwk_of(wallet)})


@pytest.fixture
def wallet_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the server starts: it reads its environment once."""
    monkeypatch.setenv("AGE_PROVIDERS", "in_person,eu_wallet")


def asked(member: Member, band: AgeBand) -> tuple[str, str]:
    """A request to the member's wallet, and the cookie of the browser that asked."""
    key = session_key(member)
    begin_check(actor=member, provider="eu_wallet")
    exchange = begin_exchange(holder=member, band=band, session_key=key)
    return wallet_link(exchange), f"{django_settings.SESSION_COOKIE_NAME}={key}"


@pytest.mark.live
def test_an_independent_wallet_completes_the_flow_against_the_running_server(
    wallet_on: None, live_havre: LiveHavre, settings
) -> None:
    settings.SITE_URL = live_havre.url
    provider = Provider(now=timezone.now().replace(microsecond=0))
    import_trust_list(read_trust_list(provider.pem.encode()), component="test")
    teen = {"age_over_13": True, "age_over_15": True, "age_over_18": False}
    for name, claims, band in (
        ("alice", teen, AgeBand.TEEN_15_17),
        ("bob", {"age_over_18": True, "age_over_21": True}, AgeBand.ADULT),
    ):
        member = open_member(name)
        link, cookie = asked(member, band)
        answer = presented(Wallet(provider, claims), link)
        # It knows the request for one of version 1.0, whose client id is where the answer goes.
        got = (answer["version"], answer["prefix"], answer["status"])
        assert got == (100, "redirect_uri", 200), live_havre.log("web")
        assert not AgeFact.objects.filter(member=member).exists()
        with urlopen(Request(answer["body"]["redirect_uri"], headers={"Cookie": cookie})) as page:
            assert page.url == f"{live_havre.url}/age/"
        assert access_of(member).band == band

    stranger = Wallet(Provider(name="Nobody", now=provider.now), {"age_over_18": True})
    member = open_member("charlie")
    answer = presented(stranger, asked(member, AgeBand.ADULT)[0])
    assert (answer["status"], answer["body"]) == (400, {"error": "invalid_request"})
    assert access_of(member).band == AgeBand.NONE


def test_an_independent_verifier_accepts_what_our_test_wallet_makes_and_refuses_it_elsewhere() -> None:
    provider = Provider()
    wallet = Wallet(provider, {"age_over_15": True, "age_over_18": False})
    uri = "https://havre.example/age/wallet/response/"
    link = (
        f"av://?client_id=redirect_uri:{uri}&response_uri={uri}&nonce={'n' * 43}&state=s&dcql_query="
        '{"credentials":[{"id":"proof_of_age","claims":[{"path":["eu.europa.ec.av.1","age_over_18"]}]}]}'
    )
    _address, form = wallet.answer(link)
    (response,) = json.loads(form["vp_token"])["proof_of_age"]
    request = read(link)
    given = {
        "response": response,
        "transcript": {
            "clientId": request["client_id"], "nonce": request["nonce"], "responseUri": request["response_uri"],
        },
        "anchors": [b64(der(provider.ca))],
        "now": NOW.isoformat(),
    }  # fmt: skip
    answer = node("verify", given)
    assert answer["refused"] is None
    assert answer["passed"] >= 9
    elsewhere = given | {"transcript": given["transcript"] | {"nonce": "m" * 43}}
    assert "signature" in node("verify", elsewhere)["refused"].lower()
    assert node("verify", given | {"anchors": [b64(der(Provider().ca))]})["refused"]


def test_its_transcript_is_ours() -> None:
    """What both sign over is the same bytes: made here by hand, accepted there above."""
    info = ["redirect_uri:https://h.example/r", "n" * 43, None, "https://h.example/r"]
    by_hand = cbor2.dumps([None, None, ["OpenID4VPHandover", sha256(cbor2.dumps(info))]])
    assert by_hand == redirect_transcript(client_id=info[0], nonce=info[1], response_uri=info[3])
