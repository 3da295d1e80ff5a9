"""Rooms: who stands where in them, who may come in, and how one comes to be."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.errors import (
    AgesInvalid,
    LevelInvalid,
    NameRefused,
    NameTaken,
    NotAMember,
    OwnProposal,
    ProposalMoved,
    RoomUnknown,
    SecondApproverRequired,
    TooManyProposals,
)
from chat.models import Membership, Room, RoomProposal
from chat.policies import is_youth_worker, may_enter
from chat.safeguard import Verdict, get_safeguard
from community import audit
from community.errors import NotAllowed, ReasonRequired
from community.hours import check_hours, end_of
from community.models import Member
from community.names import check_readable, pseudonym_key
from community.policies import Level
from community.roles import is_moderator, is_officer
from community.services.access import Access, access_of, bump_access

WAITING = (RoomProposal.State.PENDING, RoomProposal.State.APPROVED_ONCE)
MOST_WAITING = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """A member in front of a room: allowed in at the moment it was made. `role` is "" for one who has not joined;
    `until` is when the room’s opening hours end."""

    room: Room
    access: Access
    role: str
    until: dt.datetime | None = None


def entry_of(*, member: Member, room_id: str, now: dt.datetime | None = None) -> Entry:
    """The member's standing in the room with this public id. Raises RoomUnknown, or what `may_enter` refuses."""
    room = Room.objects.filter(public_id=room_id).first()
    if room is None:
        raise RoomUnknown
    access = access_of(member)
    at = now or timezone.now()
    if refusal := may_enter(access, room, at):
        raise refusal
    membership = Membership.objects.current().filter(room=room, member=member).first()
    return Entry(room, access, membership.role if membership else "", end_of(room.opening_hours, at))


def join_room(*, actor: Member, room: Room) -> Membership:
    """Begin an interval in the room, or return the one that runs. Raises what `may_enter` refuses."""
    access = access_of(actor)
    if refusal := may_enter(access, room, timezone.now()):
        raise refusal
    role = Membership.Role.YOUTH_WORKER if is_youth_worker(access, room) else Membership.Role.MEMBER
    try:
        with transaction.atomic():
            membership = Membership.objects.create(room=room, member=actor, role=role)
            bump_access(actor)
    except IntegrityError:
        return Membership.objects.current().get(room=room, member=actor)
    return membership


@transaction.atomic
def leave_room(*, actor: Member, room: Room) -> None:
    """End the member's interval; who was there when stays known. Leaving twice is leaving once."""
    if Membership.objects.current().filter(room=room, member=actor).update(left_at=timezone.now()):
        bump_access(actor)


@transaction.atomic
def leave_every_room(*, actor: Member) -> None:
    """End all the member's intervals: a closed account is nowhere."""
    if Membership.objects.current().filter(member=actor).update(left_at=timezone.now()):
        bump_access(actor)


@transaction.atomic
def set_slow_mode(*, actor: Member | None, room: Room, seconds: int, component: str = "") -> None:
    """Ask for `seconds` between two messages of one person. Moderators, stewards of the room, or the machine."""
    if not (_runs(actor, room) if actor else component):
        raise NotAllowed
    Room.objects.filter(pk=room.pk).update(slow_mode_seconds=seconds)
    audit.record(actor=actor, component=component, action="room.slow_mode_set", subject=room, data={"seconds": seconds})


@transaction.atomic
def set_entry_rules(*, actor: Member, room: Room, min_level: str, opening_hours: list[list[str]]) -> None:
    """How strong a proof of age the room asks for and when it is open; sockets that no longer fit close at once.

    Safeguarding officers for a minors' room, moderators for others too. Raises NotAllowed, BadHours, LevelInvalid.
    """
    if not (is_officer(actor) or (is_moderator(actor) and not room.admits_minors)):
        raise NotAllowed
    check_hours(opening_hours)
    if min_level not in Level.values:
        raise LevelInvalid
    before = {"min_level": room.min_level, "opening_hours": room.opening_hours}
    Room.objects.filter(pk=room.pk).update(min_level=min_level, opening_hours=opening_hours)
    room.min_level, room.opening_hours = min_level, opening_hours
    bump_access(*Membership.objects.current().filter(room=room).values_list("member_id", flat=True))
    after = {"min_level": min_level, "opening_hours": opening_hours}
    audit.record(actor=actor, action="room.entry_changed", subject=room, data={"before": before, "after": after})


@transaction.atomic
def close_room(*, actor: Member, room: Room, reason: str) -> None:
    """Let nobody in any more; everyone's open sockets learn it. Moderators and officers, with a reason."""
    if not (is_moderator(actor) or is_officer(actor)):
        raise NotAllowed
    if not reason.strip():
        raise ReasonRequired
    if Room.objects.open().filter(pk=room.pk).update(state=Room.State.CLOSED):
        bump_access(*Membership.objects.current().filter(room=room).values_list("member_id", flat=True))
        audit.record(actor=actor, action="room.closed", subject=room, data={"reason": reason.strip()[:500]})


@transaction.atomic
def appoint_steward(*, actor: Member, room: Room, member: Member) -> None:
    """Let a member of the room look after it: slow mode, and proposing a new name. Moderators only."""
    if not (is_moderator(actor) or is_officer(actor)):
        raise NotAllowed
    members = Membership.objects.current().filter(room=room, member=member, role=Membership.Role.MEMBER)
    changed = members.update(role=Membership.Role.STEWARD)
    if not changed:
        raise NotAMember
    bump_access(member)
    audit.record(actor=actor, action="room.steward_appointed", subject=room, data={"member": member.public_id})


def propose_room(
    *,
    actor: Member,
    name: str,
    topic: str = "",
    rules: str = "",
    language: str = "fr",
    at_least: int,
    under: int | None,
    room: Room | None = None,
) -> RoomProposal:
    """Put a new room, or with `room` a change of its name, topic or rules, before the moderators.

    The name and topic are screened first: what is refused is refused now, what is doubtful is shown to the
    moderators with what was seen. Raises NameRefused, NameTaken, AgesInvalid, TooManyProposals, NotAllowed,
    AgeDoesNotFit (nobody proposes a room they could not enter).
    """
    for text in (name, topic, rules):
        check_readable(text)
    name, topic, rules = _in_one_line(name), _in_one_line(topic), rules.strip()
    if any(_turns_or_hides(character) for character in name + topic):
        raise NameRefused
    if not name or len(name) > 80 or len(topic) > 200 or len(rules) > 2000 or not pseudonym_key(name):
        raise NameRefused
    if room is not None:
        if not _runs(actor, room):
            raise NotAllowed
        at_least, under, language = room.at_least, room.under, room.language
    if not (
        (under is None and at_least >= 18) or (under is not None and 13 <= at_least < 18 and at_least < under <= 18)
    ):
        raise AgesInvalid
    proposal = RoomProposal(
        proposer=actor,
        room=room,
        name=name,
        topic=topic,
        rules=rules,
        language=language,
        at_least=at_least,
        under=under,
    )
    if room is None and not (is_moderator(actor) or is_officer(actor)):
        would_be = Room(at_least=at_least, under=under)
        if refusal := may_enter(access_of(actor), would_be, timezone.now()):
            raise refusal
    _require_name_free(proposal)
    screening = get_safeguard().screen_room_name(proposal)
    proposal.findings = list(screening.findings)
    if screening.verdict is Verdict.REFUSE:
        raise NameRefused(screening.told or None)
    with transaction.atomic():
        Member.objects.select_for_update(no_key=True).get(pk=actor.pk)
        if RoomProposal.objects.filter(proposer=actor, state__in=WAITING).count() >= MOST_WAITING:
            raise TooManyProposals
        proposal.save()
        audit.record(actor=actor, action="room.proposed", subject=proposal)
    return proposal


def _in_one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _turns_or_hides(character: str) -> bool:
    """Control and format characters make a name read otherwise than it was judged; the joiner of emoji may stay."""
    return unicodedata.category(character) in {"Cc", "Cf"} and character != "\u200d"


@transaction.atomic
def approve_proposal(*, actor: Member, proposal: RoomProposal) -> Room | None:
    """Agree to a proposal; return the room once it stands. A minors' room needs two people, neither the proposer.

    Raises NotAllowed, OwnProposal, ProposalMoved, SecondApproverRequired, NameTaken.
    """
    if not (is_moderator(actor) or is_officer(actor)):
        raise NotAllowed
    proposal = RoomProposal.objects.select_for_update(no_key=True).get(pk=proposal.pk)
    if proposal.state not in WAITING:
        raise ProposalMoved
    if proposal.proposer_id == actor.pk:
        raise OwnProposal
    if proposal.under is not None and proposal.state == RoomProposal.State.PENDING:
        proposal.state, proposal.first_approver = RoomProposal.State.APPROVED_ONCE, actor
        proposal.save(update_fields=["state", "first_approver"])
        audit.record(actor=actor, action="room.approved_once", subject=proposal)
        return None
    if proposal.first_approver_id == actor.pk:
        raise SecondApproverRequired
    _require_name_free(proposal)
    room = proposal.room or Room(
        language=proposal.language,
        at_least=proposal.at_least,
        under=proposal.under,
        delivery=Room.Delivery.CHECK_AFTER if proposal.under is None else Room.Delivery.CHECK_FIRST,
    )
    before = {"name": room.name, "topic": room.topic} if room.pk else None
    room.name, room.topic, room.rules = proposal.name, proposal.topic, proposal.rules
    room.name_key = pseudonym_key(proposal.name)
    room.save()
    proposal.state, proposal.decided_by, proposal.decided_at = RoomProposal.State.APPROVED, actor, timezone.now()
    proposal.room = room
    proposal.save(update_fields=["state", "decided_by", "decided_at", "room"])
    if before is None and may_enter(access_of(proposal.proposer), room, timezone.now()) is None:
        Membership.objects.create(room=room, member=proposal.proposer, role=Membership.Role.STEWARD)
        bump_access(proposal.proposer)
    audit.record(
        actor=actor,
        action="room.opened" if before is None else "room.changed",
        subject=room,
        data={"proposal": proposal.public_id, "before": before},
    )
    return room


@transaction.atomic
def refuse_proposal(*, actor: Member, proposal: RoomProposal, reason: str) -> None:
    """Say no, with a reason the proposer reads. Raises NotAllowed, ReasonRequired, ProposalMoved."""
    if not (is_moderator(actor) or is_officer(actor)):
        raise NotAllowed
    if not reason.strip():
        raise ReasonRequired
    moved = RoomProposal.objects.filter(pk=proposal.pk, state__in=WAITING).update(
        state=RoomProposal.State.REFUSED, decided_by=actor, decided_at=timezone.now(), reason=reason.strip()[:500]
    )
    if not moved:
        raise ProposalMoved
    audit.record(actor=actor, action="room.refused", subject=proposal)


def _runs(actor: Member, room: Room) -> bool:
    if is_moderator(actor) or is_officer(actor):
        return True
    return Membership.objects.current().filter(room=room, member=actor, role=Membership.Role.STEWARD).exists()


def _require_name_free(proposal: RoomProposal) -> None:
    taken = Room.objects.filter(name_key=pseudonym_key(proposal.name))
    if proposal.room_id:
        taken = taken.exclude(pk=proposal.room_id)
    if taken.exists():
        raise NameTaken
