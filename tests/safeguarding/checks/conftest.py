"""People, rooms and messages as rows, and a detector whose answers a test chooses by what is said."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from chat.models import Membership, Message, MessageRevision, Room
from community.models import AgeFact, Member
from community.policies import AgeBand
from community.roles import MODERATOR, OFFICER_DEPUTY, OFFICER_LEAD
from safeguarding.detection.types import Alert, Assessment, Finding, Verdict
from safeguarding.rules import Rulebook
from safeguarding.services import checks

FACTS = {
    AgeBand.NONE: {},
    AgeBand.TEEN_13_14: {13: True, 15: False},
    AgeBand.TEEN_15_17: {15: True, 18: False},
    AgeBand.ADULT: {18: True},
}


@pytest.fixture
def make_member(db: None) -> Callable[..., Member]:
    def make(name: str, band: AgeBand = AgeBand.NONE, *roles: str) -> Member:
        member = Member.objects.create(
            email=f"{name}@example.org", pseudonym=name.capitalize(), pseudonym_key=name, language="en"
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
    return make_member("bob", AgeBand.ADULT)


@pytest.fixture
def charlie(make_member: Callable[..., Member]) -> Member:
    return make_member("charlie")


@pytest.fixture
def mo(make_member: Callable[..., Member]) -> Member:
    return make_member("mo", AgeBand.ADULT, MODERATOR)


@pytest.fixture
def sam(make_member: Callable[..., Member]) -> Member:
    return make_member("sam", AgeBand.ADULT, OFFICER_LEAD)


@pytest.fixture
def dana(make_member: Callable[..., Member]) -> Member:
    """The deputy safeguarding officer."""
    return make_member("dana", AgeBand.ADULT, OFFICER_DEPUTY)


@pytest.fixture
def make_room(db: None) -> Callable[..., Room]:
    def make(name: str, *members: Member, minors: bool = True, **fields: object) -> Room:
        room = Room.objects.create(
            name=name,
            name_key=name,
            language="en",
            at_least=15 if minors else 18,
            under=18 if minors else None,
            **fields,
        )
        long_ago = timezone.now() - dt.timedelta(days=1)
        for member in members:
            Membership.objects.create(room=room, member=member, joined_at=long_ago)
        return room

    return make


@pytest.fixture
def room(make_room: Callable[..., Room], alice: Member, bob: Member) -> Room:
    return make_room("music", alice, bob)


@pytest.fixture
def say(db: None) -> Callable[..., Message]:
    """Store a pending message as the posting service would, with what the screen said of it."""
    client_ids = itertools.count()

    def post(author: Member, room: Room, text: str, *, screen: str = "allow", **fields: object) -> Message:
        visibility = {"allow": "pending", "hold": "held", "refuse": "refused"}[screen]
        message = Message.objects.create(
            room=room, author=author, client_id=f"c{next(client_ids)}", visibility=visibility, **fields
        )
        MessageRevision.objects.create(message=message, number=1, body=text, verdict=screen)
        return message

    return post


@pytest.fixture
def edit() -> Callable[[Message, str], None]:
    """Write a next revision, as the editing service would."""

    def write(message: Message, text: str) -> None:
        message.refresh_from_db()
        message.head_revision += 1
        message.check_state = "pending"
        MessageRevision.objects.create(message=message, number=message.head_revision, body=text)
        message.save()

    return write


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A detector that does what a text asks for; `said.texts` are those it judged, in order.

    "boom" raises; "hold", "refuse" are its verdicts; "alert CODE" alerts on the author towards those addressed;
    anything else passes. Each judged text is counted in the ledgers of the room, the author and the pairs.
    """
    detector = SimpleNamespace(texts=[], before=None, measures=(), severity="P1")

    def needs(utterance, *, room, room_ledger, people):
        pairs = [f"pair:{utterance.author}>{other}" for other in utterance.to]
        return tuple(sorted([f"room:{room.key}", f"author:{utterance.author}", *pairs]))

    def assess(utterance, *, room, people, ledgers, ruleset):
        detector.texts.append(utterance.text)
        if detector.before:
            detector.before(utterance)
        if "boom" in utterance.text:
            raise RuntimeError("the detector broke")
        keys = needs(utterance, room=room, room_ledger={}, people=people)
        changed = {key: {"n": ledgers.get(key, {}).get("n", 0) + 1, "last": utterance.text} for key in keys}
        verdict = next((v for v in Verdict if v.value in utterance.text), Verdict.ALLOW)
        findings, alerts = (), ()
        if "alert" in utterance.text:
            code = utterance.text.split("alert ")[1][:2]
            findings = (Finding(code, f"{code.lower()}.test", "1", (0, 5), "trust"),)
            alerts = (
                Alert(
                    code=code,
                    severity=detector.severity,
                    subject=utterance.author,
                    protects=utterance.to,
                    score=60.0,
                    tactics=("trust",),
                    evidence=(utterance.ref,),
                    measures=detector.measures,
                    explanation={"score": 60.0},
                ),
            )
        return Assessment(verdict, findings, alerts, changed, "test-rules")

    fake = SimpleNamespace(needs=needs, assess=assess, room_key=lambda room: f"room:{room.key}")
    monkeypatch.setattr(checks, "engine", fake)
    monkeypatch.setattr(checks, "refreshed_rules", lambda: Rulebook("test", SimpleNamespace(digest="test-rules")))
    monkeypatch.setattr(checks, "rooms", SimpleNamespace(opened=lambda ledger: ({"sp": []}, False)))
    return detector
