"""People whom somebody who works a case names by hand: whom neither a report nor the machine had seen."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from community.errors import NotAllowed, ReasonRequired
from community.models import Member
from safeguarding.errors import NotAParty
from safeguarding.models import Case, CaseParty

from .cases import add_parties
from .casework import locked_claimed, people_known_to
from .evidence import freeze_relationship, messages_of

# Parties are never taken away, so a mistake here must accuse nobody: who acted is named by a report or by the machine.
ROLES = (CaseParty.Role.TO_PROTECT, CaseParty.Role.WITNESS)


def nameable(*, actor: Member, case: Case) -> QuerySet[Member]:
    """Who wrote what is frozen in the case. Nobody of the team, nor whom `actor` knows: it would be taken from them."""
    wrote: QuerySet[Member] = Member.objects.filter(pk__in=messages_of(case).order_by().values("author"))
    return wrote.filter(is_staff=False).exclude(people_known_to(actor)).order_by("pseudonym")


@transaction.atomic
def name_party(*, actor: Member, case: Case, member: Member, role: str, reason: str) -> None:
    """Name somebody who spoke there as to be protected or a witness, against a reason (audited), and freeze what
    that calls for; who is it already stays as met.

    For whoever holds the case. Raises NotClaimed, CaseMoved, ReasonRequired; NotAParty for somebody who did not speak
    there; NotAllowed for another role.
    """
    case = locked_claimed(actor=actor, case=case)
    if not reason.strip():
        raise ReasonRequired
    if role not in ROLES:
        raise NotAllowed
    if not nameable(actor=actor, case=case).filter(pk=member.pk).exists():
        raise NotAParty
    if add_parties(actor=actor, case=case, parties=[(member, CaseParty.Role(role))], reason=reason.strip()):
        freeze_relationship(actor=actor, case=case)
