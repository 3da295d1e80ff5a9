"""What may be read in rooms. Bodies come only from what is shown now: nothing held, removed or replaced revives."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from community.models import Member
from community.own_data import kept
from community.policies import meets
from community.services.access import Access

from .errors import MessageUnknown
from .models import Membership, Message, MessageRevision, ReadMarker, Room, RoomEvent, RoomProposal
from .policies import is_public_id

PAGE = 50
EXCERPT = 140


@dataclass(frozen=True, slots=True)
class Shaped:
    """An event as told, with whose it is, so that a block can keep it from a pair of eyes."""

    seq: int
    author_pk: int
    quoted_pk: int | None
    frame: dict[str, Any]


def shape_events(events: Sequence[RoomEvent], *, bodies: Mapping[int, str] | None = None) -> list[Shaped]:
    """Events as frames, in order: at most three queries, whatever their number.

    `bodies` ({message key: shown body}) are of messages that the caller has just written: nothing is read of them
    again, unless they answer another.
    """
    if not events:
        return []
    written = bodies or {}
    messages = {event.message_id: event.message for event in events if event.message_id in written}
    others = {event.message_id for event in events} - messages.keys()
    if others:
        rows = Message.objects.filter(pk__in=others).select_related("author", "room", "reply_to__author")
        rows = rows.annotate(by_youth_worker=Exists(_youth_worker_here()))
        messages |= rows.in_bulk()
    visible = [m for m in messages.values() if m.visibility == Message.Visibility.VISIBLE]
    shown = dict(bodies or {})
    shown |= shown_bodies([m for m in visible if m.pk not in shown])
    answered = [m.reply_to for m in visible if m.reply_to and m.reply_to.visibility == Message.Visibility.VISIBLE]
    quotes = shown_bodies([m for m in answered if m is not None])
    shaped = []
    for event in events:
        message = messages[event.message_id]
        kind = event.kind
        if kind != RoomEvent.Kind.REMOVED and message.visibility != Message.Visibility.VISIBLE:
            kind = RoomEvent.Kind.REMOVED  # it has gone since: what is told is what stands now
        frame: dict[str, Any] = {
            "type": "event",
            "room": message.room.public_id,
            "seq": event.seq,
            "kind": kind,
            "message": {"id": message.public_id}
            if kind == RoomEvent.Kind.REMOVED
            else shape_message(message, shown[message.pk], quotes),
        }
        quoted = message.reply_to.author_id if message.reply_to else None
        shaped.append(Shaped(event.seq, message.author_id, quoted, frame))
    return shaped


def shape_message(message: Message, body: str, quotes: Mapping[int, str]) -> dict[str, Any]:
    """A visible message as sockets and pages show it."""
    reply: dict[str, Any] | None = None
    if message.reply_to is not None:
        quote = quotes.get(message.reply_to_id or 0)
        reply = {"id": message.reply_to.public_id, "author": None, "body": None}
        if quote is not None:
            reply |= {"author": message.reply_to.author.pseudonym, "body": quote[:EXCERPT]}
    return {
        "id": message.public_id,
        "author": _author(message),
        "body": body,
        "reply_to": reply,
        "mentions": message.mentions,
        "created_at": message.created_at.isoformat(timespec="milliseconds"),
        "edited": message.shown_revision != 1,
    }


def _author(message: Message) -> dict[str, Any]:
    """Who wrote it; a youth worker is labelled, for they are the only adult in the room."""
    author = {"id": message.author.public_id, "name": message.author.pseudonym}
    return {**author, "role": "youth_worker"} if getattr(message, "by_youth_worker", False) else author


def _youth_worker_here() -> QuerySet[Membership]:
    return Membership.objects.filter(
        room=OuterRef("room"), member=OuterRef("author"), role=Membership.Role.YOUTH_WORKER
    )


def shown_bodies(messages: Collection[Message]) -> dict[int, str]:
    """{message key: body of the revision others see}, one query."""
    if not messages:
        return {}
    rows = MessageRevision.objects.filter(
        message__in=[message.pk for message in messages], number=F("message__shown_revision")
    )
    return dict(rows.values_list("message_id", "body"))


def without(shaped: Shaped, blocked: Collection[int]) -> dict[str, Any]:
    """The frame for somebody with these blocks: nothing of a blocked author, no quotation of one; the number stays."""
    if shaped.author_pk in blocked:
        return {"type": "event", "room": shaped.frame["room"], "seq": shaped.seq, "kind": "skip", "message": None}
    if shaped.quoted_pk in blocked and shaped.frame["message"].get("reply_to"):
        message = {
            **shaped.frame["message"],
            "reply_to": {**shaped.frame["message"]["reply_to"], "author": None, "body": None},
        }
        return {**shaped.frame, "message": message}
    return shaped.frame


def events_since(*, room: Room, access: Access, after: int, limit: int = 200) -> list[dict[str, Any]]:
    """Frames of the events past `after`, oldest first, at most `limit`; the caller has authorised the reader."""
    events = list(room.events.filter(seq__gt=after).order_by("seq")[:limit])
    return [without(one, access.blocked_pks) for one in shape_events(events)]


def room_history(*, room: Room, access: Access, before: int | None = None, limit: int = PAGE) -> list[dict[str, Any]]:
    """The last `limit` visible messages before a number, oldest first, each with its `seq`. Query count is constant."""
    latest = RoomEvent.objects.filter(message=OuterRef("message"), kind=RoomEvent.Kind.POSTED).order_by("-seq")
    events = room.events.filter(
        kind=RoomEvent.Kind.POSTED,
        message__visibility=Message.Visibility.VISIBLE,
        seq=Subquery(latest.values("seq")[:1]),
    ).exclude(message__author__in=access.blocked_pks)
    if before is not None:
        events = events.filter(seq__lt=before)
    page = list(events.order_by("-seq")[:limit])[::-1]
    return [
        {**without(one, access.blocked_pks)["message"], "seq": one.seq}
        for one in shape_events(page)
        if one.frame["kind"] != RoomEvent.Kind.REMOVED
    ]


def own_waiting(*, member: Member, room: Room, limit: int = 20) -> list[dict[str, Any]]:
    """The member's own messages that others do not see: pending, held, refused. Only ever shown to their author."""
    hidden = [Message.Visibility.PENDING, Message.Visibility.HELD, Message.Visibility.REFUSED]
    rows = (
        MessageRevision.objects.filter(
            message__room=room,
            message__author=member,
            message__visibility__in=hidden,
            number=F("message__head_revision"),
        )
        .select_related("message")
        .order_by("-message_id")[:limit]
    )
    return [
        {
            "id": row.message.public_id,
            "client_id": row.message.client_id,
            "body": row.body,
            "state": row.message.visibility,
            "created_at": row.message.created_at.isoformat(timespec="milliseconds"),
        }
        for row in rows
    ][::-1]


def rooms_for(*, member: Member, access: Access) -> QuerySet[Room]:
    """Rooms whose age the member has proved, with `joined`, `unread` and `people`; one query. Nobody sees others’."""
    marker = ReadMarker.objects.filter(room=OuterRef("pk"), member=member).values("seq")[:1]
    mine = Membership.objects.current().filter(room=OuterRef("pk"), member=member)
    fitting = [
        pair
        for pair in Room.objects.open().order_by().values_list("at_least", "under").distinct()
        if meets(access.facts, Room(at_least=pair[0], under=pair[1]).ask)
    ]
    ages = Q(pk__in=[])
    for at_least, under in fitting:
        ages |= Q(at_least=at_least, under=under) if under else Q(at_least=at_least, under__isnull=True)
    return (
        Room.objects.open()
        .filter(ages | Q(public_id__in=access.youth_rooms))
        .exclude(public_id__in=access.room_bans)
        .annotate(
            joined=Exists(mine),
            unread=F("last_seq") - Coalesce(Subquery(marker), 0),
            people=Count("memberships", filter=Q(memberships__left_at__isnull=True)),
        )
        .order_by("-joined", "name")
    )


def people_in(*, room: Room, access: Access) -> QuerySet[Membership]:
    """Who is in the room now, without those a block hides; one query."""
    return (
        Membership.objects.current()
        .filter(room=room, member__closed_at__isnull=True)
        .exclude(member__in=access.blocked_pks)
        .select_related("member")
        .order_by("role", "member__pseudonym")
    )


def answerable(*, room: Room, access: Access, public_id: str) -> dict[str, Any] | None:
    """A message that the reader may answer, as a quotation: id, author's name, beginning of the body; else None."""
    if not is_public_id(public_id):
        return None
    message = (
        Message.objects.filter(public_id=public_id, room=room, visibility=Message.Visibility.VISIBLE)
        .exclude(author__in=access.blocked_pks)
        .select_related("author")
        .first()
    )
    if message is None:
        return None
    body = shown_bodies([message])[message.pk]
    return {"id": message.public_id, "author": message.author.pseudonym, "body": body[:EXCERPT]}


def own_message(*, member: Member, public_id: str) -> tuple[Message, str]:
    """The member's own message with what they last wrote in it. Raises MessageUnknown for anybody else's."""
    revision = (
        MessageRevision.objects.filter(
            message__public_id=public_id, message__author=member, number=F("message__head_revision")
        )
        .select_related("message__room")
        .first()
    )
    if revision is None or revision.message.visibility == Message.Visibility.REMOVED:
        raise MessageUnknown
    return revision.message, revision.body


def read_seq(*, room: Room, member: Member) -> int:
    """How far the member has read in the room; 0 at first."""
    return ReadMarker.objects.filter(room=room, member=member).values_list("seq", flat=True).first() or 0


def room_of_member(*, member: Member, public_id: str) -> Room | None:
    """The room, if the member is in it now; also when they may not enter it any more."""
    return Room.objects.filter(
        public_id=public_id, memberships__member=member, memberships__left_at__isnull=True
    ).first()


def proposals_of(member: Member) -> QuerySet[RoomProposal]:
    """What the member proposed, newest first; never what the screen saw in it."""
    return RoomProposal.objects.filter(proposer=member).select_related("room").defer("findings").order_by("-pk")[:20]


def personal_data(member: Member) -> dict[str, Any]:
    """The member's own words in every version, their rooms and proposals, as plain JSON. Findings are not theirs."""
    revisions = (
        MessageRevision.objects.filter(message__author=member)
        .select_related("message__room")
        .order_by("message_id", "number")
    )
    return {
        "rooms": [
            {
                "room": row.room.name,
                "role": row.role,
                "joined_at": row.joined_at.isoformat(),
                "left_at": row.left_at.isoformat() if row.left_at else None,
            }
            for row in Membership.objects.filter(member=member).select_related("room").order_by("pk")
        ],
        "messages": [
            {
                "id": row.message.public_id,
                "room": row.message.room.name,
                "version": row.number,
                "written_at": row.created_at.isoformat(),
                "body": kept(row.body, erased=not row.body),  # nobody writes an empty one
                "seen_by_others": row.message.visibility == Message.Visibility.VISIBLE
                and row.message.shown_revision == row.number,
            }
            for row in revisions.iterator(chunk_size=500)
        ],
        "proposals": [
            {"name": row.name, "topic": row.topic, "rules": row.rules, "made_at": row.created_at.isoformat()}
            for row in RoomProposal.objects.filter(proposer=member).order_by("pk")
        ],
    }
