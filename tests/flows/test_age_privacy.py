"""After every way of proving an age, from end to end, nothing of the proof is left but what it came to."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from collections.abc import Callable, Iterator
from html import unescape
from urllib.parse import urlencode

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.age import oidc
from community.models import AgeCheck, AgeFact, AgeOfficer, Association, GuardianConsent, MailJob, Member
from community.policies import AgeBand
from community.roles import AGE_OFFICER
from community.services.access import access_of
from community.services.age_checks import begin_check, code_of
from community.services.attesting import attest_check
from community.services.guardians import agree_as_child, ask_guardian
from community.services.mail import send_mail_job
from community.services.settings import update_community
from community.services.trust import import_trust_list, read_trust_list
from tests.cast import open_member
from tests.fakes import FakeAgeService, FakeVendor
from tests.privacy import everything, found_in, rows_about
from tests.wallet.holder import Wallet, read
from tests.wallet.issuer import Provider

pytestmark = pytest.mark.django_db(transaction=True)
Secrets = dict[str, str | bytes]
# A moment like no other: no row of the member may say it.
MOMENT = dt.datetime(2026, 12, 2, 11, 22, 33, 456789, tzinfo=dt.UTC)
EXACT = re.compile(r"\b1[12](:22:33|, 22, 33)")


class Stage:
    """The people and the fakes of one flow."""

    def __init__(self, service: FakeAgeService, vendor: FakeVendor) -> None:
        self.service, self.vendor = service, vendor
        self.member = open_member("charlie")
        self.client = Client()
        self.client.force_login(self.member)
        club = Association.objects.create(name="The judo club")
        self.officers = [open_member(name, AgeBand.NONE, AGE_OFFICER) for name in ("olive", "oscar")]
        for officer in self.officers:
            AgeOfficer.objects.create(association=club, member=officer)

    def leave(self, slug: str, band: AgeBand) -> str:
        self.client.post(reverse("community:age_begin", args=[slug]))
        page = self.client.post(reverse("community:age_leave", args=[slug]), {"band": band.value})
        where: str = page.context["where"]
        return where


def in_person(stage: Stage) -> Secrets:
    code = code_of(begin_check(actor=stage.member, provider="in_person", address="203.0.113.77"))
    for officer in stage.officers:
        attest_check(actor=officer, code=code, band=AgeBand.TEEN_15_17, months=6, address="203.0.113.77")
    return {"code": code, "address": "203.0.113.77"}


def oidc_age(stage: Stage) -> Secrets:
    answer = stage.service.authorise(stage.leave("oidc_age", AgeBand.TEEN_15_17))
    stage.client.get(reverse("community:oidc_return"), answer)
    (token,) = stage.service.tokens
    return {
        "token": token, "signature": token.rpartition(".")[2], "access token": "access-token-9931",
        "subject": stage.service.subject, "nonce": stage.service.nonces[0], "state": answer["state"],
        "code": answer["code"], "client secret": stage.service.secret, **stage.service.PERSONAL,
    }  # fmt: skip


def hosted(stage: Stage) -> Secrets:
    stage.leave("hosted", AgeBand.ADULT)
    (session,) = stage.vendor.sessions
    stage.vendor.status = "COMPLETE"
    header, body = stage.vendor.ring(session)
    url = reverse("community:hosted_webhook")
    Client().post(url, body, content_type="application/json", headers={"X-Havre-Signature": header})
    stage.client.get(reverse("community:hosted_return"))
    reference = stage.vendor.sessions[session]["reference_id"]
    return {
        "session": session, "reference": reference, "signature": header, "key": stage.vendor.key,
        "webhook": body, **stage.vendor.PAYLOAD,
    }  # fmt: skip


def _believed(elements: dict[str, bool]) -> Wallet:
    """A wallet whose provider is on the community's list."""
    provider = Provider(now=timezone.now().replace(microsecond=0))
    import_trust_list(read_trust_list(provider.pem.encode()), component="test")
    return Wallet(provider, elements)


def eu_wallet(stage: Stage) -> Secrets:
    wallet = _believed({"age_over_15": True, "age_over_18": False})
    stage.client.post("/age/eu_wallet/begin/")
    stage.client.post("/age/wallet/choose/", {"band": AgeBand.TEEN_15_17.value})
    return _by_wallet(stage.client, wallet, stage.client.get("/age/eu_wallet/").content.decode())


def _by_wallet(browser: Client, wallet: Wallet, page: str) -> Secrets:
    """Let a wallet answer the request on a page, and its browser come back; what of it may be nowhere."""
    link = re.search(r'href="(av://[^"]+)"', page)
    assert link
    asked = unescape(link[1])
    address, form = wallet.answer(asked)
    posted = Client().post(
        address.removeprefix("https://havre.example"),
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
    )
    back = posted.json()["redirect_uri"].removeprefix("https://havre.example")
    browser.get(back)
    items = wallet.attestation["nameSpaces"]["eu.europa.ec.av.1"]
    (token,) = json.loads(form["vp_token"]).popitem()[1]
    return {
        "presentation": token, "nonce": read(asked)["nonce"], "state": form["state"], "return": back[-22:],
        "signed items": items[0].value, "salt": items[0].value[20:50],
        "issuer's signature": wallet.attestation["issuerAuth"][3],
        "device key": wallet.key.public_key().public_numbers().x.to_bytes(32, "big"),
    }  # fmt: skip


def _with_guardian(stage: Stage, prove: Callable[[Client, str], Secrets]) -> Secrets:
    """The whole way of a guardian's consent, with one proof."""
    email = "camille.parent@example.net"
    there = Client()
    # What people did here is on record with its time; the proof itself, in between, is not.
    with time_machine.travel(MOMENT - dt.timedelta(hours=2), tick=False):
        consent = ask_guardian(actor=stage.member)
        child_page = stage.client.get(reverse("community:consent"))
        link = child_page.context["link"].partition("//")[2].partition("/")[2]
        there.post(f"/{link}", {"email": email})
        for job in MailJob.objects.filter(template="guardian"):
            send_mail_job(job.pk)
        found = re.search(r"https?://[^/\s]+(\S+)", mail.outbox[-1].body)
        assert found
        private = found[1]
        there.post(private, {"what": "confirm"})
    proof = prove(there, private)
    with time_machine.travel(MOMENT + dt.timedelta(hours=2), tick=False):
        agree_as_child(actor=stage.member)
    consent.refresh_from_db()
    assert consent.granted_on
    # The mail itself carries the address and the link to its reader: it has left, and stands in no row.
    mail.outbox.clear()
    return {"address": email, "link": link.split("/")[-2], "private link": private.split("/")[-2], **proof}


def guardian(stage: Stage) -> Secrets:
    def prove(there: Client, private: str) -> Secrets:
        there.post(private, {"what": "prove", "provider": "oidc_age"})
        page = there.post(reverse("community:age_leave", args=["oidc_age"]), {"band": "adult"})
        stage.service.age = 41
        answer = stage.service.authorise(page.context["where"])
        there.get(reverse("community:oidc_return"), answer)
        return {
            "token": stage.service.tokens[0], "subject": stage.service.subject, "nonce": stage.service.nonces[0],
            "code": answer["code"], "birth date": "2009-04-17", "name": "Camille Dupont-Verrier",
        }  # fmt: skip

    return _with_guardian(stage, prove)


def guardian_wallet(stage: Stage) -> Secrets:
    wallet = _believed({"age_over_18": True})

    def prove(there: Client, private: str) -> Secrets:
        there.post(private, {"what": "prove", "provider": "eu_wallet"})
        page = there.post("/age/wallet/choose/?guardian", {"band": "adult"}, follow=True).content.decode()
        return _by_wallet(there, wallet, page)

    return _with_guardian(stage, prove)


FLOWS: dict[str, tuple[Callable[[Stage], Secrets], AgeBand]] = {
    "in person": (in_person, AgeBand.TEEN_15_17),
    "oidc_age": (oidc_age, AgeBand.TEEN_15_17),
    "hosted": (hosted, AgeBand.ADULT),
    "eu_wallet": (eu_wallet, AgeBand.TEEN_15_17),
    "guardian": (guardian, AgeBand.TEEN_13_14),
    "guardian by wallet": (guardian_wallet, AgeBand.TEEN_13_14),
}


@pytest.fixture
def stage(settings) -> Iterator[Stage]:
    service, vendor = FakeAgeService(), FakeVendor()
    settings.SITE_URL = "https://havre.example"
    settings.AGE_PROVIDERS = [
        "community.age.in_person.InPersonProvider",
        "community.age.eu_wallet.provider.EuWalletProvider",
        "community.age.remote.OidcAgeProvider",
        "community.age.remote.HostedProvider",
    ]
    settings.OIDC_AGE = {
        "issuer": service.url, "client_id": service.client_id, "client_secret": service.secret,
        "scope": "openid age_over:{age}", "level": "enhanced", "name": "",
    }  # fmt: skip
    settings.HOSTED_AGE = {
        "vendor": "yoti", "url": vendor.url, "account": vendor.account, "key": vendor.key,
        "secrets": [vendor.SECRET], "methods": ["doc_scan"],
    }  # fmt: skip
    oidc.forget()
    with service.running(), vendor.running():
        yield Stage(service, vendor)
    oidc.forget()


@pytest.mark.parametrize("flow", FLOWS)
def test_nothing_of_a_proof_is_left_anywhere(flow: str, stage: Stage, redis_server, caplog) -> None:
    act, band = FLOWS[flow]
    if flow.startswith("guardian"):
        update_community(actor=None, component="test", floor_age=13)
        stage.member = open_member("kim", AgeBand.TEEN_13_14)
        stage.client.force_login(stage.member)
    caplog.set_level(logging.DEBUG)
    for name in ("asyncio", "urllib3"):  # the second at the level that the settings give it
        logging.getLogger(name).setLevel(logging.INFO)
    with time_machine.travel(MOMENT, tick=False):
        secrets = act(stage)
        assert access_of(stage.member).band == band
        assert AgeFact.objects.filter(member=stage.member).exists()
        assert not AgeCheck.objects.exists()
        left = everything(cache=redis_server.client, log=caplog.text)
        assert found_in(left, secrets) == []
        assert not EXACT.search(rows_about(stage.member)), EXACT.findall(rows_about(stage.member))
    update_community(actor=None, component="test", floor_age=15)


def test_the_search_finds_what_is_there(stage: Stage, redis_server, caplog) -> None:
    """A search that finds nothing anywhere would prove nothing."""
    caplog.set_level(logging.INFO)
    redis_server.client.set("k", b"in the cache")
    redis_server.client.zadd("z", {"in a sorted set": 1})
    logging.getLogger("community").info("in the log")
    mail.EmailMessage("subject", "in the mail", to=["x@example.net"]).send()
    Member.objects.filter(pk=stage.member.pk).update(terms_version="696e2061206669656c64"[:20])
    session = stage.client.session
    session["x"] = "in a session"
    session.save()
    left = everything(cache=redis_server.client, log=caplog.text)
    secrets = {"cache": "in the cache", "set": "in a sorted set", "log": "in the log", "mail": "in the mail",
               "hex": "in a field", "session": "in a session"}  # fmt: skip
    assert {one.split(" in ")[0] for one in found_in(left, secrets)} == set(secrets)
    with time_machine.travel(MOMENT, tick=False):
        Member.objects.filter(pk=stage.member.pk).update(last_login=timezone.now())
        GuardianConsent.objects.create(child=stage.member, link_hash="x", created_at=timezone.now())
    assert EXACT.search(rows_about(stage.member))
