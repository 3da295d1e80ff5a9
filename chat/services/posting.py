"""Posting: written for a batch, so that a busy process commits many posts together.

What a post may do is decided from values cached under an access version; the transaction itself is short:
at most four statements, however many posts it carries.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone, translation

from chat import broadcast
from chat.errors import (
    ClientIdInvalid,
    ContactPaused,
    MessageEmpty,
    MessageTooLong,
    MessageUnknown,
    NotAMember,
    SlowDown,
)
from chat.models import Membership, MembershipQuerySet, Message, MessageRevision, Room, RoomEvent
from chat.policies import is_public_id, may_enter, may_write
from chat.safeguard import Draft, Screening, Verdict, get_safeguard
from community.errors import BadText, Refused
from community.models import Member
from community.names import check_readable
from community.policies import may_contact
from community.services.access import Access, accesses_of, accesses_under
from community.statements import composed, insert_rows

from .sequence import allocate_seqs

LONGEST = 2000
MOST_MENTIONS = 8
MENTIONS_LOOKED_AT = 200  # beyond that two people who only ever mentioned each other count as strangers again
RECENT = 12  # of the author's last messages: contact details come in pieces, as small as a figure each
RECENT_WITHIN = dt.timedelta(minutes=15)
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
_TRIES = 3

_VISIBILITY = {
    Verdict.ALLOW: Message.Visibility.PENDING,
    Verdict.HOLD: Message.Visibility.HELD,
    Verdict.REFUSE: Message.Visibility.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Post:
    """Something a member wants to say. `reply_to` and `mentions` are public ids; `client_id` makes it once."""

    actor: Member
    room: Room
    client_id: str
    body: str
    reply_to: str = ""
    mentions: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """A stored message. `seq` once others see it; `told` is for the author when they do not."""

    message: Message
    seq: int | None = None
    told: str = ""
    duplicate: bool = False


@dataclass(slots=True)
class _Ready:
    post: Post
    body: str
    screening: Screening
    reply_to: Message | None
    mentions: list[str]
    at_once: bool
    message: Message = field(init=False)


@dataclass(frozen=True, slots=True)
class _Standing:
    room: Room
    access: Access
    role: str


def clean_body(body: str) -> str:
    """The body as it will be stored. Raises MessageEmpty, MessageTooLong, BadText (NUL, lone surrogates)."""
    body = body.replace("\r\n", "\n").strip()
    if not body:
        raise MessageEmpty
    if len(body) > LONGEST:
        raise MessageTooLong
    check_readable(body)
    return body


def post_messages(posts: Sequence[Post]) -> list[Posted | Refused]:
    """Store each post together with its need of a check, or refuse it; one answer a post, in order.

    The same `(author, room, client_id)` gets the same answer, looked up before anything is allocated. In a
    `check_after` room an allowed post is seen at once, except a first contact; everywhere else others see it when
    its full check has passed. Held and refused posts are stored and seen by their author alone.
    """
    for attempt in range(_TRIES):
        try:
            return _post(posts)
        except IntegrityError:
            # The same post came twice at once: the other one is stored by now and will be found.
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


def post_message(post: Post) -> Posted:
    """One post, as a form sends it. Raises what refuses it."""
    answer = post_messages([post])[0]
    if isinstance(answer, Refused):
        raise answer
    return answer


def _post(posts: Sequence[Post]) -> list[Posted | Refused]:
    now = timezone.now()
    standings = _standings(posts, now)
    stored = _stored(posts)
    answers: list[Posted | Refused | None] = [None] * len(posts)
    ready: dict[int, _Ready] = {}
    # Among adults nothing is refused for its pieces: nothing is read for it.
    minors = {pair for pair, standing in standings.items() if standing.room.admits_minors}
    said = recent_texts({(post.actor.pk, post.room.pk) for post in posts} & minors, now=now)
    first_of: dict[tuple[int, int, str], int] = {}
    spoke: set[tuple[int, int]] = set()  # in this batch
    for index, post in enumerate(posts):
        key = (post.actor.pk, post.room.pk, post.client_id)
        if key in stored:
            answers[index] = stored[key]
        elif key in first_of:
            continue  # twice in one batch: answered below as its first is
        else:
            try:
                ready[index] = _judge(post, standings, said, spoke, now)
                first_of[key] = index
                spoke.add(key[:2])
            except Refused as refusal:
                answers[index] = refusal
    if ready:
        seqs = _store(list(ready.values()), now)
        for index, one in ready.items():
            answers[index] = Posted(one.message, seqs.get(one.message.pk), one.screening.told)
    for index, post in enumerate(posts):
        if answers[index] is None:
            answers[index] = answers[first_of[post.actor.pk, post.room.pk, post.client_id]]
    return [answer for answer in answers if answer is not None]


def _judge(
    post: Post,
    standings: Mapping[tuple[int, int], _Standing],
    said: dict[tuple[int, int], list[str]],
    spoke: Set[tuple[int, int]],
    now: dt.datetime,
) -> _Ready:
    if not _CLIENT_ID.fullmatch(post.client_id):
        raise ClientIdInvalid
    body = clean_body(post.body)
    pair = (post.actor.pk, post.room.pk)
    standing = standings.get(pair)
    if standing is None:
        # Not of this room: say first what would keep them out of it altogether.
        raise may_enter(accesses_of([post.actor])[post.actor.pk], post.room, now) or NotAMember()
    room = standing.room
    if refusal := may_write(standing.access, room, now):
        raise refusal
    if room.slow_mode_seconds and standing.role == Membership.Role.MEMBER:
        if pair in spoke:
            raise SlowDown
        _require_slow(post, room, now)
    reply_to, mentions, strangers = _addressed(post, standing)
    recent = said.setdefault(pair, [])
    with translation.override(post.actor.language):
        screening = get_safeguard().screen(Draft(post.actor, room, body, tuple(recent)))
    recent.append(body)
    del recent[:-RECENT]
    at_once = screening.verdict is Verdict.ALLOW and room.delivery == Room.Delivery.CHECK_AFTER and not strangers
    return _Ready(post, body, screening, reply_to, mentions, at_once)


@composed
def _memberships(members: list[int], rooms: list[int]) -> MembershipQuerySet:
    return (
        Membership.objects.current()
        .filter(member__in=members, room__in=rooms)
        .select_related("room")
        .annotate(access_version=F("member__access_version"))  # all that is wanted of the member's row
    )


@composed
def _known(authors: list[int], rooms: list[int], client_ids: list[str]) -> QuerySet[Message, int]:
    found = Message.objects.filter(author__in=authors, room__in=rooms, client_id__in=client_ids)
    return found.values_list("pk", flat=True)


def _standings(posts: Sequence[Post], now: dt.datetime) -> dict[tuple[int, int], _Standing]:
    found = _memberships({post.actor.pk for post in posts}, {post.room.pk for post in posts})
    versions = {row.member_id: row.access_version for row in found}  # type: ignore[attr-defined]  # annotated above
    accesses = accesses_under(versions, now)
    return {(row.member_id, row.room_id): _Standing(row.room, accesses[row.member_id], row.role) for row in found}


def _stored(posts: Sequence[Post]) -> dict[tuple[int, int, str], Posted]:
    known = _known(
        {post.actor.pk for post in posts},
        {post.room.pk for post in posts},
        {post.client_id for post in posts if _CLIENT_ID.fullmatch(post.client_id)},
    )
    if not known:  # nearly always: what follows is for a post that is sent again
        return {}
    rows = Message.objects.filter(pk__in=known).annotate(
        seq=Max("events__seq", filter=Q(events__kind=RoomEvent.Kind.POSTED))
    )
    return {(row.author_id, row.room_id, row.client_id): Posted(row, row.seq, duplicate=True) for row in rows}


def recent_texts(
    pairs: Set[tuple[int, int]], *, now: dt.datetime, besides: Message | None = None
) -> dict[tuple[int, int], list[str]]:
    """What authors said last in rooms, for pairs of their keys, oldest first: contact details come in pieces."""
    said: dict[tuple[int, int], list[str]] = {pair: [] for pair in pairs}
    if not pairs:
        return said
    rows = (
        MessageRevision.objects.filter(
            message__author__in={author for author, _ in pairs},
            message__room__in={room for _, room in pairs},
            message__created_at__gte=now - RECENT_WITHIN,
            number=F("message__head_revision"),
        )
        .exclude(message=besides)
        .order_by("-message_id")
        .values_list("message__author_id", "message__room_id", "body")[: RECENT * len(pairs)]
    )
    for author, room, body in rows:
        if (author, room) in said:
            said[author, room].insert(0, body)
    return said


def _require_slow(post: Post, room: Room, now: dt.datetime) -> None:
    since = now - dt.timedelta(seconds=room.slow_mode_seconds)
    if Message.objects.filter(room=room, author=post.actor, created_at__gt=since).exists():
        raise SlowDown


def _addressed(post: Post, standing: _Standing) -> tuple[Message | None, list[str], bool]:
    """The message answered and the people mentioned, and whether it is a first contact with any of them.

    Raises MessageUnknown for an answer to nothing that can be seen, ContactPaused where a block, a pause or an age
    forbids it: always the same words, so that nobody learns of being blocked.
    """
    if len(post.mentions) > MOST_MENTIONS:
        raise BadText
    reply_to = None
    people: dict[int, str] = {}
    apart = standing.access.blocked_pks | standing.access.paused_with
    if post.reply_to:
        if not is_public_id(post.reply_to):
            raise MessageUnknown
        reply_to = (
            Message.objects.filter(public_id=post.reply_to, room=post.room, visibility=Message.Visibility.VISIBLE)
            .select_related("author")
            .first()
        )
        if reply_to is None or reply_to.author_id in standing.access.blocked_pks:
            raise MessageUnknown
        people[reply_to.author_id] = reply_to.author.public_id
    mentions: list[str] = []
    if post.mentions:
        if not all(is_public_id(one) for one in post.mentions):
            raise ContactPaused
        members = list(
            Member.objects.open().filter(
                public_id__in=post.mentions, memberships__room=post.room, memberships__left_at__isnull=True
            )
        )
        bands = accesses_of(members)
        if len(members) != len(set(post.mentions)) or not all(
            may_contact(standing.access.band, bands[member.pk].band) for member in members
        ):
            raise ContactPaused
        mentions = [member.public_id for member in members]
        people |= {member.pk: member.public_id for member in members}
    people.pop(post.actor.pk, None)
    if people.keys() & apart:
        raise ContactPaused
    return reply_to, mentions, bool(people) and _strangers(post.actor, people)


def _strangers(actor: Member, people: Mapping[int, str]) -> bool:
    """Whether somebody among `people` ({key: public id}) never exchanged a shown answer or mention with the author."""
    shown = Message.objects.filter(visibility=Message.Visibility.VISIBLE)
    answers = shown.filter(Q(author=actor, reply_to__author__in=people) | Q(author__in=people, reply_to__author=actor))
    met = {pk for pair in answers.values_list("author_id", "reply_to__author_id").distinct() for pk in pair}
    if people.keys() <= met:
        return False
    naming = shown.filter(author__in=[actor.pk, *people]).exclude(mentions=[]).order_by("-pk")
    for author, named in naming.values_list("author_id", "mentions")[:MENTIONS_LOOKED_AT]:
        if author == actor.pk:
            met |= {pk for pk, public_id in people.items() if public_id in named}
        elif actor.public_id in named:
            met.add(author)
    return not people.keys() <= met


def _store(ready: Sequence[_Ready], now: dt.datetime) -> dict[int, int]:
    """Write the posts in one transaction of at most four statements; return the seqs of those seen at once."""
    with transaction.atomic():
        seqs: dict[int, int] = {}
        at_once = [one for one in ready if one.at_once]
        numbers = allocate_seqs([one.post.room.pk for one in at_once])
        for one in ready:
            one.message = Message(
                room=one.post.room,
                author=one.post.actor,
                client_id=one.post.client_id,
                reply_to=one.reply_to,
                mentions=one.mentions,
                visibility=Message.Visibility.VISIBLE if one.at_once else _VISIBILITY[one.screening.verdict],
                shown_revision=1 if one.at_once else None,
                created_at=now,
            )
        insert_rows([one.message for one in ready])
        insert_rows(
            [
                MessageRevision(
                    message=one.message,
                    number=1,
                    body=one.body,
                    findings=list(one.screening.findings),
                    verdict=one.screening.verdict.value,
                    created_at=now,
                )
                for one in ready
            ]
        )
        events = [
            RoomEvent(
                room=one.post.room, seq=seq, kind=RoomEvent.Kind.POSTED, message=one.message, revision=1, created_at=now
            )
            for one, seq in zip(at_once, numbers, strict=True)
        ]
        if events:
            insert_rows(events)
            seqs = {event.message_id: event.seq for event in events}
            broadcast.room_changed(events, bodies={one.message.pk: one.body for one in at_once})
        get_safeguard().messages_stored([one.message for one in ready])
    return seqs
