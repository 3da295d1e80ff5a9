"""A guardian without an account shows with a wallet that they are an adult: who may, where, and how often."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from community.guardian_links import mail_token
from community.models import (
    AgeCheck,
    AgeFact,
    AuditEvent,
    GuardianConsent,
    MailJob,
    Member,
    Restriction,
    UsedProof,
    WalletExchange,
)
from community.policies import AgeBand
from community.roles import MODERATOR
from community.services.access import access_of
from community.services.guardians import agree_as_child, ask_guardian, confirm_address, give_address, withdraw_as_child
from community.services.restrictions import lift_restriction, restrict_member
from community.services.settings import update_community
from community.services.wallet_request import typed_code
from safeguarding.models import Case
from tests.cast import open_member

from .conftest import at_once
from .holder import Wallet, read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider", "lowered")]
Post = Callable[..., tuple[int, dict[str, str]]]


@pytest.fixture
def lowered(db: None) -> Iterator[None]:
    """The operator lets children of 13 in."""
    update_community(actor=None, component="test", floor_age=13, digital_majority=15)
    yield
    update_community(actor=None, component="test", floor_age=15, digital_majority=15)


@pytest.fixture
def kim(lowered: None) -> Member:
    return open_member("kim", AgeBand.TEEN_13_14)


def confirmed(child: Member, email: str = "parent@example.net") -> GuardianConsent:
    """A consent that lacks nothing but the guardian's proof."""
    consent = ask_guardian(actor=child)
    give_address(consent=consent, email=email, language="en", address="")
    consent.refresh_from_db()
    confirm_address(consent=consent)
    return agree_as_child(actor=child)


class Guardian(Client):
    """A guardian's browser, on the page that their mail leads to."""

    def __init__(self, consent: GuardianConsent) -> None:
        super().__init__(headers={"accept-language": "en"})
        token = mail_token(consent.public_id, consent.email_hash)
        self.home = reverse("community:guardian", args=[token])
        self.there = reverse("community:guardian_check", args=[token, "eu_wallet"])

    def begin(self) -> str:
        """Begin with the wallet; return the link that the page offers."""
        self.post(self.home, {"what": "prove", "provider": "eu_wallet"})
        return self.choose()

    def choose(self, band: str = "adult") -> str:
        self.post("/age/wallet/choose/?guardian", {"band": band})
        found = re.search(r'href="(av://[^"]+)"', self.page())
        return unescape(found[1]) if found else ""

    def page(self) -> str:
        return self.get(self.there, follow=True).content.decode()

    def come_back(self, told: dict[str, str]) -> str:
        return self.get(told["redirect_uri"].removeprefix("https://havre.example"), follow=True).content.decode()


def unproved(child: Member) -> None:
    assert GuardianConsent.objects.get(child=child).proved_on is None
    assert access_of(child).consent_missing


def test_a_guardian_agrees_with_a_wallet_on_one_device(kim: Member, adult: Wallet, post: Post) -> None:
    here = Guardian(confirmed(kim))
    assert "European age wallet" in here.get(here.home).content.decode()
    _status, told = post(*adult.answer(here.begin()))
    unproved(kim)  # until the browser that began comes back
    assert "You showed that you are an adult: not yet" not in here.come_back(told)
    consent = GuardianConsent.objects.get()
    assert (consent.method, consent.level) == ("eu_wallet", "enhanced")
    assert consent.granted_on
    assert not access_of(kim).consent_missing
    assert not AgeCheck.objects.exists()
    assert not WalletExchange.objects.exists()
    assert not UsedProof.objects.exists()
    assert access_of(kim).band == AgeBand.TEEN_13_14  # the child's own age is what it was


def test_six_digits_carry_a_guardians_proof_from_the_telephone(kim: Member, adult: Wallet, post: Post) -> None:
    consent = confirmed(kim)
    here, telephone = Guardian(consent), Guardian(consent)
    _status, told = post(*adult.answer(here.begin()))
    found = re.search(r'code-shown">(\d{3}) (\d{3})<', telephone.come_back(told))
    assert found
    unproved(kim)
    wrong = f"{(int(found[1] + found[2]) + 1) % 1_000_000:06d}"
    here.post("/age/wallet/code/?guardian", {"code": wrong})
    unproved(kim)
    assert here.post("/age/wallet/code/?guardian", {"code": found[1] + found[2]}).url == here.home
    assert not access_of(kim).consent_missing


def test_a_guardian_agrees_through_the_browser(kim: Member, adult: Wallet) -> None:
    here = Guardian(confirmed(kim))
    here.begin()
    found = {name: re.search(rf'data-{name}="([^"]+)"', here.page()) for name in ("url", "request", "encryption")}
    asked = {name: unescape(match[1]) for name, match in found.items() if match}
    request = {"deviceRequest": asked["request"], "encryptionInfo": asked["encryption"]}
    sealed = adult.answer_browser(request, origin="https://havre.example", elements=["age_over_18"])
    answer = here.post(asked["url"], json.dumps({"response": sealed}), content_type="application/json")
    assert answer.json() == {"next": here.home}
    assert not access_of(kim).consent_missing


@pytest.mark.parametrize("band", ["adult", "teen_15_17", "teen_13_14"])
def test_a_guardian_is_asked_for_an_adult_and_nothing_else(band: str, kim: Member) -> None:
    here = Guardian(confirmed(kim))
    here.post(here.home, {"what": "prove", "provider": "eu_wallet"})
    assert 'value="teen' not in here.page()
    (asked,) = json.loads(read(here.choose(band))["dcql_query"])["credentials"]
    assert asked["claims"] == [{"path": ["eu.europa.ec.av.1", "age_over_18"]}]


def test_a_wallet_of_somebody_under_18_agrees_to_nothing(kim: Member, teen: Wallet, post: Post) -> None:
    here = Guardian(confirmed(kim))
    status, told = post(*teen.answer(here.begin()))
    assert status == 200
    assert "could not be accepted" in here.come_back(told)
    unproved(kim)


@pytest.mark.parametrize("who", ["nobody", "the child", "the child with the mailed link"])
def test_another_browser_finishes_no_guardians_proof(who: str, kim: Member, adult: Wallet, post: Post) -> None:
    consent = confirmed(kim)
    here, other = Guardian(consent), Guardian(consent)
    _status, told = post(*adult.answer(here.begin()))
    digits = typed_code(WalletExchange.objects.get())
    if who != "nobody":
        other.force_login(kim)
    if "link" in who:
        other.page()  # the session remembers the check: the exchange is still another browser's
    other.come_back(told)
    for query in ("", "?guardian"):
        assert other.post(f"/age/wallet/code/{query}", {"code": digits}).status_code == 302
        other.post(f"/age/wallet/browser/{query}", "{}", content_type="application/json")
    unproved(kim)
    here.come_back(told)
    assert not access_of(kim).consent_missing


def test_a_guardians_proof_gives_no_account_an_age(adult: Wallet, kim: Member, post: Post) -> None:
    """A member who is the guardian too: which of the two a page is about, its address says."""
    charlie = open_member("charlie")
    here = Guardian(confirmed(kim))
    here.force_login(charlie)
    link = here.begin()
    here.post("/age/eu_wallet/begin/")
    here.post("/age/wallet/choose/", {"band": "adult"})  # their own, beside it
    _status, told = post(*adult.answer(link))
    here.come_back(told)
    assert not AgeFact.objects.filter(member=charlie).exists()
    assert not access_of(kim).consent_missing
    assert AgeCheck.objects.get().member == charlie


def test_the_same_answer_counts_once(kim: Member, adult: Wallet, post: Post) -> None:
    here = Guardian(confirmed(kim))
    address, form = adult.answer(here.begin())
    assert [post(address, form)[0] for _ in range(3)] == [200, 400, 400]


def test_one_wallet_that_agrees_for_several_children_is_put_before_an_officer(
    kim: Member, adult: Wallet, post: Post
) -> None:
    lou = open_member("lou", AgeBand.TEEN_13_14)
    for child, email in ((kim, "one@example.net"), (lou, "two@example.org")):
        here = Guardian(confirmed(child, email))
        here.come_back(post(*adult.answer(here.begin()))[1])
    first, second = GuardianConsent.objects.order_by("pk")
    assert first.proof_tag == second.proof_tag != ""
    assert (first.shared_since, bool(second.shared_since)) == (None, True)


def test_a_banned_persons_wallet_agrees_for_no_child_and_is_told_nothing(
    kim: Member, adult: Wallet, post: Post, browse: Callable[..., Client]
) -> None:
    bob, mo = open_member("bob"), open_member("mo", AgeBand.ADULT, MODERATOR)
    theirs = browse(bob)
    theirs.get(post(*adult.answer(theirs.begin()))[1]["redirect_uri"].removeprefix("https://havre.example"))
    assert access_of(bob).band == AgeBand.ADULT
    ban = restrict_member(actor=mo, member=bob, kind="ban", reason="x")
    consent = confirmed(kim, "a-new-address@example.net")
    here = Guardian(consent)
    told = re.sub(r"<[^>]+>", "", here.come_back(post(*adult.answer(here.begin()))[1]))
    assert "This proof could not be accepted. Try another way, or ask a person." in told
    assert not re.search(r"\bban(ned)?\b|exclu", told, re.I)
    unproved(kim)
    case = Case.objects.get(code="X3")
    assert {(party.member, party.role) for party in case.parties.all()} == {(bob, "subject"), (kim, "to_protect")}
    assert not Restriction.objects.filter(member=kim).exists()  # the child did nothing
    assert not MailJob.objects.filter(member__in=[bob]).exists()
    # No other proof of theirs helps while the ban runs; somebody else, asked anew, can.
    other = Wallet(adult.provider, {"age_over_18": True})
    here.come_back(post(*other.answer(here.begin()))[1])
    unproved(kim)
    withdraw_as_child(actor=kim)
    again = Guardian(confirmed(kim, "the-mother@example.net"))
    again.come_back(post(*Wallet(adult.provider, {"age_over_18": True}).answer(again.begin()))[1])
    assert not access_of(kim).consent_missing
    assert ban.ends_at is None


def test_a_ban_that_is_lifted_lets_the_guardian_agree(
    kim: Member, adult: Wallet, post: Post, browse: Callable[..., Client]
) -> None:
    bob, mo = open_member("bob"), open_member("mo", AgeBand.ADULT, MODERATOR)
    ban = restrict_member(actor=mo, member=bob, kind="ban", reason="x")
    consent = confirmed(kim, "Bob+home@example.org")  # the address of the banned account
    here = Guardian(consent)
    here.come_back(post(*adult.answer(here.begin()))[1])
    unproved(kim)
    assert Case.objects.get().code == "X3"
    lift_restriction(actor=mo, restriction=ban, reason="appeal")
    here.come_back(post(*adult.answer(here.begin()))[1])
    assert not access_of(kim).consent_missing


def test_an_adult_who_is_banned_later_stays_a_guardian_until_a_person_has_looked(
    kim: Member, adult: Wallet, post: Post, browse: Callable[..., Client]
) -> None:
    bob, mo = open_member("bob"), open_member("mo", AgeBand.ADULT, MODERATOR)
    theirs = browse(bob)
    theirs.get(post(*adult.answer(theirs.begin()))[1]["redirect_uri"].removeprefix("https://havre.example"))
    here = Guardian(confirmed(kim))
    here.come_back(post(*adult.answer(here.begin()))[1])
    assert not access_of(kim).consent_missing
    restrict_member(actor=mo, member=bob, kind="ban", reason="x")
    case = Case.objects.get(code="X3")
    assert {party.member for party in case.parties.all()} == {bob, kim}
    assert not access_of(kim).consent_missing


@pytest.mark.django_db(transaction=True)
def test_a_proof_and_a_withdrawal_at_once_never_deadlock(kim: Member, adult: Wallet, post: Post) -> None:
    consent = confirmed(kim)
    here = Guardian(consent)
    _status, told = post(*adult.answer(here.begin()))
    cookie = here.cookies["sessionid"].value

    def act(number: int) -> object:
        one = Client()
        one.cookies["sessionid"] = cookie
        match number % 3:
            case 0:
                return one.get(told["redirect_uri"].removeprefix("https://havre.example")).status_code
            case 1:
                return one.post(here.home, {"what": "prove", "provider": "eu_wallet"}).status_code
            case _:
                return one.post(here.home, {"what": "withdraw"}).status_code if number == 8 else 302

    assert set(at_once(12, act)) <= {200, 302, 404}
    assert access_of(kim).consent_missing
    assert GuardianConsent.objects.get().ended_by == "guardian"


def test_a_consent_that_was_withdrawn_takes_no_proof(kim: Member, adult: Wallet, post: Post) -> None:
    here = Guardian(confirmed(kim))
    _status, told = post(*adult.answer(here.begin()))
    withdraw_as_child(actor=kim)
    here.come_back(told)
    unproved(kim)


def test_a_refused_answer_is_told_calmly_and_can_be_begun_again(kim: Member, adult: Wallet, post: Post) -> None:
    here = Guardian(confirmed(kim))
    asked = read(here.begin())
    post(asked["response_uri"], {"state": asked["state"], "error": "access_denied"})
    page = here.page()
    assert "That says nothing against you" in page
    assert f'action="{here.home}"' in page
    assert here.begin()


@pytest.mark.parametrize("slug", ["eu_wallet_zk", "demo", "hosted", "nothing"])
def test_a_way_that_is_not_offered_begins_nothing(slug: str, kim: Member, settings) -> None:
    settings.AGE_PROVIDERS = [*settings.AGE_PROVIDERS, "community.age.eu_wallet.provider.EuWalletZkProvider"]
    here = Guardian(confirmed(kim))
    assert here.post(here.home, {"what": "prove", "provider": slug}).status_code == 404
    assert not AgeCheck.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["by the response code", "by the typed code"])
def test_a_proof_that_comes_twenty_times_at_once_counts_once(how: str, kim: Member, adult: Wallet, post: Post) -> None:
    here = Guardian(confirmed(kim))
    _status, told = post(*adult.answer(here.begin()))
    code, cookie = typed_code(WalletExchange.objects.get()), here.cookies["sessionid"].value

    def act(_number: int) -> int:
        one = Client()
        one.cookies["sessionid"] = cookie
        if "typed" in how:
            return one.post("/age/wallet/code/?guardian", {"code": code}).status_code
        return one.get(told["redirect_uri"].removeprefix("https://havre.example")).status_code

    assert set(at_once(20, act)) <= {200, 302}
    assert AuditEvent.objects.filter(action="consent.granted").count() == 1
    assert not access_of(kim).consent_missing
