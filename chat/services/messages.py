"""The life of a message after it was posted: checked, edited, deleted, held, released, removed, restored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation

from chat import broadcast
from chat.errors import MessageSettled, MessageUnknown, NotCheckedYet
from chat.models import Message, MessageRevision, ReadMarker, Room, RoomEvent
from chat.policies import may_write
from chat.safeguard import Draft, Verdict, get_safeguard
from community import audit
from community.errors import NotAllowed
from community.models import Member
from community.roles import is_moderator, is_officer
from community.services.access import access_of
from community.statements import composed, composed_update

from .posting import Posted, clean_body, recent_texts
from .sequence import allocate_seqs

Kind = RoomEvent.Kind
CheckState = Message.CheckState
Visibility = Message.Visibility


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What a finished check says of one revision. `failed`: the detector raised, and the message is held."""

    message_pk: int
    revision: int
    verdict: Verdict
    failed: bool = False


def settle_checks(*, room: Room, outcomes: Sequence[CheckOutcome]) -> list[int]:
    """Bring finished checks of one room into force, in the caller's transaction; return the messages settled.

    A message whose head is no longer the revision assessed, or that is no longer pending, is left alone: nothing but
    a finished check of its head revision changes what it waits for. What the screen held or refused before it was
    stored is never shown by a check; a person releases it.
    """
    by_pk = {outcome.message_pk: outcome for outcome in outcomes}
    messages = [
        message for message in _pending(by_pk.keys(), room.pk) if message.head_revision == by_pk[message.pk].revision
    ]
    shown: list[tuple[Message, str]] = []
    withdrawn: list[Message] = []
    for message in messages:
        outcome = by_pk[message.pk]
        message.check_state = CheckState.FAILED if outcome.failed else CheckState.DONE
        if outcome.verdict is Verdict.ALLOW:
            if message.visibility == Visibility.PENDING:
                message.visibility, message.shown_revision = Visibility.VISIBLE, message.head_revision
                shown.append((message, Kind.POSTED))
            elif message.visibility == Visibility.VISIBLE and message.shown_revision != message.head_revision:
                message.shown_revision = message.head_revision
                shown.append((message, Kind.EDITED))
        elif message.visibility in {Visibility.PENDING, Visibility.VISIBLE}:
            if message.visibility == Visibility.VISIBLE:
                withdrawn.append(message)
            held = outcome.verdict is Verdict.HOLD
            message.visibility = Visibility.HELD if held else Visibility.REFUSED
            message.shown_revision = None
            broadcast.tell_author(message)
    _store_states(messages)
    _announce(room, shown + [(message, Kind.REMOVED) for message in withdrawn])
    return [message.pk for message in messages]


def _store_states(messages: Iterable[Message]) -> None:
    """Write what a check changed: a statement for all that came to the same, which is nearly all (a bulk_update spells
    out a CASE for every row and field, and cost a third of a check)."""
    alike: dict[tuple[str, str, int | None], list[int]] = defaultdict(list)
    for message in messages:
        alike[message.check_state, message.visibility, message.shown_revision].append(message.pk)
    for (check_state, visibility, shown_revision), pks in alike.items():
        _store_state(pks, str(check_state), str(visibility), shown_revision)


@composed_update
def _store_state(
    messages: list[int], check_state: str, visibility: str, shown_revision: int | None
) -> tuple[QuerySet[Message], dict[str, Any]]:
    values = {"check_state": check_state, "visibility": visibility, "shown_revision": shown_revision}
    return Message.objects.filter(pk__in=messages), values


@composed
def _pending(messages: list[int], room: int) -> QuerySet[Message]:
    return (
        Message.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=messages, room=room, check_state=CheckState.PENDING)
        .select_related("author")
        .order_by("pk")
    )


def edit_message(*, actor: Member, message: Message, body: str) -> Posted:
    """Write a new version. It is screened and checked like a new message; every version is kept.

    In a `check_after` room an allowed version is seen at once; elsewhere others keep seeing the old one until it has
    passed. A version that is held or refused withdraws the message. Raises MessageUnknown to all but the author,
    MessageSettled for what was held, refused or removed, and what `may_write` refuses.
    """
    body = clean_body(body)
    with transaction.atomic():
        message = _own(actor, message)
        if refusal := may_write(access_of(actor), message.room, timezone.now()):
            raise refusal
        if message.visibility not in {Visibility.PENDING, Visibility.VISIBLE}:
            raise MessageSettled
        get_safeguard().message_leaving(message)
        pair = (actor.pk, message.room_id)
        said = recent_texts({pair}, now=timezone.now(), besides=message)[pair]
        with translation.override(actor.language):
            screening = get_safeguard().screen(Draft(actor, message.room, body, tuple(said)))
        was_visible = message.visibility == Visibility.VISIBLE
        message.head_revision += 1
        MessageRevision.objects.create(
            message=message,
            number=message.head_revision,
            body=body,
            findings=list(screening.findings),
            verdict=screening.verdict.value,
        )
        message.check_state = CheckState.PENDING
        seq = None
        if screening.verdict is Verdict.ALLOW:
            if was_visible and message.room.delivery == Room.Delivery.CHECK_AFTER:
                message.shown_revision = message.head_revision
                seq = _announce(message.room, [(message, Kind.EDITED)])[0]
        else:
            held = screening.verdict is Verdict.HOLD
            message.visibility = Visibility.HELD if held else Visibility.REFUSED
            message.shown_revision = None
            if was_visible:
                seq = _announce(message.room, [(message, Kind.REMOVED)])[0]
        message.save(update_fields=["head_revision", "check_state", "visibility", "shown_revision"])
        get_safeguard().messages_stored([message])
    return Posted(message, seq, screening.told)


@transaction.atomic
def delete_message(*, actor: Member, message: Message) -> None:
    """Withdraw one's own message from everybody's sight. What was written stays for whoever must judge it.

    It still gets its check. Deleting twice is deleting once. Raises MessageUnknown to all but the author,
    MessageSettled for what was held, refused or removed by others.
    """
    message = _own(actor, message)
    if message.visibility == Visibility.REMOVED and message.removed_by_author:
        return
    if message.visibility not in {Visibility.PENDING, Visibility.VISIBLE}:
        raise MessageSettled
    get_safeguard().message_leaving(message)
    message.removed_by_author = True
    _withdraw(message, Visibility.REMOVED)


@transaction.atomic
def hold_message(*, actor: Member | None, message: Message, component: str = "") -> None:
    """Hide a message until a person has read it. Staff, or the machine. What is hidden already stays as it is."""
    message = _for_staff(actor, message, component)
    if message.visibility in {Visibility.PENDING, Visibility.VISIBLE}:
        _withdraw(message, Visibility.HELD)
        broadcast.tell_author(message)
        audit.record(actor=actor, component=component, action="message.held", subject=message)


@transaction.atomic
def release_message(*, actor: Member, message: Message) -> None:
    """Show a held message: a person has read it. It takes the room's next number.

    Raises MessageSettled where it is not held, NotCheckedYet while its check is on its way: it would hold it again.
    """
    message = _for_staff(actor, message)
    if message.visibility != Visibility.HELD:
        raise MessageSettled
    if message.check_state == CheckState.PENDING:
        raise NotCheckedYet
    _show(message, message.head_revision)
    audit.record(actor=actor, action="message.released", subject=message, data={"revision": message.head_revision})


@transaction.atomic
def remove_message(*, actor: Member | None, message: Message, component: str = "") -> None:
    """Take a message from everybody's sight but the record's. Removing twice is removing once; what was refused was
    never seen and stays what it is."""
    message = _for_staff(actor, message, component)
    if message.visibility not in {Visibility.REMOVED, Visibility.REFUSED}:
        _withdraw(message, Visibility.REMOVED)
        audit.record(actor=actor, component=component, action="message.removed", subject=message)


@transaction.atomic
def restore_message(*, actor: Member, message: Message) -> None:
    """Bring back what was removed by a decision that was overturned; never what its author deleted.

    Others see again the version they saw last, not one that has not passed since; what nobody ever saw is held again.
    """
    message = _for_staff(actor, message)
    if message.visibility != Visibility.REMOVED or message.removed_by_author:
        raise MessageSettled
    last = message.events.exclude(kind=Kind.REMOVED).order_by("-seq").values_list("revision", flat=True).first()
    if last is None:
        _withdraw(message, Visibility.HELD)
    else:
        _show(message, last)
    audit.record(actor=actor, action="message.restored", subject=message)


def mark_read(*, actor: Member, room: Room, seq: int) -> None:
    """Remember how far the member has read; never backwards, never past what there is."""
    marker, _ = ReadMarker.objects.get_or_create(room=room, member=actor)
    ReadMarker.objects.filter(pk=marker.pk, seq__lt=seq, room__last_seq__gte=seq).update(seq=seq)


def _own(actor: Member, message: Message) -> Message:
    locked = _locked(message)
    if locked.author_id != actor.pk:
        raise MessageUnknown
    return locked


def _for_staff(actor: Member | None, message: Message, component: str = "") -> Message:
    if not (is_moderator(actor) or is_officer(actor) if actor else component):
        raise NotAllowed
    return _locked(message)


def _locked(message: Message) -> Message:
    # No key: an answer that is being stored refers to this row, and its room's lock may be what we wait for next.
    return (
        Message.objects.select_for_update(of=("self",), no_key=True).select_related("room", "author").get(pk=message.pk)
    )


def _show(message: Message, revision: int) -> None:
    message.visibility, message.shown_revision = Visibility.VISIBLE, revision
    message.save(update_fields=["visibility", "shown_revision"])
    _announce(message.room, [(message, Kind.POSTED)])


def _withdraw(message: Message, visibility: str) -> None:
    was_visible = message.visibility == Visibility.VISIBLE
    message.visibility, message.shown_revision = visibility, None
    message.save(update_fields=["visibility", "shown_revision", "removed_by_author"])
    if was_visible:
        _announce(message.room, [(message, Kind.REMOVED)])


def _announce(room: Room, changes: Sequence[tuple[Message, str]]) -> list[int]:
    """Write the events of what became visible or went, in order, and publish them after commit."""
    if not changes:
        return []
    numbers = allocate_seqs([room.pk] * len(changes))
    events = RoomEvent.objects.bulk_create(
        [
            RoomEvent(room=room, seq=seq, kind=kind, message=message, revision=message.shown_revision)
            for (message, kind), seq in zip(changes, numbers, strict=True)
        ]
    )
    broadcast.room_changed(events)
    return numbers
