"""Rooms: who comes in, who is where, and how a room comes to be."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.errors import (
    AgeDoesNotFit,
    AgesInvalid,
    NameRefused,
    NameTaken,
    OwnProposal,
    ProposalMoved,
    RoomClosed,
    RoomUnknown,
    SecondApproverRequired,
    TooManyProposals,
)
from chat.models import Membership, Message, Room, RoomEvent, RoomProposal
from chat.policies import may_enter, may_write
from chat.services.rooms import (
    appoint_steward,
    approve_proposal,
    close_room,
    entry_of,
    join_room,
    leave_room,
    propose_room,
    refuse_proposal,
    set_slow_mode,
)
from community.errors import NotAllowed, ReasonRequired, Refused
from community.models import AuditEvent
from community.policies import AgeBand, Ask, meets
from community.services.access import Access, access_of
from community.services.restrictions import restrict_member

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
FACTS = {
    AgeBand.NONE: {},
    AgeBand.TEEN_13_14: {13: True, 15: False},
    AgeBand.TEEN_15_17: {15: True, 18: False},
    AgeBand.ADULT: {18: True},
}
ADULTS = Room(public_id="a" * 16, at_least=18, under=None)
TEENS = Room(public_id="t" * 16, at_least=15, under=18)


def access(band: AgeBand, **fields) -> Access:
    fields.setdefault("consent_missing", band == AgeBand.TEEN_13_14)
    return Access(member_id=1, version=1, band=band, facts=FACTS[band], **fields)


# -- the door --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("band", "room", "code"),
    [
        (AgeBand.NONE, ADULTS, "age_check_required"),
        (AgeBand.NONE, TEENS, "age_check_required"),
        (AgeBand.TEEN_13_14, ADULTS, "consent_required"),
        (AgeBand.TEEN_13_14, TEENS, "consent_required"),
        (AgeBand.TEEN_15_17, ADULTS, "age_does_not_fit"),
        (AgeBand.TEEN_15_17, TEENS, None),
        (AgeBand.ADULT, ADULTS, None),
        (AgeBand.ADULT, TEENS, "age_does_not_fit"),
    ],
)
def test_room_admits_minors_or_adults_never_both(band, room, code):
    refusal = may_enter(access(band), room, NOW)
    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"suspended": True}, "shut_out"),
        ({"banned": True}, "shut_out"),
        ({"closed": True}, "shut_out"),
        ({"fresh_proof_asked": True}, "fresh_proof_required"),
        ({"room_bans": frozenset({ADULTS.public_id})}, "room_ban"),
        ({"room_bans": frozenset({TEENS.public_id})}, None),
        ({"deadline": NOW}, "age_check_required"),
        ({"deadline": NOW + dt.timedelta(seconds=1)}, None),
        ({"muted": True}, None),
    ],
)
def test_restrictions_and_deadlines_close_the_door(fields, code):
    refusal = may_enter(access(AgeBand.ADULT, **fields), ADULTS, NOW)
    assert (refusal.code if refusal else None) == code


def test_muted_member_reads_but_does_not_write():
    muted = access(AgeBand.ADULT, muted=True)
    assert may_enter(muted, ADULTS, NOW) is None
    assert may_write(muted, ADULTS, NOW).code == "muted"
    assert may_write(access(AgeBand.ADULT), ADULTS, NOW) is None


def test_no_facts_satisfy_both_kinds_of_room():
    for facts in FACTS.values():
        assert not (meets(facts, ADULTS.ask) and meets(facts, TEENS.ask))
    assert not meets({18: True}, Ask(at_least=(15,), under=(18,)))


# -- joining ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_joining_and_leaving_keep_dated_intervals(bob, make_room):
    room = make_room("New")
    join_room(actor=bob, room=room)
    join_room(actor=bob, room=room)
    leave_room(actor=bob, room=room)
    leave_room(actor=bob, room=room)
    join_room(actor=bob, room=room)
    assert Membership.objects.filter(member=bob, room=room).count() == 2
    assert Membership.objects.current().filter(member=bob, room=room).count() == 1


@pytest.mark.django_db
def test_joining_and_leaving_renew_what_is_cached_about_a_member(bob, make_room):
    room = make_room("New")
    before = access_of(bob).version
    join_room(actor=bob, room=room)
    joined = access_of(bob).version
    leave_room(actor=bob, room=room)
    assert before < joined < access_of(bob).version


@pytest.mark.django_db
def test_nobody_joins_a_room_they_may_not_enter(alice, bob, charlie, club, pub):
    for member, room in ((alice, pub), (bob, club), (charlie, pub), (charlie, club)):
        with pytest.raises(Refused):
            join_room(actor=member, room=room)
        assert not Membership.objects.filter(member=member, room=room).exists()


@pytest.mark.django_db
def test_unknown_room_is_unknown(bob):
    with pytest.raises(RoomUnknown):
        entry_of(member=bob, room_id="2" * 16)


@pytest.mark.django_db
def test_closing_a_room_needs_a_person_and_a_reason(bob, mo, pub):
    with pytest.raises(NotAllowed):
        close_room(actor=bob, room=pub, reason="mine")
    with pytest.raises(ReasonRequired):
        close_room(actor=mo, room=pub, reason="  ")
    before = access_of(bob).version
    close_room(actor=mo, room=pub, reason="its name was bought")
    assert access_of(bob).version > before
    with pytest.raises(RoomClosed):
        entry_of(member=bob, room_id=pub.public_id)


@pytest.mark.django_db
def test_slow_mode_is_set_by_stewards_moderators_and_named_machines_alone(bob, bea, mo, pub):
    with pytest.raises(NotAllowed):
        set_slow_mode(actor=bob, room=pub, seconds=5)
    with pytest.raises(NotAllowed):
        set_slow_mode(actor=None, room=pub, seconds=5)
    set_slow_mode(actor=mo, room=pub, seconds=5)
    set_slow_mode(actor=None, component="protection", room=pub, seconds=6)
    with pytest.raises(NotAllowed):
        appoint_steward(actor=bob, room=pub, member=bob)
    appoint_steward(actor=mo, room=pub, member=bob)
    set_slow_mode(actor=bob, room=pub, seconds=7)
    pub.refresh_from_db()
    assert pub.slow_mode_seconds == 7
    assert AuditEvent.objects.filter(action="room.slow_mode_set").count() == 3


# -- proposals -------------------------------------------------------------------------------------------------------


@pytest.fixture
def propose():
    def propose(actor, name="Chess", **fields) -> RoomProposal:
        fields = {"at_least": 18, "under": None} | fields
        return propose_room(actor=actor, name=name, **fields)

    return propose


@pytest.mark.django_db
def test_adults_room_opens_with_one_approval_and_its_proposer_as_steward(propose, bob, mo):
    room = approve_proposal(actor=mo, proposal=propose(bob))
    assert (room.delivery, room.at_least, room.under) == ("check_after", 18, None)
    assert entry_of(member=bob, room_id=room.public_id).role == "steward"
    assert AuditEvent.objects.filter(action="room.opened").count() == 1


@pytest.mark.invariant(8)
@pytest.mark.django_db
def test_minors_room_needs_two_different_people(propose, alice, mo, sam):
    proposal = propose(alice, at_least=15, under=18)
    assert approve_proposal(actor=mo, proposal=proposal) is None
    with pytest.raises(SecondApproverRequired):
        approve_proposal(actor=mo, proposal=proposal)
    assert not Room.objects.exists()
    room = approve_proposal(actor=sam, proposal=proposal)
    assert (room.delivery, room.admits_minors) == ("check_first", True)


@pytest.mark.django_db
def test_nobody_approves_their_own_proposal_nor_without_the_role(propose, bob, bea, mo):
    with pytest.raises(OwnProposal):
        approve_proposal(actor=mo, proposal=propose(mo, "Mine"))
    with pytest.raises(NotAllowed):
        approve_proposal(actor=bea, proposal=propose(bob))


@pytest.mark.django_db
def test_decided_proposal_is_not_decided_again(propose, bob, mo):
    proposal = propose(bob)
    with pytest.raises(ReasonRequired):
        refuse_proposal(actor=mo, proposal=proposal, reason="")
    refuse_proposal(actor=mo, proposal=proposal, reason="There is one already.")
    for again in (lambda: approve_proposal(actor=mo, proposal=proposal),
                  lambda: refuse_proposal(actor=mo, proposal=proposal, reason="no")):  # fmt: skip
        with pytest.raises(ProposalMoved):
            again()


@pytest.mark.django_db
def test_names_are_screened_and_never_look_alike(propose, bob, pub):
    with pytest.raises(NameRefused, match="not this name"):
        propose(bob, "REFUSE me")
    for name in ("", "   ", "???", "x" * 81, "ab\u202edc", "the\u200b cellar"):
        with pytest.raises(NameRefused):
            propose(bob, name)
    for name in ("The pub", "the PUB", "Th3 Pub", "ТHE РUВ"):
        with pytest.raises(NameTaken):
            propose(bob, name)
    assert not RoomProposal.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("at_least", "under"), [(15, None), (13, 21), (18, 25), (16, 15), (12, 18), (0, None)])
def test_room_for_minors_and_adults_cannot_be_proposed(propose, bob, at_least, under):
    with pytest.raises(AgesInvalid):
        propose(bob, at_least=at_least, under=under)


@pytest.mark.django_db
def test_nobody_proposes_a_room_they_could_not_enter(propose, alice, bob, charlie):
    with pytest.raises(AgeDoesNotFit):
        propose(bob, at_least=15, under=18)
    with pytest.raises(AgeDoesNotFit):
        propose(alice)
    with pytest.raises(Refused):
        propose(charlie)


@pytest.mark.django_db
def test_three_proposals_wait_at_most(propose, bob):
    for n in range(3):
        propose(bob, f"Room {'abc'[n]}")
    with pytest.raises(TooManyProposals):
        propose(bob, "Room d")


@pytest.mark.django_db
def test_new_name_is_proposed_by_a_steward_screened_and_approved(propose, bob, bea, mo, pub):
    with pytest.raises(NotAllowed):
        propose(bob, "The tavern", room=pub)
    appoint_steward(actor=mo, room=pub, member=bob)
    with pytest.raises(NameRefused):
        propose(bob, "REFUSE", room=pub)
    proposal = propose(bob, "The tavern", room=pub, at_least=15, under=18)
    assert (proposal.at_least, proposal.under) == (18, None)
    pub.refresh_from_db()
    assert pub.name == "The pub"
    approve_proposal(actor=mo, proposal=proposal)
    pub.refresh_from_db()
    assert pub.name == "The tavern"


# -- what the database itself refuses --------------------------------------------------------------------------------


@pytest.mark.invariant(3)
@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"at_least": 15},  # under is null: adults and minors
        {"at_least": 15, "under": 21},
        {"at_least": 16, "under": 15},
        {"at_least": 12, "under": 18},
        {"at_least": 15, "under": 18, "delivery": "check_after"},
        {"state": "ajar"},
        {"delivery": "never"},
    ],
)
def test_database_refuses_a_room_for_minors_and_adults(pub, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        Room.objects.filter(pk=pub.pk).update(**change)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"visibility": "visible", "shown_revision": None},
        {"visibility": "maybe"},
        {"check_state": "skipped"},
        {"client_id": "taken"},
    ],
)
def test_database_refuses_a_message_seen_without_a_version_or_stored_twice(say, bob, pub, change):
    say(bob, pub, "first", client_id="taken")
    message = say(bob, pub, "second").message
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(**change)


@pytest.mark.django_db
def test_database_refuses_the_same_number_twice_in_a_room(say, bob, pub):
    say(bob, pub, "one")
    say(bob, pub, "two")
    with pytest.raises(IntegrityError), transaction.atomic():
        RoomEvent.objects.filter(seq=2).update(seq=1)


@pytest.mark.django_db
def test_database_refuses_two_current_memberships(bob, pub):
    Membership.objects.create(room=pub, member=bob, left_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.filter(member=bob).update(left_at=None)


@pytest.mark.django_db
def test_database_refuses_one_person_as_both_approvers(propose, alice, mo):
    proposal = propose(alice, at_least=15, under=18)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoomProposal.objects.filter(pk=proposal.pk).update(first_approver=mo, decided_by=mo, state="approved")


@pytest.mark.django_db
def test_banned_member_is_refused_at_every_door(bob, mo, pub, make_room):
    restrict_member(actor=mo, member=bob, kind="ban", reason="a test")
    for room in (pub, make_room("Other")):
        with pytest.raises(Refused):
            entry_of(member=bob, room_id=room.public_id)
