"""Safety cards: private help on the screen of the person who may need it. They accuse nobody and name nobody."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from chat.broadcast import tell_member
from community.models import Member
from safeguarding.models import Case, SafetyCard


def show_card(*, member: Member, kind: SafetyCard.Kind, case: Case | None) -> SafetyCard | None:
    """Put a card on the member's screen, in the caller's transaction; None when one of this kind waits already.

    Open pages learn of it after commit; the row is what shows it.
    """
    if member.closed_at or SafetyCard.objects.filter(member=member, kind=kind, dismissed_at__isnull=True).exists():
        return None
    card = SafetyCard.objects.create(member=member, kind=kind, case=case)
    _announce(card)
    return card


@transaction.atomic
def dismiss_card(*, actor: Member, card_pk: int) -> bool:
    """The member puts their own card away; somebody else's is left alone. Return whether it was there."""
    return bool(
        SafetyCard.objects.filter(pk=card_pk, member=actor, dismissed_at__isnull=True).update(
            dismissed_at=timezone.now()
        )
    )


def take_back_unseen_cards(*, case: Case) -> int:
    """Somebody looks at the case: "nobody has looked yet" is true no more. In the caller's transaction, which holds
    the case's row, so that no card comes after; return how many there were."""
    waiting = SafetyCard.objects.filter(case=case, kind=SafetyCard.Kind.UNSEEN, dismissed_at__isnull=True)
    return waiting.update(dismissed_at=timezone.now())


def _announce(card: SafetyCard) -> None:
    tell_member(card.member, {"type": "notice", "code": f"card.{card.kind}"})
