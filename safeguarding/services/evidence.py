"""Freezing a relationship before anybody can change it, and keeping on as it goes on.

What was said lives in revisions that are never changed; freezing copies them, with everything needed to read them,
into sealed pieces of the case (their shapes: `pieces`).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from chat.models import Membership, Message, Room
from community import audit
from community.errors import ReasonRequired
from community.models import Member
from safeguarding.errors import CaseMoved, NotAParty
from safeguarding.models import Case, CaseParty, Evidence, FreezeWindow, Report

from . import casework
from .pieces import connection_pieces, membership_pieces, message_pieces, profile_pieces, report_piece, room_piece
from .vault import Piece, seal_pieces

COMPONENT = "evidence"
BEFORE = 15
AFTER = 15
ATTEMPTS = 50  # of the subject's refused and held messages in a room, and of those aimed at one person, the latest
LOOKED_AT = 500  # of a subject's latest messages, for mentions of the person to protect
MORE = 200  # messages on each side of another, at an officer's order
# A message is settled, for the window after an anchor, when its check is done and nobody can still be committing
# one with a smaller key.
SETTLED_AFTER = dt.timedelta(seconds=10)


def freeze_relationship(
    *,
    actor: Member | None,
    case: Case,
    anchors: Iterable[Message] = (),
    report: Report | None = None,
    component: str = "",
) -> list[Evidence]:
    """Freeze what is known of a case around some messages, in the caller's transaction; return what was new.

    Pins the anchors, the 15 messages before each, what subjects tried to say there and could not, what they addressed
    to the person to protect in any room, the profiles of everybody seen, the parties' stays and sealed connections,
    the rooms and the report; opens a window for the 15 messages after. It asks
    nothing of the people, so it works when one has blocked, left, deleted or closed the account. Idempotent: anchors
    and report are frozen again only where they have changed; what else the case has pinned is left to `refreeze_case`
    and to the moment somebody changes it.
    """
    chosen = {message.pk: message for message in anchors}
    parties = list(CaseParty.objects.filter(case=case).values_list("member_id", "member__public_id", "role"))
    subjects = [member for member, _ref, role in parties if role == CaseParty.Role.SUBJECT]
    rooms = {message.room_id for message in chosen.values()} | (
        {report.room_id} if report and report.room_id else set()
    )
    around = {row for message in chosen.values() for row in _before(message)}
    around |= {row for room in rooms for row in _attempts(room, subjects)}
    around |= set(_aimed(subjects, {ref for _pk, ref, role in parties if role == CaseParty.Role.TO_PROTECT}))
    pinned = set(Evidence.objects.filter(case=case).values_list("kind", "source_ref"))

    fresh = {pk for pk, ref, _author in around if (Evidence.Kind.MESSAGE, ref) not in pinned}
    pieces = message_pieces(fresh | set(chosen))
    rooms |= set(Message.objects.filter(pk__in=fresh).values_list("room", flat=True))
    seen = {author for pk, _ref, author in around if pk in fresh} | {m.author_id for m in chosen.values()}
    people = {member: ref for member, ref, _role in parties}
    people.update(Member.objects.filter(pk__in=seen - people.keys()).values_list("pk", "public_id"))
    pieces += profile_pieces(pk for pk, ref in people.items() if (Evidence.Kind.PROFILE, ref) not in pinned)
    for room in Room.objects.filter(pk__in=rooms):
        if (Evidence.Kind.ROOM, room.public_id) not in pinned:
            pieces.append(room_piece(room))
        strangers = {
            member
            for member, ref, _role in parties
            if (Evidence.Kind.MEMBERSHIP, f"{room.public_id}:{ref}") not in pinned
        }
        pieces += membership_pieces({room.pk}, strangers) if strangers else []
    concerned = {member for member, _ref, role in parties if role != CaseParty.Role.WITNESS}
    pieces += connection_pieces(
        member
        for member, ref, _role in parties
        if member in concerned and (Evidence.Kind.CONNECTIONS, ref) not in pinned
    )
    if report:
        pieces.append(report_piece(report))
    frozen = _seal(actor=actor, case=case, pieces=pieces, component=component)
    for room_pk in {message.room_id for message in chosen.values()}:
        _open_window(case=case, anchor=max((m for m in chosen.values() if m.room_id == room_pk), key=lambda m: m.pk))
    return frozen


def refreeze_case(*, actor: Member | None, case: Case, component: str = "") -> list[Evidence]:
    """Freeze anew what a case has already pinned, in the caller's transaction: the dossier then tells how it ended.

    Return the pieces that had changed.
    """
    refs = defaultdict(set)
    for kind, ref in Evidence.objects.filter(case=case).values_list("kind", "source_ref").distinct():
        refs[kind].add(ref)
    messages = Message.objects.filter(public_id__in=refs["message"])
    members = Member.objects.filter(public_id__in=refs["profile"])
    rooms = list(Room.objects.filter(public_id__in=refs["room"]))
    stays = {ref.partition(":")[2] for ref in refs["membership"]}
    pieces = message_pieces(messages.values_list("pk", flat=True))
    pieces += profile_pieces(members.values_list("pk", flat=True))
    pieces += membership_pieces(
        {room.pk for room in rooms}, set(Member.objects.filter(public_id__in=stays).values_list("pk", flat=True))
    )
    pieces += [room_piece(room) for room in rooms]
    online = Member.objects.filter(public_id__in=refs["connections"])
    pieces += connection_pieces(online.values_list("pk", flat=True))
    return _seal(actor=actor, case=case, pieces=pieces, component=component)


def messages_of(case: Case) -> QuerySet[Message]:
    """The messages frozen for the case, in the order in which they were sent."""
    frozen = Evidence.objects.filter(case=case, kind=Evidence.Kind.MESSAGE).values("source_ref")
    return Message.objects.filter(public_id__in=frozen).order_by("created_at", "pk")


@transaction.atomic
def freeze_more(
    *, actor: Member, case: Case, message: Message, before: int = BEFORE, after: int = AFTER, reason: str
) -> list[Evidence]:
    """Freeze more of a conversation at a person's order: up to MORE messages before and after one of the case.

    For whoever may work the case, against a reason. Raises NotAllowed, Conflict, OfficersOnly, ReasonRequired,
    CaseMoved for a closed case, NotAParty for a message of a room the case does not touch.
    """
    case = casework.locked(case)
    casework.require_worker(actor=actor, case=case)
    if case.state == Case.State.CLOSED:
        raise CaseMoved
    if not reason.strip():
        raise ReasonRequired
    touched = Evidence.objects.filter(case=case, kind=Evidence.Kind.ROOM, source_ref=message.room.public_id)
    if not touched.exists():
        raise NotAParty
    room = Message.objects.filter(room=message.room_id)
    chosen = list(
        room.filter(pk__lte=message.pk).order_by("-pk").values_list("pk", "author_id")[: min(before, MORE) + 1]
    )
    chosen += room.filter(pk__gt=message.pk).order_by("pk").values_list("pk", "author_id")[: min(after, MORE)]
    pieces = message_pieces(pk for pk, _author in chosen) + profile_pieces({author for _pk, author in chosen})
    frozen = _seal(actor=actor, case=case, pieces=pieces, component="")
    audit.record(
        actor=actor,
        action="evidence.ordered",
        subject=case,
        data={"around": message.public_id, "reason": reason.strip()[:500], "new": len(frozen)},
    )
    return frozen


def freeze_for_live_cases(message: Message) -> int:
    """Freeze a message, as it stands, for every live case it is part of; return how many those are.

    Part of a case is what is frozen in it, what an alert quotes, and what falls into a window after an anchor.
    """
    pinned = Evidence.objects.filter(kind=Evidence.Kind.MESSAGE, source_ref=message.public_id).values("case")
    windows = FreezeWindow.objects.filter(room=message.room_id, remaining__gt=0, after__lt=message.pk).values("case")
    cases = list(
        Case.objects.waiting()
        .filter(Q(pk__in=pinned) | Q(pk__in=windows) | Q(alerts__message=message) | Q(reports__message=message))
        .distinct()
    )
    for case in cases:
        pieces = message_pieces([message.pk]) + profile_pieces([message.author_id])
        _seal(actor=None, case=case, pieces=pieces, component=COMPONENT)
    return len(cases)


def fill_windows(*, limit: int = 200) -> int:
    """Freeze what was said after the anchors since last time; return how many pieces were new.

    A window closes when its 15 messages are there and their checks are done.
    """
    frozen = 0
    for window in FreezeWindow.objects.filter(remaining__gt=0).order_by("pk")[:limit]:
        with transaction.atomic():
            Case.objects.select_for_update(no_key=True).get(pk=window.case_id)
            frozen += _fill(window)
    return frozen


def _open_window(*, case: Case, anchor: Message) -> None:
    """Follow the room after `anchor`; a window already open there is filled first and moves on."""
    window = FreezeWindow.objects.filter(case=case, room=anchor.room_id, remaining__gt=0).first()
    if window is None:
        FreezeWindow.objects.create(case=case, room_id=anchor.room_id, after=anchor, remaining=AFTER)
    elif anchor.pk > window.after_id:
        # Within 15 of each other the new anchor's own context holds all there is between the two.
        between = Message.objects.filter(room=anchor.room_id, pk__gt=window.after_id, pk__lt=anchor.pk)
        if between.count() > BEFORE:
            _fill(window)
        FreezeWindow.objects.filter(pk=window.pk).update(after=anchor, remaining=AFTER)


def _fill(window: FreezeWindow) -> int:
    after = list(Message.objects.filter(room=window.room_id, pk__gt=window.after_id).order_by("pk")[:AFTER])
    pieces = message_pieces(message.pk for message in after)
    pieces += profile_pieces({message.author_id for message in after})
    old = timezone.now() - SETTLED_AFTER
    settled = sum(m.check_state != Message.CheckState.PENDING and m.created_at < old for m in after)
    FreezeWindow.objects.filter(pk=window.pk).update(remaining=AFTER - settled)
    return len(_seal(actor=None, case=window.case, pieces=pieces, component=COMPONENT))


def _seal(*, actor: Member | None, case: Case, pieces: Sequence[Piece], component: str) -> list[Evidence]:
    """Seal with one audit line. Somebody sealing the same piece at the same moment is no error: theirs counts."""
    for attempt in range(3):
        try:
            with transaction.atomic():
                frozen = seal_pieces(case=case, pieces=pieces)
                break
        except IntegrityError:
            if attempt == 2:
                raise
    if frozen:
        audit.record(
            actor=actor,
            component=component,
            action="evidence.frozen",
            subject=case,
            data={"pieces": [piece.public_id for piece in frozen]},
        )
    return frozen


# A message by key, public id and author: enough to know whether it is pinned already.
Row = tuple[int, str, int]


def _before(anchor: Message) -> list[Row]:
    before = Message.objects.filter(room=anchor.room_id, pk__lt=anchor.pk).order_by("-pk")
    return list(before.values_list("pk", "public_id", "author_id")[:BEFORE])


def _attempts(room_pk: int, subjects: Sequence[int]) -> list[Row]:
    unseen = [Message.Visibility.REFUSED, Message.Visibility.HELD]
    tried = Message.objects.filter(room=room_pk, author__in=subjects, visibility__in=unseen).order_by("-pk")
    return list(tried.values_list("pk", "public_id", "author_id")[:ATTEMPTS])


def _aimed(subjects: Sequence[int], protected: set[str]) -> Iterator[Row]:
    """What subjects addressed to the people to protect, in whatever room: answers and mentions, shown or not."""
    for subject in subjects:
        latest = Message.objects.filter(author=subject).order_by("-pk")
        answers = latest.filter(reply_to__author__public_id__in=protected)
        yield from answers.values_list("pk", "public_id", "author_id")[:ATTEMPTS]
        named = latest.values_list("pk", "public_id", "author_id", "mentions")[:LOOKED_AT]
        yield from [(pk, ref, author) for pk, ref, author, refs in named if protected & set(refs)][:ATTEMPTS]


def freeze_person(*, case: Case, member: Member) -> list[Evidence]:
    """Freeze who a member is and where they were, in the caller's transaction: before an account is closed."""
    rooms = set(Membership.objects.filter(member=member).values_list("room", flat=True))
    pieces = profile_pieces([member.pk]) + membership_pieces(rooms, {member.pk})
    return _seal(actor=None, case=case, pieces=pieces, component=COMPONENT)
