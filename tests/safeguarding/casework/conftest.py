"""People, what was said, and two cases made of it: bob harasses eve among adults, and writes to alice among minors."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_static.models import StaticDevice

from chat.models import Membership, Message, MessageRevision, Room, RoomEvent
from community import terms
from community.models import AgeFact, AgeOfficer, Association, Member
from community.policies import AgeBand
from community.roles import MODERATOR, OFFICER_DEPUTY, OFFICER_LEAD
from safeguarding.models import Case, Decision
from safeguarding.services.casework import claim_case
from safeguarding.services.decisions import record_decision
from safeguarding.services.reports import file_report

FACTS = {AgeBand.NONE: {}, AgeBand.TEEN_15_17: {15: True, 18: False}, AgeBand.ADULT: {18: True}}
CLAUSE = "respect.harassment"
REASONS = "You wrote hurtful things to a member several times, after being asked to stop."


@pytest.fixture
def make_member(db: None) -> Callable[..., Member]:
    def make(name: str, band: AgeBand = AgeBand.ADULT, *roles: str) -> Member:
        member = Member.objects.create(
            email=f"{name}@example.org",
            pseudonym=name.capitalize(),
            pseudonym_key=name,
            language="en",
            is_staff=bool(roles),
            terms_version=terms.current().version,
        )
        member.groups.set(Group.objects.filter(name__in=roles))
        today = timezone.localdate()
        for threshold, is_over in FACTS[band].items():
            AgeFact.objects.create(
                member=member,
                threshold=threshold,
                is_over=is_over,
                method="in_person",
                level="enhanced",
                issuer_ref="test",
                verified_on=today,
                expires_on=today + dt.timedelta(days=365),
            )
        return member

    return make


@pytest.fixture
def alice(make_member: Callable[..., Member]) -> Member:
    return make_member("alice", AgeBand.TEEN_15_17)


@pytest.fixture
def bob(make_member: Callable[..., Member]) -> Member:
    return make_member("bob")


@pytest.fixture
def eve(make_member: Callable[..., Member]) -> Member:
    """An adult whom bob harasses, and who reports it."""
    return make_member("eve")


@pytest.fixture
def charlie(make_member: Callable[..., Member]) -> Member:
    return make_member("charlie")


@pytest.fixture
def mo(make_member: Callable[..., Member]) -> Member:
    return make_member("mo", AgeBand.ADULT, MODERATOR)


@pytest.fixture
def max_(make_member: Callable[..., Member]) -> Member:
    """Another moderator."""
    return make_member("max", AgeBand.ADULT, MODERATOR)


@pytest.fixture
def sam(make_member: Callable[..., Member]) -> Member:
    return make_member("sam", AgeBand.ADULT, OFFICER_LEAD)


@pytest.fixture
def dana(make_member: Callable[..., Member]) -> Member:
    """The deputy safeguarding officer."""
    return make_member("dana", AgeBand.ADULT, OFFICER_DEPUTY)


@pytest.fixture
def people(
    alice: Member, bob: Member, eve: Member, charlie: Member, mo: Member, max_: Member, sam: Member, dana: Member
) -> dict[str, Member]:
    """Everybody by name."""
    return {member.pseudonym.lower(): member for member in (alice, bob, eve, charlie, mo, max_, sam, dana)}


@pytest.fixture
def make_room(db: None) -> Callable[..., Room]:
    def make(name: str, *members: Member, minors: bool = False) -> Room:
        room = Room.objects.create(
            name=name, name_key=name, language="en", at_least=15 if minors else 18, under=18 if minors else None
        )
        for member in members:
            Membership.objects.create(room=room, member=member, joined_at=timezone.now() - dt.timedelta(days=1))
        return room

    return make


@pytest.fixture
def say(db: None) -> Callable[..., Message]:
    """A message that was checked and shown, or, with `held`, one that waits for a person."""
    client_ids = itertools.count()

    def post(author: Member, room: Room, text: str, *, held: bool = False, findings: list | None = None) -> Message:
        message = Message.objects.create(
            room=room,
            author=author,
            client_id=f"c{next(client_ids)}",
            check_state=Message.CheckState.DONE,
            visibility=Message.Visibility.HELD if held else Message.Visibility.VISIBLE,
            shown_revision=None if held else 1,
        )
        MessageRevision.objects.create(message=message, number=1, body=text, findings=findings or [])
        if not held:
            room.last_seq += 1
            room.save(update_fields=["last_seq"])
            RoomEvent.objects.create(room=room, seq=room.last_seq, kind="posted", message=message, revision=1)
        return message

    return post


@pytest.fixture
def insult(bob: Member, eve: Member, make_room: Callable[..., Room], say: Callable[..., Message]) -> Message:
    room = make_room("cinema", bob, eve)
    say(eve, room, "Please stop writing to me.")
    return say(
        bob,
        room,
        "Nobody wants you here, just go.",
        findings=[{"code": "C1", "rule": "en.exclusion", "version": "ab12", "span": [0, 22]}],
    )


@pytest.fixture
def case(insult: Message, bob: Member, eve: Member) -> Case:
    """C1, P2, any moderator's: eve reported bob."""
    return file_report(actor=eve, subject=bob, message=insult, category="harassment", text="Again and again.").case


@pytest.fixture
def severe_case(alice: Member, bob: Member, make_room: Callable[..., Room], say: Callable[..., Message]) -> Case:
    """M1, P1, the officers': alice reported bob."""
    room = make_room("homework", alice, bob, minors=True)
    say(alice, room, "I have a maths test tomorrow.")
    asked = say(bob, room, "You can tell me everything, it stays between us.")
    return file_report(actor=alice, subject=bob, message=asked, category="minor").case


@pytest.fixture
def decide() -> Callable[..., Decision]:
    """Claim and decide as a moderator would, with what a decision needs filled in."""

    def make(actor: Member, case: Case, action: str, **given: object) -> Decision:
        case.refresh_from_db()
        if case.assigned_to_id != actor.pk:
            Case.objects.filter(pk=case.pk).update(assigned_to=None, claimed_at=None)
            case = claim_case(actor=actor, case=case)
        values: dict[str, object] = {"version": case.version, "reasons": REASONS, "clauses": [CLAUSE]}
        return record_decision(actor=actor, case=case, action=action, **{**values, **given})  # type: ignore[arg-type]

    return make


@pytest.fixture
def club(db: None, mo: Member) -> Association:
    """A club of which mo is an age officer."""
    club = Association.objects.create(name="The judo club")
    AgeOfficer.objects.create(association=club, member=mo)
    return club


def enter(client: Client, member: Member, *, second_factor: bool = True) -> Client:
    """Log in, and unless told otherwise prove the second factor."""
    client.force_login(member)
    if second_factor:
        device, _created = StaticDevice.objects.get_or_create(user=member, name="codes")
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
        session.save()
    return client


@pytest.fixture
def visit() -> Callable[..., Client]:
    """A browser in which somebody has logged in."""

    def log_in(member: Member, *, second_factor: bool = True) -> Client:
        return enter(Client(), member, second_factor=second_factor)

    return log_in
