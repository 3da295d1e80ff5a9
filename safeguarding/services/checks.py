"""The full check of every message: rooms are leased, assessed outside any write transaction, and settled in one.

The pending row is the work. Whatever dies, in whatever place, the row stays pending and the next drain finds it.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic, sleep
from typing import Any, cast

from django.db import OperationalError, connection, transaction
from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from chat.models import Message, MessageRevision, Room
from chat.safeguard import Verdict
from chat.services.messages import CheckOutcome, hold_message, settle_checks
from community.models import Member
from community.queue import nudge_once
from community.statements import composed
from safeguarding.detection import engine, rooms
from safeguarding.detection.staging import is_watched
from safeguarding.detection.types import Band, Finding, Person, RoomInfo, Utterance
from safeguarding.models import Case, SafetyCard
from safeguarding.rules import Rulebook, refreshed_rules

from .alerts import COMPONENT, act_on_alert, flag_expression, keep_in_view
from .cards import show_card
from .checked import Checked, keep_checks
from .evidence import freeze_for_live_cases, freeze_relationship
from .leases import claim_room, release_room, renew_lease
from .ledgers import LedgersMoved, Notebook
from .people import bands_of
from .quotas import watch_refusals

logger = logging.getLogger(__name__)

DRAIN = "safeguarding.tasks.drain"
BATCH = 50
RETRIES = 5
DRAIN_SECONDS = 20.0
GATHER = 0.03  # seconds between two looks of a worker: in a rush what comes meanwhile is checked together, for a third

_SEEN_OR_TO_COME = frozenset({Message.Visibility.PENDING, Message.Visibility.VISIBLE})
_RANK = {Verdict.ALLOW: 0, Verdict.HOLD: 1, Verdict.REFUSE: 2}
# A literal, not a parameter: SQLite uses the partial index message_unchecked only where it sees the word itself.
_PENDING = RawSQL("'pending'", ())
# By hand: asked twice a drain, and composing it costs more than asking it.
_WAITING = """
    SELECT room_id FROM chat_message
    WHERE check_state = 'pending'
      AND room_id NOT IN (SELECT room_id FROM safeguarding_roomlease WHERE expires_at > %s)
    GROUP BY room_id ORDER BY MIN(id)
"""


class BatchMoved(Exception):
    """A message was edited while it was being assessed: assess again."""


class LeaseLost(Exception):
    """The room is somebody else's by now: nothing of this batch may be written."""


def kick_drain() -> None:
    """Ask for a drain once the caller's transaction commits; one request covers all that commits before it begins."""
    nudge_once(DRAIN, seconds=5)


def drain_rooms(*, seconds: float = DRAIN_SECONDS, gather: float = 0.0) -> int:
    """Check everything that waits, room by room; return how many messages were settled.

    Ends when nothing is left that nobody else is working on, or after `seconds`, having asked for another drain.
    Between two looks it waits `gather` seconds, unless a whole batch waited.
    """
    settled = 0
    end = monotonic() + seconds
    while waiting := _rooms_waiting():
        progress = 0
        for room_pk in waiting:
            token = claim_room(room_pk)
            if token is None:
                continue
            try:
                progress += _drain_room(room_pk, token)
            except OperationalError:
                # A deadlock broken by the database, or a lock not had in time: the rows wait for the sweep.
                logger.warning("room %s could not be settled now", room_pk, exc_info=True)
            finally:
                release_room(room_pk, token)
            if monotonic() > end:
                kick_drain()
                return settled + progress
        settled += progress
        if not progress:
            break
        if progress < BATCH:
            sleep(gather)
    return settled


def _rooms_waiting() -> list[int]:
    """Rooms with unchecked messages that nobody has leased, the one that has waited longest first.

    Asked again after every release: a message stored while its room was leased is found here.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [connection.ops.adapt_datetimefield_value(timezone.now())])
        return [room for (room,) in cursor.fetchall()]


def _drain_room(room_pk: int, token: str) -> int:
    """Check the room's first BATCH pending messages, in order, under the lease; return how many were settled."""
    for _attempt in range(RETRIES):
        pending = _pending_revisions(room_pk)
        if not pending:
            return 0
        (room,) = _room(room_pk)
        notebook = Notebook()
        members, people = _people_of(room, pending, notebook)
        checked = _assess_all(room, pending, people, notebook)
        try:
            with transaction.atomic():
                _settle(room, token, checked, members, notebook)
        except (LedgersMoved, BatchMoved):
            continue
        except LeaseLost:
            return 0
        return len(checked)
    return 0


@composed
def _room(pk: int) -> QuerySet[Room]:
    return Room.objects.filter(pk=pk)


@composed
def _pending_revisions(room: int) -> QuerySet[MessageRevision]:
    """The heads of the pending messages with their messages, read in one statement, in the order they were written."""
    return (
        MessageRevision.objects.filter(
            message__room=room, message__check_state=_PENDING, number=F("message__head_revision")
        )
        .select_related("message__author", "message__reply_to__author")
        .order_by("message_id")[:BATCH]
    )


def room_info(room: Room) -> RoomInfo:
    """The room as the engine knows it; its band is the youngest it admits."""
    band: Band = "adult" if not room.admits_minors else "teen_13_14" if room.at_least < 15 else "teen_15_17"
    return RoomInfo(room.public_id, "room", room.name, room.topic, band, room.language)


def _people_of(
    room: Room, pending: Sequence[MessageRevision], notebook: Notebook
) -> tuple[dict[str, Member], dict[str, Person]]:
    """Everybody the batch may concern: authors, those replied to or mentioned, recent speakers of the room."""
    key = engine.room_key(room_info(room))
    notebook.read([key])
    keys = {row[0] for row in rooms.opened(notebook.known.get(key))[0]["sp"]}
    for revision in pending:
        keys.add(revision.message.author.public_id)
        keys.update(addressed(revision.message))
    return load_people(keys)


@composed
def _members(public_ids: list[str]) -> QuerySet[Member]:
    found: QuerySet[Member] = Member.objects.filter(public_id__in=public_ids)
    return found


def load_people(keys: Iterable[str]) -> tuple[dict[str, Member], dict[str, Person]]:
    """Members by public id, and what the engine may know of them: band, age of account, pseudonym. Two queries."""
    members = {member.public_id: member for member in _members(set(keys))}
    # Not from their rights: an account closed a moment ago has none, and was an adult's all the same.
    bands = bands_of(member.pk for member in members.values())
    now = timezone.now()
    people = {
        key: Person(key, cast(Band, bands[member.pk].value), max(0, (now - member.joined_at).days), member.pseudonym)
        for key, member in members.items()
    }
    return members, people


def addressed(message: Message) -> tuple[str, ...]:
    """Whom a message is explicitly for (public ids): whom it answers, whom it mentions; never its author."""
    replied = (message.reply_to.author.public_id,) if message.reply_to else ()
    return tuple(key for key in dict.fromkeys([*replied, *message.mentions]) if key != message.author.public_id)


def _assess_all(
    room: Room, pending: Sequence[MessageRevision], people: Mapping[str, Person], notebook: Notebook
) -> list[Checked]:
    """Assess in order, each on what the one before left behind. One that cannot be assessed is held; others go on."""
    try:
        book = refreshed_rules()
    except Exception:
        logger.critical("the rules do not load: every message is held", exc_info=True)
        return [_failed(revision) for revision in pending]
    info = room_info(room)
    return [_assess_one(revision, info, people, notebook, book) for revision in pending]


def _assess_one(
    revision: MessageRevision, info: RoomInfo, people: Mapping[str, Person], notebook: Notebook, book: Rulebook
) -> Checked:
    message = revision.message
    utterance = Utterance(
        ref=message.public_id,
        author=message.author.public_id,
        at=revision.created_at,
        text=revision.body,
        to=addressed(message),
        lang=info.lang,
    )
    room_ledger = notebook.known.get(engine.room_key(info), {})
    try:
        notebook.read(engine.needs(utterance, room=info, room_ledger=room_ledger, people=people))
        ruleset = book.acting_for(utterance.author)
        assessment = engine.assess(utterance, room=info, people=people, ledgers=notebook.known, ruleset=ruleset)
        shadows = _shadows(utterance, info, room_ledger, book)
    except OperationalError:
        raise
    except Exception:
        logger.critical("the detector failed on message %s, which is held", message.public_id, exc_info=True)
        return _failed(revision)
    notebook.write(assessment.ledgers)
    found = Verdict(assessment.verdict.value)
    if found is Verdict.REFUSE and book.holds_instead(assessment.findings, ruleset):
        found = Verdict.HOLD
    # What the screen refused or held stays so: the full check only ever adds.
    verdict = max(found, Verdict(revision.verdict), key=_RANK.__getitem__)
    if any("hold" in alert.measures for alert in assessment.alerts):
        verdict = max(verdict, Verdict.HOLD, key=_RANK.__getitem__)
    return Checked(revision, CheckOutcome(message.pk, revision.number, verdict), assessment, shadows)


def _shadows(
    utterance: Utterance, info: RoomInfo, room_ledger: Mapping[str, Any], book: Rulebook
) -> tuple[Finding, ...]:
    """What rules in SHADOW would have met. Nothing but the record of it comes of this, not even of its failing."""
    if book.shadow is None:
        return ()
    try:
        found = engine.look(utterance, room=info, room_ledger=room_ledger, ruleset=book.shadow)
    except Exception:
        logger.exception("rules in shadow failed on message %s", utterance.ref)
        return ()
    return tuple(finding for finding in found if finding.version in book.shadowed)


def _failed(revision: MessageRevision) -> Checked:
    outcome = CheckOutcome(revision.message_id, revision.number, Verdict.HOLD, failed=True)
    return Checked(revision, outcome, None)


def _settle(
    room: Room, token: str, checked: Sequence[Checked], members: Mapping[str, Member], notebook: Notebook
) -> None:
    """Write all that a batch came to, or nothing. Locks in the order of this floor: lease, ledgers, cases, room."""
    if not renew_lease(room.pk, token):
        raise LeaseLost
    notebook.lock()
    notebook.save()
    to_freeze: dict[int, tuple[Case, dict[int, Message]]] = {}  # once a case, whatever was said of it in this batch
    outcomes = []
    to_hold: dict[int, Message] = {}  # what others said, which a message of this batch brought to light
    for one in checked:
        outcome, cases, others = _answer(one, room, members)
        outcomes.append(outcome)
        to_hold.update((message.pk, message) for message in others)
        for case, anchors in cases:
            to_freeze.setdefault(case.pk, (case, {}))[1].update((anchor.pk, anchor) for anchor in anchors)
    outcomes = [_at_least_held(outcome) if outcome.message_pk in to_hold else outcome for outcome in outcomes]
    checked = [dataclasses.replace(one, outcome=outcome) for one, outcome in zip(checked, outcomes, strict=True)]
    keep_checks(checked)
    refused = [one for one in checked if one.outcome.verdict is Verdict.REFUSE]
    if refused:
        met = {found.rule for one in refused if one.assessment for found in one.assessment.findings if found.alerting}
        watch_refusals(rules=met)
    settled = settle_checks(room=room, outcomes=outcomes)
    if len(settled) != len(checked):
        raise BatchMoved
    for pk in sorted(to_hold.keys() - set(settled)):
        hold_message(actor=None, component=COMPONENT, message=to_hold[pk])
    # Frozen as settled, in the same transaction: nobody can have changed anything in between.
    for case, gathered in to_freeze.values():
        freeze_relationship(actor=None, case=case, anchors=gathered.values(), component=COMPONENT)
    for one in checked:
        if one.message.head_revision > 1:
            freeze_for_live_cases(one.message)


def _at_least_held(outcome: CheckOutcome) -> CheckOutcome:
    return dataclasses.replace(outcome, verdict=max(outcome.verdict, Verdict.HOLD, key=_RANK.__getitem__))


def _answer(
    one: Checked, room: Room, members: Mapping[str, Member]
) -> tuple[CheckOutcome, list[tuple[Case, list[Message]]], list[Message]]:
    """Act on what was found in one message. Return its outcome, the cases it belongs to with the messages to freeze
    around, and messages of others to hold. Held is, where a measure that should protect could not be taken today, what
    was said by whoever the alert is about."""
    outcome, cases, others = one.outcome, [], []
    own: Case | None = None  # the last one in which the author is a subject
    author = one.message.author.public_id
    made = one.assessment
    findings, ruleset = (made.findings, made.ruleset) if made else ((), "")
    for alert in made.alerts if made else ():
        case, anchors, to_hold = act_on_alert(
            alert=alert, ruleset=ruleset, message=one.message, room=room, members=members
        )
        cases.append((case, anchors))
        own = case if author == alert.subject or author in alert.others else own
        if to_hold == one.message:
            outcome = _at_least_held(outcome)
        elif to_hold is not None and to_hold.visibility in _SEEN_OR_TO_COME:
            keep_in_view(message=to_hold, findings=(), held=True, case=case)
            others.append(to_hold)
    for key in made.meeting if made else ():
        if key in members:
            show_card(member=members[key], kind=SafetyCard.Kind.MEETING, case=None)
    last = cases[-1][0] if cases else None
    if outcome.verdict is not Verdict.ALLOW:
        held = outcome.verdict is Verdict.HOLD
        kept = keep_in_view(message=one.message, findings=findings, held=held, case=last, ruleset=ruleset)
        if kept:
            cases.append((kept, [one.message]))
    elif any(is_watched(finding.rule) for finding in findings):
        flagged = flag_expression(message=one.message, findings=findings, case=own, ruleset=ruleset)
        cases.append((flagged, [one.message]))
    return outcome, cases, others
