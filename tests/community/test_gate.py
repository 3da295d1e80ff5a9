from __future__ import annotations

import pytest
import segno
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.age import demo as demo_module
from community.age.demo import DemoProvider
from community.age.in_person import InPersonProvider
from community.middleware import ALWAYS_OPEN, OPEN_WITHOUT_AGE, passes
from community.models import AgeCheck, Community, Member, Restriction
from community.policies import AgeBand, Ask
from community.qr import qr_data_uri
from community.services.access import Access, access_of, bump_access
from community.services.attesting import attest_check
from community.urls import urlpatterns
from tests.community.conftest import give_facts

pytestmark = pytest.mark.django_db

OPEN = [
    "community:help", "community:terms", "community:terms_teen", "community:privacy", "community:account",
    "community:data", "community:close_account", "account_logout", "safeguarding:my_decisions",
    "safeguarding:my_reports",
]  # fmt: skip
AGE_PAGES = ["community:age"]
GATED = ["chat:rooms", "community:blocks", "community:pseudonym"]


@pytest.mark.parametrize("name", OPEN + AGE_PAGES)
def test_without_an_age_help_decisions_reports_data_and_the_age_page_are_open(
    client: Client, charlie: Member, name: str
) -> None:
    client.force_login(charlie)
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", GATED)
def test_without_an_age_everything_else_is_shut(client: Client, charlie: Member, name: str) -> None:
    client.force_login(charlie)
    for answer in (client.get(reverse(name)), client.post(reverse(name))):
        assert (answer.status_code, answer.url) == (302, reverse("community:age"))


@pytest.mark.parametrize("name", GATED)
@pytest.mark.parametrize("who", ["alice", "bob"])
def test_with_a_proved_age_the_place_is_open(
    client: Client, name: str, who: str, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(who))
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.invariant(15)
@pytest.mark.parametrize("kind", ["suspension", "ban"])
@pytest.mark.parametrize("name", OPEN + AGE_PAGES + GATED)
def test_while_suspended_or_banned_reasons_appeals_and_data_stay_reachable_and_nothing_else(
    client: Client, bob: Member, kind: str, name: str
) -> None:
    Restriction.objects.create(member=bob, kind=kind, reason="x")
    bump_access(bob)
    client.force_login(bob)
    answer = client.get(reverse(name))
    if name in OPEN:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.url) == (302, reverse("community:account"))


def test_the_account_page_leads_nowhere_that_the_gate_turns_away(
    client: Client, alice: Member, charlie: Member
) -> None:
    links = [reverse(name) for name in ("community:blocks", "community:pseudonym")]
    client.force_login(alice)
    page = client.get(reverse("community:account")).content.decode()
    assert all(f'href="{link}"' in page for link in links)
    client.force_login(charlie)
    page = client.get(reverse("community:account")).content.decode()
    assert not any(f'href="{link}"' in page for link in links)


def test_an_age_of_13_or_14_opens_nothing_yet(client: Client, charlie: Member) -> None:
    give_facts(charlie, {13: True, 15: False})
    client.force_login(charlie)
    assert client.get(reverse("chat:rooms")).url == reverse("community:age")
    assert "a little older" in client.get(reverse("community:age"), headers={"accept-language": "en"}).content.decode()


def test_a_higher_floor_age_shuts_those_who_are_not_proved_over_it(client: Client, alice: Member, bob: Member) -> None:
    Community.objects.update_or_create(pk=1, defaults={"floor_age": 18})
    client.force_login(alice)
    assert client.get(reverse("chat:rooms")).status_code == 302
    client.force_login(bob)
    assert client.get(reverse("chat:rooms")).status_code == 200


def test_an_expired_proof_shuts_the_place(client: Client, charlie: Member) -> None:
    give_facts(charlie, {18: True}, days=0)
    client.force_login(charlie)
    assert client.get(reverse("chat:rooms")).status_code == 302


def test_a_request_for_a_fresh_proof_shuts_rooms_until_it_is_answered(client: Client, bob: Member) -> None:
    Restriction.objects.create(member=bob, kind="fresh_age_proof", reason="m6", ends_at=None)
    bump_access(bob)
    client.force_login(bob)
    assert client.get(reverse("chat:rooms")).url == reverse("community:age")


def test_a_name_nobody_listed_is_shut() -> None:
    access = Access(member_id=1, version=1)
    assert not passes(access, "", floor_age=15)
    assert not passes(access, "anything:new", floor_age=15)
    assert not passes(access, "community:*", floor_age=15)


def test_the_console_is_not_open_to_a_suspended_officer() -> None:
    access = Access(member_id=1, version=1)
    assert passes(access, "admin:index", floor_age=15)
    assert not passes(Access(member_id=1, version=1, suspended=True), "admin:index", floor_age=15)


def test_every_listed_address_of_this_floor_exists() -> None:
    known = {f"community:{pattern.name}" for pattern in urlpatterns}
    listed = {name for name in ALWAYS_OPEN | OPEN_WITHOUT_AGE if name.startswith("community:")}
    assert listed <= known


def test_the_gate_costs_one_query(client: Client, bob: Member, django_assert_num_queries) -> None:
    client.force_login(bob)
    client.get(reverse("chat:rooms"))
    with django_assert_num_queries(9):  # session, member, then access without cache (in a test's transaction), floor
        client.get(reverse("chat:rooms"))


# -- proving on the pages --------------------------------------------------------------------------------------------


def test_a_member_shows_a_code_and_the_page_follows_what_the_officers_do(
    client: Client, charlie: Member, olive: Member, oscar: Member
) -> None:
    client.force_login(charlie)
    page = client.post(reverse("community:age_begin", args=["in_person"]), follow=True)
    html = page.content.decode()
    code = page.context["code"].replace(" ", "")
    assert "data:image/svg+xml" in html
    assert "no-store" in page["Cache-Control"]
    assert charlie.pseudonym not in html.split('class="code-shown"')[1].split("</div>")[0]
    assert client.get(reverse("community:age_status")).json() == {"state": "pending"}
    attest_check(actor=olive, code=code, band=AgeBand.TEEN_15_17)
    assert client.get(reverse("community:age_status")).json() == {"state": "awaiting_second"}
    attest_check(actor=oscar, code=code, band=AgeBand.TEEN_15_17)
    assert client.get(reverse("community:age_status")).json() == {"state": "closed"}
    assert client.get(reverse("community:age_check", args=["in_person"])).url == reverse("community:age")
    assert client.get(reverse("chat:rooms")).status_code == 200


def test_the_qr_code_is_one_that_telephones_read_and_holds_the_code_alone() -> None:
    wanted = segno.make("ZF7KCP7F", error="m", micro=False)
    assert not wanted.is_micro
    assert qr_data_uri("ZF7KCP7F") == wanted.svg_data_uri(scale=6, border=4, dark="#000", light="#fff")


def test_a_code_is_never_in_an_address(client: Client, charlie: Member) -> None:
    client.force_login(charlie)
    page = client.post(reverse("community:age_begin", args=["in_person"]), follow=True)
    code = page.context["code"].replace(" ", "")
    assert all(code not in url for url, _status in page.redirect_chain)
    assert f"/{code}" not in page.content.decode()


def test_an_unknown_way_of_proving_an_age_does_not_exist(client: Client, charlie: Member) -> None:
    client.force_login(charlie)
    assert client.post(reverse("community:age_begin", args=["self_declared"])).status_code == 404
    assert client.get(reverse("community:age_check", args=["self_declared"])).status_code == 404


def test_one_member_sees_no_others_check(client: Client, charlie: Member, bob: Member) -> None:
    client.force_login(charlie)
    client.post(reverse("community:age_begin", args=["in_person"]))
    other = Client()
    other.force_login(bob)
    assert other.get(reverse("community:age_status")).json() == {"state": "closed"}
    other.post(reverse("community:age_cancel"))
    assert AgeCheck.objects.filter(member=charlie).exists()


def test_the_in_person_provider_supports_bands_and_no_other_threshold() -> None:
    provider = InPersonProvider()
    assert provider.supports(Ask(at_least=(15,), under=(18,)))
    assert not provider.supports(Ask(at_least=(21,)))


# -- the demonstration -----------------------------------------------------------------------------------------------


def test_the_demo_provider_refuses_to_exist_outside_the_demonstration(settings) -> None:
    settings.HAVRE_DEMO = False
    with pytest.raises(ImproperlyConfigured):
        DemoProvider()
    settings.HAVRE_DEMO = True
    provider = DemoProvider()
    settings.HAVRE_DEMO = False
    with pytest.raises(ImproperlyConfigured):  # nor does one that was made before answer
        provider.outcome_of("adult")


def test_the_demo_page_does_not_exist_outside_the_demonstration(client: Client, charlie: Member) -> None:
    client.force_login(charlie)
    assert client.post(reverse("community:age_demo"), {"band": "adult"}).status_code == 404
    assert access_of(charlie).band == AgeBand.NONE


def test_in_the_demonstration_a_chosen_band_is_had(client: Client, charlie: Member, settings) -> None:
    settings.HAVRE_DEMO = True
    settings.AGE_PROVIDERS = ["community.age.in_person.InPersonProvider", f"{demo_module.__name__}.DemoProvider"]
    client.force_login(charlie)
    assert client.post(reverse("community:age_begin", args=["demo"]), follow=True).status_code == 200
    client.post(reverse("community:age_demo"), {"band": "nonsense"})
    assert access_of(charlie).band == AgeBand.NONE
    client.post(reverse("community:age_begin", args=["demo"]))
    client.post(reverse("community:age_demo"), {"band": "adult"})
    assert access_of(charlie).band == AgeBand.ADULT
    assert access_of(charlie).deadline > timezone.now()
