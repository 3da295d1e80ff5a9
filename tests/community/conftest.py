"""The cast of the ground floor: alice (15-17), bob (adult), charlie (no age yet), mo, sam and two age officers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.utils import timezone

from community import terms
from community.models import AgeFact, AgeOfficer, Association, Member
from community.names import pseudonym_key
from community.policies import AgeBand
from community.roles import AGE_OFFICER, MODERATOR, OFFICER_DEPUTY, OFFICER_LEAD
from community.services.access import bump_access

PASSWORD = "a long enough passphrase"
FACTS = {
    AgeBand.NONE: {},
    AgeBand.TEEN_13_14: {13: True, 15: False},
    AgeBand.TEEN_15_17: {15: True, 18: False},
    AgeBand.ADULT: {18: True},
}


@pytest.fixture(autouse=True)
def ports(settings: pytest.FixtureRequest) -> None:
    """The floors above are somebody else's tests: here their ports are answered from tests/community/answers.py."""
    settings.COMMUNITY_NAME_SCREEN = "tests.community.answers.Screen"
    settings.COMMUNITY_AGE_WATCH = "tests.community.answers.Watch"
    settings.COMMUNITY_PERSONAL_DATA = ["tests.community.answers.Upstairs"]
    settings.ROOT_URLCONF = "tests.community.urls"


def new_member(name: str, band: AgeBand = AgeBand.NONE, *roles: str) -> Member:
    """A member whose address is confirmed, with the facts of a band and in some roles."""
    member = Member.objects.create(
        email=f"{name}@example.org",
        pseudonym=name.capitalize(),
        pseudonym_key=pseudonym_key(name),
        language="en",
        is_staff=bool(roles),
        terms_version=terms.current().version,
    )
    member.set_password(PASSWORD)
    member.save()
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    member.groups.set(Group.objects.filter(name__in=roles))
    give_facts(member, FACTS[band])
    return member


@pytest.fixture
def make_member(db: None) -> Callable[..., Member]:
    return new_member


def give_facts(member: Member, facts: dict[int, bool], *, days: int = 365) -> None:
    """Facts as a check would have left them, current for `days`."""
    today = timezone.localdate()
    for threshold, is_over in facts.items():
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
    bump_access(member)
    member.refresh_from_db()


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
def club(db: None) -> Association:
    return Association.objects.create(name="The judo club")


@pytest.fixture
def olive(make_member: Callable[..., Member], club: Association) -> Member:
    """An age officer of the club."""
    member = make_member("olive", AgeBand.NONE, AGE_OFFICER)
    AgeOfficer.objects.create(association=club, member=member)
    return member


@pytest.fixture
def oscar(make_member: Callable[..., Member], club: Association) -> Member:
    """A second age officer of the club."""
    member = make_member("oscar", AgeBand.NONE, AGE_OFFICER)
    AgeOfficer.objects.create(association=club, member=member)
    return member
