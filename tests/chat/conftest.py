"""Alice and her friend are 15 to 17, bob and the others adults, charlie has proved no age; two rooms, one of each."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from chat.models import Membership, Room
from chat.safeguard import get_safeguard
from chat.services.posting import Post, Posted, post_messages
from community.errors import Refused
from community.models import AgeFact, Member
from community.names import pseudonym_key
from community.policies import AgeBand
from community.roles import MODERATOR, OFFICER_LEAD
from tests.chat.careful import Careful

FACTS = {
    AgeBand.NONE: {},
    AgeBand.TEEN_13_14: {13: True, 15: False},
    AgeBand.TEEN_15_17: {15: True, 18: False},
    AgeBand.ADULT: {18: True},
}


@pytest.fixture(autouse=True)
def safeguard(settings) -> Careful:
    settings.CHAT_SAFEGUARD = "tests.chat.careful.Careful"
    answer = get_safeguard()
    answer.__init__()
    return answer


@pytest.fixture
def make_member(db: None) -> Callable[..., Member]:
    def make(name: str, band: AgeBand = AgeBand.ADULT, *roles: str, days: int = 365) -> Member:
        member = Member.objects.create(
            email=f"{name}@example.org",
            pseudonym=name.capitalize(),
            pseudonym_key=pseudonym_key(name),
            language="en",
            is_staff=bool(roles),
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
                expires_on=today + dt.timedelta(days=days),
            )
        return member

    return make


@pytest.fixture
def alice(make_member) -> Member:
    return make_member("alice", AgeBand.TEEN_15_17)


@pytest.fixture
def amina(make_member) -> Member:
    """Alice's friend, 15 to 17 too."""
    return make_member("amina", AgeBand.TEEN_15_17)


@pytest.fixture
def bob(make_member) -> Member:
    return make_member("bob")


@pytest.fixture
def bea(make_member) -> Member:
    """Another adult."""
    return make_member("bea")


@pytest.fixture
def charlie(make_member) -> Member:
    return make_member("charlie", AgeBand.NONE)


@pytest.fixture
def mo(make_member) -> Member:
    return make_member("mo", AgeBand.ADULT, MODERATOR)


@pytest.fixture
def sam(make_member) -> Member:
    return make_member("sam", AgeBand.ADULT, OFFICER_LEAD)


@pytest.fixture
def make_room(db: None) -> Callable[..., Room]:
    def make(name: str, *members: Member, minors: bool = False, **fields: object) -> Room:
        fields.setdefault("delivery", "check_first" if minors else "check_after")
        room = Room.objects.create(
            name=name,
            name_key=pseudonym_key(name),
            language="en",
            at_least=15 if minors else 18,
            under=18 if minors else None,
            **fields,
        )
        for member in members:
            Membership.objects.create(room=room, member=member)
        return room

    return make


@pytest.fixture
def pub(make_room, bob: Member, bea: Member) -> Room:
    """An adults' room: others see a message at once, it is checked just after."""
    return make_room("The pub", bob, bea)


@pytest.fixture
def club(make_room, alice: Member, amina: Member) -> Room:
    """A minors' room: others see a message when its check has passed."""
    return make_room("The club", alice, amina, minors=True)


@pytest.fixture
def say(db: None) -> Callable[..., Posted]:
    """Post one message and expect it stored."""
    numbers = itertools.count()

    def say(actor: Member, room: Room, body: str, **fields) -> Posted:
        fields.setdefault("client_id", f"say-{next(numbers)}")
        (answer,) = post_messages([Post(actor=actor, room=room, body=body, **fields)])
        assert isinstance(answer, Posted), answer
        return answer

    return say


@pytest.fixture
def refused(db: None) -> Callable[..., str]:
    """Post one message and expect a refusal; returns its code."""
    numbers = itertools.count()

    def refused(actor: Member, room: Room, body: str, **fields) -> str:
        fields.setdefault("client_id", f"no-{next(numbers)}")
        (answer,) = post_messages([Post(actor=actor, room=room, body=body, **fields)])
        assert isinstance(answer, Refused), answer
        return answer.code

    return refused
