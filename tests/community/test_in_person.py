"""In person, finished: shorter facts near a birthday, paper for adults, alerts about officers, contests, revocation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.errors import (
    AlreadyContested,
    AlreadyThere,
    AnotherPersonRequired,
    ContestOver,
    InvitationForAdults,
    NotAllowed,
    ReasonRequired,
    RestrictionInvalid,
)
from community.models import AgeAlert, AgeCheck, AgeContest, AgeFact, AgeOfficer, MailJob, Member
from community.policies import AgeBand
from community.roles import AGE_OFFICER, OFFICER_DEPUTY
from community.services.access import access_of
from community.services.age_checks import begin_check, code_of
from community.services.anomalies import MOST_AN_HOUR, MOST_FROM_ONE_PLACE, mark_alert_seen, place_of
from community.services.associations import describe_association, places_to_go, register_association
from community.services.attesting import Attested, attest_check
from community.services.contests import contest_age, judge_contest
from community.services.mail import render_mail
from community.services.revocations import revoke_facts
from tests.community.test_second_factor import enrol

pytestmark = pytest.mark.django_db
TEEN, ADULT, NONE = AgeBand.TEEN_15_17, AgeBand.ADULT, AgeBand.NONE
NOON = dt.datetime(2026, 12, 2, 11, 0, tzinfo=dt.UTC)


def begin(member: Member, **more: object) -> str:
    return code_of(begin_check(actor=member, provider="in_person", **more))


# -- how long --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "days"), [(12, 12, 365), (6, 12, 182), (12, 6, 182), (3, 6, 91), (3, 3, 91)]
)
def test_a_minors_facts_end_sooner_where_a_birthday_is_near_and_the_shorter_holds(
    first, second, days, charlie, olive, oscar
):
    code = begin(charlie)
    attest_check(actor=olive, code=code, band=TEEN, months=first)
    attest_check(actor=oscar, code=code, band=TEEN, months=second)
    assert set(AgeFact.objects.values_list("expires_on", flat=True)) == {timezone.localdate() + dt.timedelta(days=days)}


def test_months_are_no_matter_for_adults_whose_days_the_operator_sets(charlie, olive, settings):
    attest_check(actor=olive, code=begin(charlie), band=ADULT, months=3)
    assert AgeFact.objects.get().expires_on == timezone.localdate() + dt.timedelta(days=730)


def test_the_desk_asks_for_it(client: Client, charlie, olive, oscar):
    code = begin(charlie)
    for officer in (olive, oscar):
        enrol(client, officer)
        answer = client.post(reverse("community:age_desk"), {"code": code, "band": TEEN.value, "months": "6"})
        assert answer.status_code == 302
    assert AgeFact.objects.first().expires_on == timezone.localdate() + dt.timedelta(days=182)
    page = client.post(reverse("community:age_desk"), {"code": begin(charlie), "band": ADULT.value, "months": "99"})
    assert page.status_code == 422


@pytest.mark.parametrize("how", ["not shown", "disagreed", "expired"])
def test_whoever_waits_with_a_code_is_told_that_it_ended_without_a_proof(client: Client, charlie, olive, oscar, how):
    code = begin(charlie)
    client.force_login(charlie)
    page = reverse("community:age_check", args=["in_person"])
    assert client.get(page).status_code == 200
    later = timezone.now()
    if how == "not shown":
        attest_check(actor=olive, code=code, band=NONE)
    elif how == "disagreed":
        attest_check(actor=olive, code=code, band=TEEN)
        attest_check(actor=oscar, code=code, band=ADULT)
    else:
        later += dt.timedelta(minutes=11)
    with time_machine.travel(later):
        assert "no age is proved" in client.get(page, follow=True).content.decode()


def test_whoever_waits_with_a_code_and_was_proved_is_told_so_and_no_more(client: Client, charlie, olive):
    attest_check(actor=olive, code=begin(charlie), band=ADULT)
    client.force_login(charlie)
    page = client.get(reverse("community:age_check", args=["in_person"]), follow=True).content.decode()
    assert "no age is proved" not in page
    assert "Proved:" in page


# -- on paper --------------------------------------------------------------------------------------------------------


def test_an_invitation_on_paper_is_good_for_a_week_and_for_adults(charlie, olive):
    code = begin(charlie, on_paper=True)
    with pytest.raises(InvitationForAdults):
        attest_check(actor=olive, code=code, band=TEEN)
    with time_machine.travel(timezone.now() + dt.timedelta(days=6)):
        assert attest_check(actor=olive, code=code, band=ADULT) is Attested.DONE
    assert access_of(charlie).band in (ADULT, NONE)


def test_no_minor_gets_one_and_no_other_method(client: Client, alice, charlie):
    with pytest.raises(NotAllowed):
        begin(alice, on_paper=True)
    with pytest.raises(NotAllowed):
        begin_check(actor=charlie, provider="oidc_age", on_paper=True)
    client.force_login(alice)
    url = reverse("community:age_invitation")
    for answer in (client.get(url), client.post(url)):
        assert answer.url == reverse("community:age")
    assert url not in client.get(reverse("community:age")).content.decode()
    assert not AgeCheck.objects.exists()


def test_the_sheet_names_neither_the_person_nor_this_place(client: Client, charlie, settings):
    client.force_login(charlie)
    url = reverse("community:age_invitation")
    assert "code-shown" not in client.get(url).content.decode()
    page = client.post(url, follow=True).content.decode()
    card = page[page.index('<div class="card">') : page.index("no-print")]
    assert "Charlie" not in card
    assert "Havre" not in card
    assert "<title>Invitation" in page.replace("\n", "")
    shown = code_of(AgeCheck.objects.get())
    assert f"{shown[:4]} {shown[4:]}" in card


# -- alerts ----------------------------------------------------------------------------------------------------------


def test_an_officer_in_a_hurry_is_put_on_the_board(make_member: Callable[..., Member], olive):
    with time_machine.travel(NOON, tick=False):
        for n in range(MOST_AN_HOUR):
            attest_check(actor=olive, code=begin(make_member(f"quick{n}k")), band=ADULT)
        assert not AgeAlert.objects.exists()
        attest_check(actor=olive, code=begin(make_member("onemore")), band=ADULT)
    alert = AgeAlert.objects.get()
    assert (alert.kind, alert.count, alert.seen_at) == ("rate", MOST_AN_HOUR + 1, None)


@pytest.mark.parametrize(("hour", "alerts"), [(6, 1), (7, 0), (21, 0), (22, 1)])
def test_attestations_at_night_are_put_on_the_board(hour, alerts, charlie, olive):
    at = timezone.make_aware(dt.datetime(2026, 12, 2, hour, 0))
    with time_machine.travel(at, tick=False):
        attest_check(actor=olive, code=begin(charlie), band=ADULT)
    assert AgeAlert.objects.filter(kind="hours").count() == alerts


def test_many_people_from_the_officers_own_connection_are_put_on_the_board(make_member, olive):
    with time_machine.travel(NOON, tick=False):
        for n in range(MOST_FROM_ONE_PLACE + 1):
            address = "192.0.2.7" if n else "198.51.100.1"
            code = begin(make_member(f"near{n}p"), address=address)
            attest_check(actor=olive, code=code, band=ADULT, address="192.0.2.7")
        assert not AgeAlert.objects.filter(kind="place").exists()  # one of them came from elsewhere
        code = begin(make_member("near"), address="192.0.2.7")
        attest_check(actor=olive, code=code, band=ADULT, address="192.0.2.7")
    assert AgeAlert.objects.get(kind="place").count == MOST_FROM_ONE_PLACE + 1


def test_a_place_is_a_hash_that_changes_every_day():
    with time_machine.travel(NOON, tick=False):
        one = place_of("192.0.2.7")
    with time_machine.travel(NOON + dt.timedelta(days=1), tick=False):
        other = place_of("192.0.2.7")
    assert len({one, other}) == 2
    assert "192" not in one[:6]
    assert place_of("") == ""


def test_an_alert_stops_nothing_and_is_seen_by_a_safeguarding_officer(charlie, olive, sam, mo):
    at = timezone.make_aware(dt.datetime(2026, 12, 2, 23, 0))
    with time_machine.travel(at, tick=False):
        assert attest_check(actor=olive, code=begin(charlie), band=ADULT) is Attested.DONE
    alert = AgeAlert.objects.get()
    with pytest.raises(NotAllowed):
        mark_alert_seen(actor=mo, alert=alert)
    mark_alert_seen(actor=sam, alert=alert)
    alert.refresh_from_db()
    assert alert.seen_by == sam


# -- where to go -----------------------------------------------------------------------------------------------------


def test_neutral_places_come_first_and_only_what_is_described_is_listed(client: Client, sam, charlie, club):
    library = register_association(actor=sam, name="A library")
    describe_association(actor=sam, association=library, kind="library", whereabouts="Tuesdays at the desk")
    describe_association(actor=sam, association=club, kind="club", whereabouts="Mondays in the gym")
    register_association(actor=sam, name="Not described")
    assert [place.name for place in places_to_go()] == ["A library", "The judo club"]
    client.force_login(charlie)
    page = client.get(reverse("community:age"), headers={"accept-language": "en"}).content.decode()
    assert page.index("Tuesdays at the desk") < page.index("Mondays in the gym")
    assert "Not described" not in page
    with pytest.raises(AlreadyThere):
        register_association(actor=sam, name="A library")
    with pytest.raises(RestrictionInvalid):
        describe_association(actor=sam, association=club, kind="pub", whereabouts="")


# -- taking back -----------------------------------------------------------------------------------------------------


def test_members_whose_proof_is_revoked_are_told_neutrally_and_shown_another_way(
    client: Client, charlie, bob, olive, sam, club
):
    attest_check(actor=olive, code=begin(charlie), band=ADULT)
    revoke_facts(actor=sam, association=club, reason="closed")
    mail = render_mail(MailJob.objects.get(member=charlie))
    assert not MailJob.objects.filter(member=bob).exists()
    for word in ("age", "judo", "revok", "withdr", "Charlie"):
        assert word not in mail.subject + mail.body.replace("page", "")
    client.force_login(charlie)
    page = client.get(reverse("community:age"), headers={"accept-language": "en"}).content.decode()
    assert "was withdrawn" in page
    assert "You did nothing wrong" in page
    assert "Begin: In person" in page


def test_a_proof_that_ended_says_so_and_how_to_renew(client: Client, bob):
    client.force_login(bob)
    with time_machine.travel(timezone.now() + dt.timedelta(days=370)):
        client.force_login(bob)
        page = client.get(reverse("community:age"), headers={"accept-language": "en"}).content.decode()
    assert "Your proof of age ended on" in page
    assert "Begin: In person" in page


# -- contesting ------------------------------------------------------------------------------------------------------


def test_a_result_is_contested_and_a_person_answers_within_thirty_days(client: Client, charlie, olive, sam):
    attest_check(actor=olive, code=begin(charlie), band=ADULT)
    client.force_login(charlie)
    assert client.post(reverse("community:age_contest"), {"text": " "}).status_code == 422
    client.post(reverse("community:age_contest"), {"text": "I am seventeen."})
    contest = AgeContest.objects.get()
    assert contest.due_at - contest.created_at == dt.timedelta(days=30)
    with pytest.raises(AlreadyContested):
        contest_age(actor=charlie, text="again")
    begin_check(actor=charlie, provider="in_person")  # another way at once
    with pytest.raises(ReasonRequired):
        judge_contest(actor=sam, contest=contest, overturn=True, answer=" ")
    judge_contest(actor=sam, contest=contest, overturn=True, answer="You are right; please show it again.")
    assert access_of(charlie).band == NONE
    assert MailJob.objects.filter(member=charlie).count() == 1
    with pytest.raises(ContestOver):
        judge_contest(actor=sam, contest=contest, overturn=False, answer="no")
    page = client.get(reverse("community:age"), headers={"accept-language": "en"}).content.decode()
    assert "please show it again" in page


def test_a_result_that_stands_is_told_too(charlie, olive, sam):
    attest_check(actor=olive, code=begin(charlie), band=ADULT)
    contest = contest_age(actor=charlie, text="wrong")
    judge_contest(actor=sam, contest=contest, overturn=False, answer="Two people looked; it stands.")
    assert access_of(charlie).band == ADULT
    assert MailJob.objects.filter(member=charlie).count() == 1


def test_nobody_judges_what_they_or_their_association_attested_nor_their_own(charlie, make_member, club, sam, mo):
    both = make_member("both", ADULT, AGE_OFFICER, OFFICER_DEPUTY)
    AgeOfficer.objects.create(association=club, member=both)
    colleague = make_member("colleague", ADULT, AGE_OFFICER, OFFICER_DEPUTY)
    AgeOfficer.objects.create(association=club, member=colleague)
    attest_check(actor=both, code=begin(charlie), band=ADULT)
    contest = contest_age(actor=charlie, text="wrong")
    for actor in (both, colleague):
        with pytest.raises(AnotherPersonRequired):
            judge_contest(actor=actor, contest=contest, overturn=False, answer="fine")
    with pytest.raises(NotAllowed):
        judge_contest(actor=mo, contest=contest, overturn=False, answer="fine")
    own = contest_age(actor=sam, text="wrong")
    with pytest.raises(AnotherPersonRequired):
        judge_contest(actor=sam, contest=own, overturn=False, answer="fine")
