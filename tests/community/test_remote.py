"""Proofs given elsewhere, against fakes on loopback: the contract, each check with what breaks it, races, and fuzz."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import threading
import time

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from community.age import http, oidc, vendors
from community.models import AgeCheck, AgeFact, GuardianConsent, Member, UsedProof
from community.policies import AgeBand
from community.remote_views import SIGNATURE_HEADER
from community.services.access import access_of
from community.services.guardians import ask_guardian, confirm_address, give_address
from community.services.remote import fetch_result, rung_checks
from community.services.settings import update_community
from tests.community.test_guardians import mailed_path
from tests.fakes import FakeAgeService, FakeServer, FakeVendor, as_json

pytestmark = pytest.mark.django_db
TEEN, ADULT, NONE = AgeBand.TEEN_15_17, AgeBand.ADULT, AgeBand.NONE
RETURN = "/age/oidc/return/"
WAYS = [
    "community.age.in_person.InPersonProvider",
    "community.age.remote.OidcAgeProvider",
    "community.age.remote.HostedProvider",
]


@pytest.fixture
def service(settings):
    """A fake age service, configured."""
    fake = FakeAgeService()
    settings.AGE_PROVIDERS = WAYS
    settings.OIDC_AGE = {
        "issuer": fake.url, "client_id": fake.client_id, "client_secret": fake.secret,
        "scope": "openid age_over:{age}", "level": "enhanced", "name": "",
    }  # fmt: skip
    oidc.forget()
    with fake.running():
        yield fake
    oidc.forget()


@pytest.fixture
def vendor(settings):
    """A fake vendor, configured."""
    fake = FakeVendor()
    settings.AGE_PROVIDERS = WAYS
    settings.HOSTED_AGE = {
        "vendor": "yoti", "url": fake.url, "account": fake.account, "key": fake.key,
        "secrets": ["the former secret", fake.SECRET], "methods": ["doc_scan"],
    }  # fmt: skip
    with fake.running():
        yield fake


def leave(client: Client, member: Member, slug: str, band: AgeBand) -> str:
    """Begin, choose a band, and return the link that leads away."""
    client.force_login(member)
    client.post(reverse("community:age_begin", args=[slug]))
    page = client.post(reverse("community:age_leave", args=[slug]), {"band": band.value})
    assert page.status_code == 200, page.url
    return page.context["where"]


def prove(client: Client, member: Member, service: FakeAgeService, band: AgeBand) -> None:
    client.get(RETURN, service.authorise(leave(client, member, "oidc_age", band)))


# -- OpenID Connect: the whole way -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("age", "band"), [(14, AgeBand.TEEN_13_14), (16, TEEN), (30, ADULT)])
def test_a_proof_elsewhere_becomes_facts_and_nothing_else(client: Client, charlie, service, age, band):
    service.age = age
    prove(client, charlie, service, band)
    assert access_of(charlie).band == band
    facts = AgeFact.objects.filter(member=charlie)
    assert {fact.method for fact in facts} == {"oidc_age"}
    days = 180 if band == ADULT else 90
    assert {fact.expires_on for fact in facts} == {timezone.localdate() + dt.timedelta(days=days)}
    assert not AgeCheck.objects.exists()


def test_the_officers_set_how_long_a_proof_lasts(client: Client, charlie, service, sam):
    update_community(actor=sam, proof_days_adults=30)
    service.age = 40
    prove(client, charlie, service, ADULT)
    assert AgeFact.objects.get(member=charlie).expires_on == timezone.localdate() + dt.timedelta(days=30)


def test_an_age_that_does_not_fit_opens_nothing_and_accuses_nobody(client: Client, charlie, service):
    service.age = 16
    answer = service.authorise(leave(client, charlie, "oidc_age", ADULT))
    page = client.get(RETURN, answer, follow=True, headers={"accept-language": "en"}).content.decode()
    assert "Try another way, or ask a person" in page
    assert access_of(charlie).band == NONE
    assert not AgeFact.objects.exists()


def test_only_the_ages_of_the_band_are_asked_for(client: Client, charlie, service):
    link = leave(client, charlie, "oidc_age", TEEN)
    assert "age_over%3A15+age_over%3A18" in link
    assert "profile" not in link
    assert charlie.public_id not in link


# -- OpenID Connect: what breaks it ----------------------------------------------------------------------------------

OTHER = ECKey.generate_key("P-256", {"kid": "one"})
NOW = int(time.time())


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://somebody.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": ["havre-test", "another"]},  # several, and no azp
        {"aud": ["havre-test", "another"], "azp": "another"},
        {"aud": None},
        {"azp": "another"},
        {"exp": NOW - 3600},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"iat": NOW - 7200},
        {"iat": NOW + 7200},
        {"iat": None},
        {"nbf": NOW + 7200},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": 7},
        {"sub": None},
        {"sub": ""},
        {"age_over_18": None},
        {"age_over_18": "true"},
        {"age_over_18": 1},
    ],
)
def test_a_token_that_says_it_otherwise_proves_nothing(client: Client, charlie, service, change):
    service.age, service.change = 30, change
    prove(client, charlie, service, ADULT)
    assert access_of(charlie).band == NONE
    assert not AgeCheck.objects.exists()  # it is used up
    assert not UsedProof.objects.exists()


@pytest.mark.parametrize("how", ["none", "another key", "shared secret", "not a token", "two parts", "huge", "crit"])
def test_a_token_that_the_issuer_did_not_sign_proves_nothing(client: Client, charlie, service, how):
    def b64(value: object) -> str:
        return vendors_b64(json.dumps(value).encode())

    def sign(claims: dict) -> object:
        match how:
            case "none":
                return f"{b64({'alg': 'none'})}.{b64(claims)}."
            case "another key":
                return jwt.encode({"alg": "ES256", "kid": "one"}, claims, OTHER)
            case "shared secret":
                public = service.key.as_pem(private=False)
                return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(public))
            case "not a token":
                return "x.y.z"
            case "two parts":
                return "x.y"
            case "huge":
                return jwt.encode({"alg": "ES256", "kid": "one"}, {**claims, "pad": "x" * 20_000}, service.key)
        good = jwt.encode({"alg": "ES256", "kid": "one"}, claims, service.key)
        head, rest = good.split(".", 1)
        return f"{b64({'alg': 'ES256', 'kid': 'one', 'crit': ['x'], 'x': 1})}.{rest}{head[:0]}"

    service.age, service.sign = 30, sign
    prove(client, charlie, service, ADULT)
    assert access_of(charlie).band == NONE


def vendors_b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_keys_that_were_rolled_over_are_fetched_again_and_not_for_every_forgery(client: Client, charlie, service):
    service.age = 30
    prove(client, charlie, service, ADULT)
    service.key = ECKey.generate_key("P-256", {"kid": "two"})
    service.sign = lambda claims: jwt.encode({"alg": "ES256", "kid": "two"}, claims, service.key)
    prove(client, charlie, service, ADULT)
    assert access_of(charlie).band == ADULT
    service.sign = lambda claims: jwt.encode({"alg": "ES256", "kid": "three"}, claims, RSAKey and OTHER)
    before = service.calls.count(("GET", "/jwks"))
    for _ in range(3):
        prove(client, charlie, service, ADULT)
    assert service.calls.count(("GET", "/jwks")) == before


def test_a_code_counts_in_the_browser_that_began_alone(client: Client, charlie, bob, service):
    service.age = 30
    answer = service.authorise(leave(client, charlie, "oidc_age", ADULT))
    elsewhere = Client()
    assert elsewhere.get(RETURN, answer).status_code == 302
    elsewhere.force_login(bob)  # a victim who was sent the link, logged in as themselves
    elsewhere.post(reverse("community:age_begin", args=["oidc_age"]))
    elsewhere.get(RETURN, answer)
    assert not AgeFact.objects.filter(method="oidc_age").exists()
    client.get(RETURN, {**answer, "state": answer["state"][::-1]})
    assert not AgeFact.objects.filter(method="oidc_age").exists()
    client.get(RETURN, answer)
    assert access_of(charlie).band == ADULT


def test_declining_and_coming_back_late_prove_nothing(client: Client, charlie, service):
    answer = service.authorise(leave(client, charlie, "oidc_age", ADULT))
    client.get(RETURN, {"error": "access_denied", "state": answer["state"]})
    assert access_of(charlie).band == NONE
    service.age = 30
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=11)):
        client.get(RETURN, answer)
    assert not AgeFact.objects.exists()


def test_an_issuer_that_says_it_is_another_or_points_elsewhere_is_not_used(
    client: Client, charlie, service, monkeypatch
):
    client.force_login(charlie)
    client.post(reverse("community:age_begin", args=["oidc_age"]))
    good = service.answer
    for change in (
        {"issuer": "https://x.example"},
        {"token_endpoint": "http://10.0.0.1/"},
        {"jwks_uri": "file:///etc"},
    ):

        def answer(method, path, headers, body, change=change):
            status, sent, told = good(method, path, headers, body)
            return as_json({**json.loads(told), **change}) if "well-known" in path else (status, sent, told)

        monkeypatch.setattr(service, "answer", answer)
        oidc.forget()
        page = client.post(reverse("community:age_leave", args=["oidc_age"]), {"band": "adult"})
        assert page.status_code == 302


@pytest.mark.django_db(transaction=True)
def test_twenty_answers_at_once_have_one_outcome(client: Client, charlie, service):
    service.age = 30
    answer = service.authorise(leave(client, charlie, "oidc_age", ADULT))
    query = service.codes[answer["code"]]
    service.codes = type("Always", (dict,), {"pop": lambda self, key, default=None: query})()  # a careless issuer
    start = threading.Barrier(20)

    def come_back() -> None:
        browser = Client()
        browser.cookies = client.cookies
        start.wait()
        try:
            browser.get(RETURN, answer)
        finally:
            connection.close()

    threads = [threading.Thread(target=come_back) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert AgeFact.objects.filter(member=charlie).count() == 1
    assert UsedProof.objects.count() == 1


# -- hosted ----------------------------------------------------------------------------------------------------------


def ring(client: Client, header: str, body: bytes) -> int:
    url = reverse("community:hosted_webhook")
    return client.post(url, body, content_type="application/json", headers={SIGNATURE_HEADER: header}).status_code


def test_a_vendor_rings_and_its_result_is_fetched(client: Client, charlie, vendor):
    where = leave(client, charlie, "hosted", ADULT)
    (session,) = vendor.sessions
    assert session in where
    sent = json.dumps(vendor.sessions[session])
    for secret in (charlie.public_id, charlie.email, "Charlie"):
        assert secret not in sent
    header, body = vendor.ring(session)
    assert ring(Client(), header, body) == 200
    assert access_of(charlie).band == NONE  # the doorbell proves nothing
    (pk,) = rung_checks()
    assert fetch_result(pk) is None  # still running over there
    assert rung_checks() == []
    vendor.status = "COMPLETE"
    assert ring(Client(), *vendor.ring(session)) == 200
    for pk in rung_checks():
        fetch_result(pk)
    assert access_of(charlie).band == ADULT
    assert AgeFact.objects.get().level == "enhanced"
    assert ring(Client(), header, body) == 200  # once more changes nothing
    assert rung_checks() == []


def test_coming_back_again_and_again_does_not_call_the_vendor_each_time(client: Client, charlie, vendor):
    leave(client, charlie, "hosted", ADULT)
    for _ in range(25):
        client.get(reverse("community:hosted_return"))
    fetched = [path for _method, path in vendor.calls if path.endswith("/result")]
    assert len(fetched) == 20


def test_coming_back_fetches_too_and_a_weak_method_stays_weak(client: Client, charlie, vendor):
    leave(client, charlie, "hosted", ADULT)
    vendor.status, vendor.method = "COMPLETE", "AGE_ESTIMATION"
    client.get(reverse("community:hosted_return"), {"result": "whatever one likes"})
    assert AgeFact.objects.get().level == "standard"


@pytest.mark.parametrize("status", ["FAIL", "CANCELLED", "EXPIRED"])
def test_a_result_that_is_not_so_opens_nothing(client: Client, charlie, vendor, status):
    leave(client, charlie, "hosted", ADULT)
    vendor.status = status
    client.get(reverse("community:hosted_return"))
    assert not AgeFact.objects.exists()
    assert not AgeCheck.objects.exists()


def test_no_minor_is_proved_by_an_estimate(client: Client, charlie, vendor):
    client.force_login(charlie)
    client.post(reverse("community:age_begin", args=["hosted"]))
    page = client.get(reverse("community:age_check", args=["hosted"]))
    assert [value for value, _label in page.context["bands"]] == ["adult"]
    assert client.post(reverse("community:age_leave", args=["hosted"]), {"band": TEEN.value}).status_code == 302
    assert not vendor.sessions


@pytest.mark.parametrize(
    "how", ["another secret", "stale", "early", "no header", "half a header", "changed body", "two times", "no json"]
)
def test_a_webhook_that_is_not_the_vendors_or_not_of_now_is_refused_unread(client: Client, charlie, vendor, how):
    leave(client, charlie, "hosted", ADULT)
    (session,) = vendor.sessions
    header, body = vendor.ring(session)
    match how:
        case "another secret":
            header, body = vendor.ring(session, secret="guessed")
        case "stale":
            header, body = vendor.ring(session, at=time.time() - 301)
        case "early":
            header, body = vendor.ring(session, at=time.time() + 302)
        case "no header":
            header = ""
        case "half a header":
            header = header.partition(",")[0]
        case "changed body":
            body += b" "
        case "two times":
            header = f"t=1,{header}"
        case "no json":
            header, body = _signed(b"\xff\xfe not json")
    assert ring(Client(), header, body) == 403
    assert rung_checks() == []


def _signed(body: bytes) -> tuple[str, bytes]:
    stamp = str(int(time.time()))
    signed = hmac.new(FakeVendor.SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={signed}", body


def test_a_signed_webhook_about_nothing_is_taken_in_silence_and_a_huge_one_is_not(client: Client, vendor):
    assert ring(client, *vendor.ring("0" * 32)) == 200
    assert ring(client, *_signed(b'{"id": "' + b"x" * 70_000 + b'"}')) == 413


def test_without_a_vendor_there_is_no_webhook(client: Client, settings):
    settings.HOSTED_AGE = None
    assert ring(client, "t=1,v1=x", b"{}") == 404


@pytest.mark.django_db(transaction=True)
def test_twenty_webhooks_and_fetches_at_once_have_one_outcome(client: Client, charlie, vendor):
    leave(client, charlie, "hosted", ADULT)
    (session,) = vendor.sessions
    vendor.status = "COMPLETE"
    header, body = vendor.ring(session)
    pk = AgeCheck.objects.get().pk
    start = threading.Barrier(20)
    verdicts: list[object] = []

    def go() -> None:
        start.wait()
        try:
            ring(Client(), header, body)
            verdicts.append(fetch_result(pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [verdict for verdict in verdicts if verdict is not None] == ["met"]
    assert AgeFact.objects.count() == 1


# -- guardians -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["oidc_age", "hosted"])
def test_a_guardian_without_an_account_proves_to_be_an_adult(way, service, vendor, make_member):
    update_community(actor=None, component="test", floor_age=13)
    kim = make_member("kim", AgeBand.TEEN_13_14)
    consent = ask_guardian(actor=kim)
    give_address(consent=consent, email="parent@example.net", language="en", address="")
    consent.refresh_from_db()
    confirm_address(consent=consent)
    guardian, path = Client(), mailed_path("parent@example.net")
    page = guardian.post(path, {"what": "prove", "provider": way}, follow=True)
    assert page.context["back"] == path  # and not a page that asks to log in
    assert page.status_code == 200
    page = guardian.post(reverse("community:age_leave", args=[way]), {"band": "adult"})
    service.age, vendor.status = 40, "COMPLETE"
    if way == "oidc_age":
        back = guardian.get(RETURN, service.authorise(page.context["where"]))
    else:
        back = guardian.get(reverse("community:hosted_return"))
    assert back.url == path
    consent = GuardianConsent.objects.get()
    assert (consent.method, consent.proved_on) == (way, timezone.localdate())
    assert access_of(kim).band == AgeBand.TEEN_13_14
    update_community(actor=None, component="test", floor_age=15)


# -- the client ------------------------------------------------------------------------------------------------------


class Odd(FakeServer):
    """A fake that answers whatever a test wants."""

    says = as_json({})

    def answer(self, method, path, headers, body):
        return self.says


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ((302, {"Location": "https://elsewhere.example/"}, b""), "status_302"),
        ((500, {}, b"{}"), "status_500"),
        ((200, {}, b"x" * 70_000), "too_large"),
        ((200, {}, b"not json"), "not_json"),
        ((200, {}, b"[1]"), "not_an_object"),
        ((200, {}, b"[" * 60_000), "not_json"),
        ((200, {}, b"\xff"), "not_json"),
    ],
)
def test_an_odd_answer_of_another_server_is_no_answer(says, reason):
    odd = Odd()
    odd.says = says
    with odd.running(), pytest.raises(http.Unreachable) as raised:
        http.call_json("GET", odd.url)
    assert raised.value.reason == reason


def test_a_server_that_is_not_there_is_no_answer():
    with pytest.raises(http.Unreachable):
        http.call_json("GET", "http://127.0.0.1:9/")


@pytest.mark.parametrize(
    "url",
    ["http://id.example.org/", "ftp://id.example.org/", "https://user:pw@id.example.org/", "https://", "file:///etc",
     "https://id.example.org/#x", "https://id.example.org:port/", "javascript:alert(1)", ""],
)  # fmt: skip
def test_only_https_addresses_are_called(url):
    assert not http.is_safe_url(url)


def test_plain_http_is_for_this_machine_in_development_alone(settings):
    assert http.is_safe_url("http://127.0.0.1:8080/x")
    settings.LOCAL = False
    assert not http.is_safe_url("http://127.0.0.1:8080/x")
    assert http.is_safe_url("https://id.example.org/x")


# -- fuzz ------------------------------------------------------------------------------------------------------------

KEY = ECKey.generate_key("P-256", {"kid": "one"})
CLAIMS = {"iss": "https://op.example", "aud": "c", "sub": "s", "nonce": "n", "iat": NOW, "exp": NOW + 300}
GOOD = jwt.encode({"alg": "ES256", "kid": "one"}, CLAIMS, KEY)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FUZZ = hypothesis_settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def issuer(settings, monkeypatch):
    settings.OIDC_AGE = {"issuer": "https://op.example", "client_id": "c", "client_secret": "", "scope": "openid",
                         "level": "enhanced", "name": ""}  # fmt: skip
    monkeypatch.setattr(oidc, "_keys", lambda *, fresh: KeySet([KEY]))
    assert oidc.verify_id_token(GOOD, nonce="n", now=timezone.now())["sub"] == "s"


@FUZZ
@given(
    st.one_of(
        st.text(max_size=300),
        st.binary(max_size=300),
        JSON,
        st.tuples(st.integers(0, len(GOOD) - 1), st.sampled_from("ABCxyz019-_.")).map(
            lambda change: GOOD[: change[0]] + change[1] + GOOD[change[0] + 1 :]
        ),
        st.tuples(JSON, JSON).map(
            lambda pair: ".".join([*(vendors_b64(json.dumps(part).encode()) for part in pair), "AAAA"])
        ),
    )
)
def test_whatever_is_sent_as_a_token_is_rejected_and_never_crashes(issuer, token):
    if token == GOOD:
        return
    try:
        claims = oidc.verify_id_token(token, nonce="n", now=timezone.now())
    except oidc.Rejected:
        return
    # The last character of a signature carries bits that mean nothing: the same signature, spelt otherwise.
    assert claims == CLAIMS
    assert token.rpartition(".")[0] == GOOD.rpartition(".")[0]


@FUZZ
@given(st.dictionaries(st.sampled_from([*CLAIMS, "azp", "nbf"]), JSON, min_size=1))
def test_whatever_a_signed_token_says_otherwise_is_rejected_or_read_as_it_stands(issuer, change):
    claims = {**CLAIMS, **change}
    try:
        token = jwt.encode({"alg": "ES256", "kid": "one"}, claims, KEY)
    except (TypeError, ValueError):
        return
    try:
        read = oidc.verify_id_token(token, nonce="n", now=timezone.now())
    except oidc.Rejected:
        return
    assert (read["iss"], read["nonce"]) == ("https://op.example", "n")
    assert read["aud"] == "c" or "c" in read["aud"]


@FUZZ
@given(st.text(max_size=200), st.binary(max_size=300))
def test_whatever_is_sent_as_a_webhook_is_refused_and_never_crashes(signature, body):
    with pytest.raises(vendors.BadWebhook):
        vendors.session_of_webhook(signature=signature, body=body, now=time.time(), secrets=["a secret"])


@FUZZ
@given(JSON)
def test_whatever_a_signed_webhook_holds_is_a_session_or_refused(told):
    header, body = _signed(json.dumps(told).encode())
    try:
        session = vendors.session_of_webhook(signature=header, body=body, now=time.time(), secrets=[FakeVendor.SECRET])
    except vendors.BadWebhook:
        return
    assert session == told["id"]
