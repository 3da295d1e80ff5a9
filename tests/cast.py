"""The cast of every test: alice (15–17), bob (adult), charlie (no age), mo (moderator), sam (safeguarding officer)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.utils import timezone

from chat.models import Membership, Room
from community import terms
from community.models import AgeFact, Member
from community.names import pseudonym_key
from community.policies import AgeBand
from community.services.access import bump_access

PASSWORD = "a long enough passphrase"
FACTS: Mapping[AgeBand, Mapping[int, bool]] = {
    AgeBand.NONE: {},
    AgeBand.TEEN_13_14: {13: True, 15: False},
    AgeBand.TEEN_15_17: {15: True, 18: False},
    AgeBand.ADULT: {18: True},
}


def open_member(
    name: str, band: AgeBand = AgeBand.NONE, *roles: str, language: str = "en", days: int = 365, password: bool = False
) -> Member:
    """A confirmed account with the facts of a band, current for `days`, and roles; a password takes time to hash."""
    member = Member.objects.create(
        email=f"{name}@example.org",
        pseudonym=name.capitalize(),
        pseudonym_key=pseudonym_key(name),
        language=language,
        is_staff=bool(roles),
        terms_version=terms.current().version,
    )
    if password:
        member.set_password(PASSWORD)
        member.save()
    EmailAddress.objects.create(user=member, email=member.email or "", verified=True, primary=True)
    member.groups.set(Group.objects.filter(name__in=roles))
    give_facts(member, FACTS[band], days=days)
    return member


def give_facts(member: Member, facts: Mapping[int, bool], *, days: int = 365) -> None:
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


def open_room(name: str, *members: Member, minors: bool = False, **fields: object) -> Room:
    """A room for adults (`check_after`) or for minors (`check_first`), with these members in it."""
    room = Room.objects.create(
        name=name,
        name_key=pseudonym_key(name),
        at_least=15 if minors else 18,
        under=18 if minors else None,
        delivery=Room.Delivery.CHECK_FIRST if minors else Room.Delivery.CHECK_AFTER,
        **fields,
    )
    for member in members:
        Membership.objects.create(room=room, member=member)
    bump_access(*members)
    return room
