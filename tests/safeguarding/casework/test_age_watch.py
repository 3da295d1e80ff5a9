"""Signs about accounts become cases; what is done meanwhile has an end, stated reasons and a way to contest it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.checks import run_checks
from django.urls import reverse
from django.utils import timezone

from chat.policies import may_enter
from community.models import (
    AgeAlert,
    AgeContest,
    AgeFact,
    AgeOfficer,
    Association,
    BanMark,
    Community,
    MailJob,
    Restriction,
)
from community.names import pseudonym_key
from community.ports import age_watch
from community.services.access import access_of
from community.services.contests import contest_age
from community.services.restrictions import lift_restriction, restrict_member
from community.services.settings import get_community, update_community
from community.services.signs import notice_return
from safeguarding.models import Case, ProtectiveMeasure
from safeguarding.services.casework import claim_case
from safeguarding.services.decisions import record_decision
from safeguarding.services.measures import end_due_measures

pytestmark = pytest.mark.django_db


def come_back(bob, charlie, mo) -> Case:
    """bob is banned and comes back as charlie."""
    restrict_member(actor=mo, member=bob, kind="ban", reason="x")
    charlie.email = "bob+again@example.org"
    charlie.save()
    notice_return(member=charlie)
    return Case.objects.get(code="X3")


def test_a_banned_person_who_comes_back_is_held_until_a_person_has_looked(bob, charlie, mo, make_room, visit):
    room = make_room("The pub")
    case = come_back(bob, charlie, mo)
    assert case.automated
    assert [party.member for party in case.parties.all()] == [charlie]
    assert may_enter(access_of(charlie), room, timezone.now()).code == "account_held"
    page = visit(charlie).get(reverse("safeguarding:my_decisions")).content.decode()
    assert "you can say here why it is not so" in page
    assert "ban" not in ProtectiveMeasure.objects.get().reason
    assert MailJob.objects.filter(member=charlie).exists()
    assert "A person has to look" in visit(charlie).get(reverse("community:age")).content.decode()


def test_the_held_person_contests_and_who_finds_nothing_frees_them(bob, charlie, mo, make_room, visit):
    case = come_back(bob, charlie, mo)
    measure = ProtectiveMeasure.objects.get(kind="account_hold")
    visit(charlie).post(
        reverse("safeguarding:contest", args=[measure.public_id]), {"text": "I am my brother's brother."}
    )
    measure.refresh_from_db()
    assert measure.contested_at
    claim_case(actor=mo, case=case)
    case.refresh_from_db()
    record_decision(actor=mo, case=case, version=case.version, action="no_action", close=True)
    assert not access_of(charlie).held
    measure.refresh_from_db()
    assert measure.ended_at
    notice_return(member=charlie)  # seen again at every login, told once
    assert not access_of(charlie).held


def test_the_machine_neither_bans_nor_holds_for_ever(bob, charlie, mo):
    come_back(bob, charlie, mo)
    hold = Restriction.objects.get(member=charlie)
    assert hold.automated
    assert hold.ends_at is not None
    assert hold.kind == "account_hold"


def test_a_ban_that_is_lifted_frees_who_was_held_for_it(bob, charlie, mo):
    come_back(bob, charlie, mo)
    ban = Restriction.objects.get(member=bob)
    lift_restriction(actor=mo, restriction=ban, reason="appeal")
    assert not access_of(charlie).held
    assert ProtectiveMeasure.objects.get(kind="account_hold").ended_at


def test_a_courts_ban_holds_until_its_end(charlie):
    until = timezone.now() + dt.timedelta(days=200)
    age_watch().ban_matched(member=charlie, how="email", until=until)
    assert Restriction.objects.get(member=charlie).ends_at == until
    age_watch().ban_matched(member=charlie, how="email", until=until)
    assert Restriction.objects.filter(member=charlie).count() == 1
    assert end_due_measures() == 0


@pytest.mark.parametrize(("sign", "words"), [("proof", "same proof of age"), ("device", "same browser")])
def test_signs_of_a_lent_account_ask_for_a_fresh_proof_with_the_reason_and_a_way_to_object(sign, words, charlie, visit):
    if sign == "proof":
        age_watch().proof_shared(members=[charlie])
    else:
        age_watch().device_shared(member=charlie)
    assert access_of(charlie).fresh_proof_asked
    assert Case.objects.get().code == "M6"
    page = visit(charlie).get(reverse("safeguarding:my_decisions")).content.decode()
    assert words in page
    assert "This is wrong" in page
    assert "says nothing against you" in visit(charlie).get(reverse("community:age")).content.decode()


# -- the desks -------------------------------------------------------------------------------------------------------


def association_verb(association: Association, name: str) -> str:
    return reverse("admin:community_association_verb", args=[association.public_id, name])


def test_an_officer_enters_describes_and_staffs_an_association_on_its_desk(sam, charlie, visit):
    visit(sam).post(reverse("admin:community_association_register"), {"name": "The town library"})
    library = Association.objects.get()
    visit(sam).post(association_verb(library, "describe"), {"kind": "library", "whereabouts": "At the desk, Tuesdays"})
    charlie.pseudonym_key = pseudonym_key("Charlie")
    charlie.save()
    visit(sam).post(association_verb(library, "appoint"), {"pseudonym": "charlie"})
    officer = AgeOfficer.objects.get()
    library.refresh_from_db()
    assert (library.is_neutral, officer.member, officer.active) == (True, charlie, True)
    visit(sam).post(association_verb(library, "dismiss"), {"officer": charlie.public_id, "reason": "moved"})
    officer.refresh_from_db()
    assert not officer.active
    visit(sam).post(association_verb(library, "switch"), {"reason": "closed for the summer"})
    library.refresh_from_db()
    assert not library.active


def test_moderators_and_members_run_no_association(mo, charlie, visit):
    for member in (mo, charlie):
        visit(member).post(reverse("admin:community_association_register"), {"name": "Mine"})
    assert not Association.objects.exists()


def test_alerts_and_contests_stand_on_the_officers_board_and_on_nobody_elses(sam, mo, charlie, eve, visit):
    officer = AgeOfficer.objects.create(association=Association.objects.create(name="The club"), member=eve)
    alert = AgeAlert.objects.create(officer=officer, kind="rate", day=timezone.localdate(), count=14)
    contest_age(actor=charlie, text="wrong")
    board = visit(sam).get(reverse("admin:index")).content.decode()
    assert "many attestations within an hour" in board
    assert "contested results to answer" in board
    assert "many attestations" not in visit(mo).get(reverse("admin:index")).content.decode()
    visit(sam).post(association_verb(officer.association, "alert-seen"), {"alert": alert.public_id})
    assert "many attestations" not in visit(sam).get(reverse("admin:index")).content.decode()


def test_a_contest_is_judged_on_its_desk(sam, mo, charlie, visit):
    contest = contest_age(actor=charlie, text="It is wrong.")
    page = reverse("admin:community_agecontest_page", args=[contest.public_id])
    assert "It is wrong." in visit(sam).get(page).content.decode()
    assert visit(mo).get(page).status_code in (403, 404, 302)
    judge = reverse("admin:community_agecontest_verb", args=[contest.public_id, "judge"])
    visit(sam).post(judge, {"outcome": "overturned", "answer": "Please show it again."})
    assert AgeContest.objects.get().state == "overturned"
    assert not AgeFact.objects.filter(member=charlie, revoked_at__isnull=True).exists()


def test_a_courts_order_is_recorded_and_lifted_on_its_desk(sam, dana, charlie, visit):
    order = {"email": "charlie@example.org", "reference": "TJ Paris 26/99", "ends_on": "2030-01-01"}
    record = reverse("admin:community_banmark_record")
    visit(dana).post(record, order)
    visit(sam).post(record, {**order, "ends_on": "soon"})
    assert not BanMark.objects.exists()
    visit(sam).post(record, order)
    mark = BanMark.objects.get()
    assert access_of(charlie).held
    listed = visit(sam).get(reverse("admin:community_banmark_changelist")).content.decode()
    assert "TJ Paris 26/99" in listed
    assert "charlie@" not in listed
    assert mark.tag not in listed
    visit(sam).post(reverse("admin:community_banmark_verb", args=[mark.public_id, "lift"]), {"reason": "appeal"})
    mark.refresh_from_db()
    assert mark.lifted_at
    assert not access_of(charlie).held


# -- settings --------------------------------------------------------------------------------------------------------

SETTINGS = {
    "floor_age": "13", "digital_majority": "15", "proof_days_adults": "100", "proof_days_minors": "60",
    "in_person_days": "365", "age_methods": ["in_person"],
}  # fmt: skip


def test_the_lead_sets_how_ages_are_proved_and_nobody_else(sam, dana, mo, visit):
    page = reverse("admin:community_community_changelist")
    save = reverse("admin:community_community_verb", args=[1, "save"])
    assert "Floor age" in visit(sam).get(page).content.decode()
    assert visit(mo).get(page).status_code == 404
    visit(mo).post(save, SETTINGS)
    visit(dana).post(save, SETTINGS)
    assert get_community().floor_age == 15
    visit(sam).post(save, SETTINGS)
    community = Community.objects.get()
    assert (community.floor_age, community.proof_days_minors, community.age_methods) == (13, 60, ["in_person"])
    update_community(actor=None, component="test", floor_age=15, age_methods=[])


def test_what_an_issuer_vouched_for_is_revoked_on_the_same_page(sam, mo, bob, charlie, visit):
    today = timezone.localdate()
    for member, ref in ((bob, "https://ages.example"), (charlie, "yoti")):
        AgeFact.objects.create(
            member=member, threshold=16, is_over=True, method="x", level="enhanced", issuer_ref=ref,
            verified_on=today, expires_on=today + dt.timedelta(days=9),
        )  # fmt: skip
    page = reverse("admin:community_community_changelist")
    revoke = reverse("admin:community_community_verb", args=[1, "revoke"])
    assert "https://ages.example" in visit(sam).get(page).content.decode()
    visit(mo).post(revoke, {"issuer": "yoti", "reason": "x"})
    visit(sam).post(revoke, {"issuer": "yoti", "reason": " "})
    assert visit(sam).post(revoke, {"issuer": "somebody else", "reason": "x"}).status_code == 404
    assert AgeFact.objects.filter(revoked_at__isnull=False).count() == 0
    visit(sam).post(revoke, {"issuer": "yoti", "reason": "Their key was stolen."})
    assert set(AgeFact.objects.filter(revoked_at__isnull=False).values_list("issuer_ref", flat=True)) == {"yoti"}


@pytest.mark.parametrize(
    "change",
    [{"floor_age": "14"}, {"floor_age": "16"}, {"floor_age": "x"}, {"proof_days_adults": "0"},
     {"proof_days_minors": "5000"}, {"age_methods": ["self_declared"]}, {"digital_majority": ""}],
)  # fmt: skip
def test_settings_that_do_not_fit_change_nothing(sam, visit, change):
    visit(sam).post(reverse("admin:community_community_verb", args=[1, "save"]), {**SETTINGS, **change})
    assert Community.objects.get_or_create(pk=1)[0].floor_age == 15


def test_a_start_on_settings_that_do_not_fit_is_refused(settings):
    assert not [one for one in run_checks(databases=["default"]) if one.id == "community.E002"]
    settings.AGE_THRESHOLDS = [15, 16]
    told = [one.msg for one in run_checks(databases=["default"]) if one.id == "community.E002"]
    assert any("18" in text for text in told)
