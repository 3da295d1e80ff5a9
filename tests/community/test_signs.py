"""Signs that an account is not whose it seems, and what is told of them: nothing that can be read back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.age.provider import Level, Outcome, Verdict
from community.errors import BadAddress, NotAllowed, ReasonRequired, RestrictionInvalid
from community.keyed import canonical_email
from community.middleware import DEVICE_COOKIE
from community.models import BanMark, BanMatch, DeviceSeen, Member, Restriction, UsedProof
from community.policies import AgeBand
from community.services.access import access_of
from community.services.age_checks import begin_check
from community.services.age_facts import record_outcome
from community.services.restrictions import lift_restriction, restrict_member
from community.services.signs import (
    forget_devices,
    forget_marks,
    lift_court_ban,
    note_device,
    notice_return,
    record_court_ban,
)
from tests.community.answers import Watch
from tests.community.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def signs():
    Watch.signs.clear()
    return Watch.signs


def prove(member: Member, tag: str) -> Verdict:
    until = timezone.localdate() + dt.timedelta(days=60)
    check = begin_check(actor=member, provider="oidc_age")
    return record_outcome(
        check=check,
        outcome=Outcome(
            verdict=Verdict.MET, facts={18: True}, method="oidc_age", level=Level.ENHANCED, issuer_ref="x",
            not_after=until, replay_tag=tag,
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("bob@example.org", "BOB+again@Example.org", True),
        ("b.o.b@gmail.com", "bob@googlemail.com", True),
        ("b.o.b@example.org", "bob@example.org", False),
        ("bob@example.org", "bob@example.com", False),
        ("+x@example.org", "+y@example.org", False),
    ],
)
def test_the_mailbox_behind_an_address_is_what_counts(one, other, same):
    assert (canonical_email(one) == canonical_email(other)) is same


def test_a_banned_person_who_comes_back_is_told_of_once(mo, bob, make_member, signs):
    ban = restrict_member(actor=mo, member=bob, kind="ban", reason="x")
    again = make_member("again")
    again.email = "Bob+2@example.org"
    again.save()
    assert notice_return(member=again)
    assert notice_return(member=again)
    assert signs == [("ban email", (again.pk,))]
    assert not notice_return(member=bob)  # the banned account itself
    lift_restriction(actor=mo, restriction=ban, reason="appeal")
    assert not notice_return(member=again)
    assert signs[1:] == [("lifted", (again.pk,))]


def test_no_mark_says_whose_it_is(mo, bob):
    restrict_member(actor=mo, member=bob, kind="ban", reason="x")
    stored = str(list(BanMark.objects.values()))
    assert "bob" not in stored
    assert "example" not in stored


def test_a_mark_ends_with_its_ban_and_its_hash_is_forgotten(mo, bob, make_member, signs):
    restrict_member(actor=mo, member=bob, kind="ban", reason="x", ends_at=timezone.now() + dt.timedelta(days=30))
    again = make_member("again")
    Member.objects.filter(pk=again.pk).update(email="bob+3@example.org")
    again.refresh_from_db()
    assert forget_marks() == 0
    with time_machine.travel(timezone.now() + dt.timedelta(days=31)):
        assert not notice_return(member=again)
        assert forget_marks() == 1
        assert BanMark.objects.get().tag == ""
    assert not signs


def test_the_proof_of_a_banned_person_opens_no_other_account(mo, bob, charlie, signs):
    assert prove(bob, "t" * 64) is Verdict.MET
    restrict_member(actor=mo, member=bob, kind="ban", reason="x")
    UsedProof.objects.all().delete()  # the proof itself has ended; the ban has not
    assert prove(charlie, "t" * 64) is Verdict.INCONCLUSIVE
    assert signs == [("ban proof", (charlie.pk,))]
    assert access_of(charlie).band == AgeBand.NONE


def test_logging_in_is_where_it_is_seen(client: Client, mo, bob, make_member, signs):
    restrict_member(actor=mo, member=bob, kind="ban", reason="x")
    again = make_member("again")
    again.email = "bob+new@example.org"
    again.save()
    again.emailaddress_set.update(email=again.email)
    client.post(reverse("account_login"), {"login": again.email, "password": PASSWORD})
    assert signs == [("ban email", (again.pk,))]


# -- courts ----------------------------------------------------------------------------------------------------------


def test_a_courts_order_holds_who_is_here_and_who_comes_until_its_end(sam, bob, make_member, signs):
    ends_at = timezone.now() + dt.timedelta(days=180)
    mark = record_court_ban(actor=sam, email="bob@example.org", reference="TJ Paris 26/1234", ends_at=ends_at)
    assert signs == [("ban email by a court", (bob.pk,))]
    again = make_member("again")
    again.email = "bob+court@example.org"
    again.save()
    assert notice_return(member=again)
    assert len(signs) == 2
    lift_court_ban(actor=sam, mark=mark, reason="appeal")
    assert not notice_return(member=again)


def test_only_the_lead_records_an_order_whole_and_to_come(sam, dana, mo):
    later = timezone.now() + dt.timedelta(days=9)
    for actor in (dana, mo):
        with pytest.raises(NotAllowed):
            record_court_ban(actor=actor, email="x@example.org", reference="r", ends_at=later)
    with pytest.raises(BadAddress):
        record_court_ban(actor=sam, email="nowhere", reference="r", ends_at=later)
    with pytest.raises(ReasonRequired):
        record_court_ban(actor=sam, email="x@example.org", reference=" ", ends_at=later)
    with pytest.raises(RestrictionInvalid):
        record_court_ban(actor=sam, email="x@example.org", reference="r", ends_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        BanMark.objects.create(kind="email", tag="x", court_reference="r")  # without an end


# -- one proof, several accounts -------------------------------------------------------------------------------------


def test_one_proof_for_two_accounts_opens_one_and_asks_both(charlie, make_member, signs):
    assert prove(charlie, "p" * 64) is Verdict.MET
    assert prove(charlie, "p" * 64) is Verdict.MET  # the same person renews
    assert not signs
    other = make_member("other")
    assert prove(other, "p" * 64) is Verdict.INCONCLUSIVE
    assert signs == [("proof", (other.pk, charlie.pk))]
    assert access_of(other).band == AgeBand.NONE


def test_a_used_proof_names_nobody(charlie):
    prove(charlie, "p" * 64)
    proof = UsedProof.objects.get()
    assert len(proof.owner) == 64
    assert charlie.public_id not in str(UsedProof.objects.values()[0])


# -- one device, many accounts ---------------------------------------------------------------------------------------


def test_a_proved_account_among_many_in_one_browser_is_asked_afresh(
    make_member: Callable[..., Member], bob, settings, signs
):
    settings.DEVICE_ACCOUNTS = 3
    for n in range(3):
        note_device(member=make_member(f"crowd{n}w", AgeBand.ADULT), device="d")
    assert not signs  # three people share a computer
    note_device(member=bob, device="d")
    assert signs == [("device", (bob.pk,))]
    note_device(member=bob, device="d")  # known here by now
    assert len(signs) == 1
    note_device(member=make_member("blank"), device="d")  # nothing proved, nothing to lend
    assert len(signs) == 1


def test_where_computers_are_shared_it_is_switched_off(make_member, bob, settings, signs):
    settings.DEVICE_ACCOUNTS = 0
    for n in range(9):
        note_device(member=make_member(f"crowd{n}v", AgeBand.ADULT), device="d")
    assert not signs


def test_a_device_is_a_keyed_hash_and_forgotten_after_thirty_days(bob):
    note_device(member=bob, device="the cookie")
    assert "cookie" not in DeviceSeen.objects.get().tag
    assert forget_devices() == 0
    with time_machine.travel(timezone.now() + dt.timedelta(days=31)):
        assert forget_devices() == 1


def test_a_browser_gets_its_name_at_login_and_keeps_it(client: Client, bob, make_member):
    first = client.post(reverse("account_login"), {"login": bob.email, "password": PASSWORD})
    cookie = first.cookies[DEVICE_COOKIE]
    assert cookie["httponly"]
    assert len(cookie.value) >= 22
    client.post(reverse("account_logout"))
    other = make_member("other", AgeBand.ADULT)
    second = client.post(reverse("account_login"), {"login": other.email, "password": PASSWORD})
    assert DEVICE_COOKIE not in second.cookies
    assert DeviceSeen.objects.values("tag").distinct().count() == 1
    assert DeviceSeen.objects.count() == 2


def test_nobody_who_only_looks_gets_a_name(client: Client):
    assert DEVICE_COOKIE not in client.get(reverse("account_login")).cookies


def test_a_match_is_stored_once_however_often_it_is_seen(mo, bob, make_member):
    restrict_member(actor=mo, member=bob, kind="ban", reason="x")
    again = make_member("again")
    again.email = "bob+9@example.org"
    again.save()
    for _ in range(3):
        notice_return(member=again)
    assert BanMatch.objects.count() == 1
    assert Restriction.objects.filter(member=again).count() == 0  # what is done about it is the floor above's business
