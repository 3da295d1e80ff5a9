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


def waiting_cards(member: Member) -> list[SafetyCard]:
    """The cards to show on the member's next page, oldest first. One query, on a partial index."""
    return list(SafetyCard.objects.filter(member=member, dismissed_at__isnull=True).order_by("pk"))


def _announce(card: SafetyCard) -> None:
    tell_member(card.member, {"type": "notice", "code": f"card.{card.kind}"})
