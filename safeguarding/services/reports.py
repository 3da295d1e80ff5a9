"""A member's report: evidence frozen at that moment, a case with a clock, and the same answer whatever came before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from chat.models import Membership, Message, Room, RoomEvent
from community import audit
from community.models import Member
from community.names import check_readable
from community.policies import MINOR_BANDS
from safeguarding.errors import CannotReport, CannotReportYourself
from safeguarding.incidents import INCIDENTS
from safeguarding.models import Case, Report

from .cases import open_or_extend_case, raise_severity
from .evidence import freeze_relationship
from .people import bands_of

# From then on a member's further reports of the day are kept and read, but call nobody out of bed by themselves.
CALLING_REPORTS_A_DAY = 10
QUIET = "P2"  # the gravest severity that calls nobody
PERSON_ANCHORS = 10  # the last things a reported person said in a shared room

_Category = Report.Category
CODES: Mapping[str, str] = {
    _Category.MINOR: "M1",
    _Category.THREAT: "V2",
    _Category.HATE: "H1",
    _Category.HARASSMENT: "C1",
    _Category.SUICIDE: "D1",
    _Category.SEX: "S1",
    _Category.SCAM: "X1",
    _Category.AGE: "M6",
    _Category.OTHER: "C1",
}


def qualify_report(*, category: str, among_minors: bool, danger_now: bool) -> tuple[str, str]:
    """The code and severity a report is filed under until a person has looked: what is suspected, not what is so.

    Among minors a sexual proposal is M1 and a false age or harassment takes the graver severity; danger now is P0.
    """
    code = CODES[category]
    if category == _Category.SEX and among_minors:
        code = "M1"
    incident = INCIDENTS[code]
    severity = incident.severity
    if among_minors and code in ("C1", "M6") and category != _Category.OTHER and incident.aggravated:
        severity = incident.aggravated
    if category == _Category.OTHER:
        severity = "P3"
    return code, "P0" if danger_now else severity


def file_report(
    *,
    actor: Member,
    subject: Member,
    message: Message | None = None,
    room: Room | None = None,
    category: str,
    text: str = "",
    danger_now: bool = False,
) -> Report:
    """File a report of a message, or of a person, and freeze the evidence in the same transaction.

    Works when the reported person has blocked the reporter, left, deleted the message or closed the account. Raises
    CannotReportYourself, BadText, and CannotReport unless the reporter was in the room when the message could be read,
    or the two were in a room together. The same message reported twice by one person is one report: what is added
    later (danger, words) still counts. Nothing that the reported person could see follows from it by itself.
    """
    if subject.pk == actor.pk:
        raise CannotReportYourself
    if category not in _Category.values:
        raise CannotReport
    check_readable(text)
    text = text.strip()[:2000]
    if message is not None:
        room = _room_of_seen_message(actor=actor, subject=subject, message=message)
    else:
        room = _shared_room(actor=actor, subject=subject, room=room)
    try:
        with transaction.atomic():
            return _file(actor, subject, message, room, category, text, danger_now)
    except IntegrityError:
        if message is None or not Report.objects.filter(reporter=actor, message=message).exists():
            raise
        with transaction.atomic():  # pressed twice: the first one stands
            return _file(actor, subject, message, room, category, text, danger_now)


def _file(
    actor: Member,
    subject: Member,
    message: Message | None,
    room: Room,
    category: str,
    text: str,
    danger_now: bool,
) -> Report:
    before = Report.objects.filter(reporter=actor, message=message).first() if message else None
    among_minors = room.admits_minors or bands_of([actor.pk])[actor.pk] in MINOR_BANDS
    code, severity = qualify_report(category=category, among_minors=among_minors, danger_now=danger_now)
    if not _may_call(actor):
        severity = max(severity, QUIET)
    if before:
        return _add_to(before, actor=actor, code=code, severity=severity, text=text, danger_now=danger_now)
    for_help = code == "D1"
    addressed = message is not None and _is_addressed(actor, message)
    case = open_or_extend_case(
        actor=actor,
        code=code,
        severity=severity,
        subject=subject,
        protects=[subject] if for_help else [actor] if addressed else [],
        witnesses=[] if addressed else [actor],
        room=room,
        automated=False,
    )
    report = Report.objects.create(
        reporter=actor,
        subject=subject,
        message=message,
        room=room,
        category=category,
        text=text,
        danger_now=danger_now,
        case=case,
    )
    freeze_relationship(actor=actor, case=case, anchors=_anchors(subject, message, room), report=report)
    audit.record(
        actor=actor,
        action="report.filed",
        subject=report,
        data={"case": case.public_id, "category": category, "danger_now": danger_now},
    )
    return report


def _add_to(report: Report, *, actor: Member, code: str, severity: str, text: str, danger_now: bool) -> Report:
    """The same message again from the same person: keep what is new, and freeze the report as it now reads."""
    news = []
    if text and text not in report.text:
        report.text = f"{report.text}\n\n{text}".strip()[:2000]
        news.append("text")
    if danger_now and not report.danger_now:
        report.danger_now = True
        news.append("danger_now")
    if not news:
        return report
    report.save(update_fields=news)
    case = Case.objects.select_for_update(no_key=True).get(pk=report.case_id)
    if case.state != Case.State.CLOSED:
        raise_severity(actor=actor, case=case, code=code, severity=severity)
    freeze_relationship(actor=actor, case=case, report=report)
    audit.record(actor=actor, action="report.extended", subject=report, data={"fields": news})
    return report


def _room_of_seen_message(*, actor: Member, subject: Member, message: Message) -> Room:
    """The room of a message the reporter could read: it was shown to others while they were in, or before they came."""
    message = Message.objects.select_related("room").get(pk=message.pk)
    shown = RoomEvent.objects.filter(message=message).order_by("seq").values_list("created_at", flat=True).first()
    if message.author_id != subject.pk or shown is None:
        raise CannotReport
    stays = Membership.objects.filter(Q(left_at__isnull=True) | Q(left_at__gte=shown), room=message.room, member=actor)
    if not stays.exists():
        raise CannotReport
    return message.room


def _shared_room(*, actor: Member, subject: Member, room: Room | None) -> Room:
    """The room both were in at the same time: the one named, else the one they last met in."""
    theirs = Membership.objects.filter(member=subject)
    mine = Membership.objects.filter(member=actor)
    if room is not None:
        theirs, mine = theirs.filter(room=room), mine.filter(room=room)
    stays = list(mine.select_related("room"))
    met = [
        (max(one.joined_at, other.joined_at), one.room)
        for one in stays
        for other in theirs.filter(room__in=[stay.room_id for stay in stays])
        if one.room_id == other.room_id
        and (one.left_at is None or one.left_at >= other.joined_at)
        and (other.left_at is None or other.left_at >= one.joined_at)
    ]
    if not met:
        raise CannotReport
    return max(met, key=lambda meeting: meeting[0])[1]


def _anchors(subject: Member, message: Message | None, room: Room) -> Sequence[Message]:
    if message is not None:
        return [message]
    said = Message.objects.filter(room=room, author=subject, events__isnull=False)
    return list(said.distinct().order_by("-pk")[:PERSON_ANCHORS])


def _is_addressed(member: Member, message: Message) -> bool:
    """Whether the message was said to this member: a reply to them, or they are mentioned."""
    if member.public_id in message.mentions:
        return True
    return Message.objects.filter(pk=message.pk, reply_to__author=member).exists()


def _may_call(actor: Member) -> bool:
    """Whether this member's word alone still calls an officer today. Their reports are kept and read in any case."""
    since = timezone.now() - dt.timedelta(days=1)
    return Report.objects.filter(reporter=actor, created_at__gt=since).count() < CALLING_REPORTS_A_DAY
