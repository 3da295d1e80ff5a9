"""A proof from a wallet, from the page that asks to the fact that stays: who may finish it, where, and how often."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from collections.abc import Callable
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from community.models import AgeCheck, AgeFact, AuditEvent, Member, Restriction, UsedProof, WalletExchange
from community.policies import AgeBand
from community.services.access import access_of
from community.services.age_facts import purge_proofs
from community.services.wallet_request import typed_code

from .conftest import Browser, at_once
from .holder import Wallet, read
from .issuer import Provider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]

ADULT, TEEN, YOUNG, NONE = AgeBand.ADULT, AgeBand.TEEN_15_17, AgeBand.TEEN_13_14, AgeBand.NONE
Post = Callable[..., tuple[int, dict[str, str]]]
Browse = Callable[..., Browser]


def path_of(address: str) -> str:
    return address.removeprefix("https://havre.example")


def digits_on(page: str) -> str:
    found = re.search(r'code-shown">(\d{3}) (\d{3})<', page)
    assert found, page
    return found[1] + found[2]


def nothing_written(member: Member) -> None:
    assert not AgeFact.objects.filter(member=member).exists()
    assert access_of(member).band == NONE


# -- on one device ---------------------------------------------------------------------------------------------------


def test_an_adult_proves_it_on_one_device(charlie: Member, adult: Wallet, browse: Browse, post: Post) -> None:
    here = browse(charlie)
    status, told = post(*adult.answer(here.begin()))
    assert status == 200
    nothing_written(charlie)  # until the browser that began comes back
    assert here.get(path_of(told["redirect_uri"]), follow=True).redirect_chain == [("/age/", 302)]
    assert access_of(charlie).band == ADULT
    assert "Proved: adult" in here.told()


def test_what_stays_is_a_threshold_a_day_and_a_keyed_hash(
    charlie: Member, adult: Wallet, provider: Provider, browse: Browse, post: Post
) -> None:
    here = browse(charlie)
    _status, told = post(*adult.answer(here.begin()))
    here.get(path_of(told["redirect_uri"]))
    today = timezone.localdate()
    fact = AgeFact.objects.get(member=charlie)
    assert (fact.threshold, fact.is_over, fact.method, fact.level) == (18, True, "eu_wallet", "enhanced")
    assert re.fullmatch(r"anchor:[0-9a-f]{64}", fact.issuer_ref)
    assert (fact.verified_on, fact.expires_on) == (today, today + dt.timedelta(days=180))
    proof = UsedProof.objects.get()
    assert timezone.localtime(proof.expires_at).time() == dt.time.min  # a day, not the attestation's own end
    assert proof.expires_at > provider.now + dt.timedelta(days=90)
    assert not AgeCheck.objects.exists()
    assert not WalletExchange.objects.exists()
    event = AuditEvent.objects.get(action="age.proved")
    # That somebody proved an age, at this moment and in this way, and not who.
    assert (event.component, event.subject_type) == ("age.eu_wallet", "community.community")


def test_the_proof_is_remembered_until_it_ends_and_no_longer(
    charlie: Member, adult: Wallet, provider: Provider, browse: Browse, post: Post
) -> None:
    here = browse(charlie)
    _status, told = post(*adult.answer(here.begin()))
    here.get(path_of(told["redirect_uri"]))
    with time_machine.travel(provider.now + dt.timedelta(days=90)):
        assert purge_proofs() == 0
    with time_machine.travel(provider.now + dt.timedelta(days=92)):
        assert purge_proofs() == 1


def test_a_teenager_proves_both_ends_for_ninety_days(charlie: Member, teen: Wallet, browse: Browse, post: Post) -> None:
    here = browse(charlie)
    _status, told = post(*teen.answer(here.begin(TEEN)))
    here.get(path_of(told["redirect_uri"]))
    assert access_of(charlie).band == TEEN
    facts = AgeFact.objects.filter(member=charlie)
    assert {fact.threshold: fact.is_over for fact in facts} == {15: True, 18: False}
    assert {fact.expires_on for fact in facts} == {timezone.localdate() + dt.timedelta(days=90)}


@pytest.mark.parametrize("band", [ADULT, TEEN])
def test_the_signed_answer_decides_and_not_what_was_chosen(
    band: AgeBand, charlie: Member, adult: Wallet, teen: Wallet, browse: Browse, post: Post
) -> None:
    """An adult who asks for a minors' band, and a minor who asks for adults'."""
    here = browse(charlie)
    status, told = post(*(teen if band == ADULT else adult).answer(here.begin(band)))
    assert status == 200
    here.get(path_of(told["redirect_uri"]))
    nothing_written(charlie)
    assert "could not be accepted" in here.told()
    assert not UsedProof.objects.exists()


def test_nobody_is_asked_for_more_than_the_band_needs(charlie: Member, browse: Browse) -> None:
    here = browse(charlie)
    for band, names in ((ADULT, ["age_over_18"]), (TEEN, ["age_over_15", "age_over_18"])):
        asked = read(here.begin(band))
        assert asked["client_id"] == "redirect_uri:https://havre.example/age/wallet/response/"
        assert asked["response_uri"] == "https://havre.example/age/wallet/response/"
        assert (asked["response_type"], asked["response_mode"]) == ("vp_token", "direct_post")
        assert len(asked["nonce"]) == 43  # 32 bytes
        assert json.loads(asked["dcql_query"]) == {
            "credentials": [
                {
                    "id": "proof_of_age",
                    "format": "mso_mdoc",
                    "meta": {"doctype_value": "eu.europa.ec.av.1"},
                    "claims": [{"path": ["eu.europa.ec.av.1", name]} for name in names],
                }
            ]
        }


def test_every_request_has_a_nonce_and_a_state_of_its_own_and_stores_neither(charlie: Member, browse: Browse) -> None:
    here = browse(charlie)
    one, other = read(here.begin()), read(here.begin())
    assert one["nonce"] != other["nonce"]
    assert one["state"] != other["state"]
    assert read(here.link()) == other  # its page can be read again
    row = " ".join(str(value) for value in WalletExchange.objects.values()[0].values())
    assert other["nonce"] not in row
    assert other["state"] not in row


def test_the_youngest_band_is_offered_only_where_the_floor_is_lowered(charlie: Member, browse: Browse) -> None:
    here = browse(charlie)
    here.post("/age/eu_wallet/begin/")
    assert 'value="teen_15_17"' in here.page()
    assert 'value="teen_13_14"' not in here.page()


@pytest.mark.parametrize("band", ["", "none", "child"])
def test_a_band_that_is_none_begins_nothing(band: str, charlie: Member, browse: Browse) -> None:
    here = browse(charlie)
    here.post("/age/eu_wallet/begin/")
    here.post("/age/wallet/choose/", {"band": band})
    assert not WalletExchange.objects.exists()
    assert "What do you want to prove?" in here.page()


# -- across devices --------------------------------------------------------------------------------------------------


def test_six_digits_carry_the_proof_to_the_browser_that_began(
    charlie: Member, adult: Wallet, browse: Browse, post: Post
) -> None:
    here, telephone = browse(charlie), browse()
    _status, told = post(*adult.answer(here.begin()))
    shown = telephone.get(path_of(told["redirect_uri"]))
    assert shown.status_code == 200
    assert "their account your age" in shown.content.decode()  # the warning against helping a stranger
    nothing_written(charlie)
    digits = digits_on(shown.content.decode())
    assert "Your wallet has answered" in here.page()
    assert digits not in here.page()
    here.post("/age/wallet/code/", {"code": f"{digits[:3]} {digits[3:]}"})
    assert access_of(charlie).band == ADULT
    assert "over" in telephone.get(path_of(told["redirect_uri"])).content.decode()


def test_a_wrong_code_is_told_and_the_third_ends_the_check(
    charlie: Member, adult: Wallet, browse: Browse, post: Post
) -> None:
    here = browse(charlie)
    post(*adult.answer(here.begin()))
    right = typed_code(WalletExchange.objects.get())
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _attempt in range(2):
        answer = here.post("/age/wallet/code/", {"code": wrong}, follow=True)
        assert "Look again" in answer.content.decode()
    here.post("/age/wallet/code/", {"code": wrong})
    assert not AgeCheck.objects.exists()
    here.post("/age/wallet/code/", {"code": right})
    nothing_written(charlie)


@pytest.mark.parametrize("code", ["", "١٢٣٤٥٦", "12345", "1234567", "<script>"])
def test_a_code_that_is_none_is_a_wrong_one(
    code: str, charlie: Member, adult: Wallet, browse: Browse, post: Post
) -> None:
    here = browse(charlie)
    post(*adult.answer(here.begin()))
    here.post("/age/wallet/code/", {"code": code})
    nothing_written(charlie)
    assert WalletExchange.objects.get().attempts == 1


def test_a_code_before_the_wallet_answered_is_worth_nothing(charlie: Member, browse: Browse) -> None:
    here = browse(charlie)
    here.begin()
    here.post("/age/wallet/code/", {"code": typed_code(WalletExchange.objects.get())})
    nothing_written(charlie)


def test_a_code_is_good_for_two_minutes(charlie: Member, adult: Wallet, browse: Browse, post: Post) -> None:
    here = browse(charlie)
    post(*adult.answer(here.begin()))
    right = typed_code(WalletExchange.objects.get())
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=2, seconds=1)):
        here.post("/age/wallet/code/", {"code": right})
    nothing_written(charlie)


# -- somebody else's wallet, browser or proof ------------------------------------------------------------------------


def test_scanning_a_strangers_code_proves_nothing_for_the_stranger(
    charlie: Member, bob: Member, adult: Wallet, browse: Browse, post: Post
) -> None:
    """Relay: charlie hands his own link on to bob, whose wallet answers and whose browser comes back."""
    stranger, victim = browse(charlie), browse(bob)
    before = AgeFact.objects.filter(member=bob).count()
    _status, told = post(*adult.answer(stranger.begin()))
    page = victim.get(path_of(told["redirect_uri"]))
    assert page.status_code == 200
    assert "their account your age" in page.content.decode()
    nothing_written(charlie)
    assert AgeFact.objects.filter(member=bob).count() == before
    assert "Your wallet has answered" in stranger.page()
    assert digits_on(page.content.decode()) not in stranger.page()


def test_the_code_typed_by_another_member_is_worth_nothing(
    charlie: Member, adult: Wallet, browse: Browse, post: Post
) -> None:
    post(*adult.answer(browse(charlie).begin()))
    right = typed_code(WalletExchange.objects.get())
    thief = Member.objects.create(email="t@example.org", pseudonym="T", pseudonym_key="t", language="en")
    browse(thief).post("/age/wallet/code/", {"code": right})
    nothing_written(thief)
    nothing_written(charlie)


def test_another_session_of_the_same_member_finishes_nothing(
    charlie: Member, adult: Wallet, browse: Browse, post: Post
) -> None:
    """Session fixation: whoever can log in as charlie elsewhere does not finish what this browser began."""
    here, elsewhere = browse(charlie), browse(charlie)
    _status, told = post(*adult.answer(here.begin()))
    right = typed_code(WalletExchange.objects.get())
    assert digits_on(elsewhere.get(path_of(told["redirect_uri"])).content.decode()) == right
    elsewhere.post("/age/wallet/code/", {"code": right})
    nothing_written(charlie)
    assert elsewhere.link() == ""
    here.post("/age/wallet/code/", {"code": right})
    assert access_of(charlie).band == ADULT


def test_one_proof_does_not_open_two_accounts(
    charlie: Member, adult: Wallet, browse: Browse, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    other = Member.objects.create(email="d@example.org", pseudonym="D", pseudonym_key="d", language="en")
    with caplog.at_level(logging.INFO):
        for member in (charlie, other):
            here = browse(member)
            _status, told = post(*adult.answer(here.begin()))
            here.get(path_of(told["redirect_uri"]))
    assert access_of(charlie).band == ADULT
    nothing_written(other)
    assert "could not be accepted" in here.told()
    assert "replayed" in caplog.text


def test_an_adult_proved_before_gets_no_younger(bob: Member, teen: Wallet, browse: Browse, post: Post) -> None:
    here = browse(bob)
    _status, told = post(*teen.answer(here.begin(TEEN)))
    here.get(path_of(told["redirect_uri"]))
    assert access_of(bob).band == ADULT
    assert AuditEvent.objects.filter(action="age.contradicted", subject_id=str(bob.pk)).exists()


def test_the_suspended_prove_nothing(charlie: Member, adult: Wallet, browse: Browse, post: Post) -> None:
    here = browse(charlie)
    link = here.begin()
    Restriction.objects.create(member=charlie, kind="suspension", reason="x")
    Member.objects.filter(pk=charlie.pk).update(access_version=99)
    status, told = post(*adult.answer(link))
    assert status == 200
    here.get(path_of(told["redirect_uri"]))
    nothing_written(charlie)
    here.post("/age/wallet/code/", {"code": typed_code(WalletExchange.objects.get())})
    nothing_written(charlie)


# -- one answer, in time ---------------------------------------------------------------------------------------------


def test_a_request_takes_one_answer(
    charlie: Member, provider: Provider, adult: Wallet, browse: Browse, post: Post
) -> None:
    link = browse(charlie).begin()
    address, form = adult.answer(link)
    assert post(address, form)[0] == 200
    kept = WalletExchange.objects.get().outcome
    for again in (form, Wallet(provider, {"age_over_18": False}).answer(link)[1]):
        assert post(address, again) == (400, {"error": "invalid_request"})
    assert WalletExchange.objects.get().outcome == kept


def test_a_request_is_good_for_five_minutes(charlie: Member, adult: Wallet, browse: Browse, post: Post) -> None:
    address, form = adult.answer(browse(charlie).begin())
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=5, seconds=1)):
        assert post(address, form)[0] == 400
    assert WalletExchange.objects.get().outcome is None


def test_an_answer_to_a_request_that_was_replaced_or_cancelled_is_too_late(
    charlie: Member, adult: Wallet, browse: Browse, post: Post
) -> None:
    here = browse(charlie)
    former, current = here.begin(), here.begin()
    assert post(*adult.answer(former))[0] == 400
    here.post("/age/cancel/")
    assert post(*adult.answer(current))[0] == 400
    assert not WalletExchange.objects.exists()


def test_an_answer_to_one_request_does_not_fit_another(
    charlie: Member, bob: Member, adult: Wallet, browse: Browse, post: Post
) -> None:
    one, other = browse(charlie).begin(), browse(bob).begin()
    address, form = adult.answer(one)
    assert post(address, form | {"state": read(other)["state"]})[0] == 400
    assert WalletExchange.objects.get(age_check__member=bob).state == "refused"
    assert WalletExchange.objects.get(age_check__member=charlie).state == "waiting"


@pytest.mark.parametrize(
    "state", ["", "x", "." * 60, "a" * 5000, "２" * 16 + ".x", "bcdfghjkmnpqrstv.AAAA", "'; drop table x; --"]
)
def test_a_state_that_is_none_of_ours(state: str, charlie: Member, adult: Wallet, browse: Browse, post: Post) -> None:
    address, form = adult.answer(browse(charlie).begin())
    assert post(address, form | {"state": state}) == (400, {"error": "invalid_request"})
    assert WalletExchange.objects.get().state == "waiting"


def test_a_state_whose_second_half_was_guessed(charlie: Member, adult: Wallet, browse: Browse, post: Post) -> None:
    address, form = adult.answer(browse(charlie).begin())
    public_id = form["state"].partition(".")[0]
    assert post(address, form | {"state": f"{public_id}.{'A' * 43}"})[0] == 400
    assert WalletExchange.objects.get().state == "waiting"


# -- refused ---------------------------------------------------------------------------------------------------------


def test_a_refused_answer_ends_the_request_says_one_calm_sentence_and_logs_a_code(
    charlie: Member, adult: Wallet, browse: Browse, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    here = browse(charlie)
    address, form = adult.answer(here.begin(), change=lambda r: r.update(status=10))
    with caplog.at_level(logging.INFO):
        assert post(address, form) == (400, {"error": "invalid_request"})
    logged = [record.getMessage() for record in caplog.records if record.name == "community.services.wallet"]
    assert logged == ["a wallet's answer was refused: status"]
    assert form["vp_token"] not in caplog.text
    page = here.page()
    assert "This proof could not be accepted" in page
    assert "Other ways, or a person" in page
    assert "status" not in re.sub(r"<[^>]+>", "", page).lower()
    nothing_written(charlie)
    assert not UsedProof.objects.exists()
    assert here.get("/age/status/").json() == {"state": "refused"}


@pytest.mark.parametrize(
    ("vp_token", "reason"),
    [
        ("", "malformed"),
        ("not json", "malformed"),
        ("[" * 20_000, "malformed"),
        ("[]", "not_our_query"),
        ("{}", "not_our_query"),
        ('{"other": ["AA"]}', "not_our_query"),
        ('{"proof_of_age": ["AA"], "other": ["AA"]}', "not_our_query"),
        ('{"proof_of_age": ["AA"], "proof_of_age": ["AA"]}', "malformed"),
        ('{"proof_of_age": []}', "not_our_query"),
        ('{"proof_of_age": ["AA", "AA"]}', "not_our_query"),
        ('{"proof_of_age": "AA"}', "not_our_query"),
        ('{"proof_of_age": [7]}', "malformed"),
        ('{"proof_of_age": ["*"]}', "malformed"),
        ('{"proof_of_age": ["AA"]}', "malformed"),  # the integer 0 is no response
        ('{"proof_of_age": ["' + "A" * 90_000 + '"]}', "too_large"),
    ],
    ids=lambda value: value[:40],
)
def test_an_answer_that_is_none(
    vp_token: str, reason: str, charlie: Member, browse: Browse, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    asked = read(browse(charlie).begin())
    with caplog.at_level(logging.INFO):
        assert post(asked["response_uri"], {"state": asked["state"], "vp_token": vp_token})[0] == 400
    assert f"refused: {reason}" in caplog.text
    assert WalletExchange.objects.get().state == "refused"


def test_a_wallet_that_declines_says_so_and_the_member_is_told_calmly(
    charlie: Member, browse: Browse, post: Post
) -> None:
    here = browse(charlie)
    asked = read(here.begin())
    status, told = post(asked["response_uri"], {"state": asked["state"], "error": "access_denied"})
    assert (status, path_of(told["redirect_uri"])) == (200, "/age/wallet/return/")
    assert browse().get("/age/wallet/return/").status_code == 200
    assert "says nothing against you" in here.page()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("state=a&state=b&vp_token={}", "application/x-www-form-urlencoded"),
        ("vp_token={}&vp_token={}&state=a", "application/x-www-form-urlencoded"),
        ("x" * 200_000, "application/x-www-form-urlencoded"),
        ("&" * 90_000, "application/x-www-form-urlencoded"),
        ("a=1&" * 20_000, "application/x-www-form-urlencoded"),
        ("é", "application/x-www-form-urlencoded"),
        ("{}", "application/json"),
        ("", "multipart/form-data; boundary=x"),
        ("", "text/plain"),
    ],
)  # fmt: skip
def test_a_form_that_is_none(body: str, content_type: str) -> None:
    answer = Client().post("/age/wallet/response/", body, content_type=content_type)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    assert answer["Cache-Control"].count("no-store") == 1


def test_the_response_address_takes_posts_alone_and_the_others_want_a_token(charlie: Member) -> None:
    assert Client().get("/age/wallet/response/").status_code == 405
    guarded = Client(enforce_csrf_checks=True)
    guarded.force_login(charlie)
    for path in ("/age/wallet/choose/", "/age/wallet/code/", "/age/wallet/browser/"):
        assert guarded.post(path, {}).status_code == 403
        assert Client().post(path, {}).status_code == 302  # to the login
        assert guarded.get(path).status_code == 405


@pytest.mark.parametrize("code", ["", "x", "bcdfghjkmnpqrstv." + "A" * 43])
def test_a_response_code_that_is_none_of_ours(code: str, browse: Browse) -> None:
    answer = browse().get("/age/wallet/return/", {"response_code": code})
    assert answer.status_code == 200
    assert "code-shown" not in answer.content.decode()


def test_the_state_is_no_response_code(charlie: Member, adult: Wallet, browse: Browse, post: Post) -> None:
    """What a QR code shows to everybody around does not finish the check."""
    here = browse(charlie)
    asked = read(link := here.begin())
    post(*adult.answer(link))
    here.get("/age/wallet/return/", {"response_code": asked["state"]})
    nothing_written(charlie)


def test_a_look_ahead_finishes_nothing(charlie: Member, adult: Wallet, browse: Browse, post: Post) -> None:
    here = browse(charlie)
    _status, told = post(*adult.answer(here.begin()))
    here.head(path_of(told["redirect_uri"]))
    nothing_written(charlie)


# -- through the browser ---------------------------------------------------------------------------------------------


def browser_request(here: Browser) -> dict[str, str]:
    page = here.page()
    found = {name: re.search(rf'data-{name}="([^"]+)"', page) for name in ("protocol", "request", "encryption")}
    values = {name: unescape(match[1]) for name, match in found.items() if match}
    assert values["protocol"] == "org-iso-mdoc"
    return {"deviceRequest": values["request"], "encryptionInfo": values["encryption"]}


def hand_over(here: Browser, sealed: object) -> str:
    answer = here.post("/age/wallet/browser/", json.dumps({"response": sealed}), content_type="application/json")
    assert answer.status_code == 200
    return answer.json()["next"]


def test_an_adult_proves_it_through_the_browser(charlie: Member, adult: Wallet, browse: Browse) -> None:
    here = browse(charlie)
    here.begin()
    sealed = adult.answer_browser(browser_request(here), origin="https://havre.example", elements=["age_over_18"])
    assert hand_over(here, sealed) == "/age/"
    assert access_of(charlie).band == ADULT
    assert hand_over(here, sealed) == "/age/eu_wallet/"  # once


@pytest.mark.parametrize("how", ["another origin", "another session", "another request", "more than asked"])
def test_an_answer_of_the_browser_that_is_not_this_pages(
    how: str, charlie: Member, adult: Wallet, browse: Browse
) -> None:
    here = browse(charlie)
    here.begin()
    origin, elements = "https://havre.example", ["age_over_18"]
    if how == "another origin":
        origin = "https://havre.example.org"
    if how == "more than asked":
        elements = ["age_over_15", "age_over_18"]
    sealed = adult.answer_browser(browser_request(here), origin=origin, elements=elements)
    if how == "another request":
        here.begin()
    hand_over(browse(charlie) if how == "another session" else here, sealed)
    nothing_written(charlie)


@pytest.mark.parametrize(
    "posted", ["", "{", "[]", "[" * 90_000, '{"response": 7}', '{"response": "AA"}', "x" * 200_000]
)
def test_an_answer_of_the_browser_that_is_none(posted: str, charlie: Member, browse: Browse) -> None:
    here = browse(charlie)
    here.begin()
    answer = here.post("/age/wallet/browser/", posted, content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {"next": "/age/eu_wallet/"})
    nothing_written(charlie)


# -- how often -------------------------------------------------------------------------------------------------------


def test_every_entry_has_its_limit(charlie: Member, adult: Wallet, browse: Browse, post: Post) -> None:
    here = browse(charlie)
    link = here.begin()
    asked = read(link)
    statuses = [post(asked["response_uri"], {"state": asked["state"] + "x", "vp_token": "{}"})[0] for _ in range(241)]
    assert statuses == [400] * 240 + [429]
    assert post(*adult.answer(link))[0] == 429  # the address
    assert post(*adult.answer(link), REMOTE_ADDR="192.0.2.7")[0] == 200  # not the wallets of others
    assert [here.get("/age/wallet/return/").status_code for _ in range(121)][-2:] == [200, 429]

    def spoken(path: str, times: int, **form: str) -> str:
        for _ in range(times):
            answer = here.post(path, form, follow=True)
        return answer.content.decode()

    assert "Too many attempts" not in spoken("/age/wallet/code/", 2, code="0")
    assert "Too many attempts" in spoken("/age/wallet/code/", 30, code="0")
    assert "Too many attempts" in spoken("/age/wallet/choose/", 21, band="adult")
    for _ in range(31):
        hand_over(here, "AA")
    assert "Too many attempts" in here.told()


def test_one_request_is_not_verified_without_end(charlie: Member, adult: Wallet, browse: Browse, post: Post) -> None:
    address, form = adult.answer(browse(charlie).begin())
    statuses = [post(address, form, REMOTE_ADDR=f"192.0.2.{n}")[0] for n in range(22)]
    assert statuses == [200, *[400] * 19, 429, 429]


# -- at once ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_one_answer_twenty_times_at_once_is_taken_once(
    charlie: Member, adult: Wallet, browse: Browse, post: Post
) -> None:
    address, form = adult.answer(browse(charlie).begin())
    ended = at_once(20, lambda _: post(address, form)[0])
    assert sorted(map(str, ended)) == ["200", *["400"] * 19]
    assert WalletExchange.objects.get().state == "answered"


@pytest.mark.django_db(transaction=True)
def test_one_response_code_twenty_times_at_once_writes_once(
    charlie: Member, adult: Wallet, browse: Browse, post: Post
) -> None:
    here = browse(charlie)
    _status, told = post(*adult.answer(here.begin()))
    cookie = here.cookies["sessionid"].value

    def come_back(_number: int) -> int:
        one = Client()
        one.cookies["sessionid"] = cookie
        return one.get(path_of(told["redirect_uri"])).status_code

    ended = at_once(20, come_back)
    assert set(ended) <= {302, 200}  # done, or told that it is over
    assert 302 in ended
    written_once(charlie)


@pytest.mark.django_db(transaction=True)
def test_one_typed_code_twenty_times_at_once_writes_once(
    charlie: Member, adult: Wallet, browse: Browse, post: Post
) -> None:
    here = browse(charlie)
    post(*adult.answer(here.begin()))
    code, cookie = typed_code(WalletExchange.objects.get()), here.cookies["sessionid"].value

    def type_it(_number: int) -> int:
        one = Client()
        one.cookies["sessionid"] = cookie
        return one.post("/age/wallet/code/", {"code": code}).status_code

    assert at_once(20, type_it) == [302] * 20
    written_once(charlie)


@pytest.mark.django_db(transaction=True)
def test_twenty_guesses_at_once_are_three(charlie: Member, adult: Wallet, browse: Browse, post: Post) -> None:
    here = browse(charlie)
    post(*adult.answer(here.begin()))
    right, cookie = int(typed_code(WalletExchange.objects.get())), here.cookies["sessionid"].value

    def guess(number: int) -> None:
        one = Client()
        one.cookies["sessionid"] = cookie
        one.post("/age/wallet/code/", {"code": f"{(right + 1 + number) % 1_000_000:06d}"})

    at_once(20, guess)
    assert not AgeCheck.objects.exists()
    nothing_written(charlie)


@pytest.mark.django_db(transaction=True)
def test_one_proof_for_many_accounts_at_once_opens_one(
    provider: Provider, adult: Wallet, browse: Browse, post: Post
) -> None:
    comers = []
    for number in range(6):
        member = Member.objects.create(
            email=f"m{number}@example.org", pseudonym=f"M{number}", pseudonym_key=f"m{number}", language="en"
        )
        here = browse(member)
        _status, told = post(*adult.answer(here.begin()))
        comers.append((here.cookies["sessionid"].value, path_of(told["redirect_uri"])))

    def come_back(number: int) -> None:
        one = Client()
        one.cookies["sessionid"], path = comers[number]
        one.get(path)

    at_once(6, come_back)
    assert AgeFact.objects.count() == 1
    assert UsedProof.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_check_begun_again_while_it_is_finished_waits_and_never_deadlocks(
    charlie: Member, adult: Wallet, browse: Browse, post: Post
) -> None:
    """Whoever takes several locks takes the person's first: of a proof and a new beginning one comes first."""
    here = browse(charlie)
    _status, told = post(*adult.answer(here.begin()))
    code, cookie = typed_code(WalletExchange.objects.get()), here.cookies["sessionid"].value

    def one_or_the_other(number: int) -> int:
        one = Client()
        one.cookies["sessionid"] = cookie
        match number % 4:
            case 0:
                return one.post("/age/wallet/code/", {"code": code}).status_code
            case 1:
                return one.post("/age/eu_wallet/begin/").status_code
            case 2:
                return one.post("/age/wallet/choose/", {"band": "adult"}).status_code
            case _:
                return one.get(path_of(told["redirect_uri"])).status_code

    ended = at_once(16, one_or_the_other)
    assert set(ended) <= {200, 302}, ended
    assert AgeCheck.objects.count() <= 1
    assert AgeFact.objects.count() <= 1
    assert AgeFact.objects.count() == UsedProof.objects.count()


def written_once(member: Member) -> None:
    assert AgeFact.objects.filter(member=member).count() == 1
    assert UsedProof.objects.count() == 1
    assert AuditEvent.objects.filter(action="age.proved").count() == 1
    assert access_of(member).band == ADULT
    assert not AgeCheck.objects.exists()
