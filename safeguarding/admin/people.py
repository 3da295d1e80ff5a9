"""Finding somebody by the name an officer typed."""

from __future__ import annotations

from community.models import Member
from community.names import pseudonym_key
from safeguarding.errors import NoSuchMember


def member_named(pseudonym: str) -> Member:
    """The open account that carries this pseudonym, or one that looks like it. Raises NoSuchMember."""
    key = pseudonym_key(pseudonym[:60])
    member: Member | None = Member.objects.open().filter(pseudonym_key=key).first() if key else None
    if member is None:
        raise NoSuchMember
    return member
