"""A guardian agrees, from a child's link to an open room, and neither side gives anything else away."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.errors import BadAddress, ConsentNotNeeded, ConsentOver, NotAllowed, TooManyAttempts
from community.guardian_links import link_token, mail_token
from community.models import AgeCheck, GuardianConsent, MailJob, Member
from community.policies import AgeBand, needs_consent
from community.roles import AGE_OFFICER
from community.services.access import access_of
from community.services.attesting import Attested, attest_check
from community.services.guardians import (
    agree_as_child,
    ask_guardian,
    confirm_address,
    consent_by_link,
    consent_of,
    give_address,
    guardian_code,
    mark_shared_seen,
    withdraw_as_child,
)
from community.services.mail import send_mail_job
from community.services.revocations import revoke_facts
from community.services.settings import update_community
from tests.community.conftest import give_facts

pytestmark = pytest.mark.django_db
EMAIL = "parent@example.net"


@pytest.fixture(autouse=True)
def lowered(db):
    """The operator lets children of 13 in."""
    update_community(actor=None, component="test", floor_age=13, digital_majority=15)
    yield
    update_community(actor=None, component="test", floor_age=15, digital_majority=15)


@pytest.fixture
def kim(make_member) -> Member:
    """13 or 14."""
    return make_member("kim", AgeBand.TEEN_13_14)


def mailed_path(to: str) -> str:
    """Send what waits and return the path of the link in the last mail to this address."""
    for job in MailJob.objects.filter(to_email=to, state="pending"):
        send_mail_job(job.pk)
    (sent,) = [one for one in mail.outbox if one.to == [to]][-1:]
    (path,) = re.findall(r"https?://[^/\s]+(\S+)", sent.body)
    return path


def granted(kim: Member, officer: Member, *, email: str = EMAIL) -> GuardianConsent:
    consent = ask_guardian(actor=kim)
    give_address(consent=consent, email=email, language="en", address="")
    consent.refresh_from_db()
    confirm_address(consent=consent)
    client = Client()
    path = mailed_path(email)
    client.post(path, {"what": "prove", "provider": "in_person"})
    code = guardian_code(consent)
    assert attest_check(actor=officer, code=code, band=AgeBand.ADULT) is Attested.DONE
    return agree_as_child(actor=kim)


def test_the_whole_way_from_the_childs_preview_to_an_open_room(client: Client, kim: Member, olive: Member):
    client.force_login(kim)
    assert client.get(reverse("chat:rooms")).url == reverse("community:age")
    preview = client.get(reverse("community:consent")).content.decode()
    assert "This is what they will see" in preview
    page = client.post(reverse("community:consent_act", args=["ask"]), follow=True)
    link = page.context["link"]
    assert "data:image/svg+xml" in page.content.decode()

    guardian = Client()  # another browser, without an account
    path = link.partition("//")[2].partition("/")[2]
    seen = guardian.get(f"/{path}", headers={"accept-language": "en"})
    text = seen.content.decode()
    # What the child read is what the guardian reads, word for word.
    asked = re.search(r"<h2>What is asked of you.*?It lasts a year", preview, re.S)
    assert asked
    assert asked[0] in text
    assert guardian.post(f"/{path}", {"email": "nowhere"}).status_code == 422
    assert guardian.post(f"/{path}", {"email": EMAIL}).status_code == 200
    private = mailed_path(EMAIL)
    assert mail.outbox[-1].subject in {"Something is waiting for you", "Quelque chose vous attend"}
    page = guardian.get(private, headers={"accept-language": "en"}).content.decode()
    assert "not that you are the parent" in page
    guardian.post(private, {"what": "confirm"})
    prove = guardian.post(private, {"what": "prove", "provider": "in_person"}, follow=True)
    code = prove.context["code"].replace(" ", "")
    assert attest_check(actor=olive, code=code, band=AgeBand.ADULT, on_file=True) is Attested.DONE
    assert access_of(kim).consent_missing  # the child has not agreed yet
    client.post(reverse("community:consent_act", args=["agree"]))
    assert not access_of(kim).consent_missing
    assert client.get(reverse("chat:rooms")).status_code == 200
    consent = GuardianConsent.objects.get()
    assert (consent.method, consent.level) == ("association_file", "enhanced")
    assert consent.expires_on - consent.granted_on == dt.timedelta(days=365)
    assert not AgeCheck.objects.exists()

    for shown in (text, page, guardian.get(private).content.decode(), *(one.body for one in mail.outbox)):
        for secret in (kim.pseudonym, kim.public_id, "/rooms/", "13–14"):
            assert secret not in shown.replace('href="/rooms/"', "")
    stored = str(list(GuardianConsent.objects.values())) + str(list(MailJob.objects.filter(member=None).values()))
    assert EMAIL not in stored


@pytest.mark.parametrize("missing", ["address", "proof", "child"])
def test_nothing_opens_while_one_of_the_three_is_missing(missing, kim, olive):
    consent = ask_guardian(actor=kim)
    give_address(consent=consent, email=EMAIL, language="en", address="")
    consent.refresh_from_db()
    if missing != "address":
        confirm_address(consent=consent)
        if missing != "proof":
            Client().post(mailed_path(EMAIL), {"what": "prove", "provider": "in_person"})
            attest_check(actor=olive, code=guardian_code(consent), band=AgeBand.ADULT)
    else:
        Client().post(mailed_path(EMAIL), {"what": "prove", "provider": "in_person"})
        assert guardian_code(consent) is None
    if missing != "child":
        agree_as_child(actor=kim)
    assert access_of(kim).consent_missing


def test_when_an_officer_can_no_longer_be_trusted_the_guardians_they_saw_prove_anew(kim, olive, oscar, sam, club):
    granted(kim, olive)
    assert not access_of(kim).consent_missing
    revoke_facts(actor=sam, officer=oscar.age_officer, reason="x")
    assert not access_of(kim).consent_missing
    revoke_facts(actor=sam, association=club, reason="x")
    assert access_of(kim).consent_missing
    consent = consent_of(kim)
    assert (consent.proved_on, consent.attested_by, bool(consent.email_confirmed_on)) == (None, None, True)
    Client().post(mailed_path(EMAIL), {"what": "prove", "provider": "in_person"})
    assert attest_check(actor=oscar, code=guardian_code(consent), band=AgeBand.ADULT) is Attested.DONE
    assert not access_of(kim).consent_missing


def test_both_sides_see_without_reloading_how_far_it_is_and_nothing_else(client: Client, kim: Member, olive: Member):
    def state(who: Client, where: str) -> str:
        answer = who.get(where)
        assert list(answer.json()) == ["state"]
        return answer.json()["state"]

    client.force_login(kim)
    theirs = reverse("community:consent_status")
    assert state(client, theirs) == "closed"
    consent = ask_guardian(actor=kim)
    give_address(consent=consent, email=EMAIL, language="en", address="")
    consent.refresh_from_db()
    guardian = Client()
    page = reverse("community:guardian", args=[mail_token(consent.public_id, consent.email_hash)])
    seen = [state(guardian, f"{page}status/")]
    confirm_address(consent=consent)
    seen.append(state(guardian, f"{page}status/"))
    guardian.post(page, {"what": "prove", "provider": "in_person"})
    seen.append(state(guardian, f"{page}status/"))
    attest_check(actor=olive, code=guardian_code(consent), band=AgeBand.ADULT)
    seen.append(state(guardian, f"{page}status/"))
    agree_as_child(actor=kim)
    seen.append(state(guardian, f"{page}status/"))
    assert seen == ["0000closed", "1000closed", "1000pending", "1100closed", "1111closed"]
    assert f'data-state="{seen[-1]}"' in guardian.get(page).content.decode()
    assert state(client, theirs) == seen[-1]
    withdraw_as_child(actor=kim)
    assert state(guardian, f"{page}status/") == state(client, theirs) == "closed"
    assert state(guardian, "/g/nothing/status/") == "closed"


def test_the_database_grants_nothing_without_all_three(kim):
    with pytest.raises(IntegrityError), transaction.atomic():
        GuardianConsent.objects.create(
            child=kim, link_hash="x", granted_on=timezone.localdate(), expires_on=timezone.localdate()
        )


def test_a_guardian_who_is_seen_to_be_a_minor_or_not_seen_proves_nothing(kim, olive):
    consent = ask_guardian(actor=kim)
    give_address(consent=consent, email=EMAIL, language="en", address="")
    consent.refresh_from_db()
    confirm_address(consent=consent)
    Client().post(mailed_path(EMAIL), {"what": "prove", "provider": "in_person"})
    assert attest_check(actor=olive, code=guardian_code(consent), band=AgeBand.NONE) is Attested.NOT_SHOWN
    consent.refresh_from_db()
    assert consent.proved_on is None


@pytest.mark.parametrize("who", ["child", "guardian"])
def test_either_withdraws_at_any_time_and_rooms_close_at_once(who, client: Client, kim, olive):
    granted(kim, olive)
    private = mailed_path(EMAIL) if MailJob.objects.filter(to_email=EMAIL).exists() else None
    client.force_login(kim)
    assert client.get(reverse("chat:rooms")).status_code == 200
    if who == "child":
        client.post(reverse("community:consent_act", args=["withdraw"]))
    else:
        path = private or re.findall(r"https?://[^/\s]+(\S+)", mail.outbox[0].body)[0]
        assert (
            "Withdrawn" in Client().post(path, {"what": "withdraw"}, headers={"accept-language": "en"}).content.decode()
        )
        assert MailJob.objects.filter(member=kim, template="waiting").exists()
    assert access_of(kim).consent_missing
    assert client.get(reverse("chat:rooms")).url == reverse("community:age")
    assert consent_of(kim) is None


def test_help_reports_and_decisions_stay_open_without_consent(client: Client, kim):
    client.force_login(kim)
    for name in ("community:help", "safeguarding:my_reports", "safeguarding:my_decisions", "community:account"):
        assert client.get(reverse(name)).status_code == 200


def test_one_adult_for_several_children_is_put_before_an_officer(kim, olive, make_member, sam, mo):
    granted(kim, olive)
    assert GuardianConsent.objects.filter(shared_since__isnull=False).count() == 0
    second = granted(make_member("kimo", AgeBand.TEEN_13_14), olive, email="Parent+two@example.net")
    second.refresh_from_db()
    assert second.shared_since
    assert not access_of(second.child).consent_missing  # brothers and sisters: nothing is refused
    with pytest.raises(NotAllowed):
        mark_shared_seen(actor=mo, consent=second)
    mark_shared_seen(actor=sam, consent=second)
    second.refresh_from_db()
    assert second.shared_seen_by == sam


def test_consent_ends_after_a_year(kim, olive):
    granted(kim, olive)
    give_facts(kim, {14: True}, days=900)
    with time_machine.travel(timezone.now() + dt.timedelta(days=366)):
        assert access_of(kim).consent_missing or access_of(kim).band == AgeBand.NONE


def test_a_link_ends_after_a_week_and_a_forged_one_leads_nowhere(kim):
    consent = ask_guardian(actor=kim)
    token = link_token(consent.public_id)
    assert consent_by_link(token=token, address="") == consent
    for forged in ("", "x", token[::-1], consent.public_id):
        with pytest.raises(ConsentOver):
            consent_by_link(token=forged, address="")
    assert Client().get(reverse("community:guardian_link", args=["nothing"])).status_code == 404
    assert Client().get(reverse("community:guardian", args=[token])).status_code == 404  # the child's link is no mail
    with time_machine.travel(timezone.now() + dt.timedelta(days=8)):
        with pytest.raises(ConsentOver):
            consent_by_link(token=token, address="")
        assert ask_guardian(actor=kim) != consent


def test_a_mail_to_a_former_address_leads_nowhere(kim):
    consent = ask_guardian(actor=kim)
    give_address(consent=consent, email="wrong@example.net", language="en", address="")
    former = mailed_path("wrong@example.net")
    give_address(consent=consent, email=EMAIL, language="en", address="")
    assert Client().get(former).status_code == 404
    assert Client().get(mailed_path(EMAIL)).status_code == 200


def test_bad_addresses_and_floods_are_refused(kim):
    consent = ask_guardian(actor=kim)
    with pytest.raises(BadAddress):
        give_address(consent=consent, email="nowhere", language="en", address="")
    for _ in range(4):
        give_address(consent=consent, email=EMAIL, language="en", address="192.0.2.1")
    with pytest.raises(TooManyAttempts):
        give_address(consent=consent, email=EMAIL, language="en", address="192.0.2.1")


def test_it_is_off_unless_the_floor_age_is_lowered_and_for_nobody_else(kim, alice, bob, client: Client):
    for member in (alice, bob):
        with pytest.raises(ConsentNotNeeded):
            ask_guardian(actor=member)
    update_community(actor=None, component="test", floor_age=15)
    with pytest.raises(ConsentNotNeeded):
        ask_guardian(actor=kim)
    client.force_login(kim)
    page = client.get(reverse("community:consent"), headers={"accept-language": "en"}).content.decode()
    assert "a little older" in page


def test_the_digital_majority_is_the_operators(alice):
    assert not access_of(alice).consent_missing
    update_community(actor=None, component="test", digital_majority=16)
    assert access_of(alice).consent_missing
    assert needs_consent({15: True, 18: False}, digital_majority=16)
    assert not needs_consent({15: True, 16: True, 18: False}, digital_majority=16)
    assert not needs_consent({18: True}, digital_majority=16)


def test_a_strangers_code_of_a_guardian_gives_no_account_an_age(kim, olive, oscar, make_member):
    consent = granted(kim, olive)
    assert consent.attested_by.member == olive
    assert access_of(kim).band == AgeBand.TEEN_13_14
    withdraw_as_child(actor=kim)
    officer = make_member("new", AgeBand.NONE, AGE_OFFICER)
    assert access_of(officer).band == AgeBand.NONE
