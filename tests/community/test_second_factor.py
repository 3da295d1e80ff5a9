from __future__ import annotations

import re
import time

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from community.errors import NotAllowed, TooManyAttempts
from community.models import AuditEvent, Member
from community.policies import AgeBand
from community.services.access import access_of
from community.services.age_checks import begin_check, code_of
from community.services.second_factor import begin_enrolment, renew_recovery_codes
from tests.community.conftest import PASSWORD

pytestmark = pytest.mark.django_db

FACTOR, ENROL = "community:second_factor", "community:second_factor_enrol"


def token_of(device: TOTPDevice) -> str:
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time()
    return f"{totp.token():06d}"


def enrol(client: Client, member: Member) -> list[str]:
    client.force_login(member)
    client.get(reverse(ENROL))
    device = TOTPDevice.objects.get(user=member)
    page = client.post(reverse(ENROL), {"token": token_of(device)})
    return list(page.context["codes"])


def test_staff_are_led_through_enrolling_and_on_to_where_they_were_going(client: Client, olive: Member) -> None:
    client.force_login(olive)
    desk = reverse("community:age_desk")
    page = client.get(desk, follow=True)
    assert [url for url, _status in page.redirect_chain] == [
        f"{reverse(FACTOR)}?next={desk}",
        f"{reverse(ENROL)}?next={desk}",
    ]
    assert "data:image/svg+xml" in page.content.decode()
    device = TOTPDevice.objects.get(user=olive)
    assert not device.confirmed
    done = client.post(reverse(ENROL), {"token": token_of(device), "next": desk})
    assert len(done.context["codes"]) == 10
    assert f'href="{desk}"' in done.content.decode()
    assert client.get(desk).status_code == 200
    assert AuditEvent.objects.filter(action="second_factor.enrolled", actor=olive).exists()


def test_an_age_officer_lands_at_the_desk_and_is_shown_no_console(client: Client, olive: Member, mo: Member) -> None:
    desk = reverse("community:age_desk")
    client.force_login(olive)
    client.get(reverse(FACTOR), follow=True)
    done = client.post(reverse(ENROL), {"token": token_of(TOTPDevice.objects.get(user=olive))})
    assert f'href="{desk}"' in done.content.decode()
    page = client.get(reverse("community:help")).content.decode()
    assert f'href="{desk}"' in page
    assert 'href="/console/"' not in page
    client.force_login(mo)
    page = client.get(reverse("community:help")).content.decode()
    assert 'href="/console/"' in page
    assert f'href="{desk}"' not in page


def test_logging_in_leads_staff_to_the_second_factor_and_others_home(
    client: Client, olive: Member, bob: Member
) -> None:
    login = reverse("account_login")
    assert client.post(login, {"login": "olive@example.org", "password": PASSWORD}).url == reverse(FACTOR)
    assert Client().post(login, {"login": "bob@example.org", "password": PASSWORD}).url == reverse("home")


def test_a_wrong_first_code_confirms_nothing(client: Client, olive: Member) -> None:
    client.force_login(olive)
    client.get(reverse(ENROL))
    assert client.post(reverse(ENROL), {"token": "000000"}).status_code == 422
    assert not TOTPDevice.objects.get(user=olive).confirmed
    assert client.get(reverse("community:age_desk")).status_code == 302


def test_a_right_code_typed_too_early_after_wrong_ones_is_not_called_wrong(client: Client, olive: Member) -> None:
    client.force_login(olive)
    client.get(reverse(ENROL))
    for _ in range(2):
        client.post(reverse(ENROL), {"token": "000000"})
    TOTPDevice.objects.update(throttling_failure_timestamp=timezone.now(), throttling_failure_count=5)
    device = TOTPDevice.objects.get(user=olive)
    answer = client.post(reverse(ENROL), {"token": token_of(device)})
    assert answer.context["form"].errors["token"] == [str(TooManyAttempts.message)]
    with time_machine.travel(time.time() + 60):
        assert client.post(reverse(ENROL), {"token": token_of(device)}).status_code == 200
    assert TOTPDevice.objects.get(user=olive).confirmed
    TOTPDevice.objects.update(throttling_failure_timestamp=timezone.now(), throttling_failure_count=9)
    StaticDevice.objects.update(throttling_failure_timestamp=timezone.now(), throttling_failure_count=9)
    again = Client()
    again.force_login(olive)
    answer = again.post(reverse(FACTOR), {"token": "000000"})
    assert answer.context["form"].errors["token"] == [str(TooManyAttempts.message)]


def test_every_new_session_proves_the_second_factor_again(client: Client, olive: Member) -> None:
    enrol(client, olive)
    other = Client()
    other.force_login(olive)
    desk = reverse("community:age_desk")
    assert other.get(desk).status_code == 302
    with time_machine.travel(time.time() + 60):  # the code used for enrolling is used up
        answer = other.post(reverse(FACTOR), {"token": token_of(TOTPDevice.objects.get(user=olive)), "next": desk})
        assert answer.url == desk
        assert other.get(desk).status_code == 200


def test_a_code_is_used_once(client: Client, olive: Member) -> None:
    enrol(client, olive)
    token = token_of(TOTPDevice.objects.get(user=olive))
    other = Client()
    other.force_login(olive)
    assert other.post(reverse(FACTOR), {"token": token}).status_code == 422
    assert other.get(reverse("community:age_desk")).status_code == 302


def test_a_recovery_code_opens_once(client: Client, olive: Member) -> None:
    codes = enrol(client, olive)
    for expected in (302, 422):
        other = Client()
        other.force_login(olive)
        assert other.post(reverse(FACTOR), {"token": codes[0].upper()}).status_code == expected
    assert StaticToken.objects.count() == 9


def test_guessing_is_slowed_down(client: Client, olive: Member) -> None:
    codes = enrol(client, olive)
    other = Client()
    other.force_login(olive)
    other.post(reverse(FACTOR), {"token": "123456"})
    other.post(reverse(FACTOR), {"token": "123457"})
    assert other.post(reverse(FACTOR), {"token": codes[0]}).status_code == 422  # even the right one waits


def test_an_enrolled_person_cannot_enrol_another_authenticator_unverified(client: Client, olive: Member) -> None:
    enrol(client, olive)
    other = Client()
    other.force_login(olive)
    assert other.get(reverse(ENROL)).url.startswith(reverse(FACTOR))
    with pytest.raises(NotAllowed):
        begin_enrolment(actor=olive)
    assert TOTPDevice.objects.count() == 1


def test_members_who_do_not_work_here_have_no_such_page(client: Client, bob: Member) -> None:
    client.force_login(bob)
    assert client.get(reverse(FACTOR)).status_code == 404
    assert client.get(reverse(ENROL)).status_code == 404
    with pytest.raises(NotAllowed):
        begin_enrolment(actor=bob)
    with pytest.raises(NotAllowed):
        renew_recovery_codes(actor=bob)


def test_nobody_is_sent_to_another_site(client: Client, olive: Member) -> None:
    codes = enrol(client, olive)
    other = Client()
    other.force_login(olive)
    answer = other.post(reverse(FACTOR), {"token": codes[0], "next": "https://elsewhere.example/"})
    assert answer.url == reverse("community:age_desk")


def test_new_recovery_codes_end_the_old_ones(client: Client, olive: Member) -> None:
    old = enrol(client, olive)
    new = renew_recovery_codes(actor=olive)
    assert not set(old) & set(new)
    assert StaticToken.objects.count() == 10


# -- the desk --------------------------------------------------------------------------------------------------------


def test_the_desk_attests_behind_the_second_factor(client: Client, olive: Member, charlie: Member) -> None:
    enrol(client, olive)
    code = code_of(begin_check(actor=charlie, provider="in_person"))
    desk = reverse("community:age_desk")
    refused = client.post(desk, {"code": "22223333", "band": "adult"}, headers={"accept-language": "en"})
    assert refused.status_code == 422
    assert "22223333" in refused.content.decode()  # nothing typed is lost
    assert client.post(desk, {"code": code, "band": "adult"}).url == desk
    assert access_of(charlie).band == AgeBand.ADULT


def test_without_the_second_factor_the_desk_attests_nothing(client: Client, olive: Member, charlie: Member) -> None:
    client.force_login(olive)
    code = code_of(begin_check(actor=charlie, provider="in_person"))
    answer = client.post(reverse("community:age_desk"), {"code": code, "band": "adult"})
    assert answer.url.startswith(reverse(FACTOR))
    assert access_of(charlie).band == AgeBand.NONE


def test_the_desk_is_shut_to_other_staff(client: Client, mo: Member) -> None:
    enrol(client, mo)
    assert client.get(reverse("community:age_desk")).status_code == 403


def test_the_desks_page_says_nothing_of_who_shows_the_code(client: Client, olive: Member, charlie: Member) -> None:
    enrol(client, olive)
    code = code_of(begin_check(actor=charlie, provider="in_person"))
    page = client.post(reverse("community:age_desk"), {"code": code, "band": "adult"}, follow=True).content.decode()
    assert not re.search(r"charlie", page, re.IGNORECASE)
    assert charlie.public_id not in page
