"""The smaller desks of the console: proposed rooms, associations, the audit log."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from chat.models import Room, RoomProposal
from community.models import AgeFact, AgeOfficer, Association, AuditEvent, Member, YouthWorker
from community.names import pseudonym_key
from community.services.access import access_of
from community.services.contests import contest_age
from safeguarding.services.casework import claim_case


@pytest.fixture
def propose(charlie):
    def make(name: str, *, minors: bool) -> RoomProposal:
        return RoomProposal.objects.create(
            proposer=charlie,
            name=name,
            language="en",
            at_least=15 if minors else 18,
            under=18 if minors else None,
        )

    return make


def verb(proposal: RoomProposal, name: str) -> str:
    return reverse("admin:chat_roomproposal_verb", args=[proposal.public_id, name])


def test_a_room_for_adults_opens_by_one_person(mo, visit, propose):
    visit(mo).post(verb(propose("Hiking", minors=False), "approve"))
    assert Room.objects.get().name == "Hiking"


def test_a_room_for_minors_opens_by_two_people_and_not_by_one_twice(mo, max_, visit, propose):
    proposal = propose("Chess at school", minors=True)
    visit(mo).post(verb(proposal, "approve"))
    visit(mo).post(verb(proposal, "approve"))
    assert not Room.objects.exists()
    visit(max_).post(verb(proposal, "approve"))
    assert Room.objects.get().admits_minors


def test_a_refused_room_does_not_open_and_needs_a_reason(mo, visit, propose):
    proposal = propose("Something else", minors=False)
    visit(mo).post(verb(proposal, "refuse"), {"reason": ""})
    proposal.refresh_from_db()
    assert proposal.state == "pending"
    visit(mo).post(verb(proposal, "refuse"), {"reason": "There is one already."})
    proposal.refresh_from_db()
    assert (proposal.state, Room.objects.count()) == ("refused", 0)


def test_nobody_judges_their_own_proposal_and_members_judge_none(mo, charlie, visit, propose):
    proposal = propose("Hiking", minors=False)
    assert visit(charlie).post(verb(proposal, "approve"), follow=True).status_code == 403
    charlie.groups.set(mo.groups.all())
    assert visit(charlie).post(verb(proposal, "approve")).status_code == 404
    assert not Room.objects.exists()


# -- associations ----------------------------------------------------------------------------------------------------


@pytest.fixture
def attested(db, charlie, bob, make_member):
    """A club whose two officers attested charlie and bob."""
    club = Association.objects.create(name="The judo club")
    today = timezone.localdate()
    for name, member in (("olive", charlie), ("oscar", bob)):
        officer = AgeOfficer.objects.create(association=club, member=make_member(name))
        AgeFact.objects.create(
            member=member,
            threshold=15,
            is_over=True,
            method="in_person",
            level="enhanced",
            issuer_ref="club",
            attested_by=officer,
            verified_on=today,
            expires_on=today + dt.timedelta(days=300),
        )
    return club


def standing() -> int:
    return AgeFact.objects.filter(attested_by__isnull=False, revoked_at__isnull=True).count()


def test_all_that_one_officer_attested_is_revoked_at_once(sam, visit, attested):
    officer = attested.officers.get(member__pseudonym="Olive")
    page = reverse("admin:community_association_page", args=[attested.public_id])
    shown = visit(sam).get(page).content.decode()
    assert "Olive" in shown
    assert "Charlie" not in shown
    url = reverse("admin:community_association_verb", args=[attested.public_id, "revoke-officer"])
    visit(sam).post(url, {"officer": officer.member.public_id, "reason": "The stamp was lent."})
    assert standing() == 1


def test_all_that_an_association_attested_is_revoked_at_once(dana, visit, attested):
    url = reverse("admin:community_association_verb", args=[attested.public_id, "revoke"])
    visit(dana).post(url, {"reason": ""})
    assert standing() == 2
    visit(dana).post(url, {"reason": "The club has closed."})
    assert standing() == 0


def test_a_moderator_revokes_nothing(mo, visit, attested):
    url = reverse("admin:community_association_verb", args=[attested.public_id, "revoke"])
    assert visit(mo).post(url, {"reason": "Because."}).status_code == 404
    assert standing() == 2


# -- the audit log ---------------------------------------------------------------------------------------------------


def test_the_audit_log_is_read_and_searched_and_nothing_else(mo, sam, visit, case):
    claim_case(actor=mo, case=case)
    log = reverse("admin:community_auditevent_changelist")
    assert "case.claimed" in visit(sam).get(log).content.decode()
    assert "case.claimed" not in visit(sam).get(log, {"q": "export.built"}).content.decode()
    event = AuditEvent.objects.order_by("pk").last()
    for path in (f"{log}{event.pk}/", f"{log}{event.pk}/change/", f"{log}add/"):
        assert visit(sam).get(path).status_code == 404
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEvent.objects.filter(pk=event.pk).update(action="nothing.happened")


def test_the_audit_log_is_told_and_searched_in_words(mo, sam, visit, case):
    claim_case(actor=mo, case=case)
    Member.objects.filter(pk=sam.pk).update(language="fr")
    browser, log = visit(sam), reverse("admin:community_auditevent_changelist")
    told = browser.get(log).content.decode()
    assert "<strong>Un dossier a été ouvert</strong>" in told
    found = browser.get(log, {"q": "Dossier a été pris"}).content.decode()
    assert "<strong>Un dossier a été pris en charge</strong>" in found
    assert "case.opened" not in found


def test_an_officer_who_is_party_reads_nothing_of_their_case_in_the_log(bob, dana, visit, mo, case, decide):
    decide(mo, case, "warn", member=bob)
    bob.groups.set(dana.groups.all())
    log = visit(bob).get(reverse("admin:community_auditevent_changelist")).content.decode()
    assert "decision.recorded" not in log
    assert "case.opened" not in log
    found = visit(bob).get(reverse("admin:community_auditevent_changelist"), {"q": "case was opened"})
    assert "case.opened" not in found.content.decode()
    assert "decision.recorded" in visit(dana).get(reverse("admin:community_auditevent_changelist")).content.decode()


# -- rooms -----------------------------------------------------------------------------------------------------------


def room_verb(room: Room, name: str) -> str:
    return reverse("admin:chat_room_verb", args=[room.public_id, name])


def test_the_desk_of_a_room_shows_how_it_is_entered_and_nothing_that_is_said(mo, visit, make_room, alice, say):
    room = make_room("The club", alice, minors=True)
    say(alice, room, "between us")
    page = visit(mo).get(reverse("admin:chat_room_page", args=[room.public_id])).content.decode()
    assert "Proof of age at least" in page
    assert "between us" not in page
    assert visit(mo).get(reverse("admin:chat_room_changelist")).status_code == 200
    assert visit(alice).get(reverse("admin:chat_room_page", args=[room.public_id]), follow=True).status_code == 403


def test_hours_are_set_on_the_desk_by_an_officer_and_for_minors_by_no_moderator(mo, sam, visit, make_room):
    room = make_room("The club", minors=True)
    rules = {"min_level": "strict", "hours": "wed 14:00-18:00"}
    visit(mo).post(room_verb(room, "entry"), rules)
    room.refresh_from_db()
    assert room.opening_hours == []
    visit(sam).post(room_verb(room, "entry"), {**rules, "hours": "whenever"})
    room.refresh_from_db()
    assert room.opening_hours == []
    visit(sam).post(room_verb(room, "entry"), rules)
    room.refresh_from_db()
    assert (room.min_level, room.opening_hours) == ("strict", [["wed", "14:00", "18:00"]])


def test_two_officers_appoint_a_youth_worker_on_the_desk(mo, sam, dana, charlie, visit, make_room):
    room = make_room("The club", minors=True)
    Member.objects.filter(pk=charlie.pk).update(pseudonym_key=pseudonym_key("Charlie"))
    named = {"pseudonym": "Charlie", "vetted_on": timezone.localdate().isoformat()}
    visit(mo).post(room_verb(room, "name-worker"), named)
    visit(sam).post(room_verb(room, "name-worker"), {**named, "pseudonym": "Nobody"})
    visit(sam).post(room_verb(room, "name-worker"), {**named, "vetted_on": "yesterday"})
    assert not YouthWorker.objects.exists()
    visit(sam).post(room_verb(room, "name-worker"), named)
    worker = YouthWorker.objects.get()
    visit(sam).post(room_verb(room, "appoint-worker"), {"worker": worker.public_id})
    assert not access_of(charlie).youth_rooms
    page = visit(dana).get(reverse("admin:chat_room_page", args=[room.public_id])).content.decode()
    assert "waiting for a second person" in page
    visit(dana).post(room_verb(room, "appoint-worker"), {"worker": worker.public_id})
    assert access_of(charlie).youth_rooms == {room.public_id}
    visit(dana).post(room_verb(room, "end-worker"), {"worker": worker.public_id, "reason": "left"})
    assert not access_of(charlie).youth_rooms


# -- contested ages --------------------------------------------------------------------------------------------------


def test_a_contested_age_is_judged_only_with_an_outcome_and_an_answer_and_nothing_typed_is_lost(sam, charlie, visit):
    contest = contest_age(actor=charlie, text="No way works for me.")
    judge = reverse("admin:community_agecontest_verb", args=[contest.public_id, "judge"])
    page = visit(sam).post(judge, {"outcome": "", "answer": "A careful answer."}).content.decode()
    assert "A careful answer." in page
    page = visit(sam).post(judge, {"outcome": "overturned", "answer": " "}).content.decode()
    assert re.search(r'value="overturned"[^>]* checked', page)
    contest.refresh_from_db()
    assert contest.state == "pending"
    visit(sam).post(judge, {"outcome": "upheld", "answer": "A careful answer."})
    contest.refresh_from_db()
    assert (contest.state, contest.answer, contest.judged_by) == ("upheld", "A careful answer.", sam)
