"""What each action of a decision does, and how it is undone: one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chat.models import Message
from chat.services.messages import release_message, remove_message, restore_message
from community.models import Member, Restriction
from community.services.restrictions import lift_restriction, restrict_member

from .models import Decision


def _nothing(decision: Decision, actor: Member) -> str:
    return ""


def _remove(decision: Decision, actor: Member) -> str:
    assert decision.message is not None
    remove_message(actor=actor, message=decision.message)
    return ""


def _release(decision: Decision, actor: Member) -> str:
    assert decision.message is not None
    release_message(actor=actor, message=decision.message)
    return ""


def _restore(decision: Decision, actor: Member) -> None:
    assert decision.message is not None
    message = Message.objects.get(pk=decision.message.pk)
    if message.visibility == Message.Visibility.REMOVED and not message.removed_by_author:
        restore_message(actor=actor, message=message)


def _restrict(kind: Restriction.Kind) -> Callable[[Decision, Member], str]:
    def restrict(decision: Decision, actor: Member) -> str:
        assert decision.member is not None
        with translation.override(decision.member.language):
            reason = _("A decision of the moderators. Its reasons are in your account.")
        restriction: Restriction = restrict_member(
            actor=actor,
            member=decision.member,
            kind=kind,
            reason=reason,
            ends_at=decision.ends_at,
            room_ref=decision.room.public_id if kind == Restriction.Kind.ROOM_BAN and decision.room else "",
            counterpart=decision.counterpart if kind == Restriction.Kind.CONTACT_PAUSE else None,
        )
        return str(restriction.public_id)

    return restrict


def _lift(decision: Decision, actor: Member) -> None:
    """Lift what this decision imposed and nothing else: what another decision imposed stands."""
    restriction = Restriction.objects.in_force(timezone.now()).filter(public_id=decision.restriction_ref).first()
    if restriction is not None:
        lift_restriction(actor=actor, restriction=restriction, reason=f"appeal of {decision.public_id}")


def _stays(decision: Decision, actor: Member) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Measure:
    """`carry_out` returns the public id of the restriction it made, or "". `needs` are fields of the decision."""

    carry_out: Callable[[Decision, Member], str]
    undo: Callable[[Decision, Member], None]
    needs: frozenset[str] = frozenset()
    adverse: bool = True  # somebody is affected: reasons, a clause and an appeal are owed
    final: bool = False  # takes two people


_Action = Decision.Action

MEASURES: Mapping[str, Measure] = {
    _Action.NO_ACTION: Measure(_nothing, _stays, adverse=False),
    _Action.RELEASE_MESSAGE: Measure(_release, _stays, frozenset({"message"}), adverse=False),
    _Action.WARN: Measure(_nothing, _stays, frozenset({"member"})),
    _Action.REMOVE_MESSAGE: Measure(_remove, _restore, frozenset({"member", "message"})),
    _Action.PAUSE_CONTACT: Measure(
        _restrict(Restriction.Kind.CONTACT_PAUSE), _lift, frozenset({"member", "counterpart", "ends_at"})
    ),
    _Action.MUTE: Measure(_restrict(Restriction.Kind.MUTE), _lift, frozenset({"member", "ends_at"})),
    _Action.ROOM_BAN: Measure(_restrict(Restriction.Kind.ROOM_BAN), _lift, frozenset({"member", "room"})),
    _Action.SUSPEND: Measure(_restrict(Restriction.Kind.SUSPENSION), _lift, frozenset({"member", "ends_at"})),
    _Action.BAN: Measure(_restrict(Restriction.Kind.BAN), _lift, frozenset({"member"}), final=True),
}


def carry_out(decision: Decision, *, actor: Member) -> str:
    """Enforce the decision in the caller's transaction; return the public id of the restriction made, or ""."""
    return MEASURES[decision.action].carry_out(decision, actor)


def undo(decision: Decision, *, actor: Member) -> None:
    """Take back what the decision did, in the caller's transaction. A warning cannot be unread; its record says so."""
    MEASURES[decision.action].undo(decision, actor)
