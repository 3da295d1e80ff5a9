"""What a piece of evidence holds: plain JSON, read from the rows as they stand (times in UTC, ISO 8601).

message     id, room, author, reply_to, mentions, sent_at, check_state, visibility, removed_by_author, shown_revision,
            revisions: [{number, body, written_at, verdict, findings, check: {ruleset, verdict, degraded, at,
            findings} | null}], events: [{seq, kind, revision, at}]    (the seq others saw it under)
profile     id, pseudonyms: [{name, since}], language, joined_at, closed_at, band, age_facts, restrictions
membership  room, member, stays: [{role, joined_at, left_at}]
room        id, name, topic, rules, language, at_least, under, delivery, state, created_at
connections member, records: [{kind, key_id, at, sealed}]    (still sealed: an address takes two officers)
report      id, reporter, subject, message, room, category, text, danger_now, made_at
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch

from chat.models import Membership, Message, MessageRevision, Room, RoomEvent
from community.models import AgeFact, Member, PseudonymChange, Restriction
from community.services.connections import sealed_connections
from safeguarding.models import Evidence, Report, RiskCheck

from .people import bands_of
from .vault import Piece


def _at(moment: dt.datetime | None) -> str | None:
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds") if moment else None


def message_pieces(message_pks: Iterable[int]) -> list[Piece]:
    messages = (
        Message.objects.filter(pk__in=list(message_pks))
        .select_related("room", "author", "reply_to")
        .prefetch_related(
            Prefetch("revisions", MessageRevision.objects.order_by("number")),
            Prefetch("events", RoomEvent.objects.order_by("seq")),
            Prefetch("checks", RiskCheck.objects.prefetch_related("signals")),
        )
        .order_by("pk")
    )
    return [Piece(Evidence.Kind.MESSAGE, message.public_id, _message_content(message)) for message in messages]


def _message_content(message: Message) -> dict[str, Any]:
    checks = {check.revision: _check_content(check) for check in message.checks.all()}
    return {
        "id": message.public_id,
        "room": message.room.public_id,
        "author": message.author.public_id,
        "reply_to": message.reply_to.public_id if message.reply_to else None,
        "mentions": list(message.mentions),
        "sent_at": _at(message.created_at),
        "check_state": message.check_state,
        "visibility": message.visibility,
        "removed_by_author": message.removed_by_author,
        "shown_revision": message.shown_revision,
        "revisions": [
            {
                "number": revision.number,
                "body": revision.body,
                "written_at": _at(revision.created_at),
                "verdict": revision.verdict,
                "findings": revision.findings,
                "check": checks.get(revision.number),
            }
            for revision in message.revisions.all()
        ],
        "events": [
            {"seq": event.seq, "kind": event.kind, "revision": event.revision, "at": _at(event.created_at)}
            for event in message.events.all()
        ],
    }


def _check_content(check: RiskCheck) -> dict[str, Any]:
    return {
        "ruleset": check.ruleset,
        "verdict": check.verdict,
        "degraded": check.degraded,
        "at": _at(check.created_at),
        "findings": [
            {
                "code": signal.code,
                "rule": signal.rule,
                "version": signal.version,
                "tactic": signal.tactic,
                "span": [signal.span_start, signal.span_end],
            }
            for signal in sorted(check.signals.all(), key=lambda signal: signal.pk)
        ],
    }


def profile_pieces(member_pks: Iterable[int]) -> list[Piece]:
    members = list(
        Member.objects.filter(pk__in=list(member_pks)).prefetch_related(
            Prefetch("pseudonym_changes", PseudonymChange.objects.order_by("since", "pk")),
            Prefetch("age_facts", AgeFact.objects.order_by("pk")),
            Prefetch("restrictions", Restriction.objects.order_by("pk")),
        )
    )
    bands = bands_of(member.pk for member in members)
    return [
        Piece(Evidence.Kind.PROFILE, member.public_id, _profile_content(member, bands[member.pk])) for member in members
    ]


def _profile_content(member: Member, band: str) -> dict[str, Any]:
    """No e-mail address: who somebody is outside goes to an authority on its order, from the connection records."""
    names = [{"name": change.pseudonym, "since": _at(change.since)} for change in member.pseudonym_changes.all()]
    if not names or names[-1]["name"] != member.pseudonym:
        names.append({"name": member.pseudonym, "since": _at(member.closed_at or member.joined_at)})
    return {
        "id": member.public_id,
        "pseudonyms": names,
        "language": member.language,
        "joined_at": _at(member.joined_at),
        "closed_at": _at(member.closed_at),
        "band": str(band),
        "age_facts": [
            {
                "threshold": fact.threshold,
                "is_over": fact.is_over,
                "method": fact.method,
                "level": fact.level,
                "verified_on": fact.verified_on.isoformat(),
                "expires_on": fact.expires_on.isoformat(),
                "superseded_at": _at(fact.superseded_at),
                "revoked_at": _at(fact.revoked_at),
            }
            for fact in member.age_facts.all()
        ],
        "restrictions": [
            {
                "id": restriction.public_id,
                "kind": restriction.kind,
                "room": restriction.room_ref,
                "starts_at": _at(restriction.starts_at),
                "ends_at": _at(restriction.ends_at),
                "lifted_at": _at(restriction.lifted_at),
                "automated": restriction.automated,
            }
            for restriction in member.restrictions.all()
        ],
    }


def membership_pieces(room_pks: set[int], member_pks: set[int]) -> list[Piece]:
    stays: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    rows = Membership.objects.filter(room__in=room_pks, member__in=member_pks).order_by("joined_at", "pk")
    for row in rows.select_related("room", "member"):
        stays[row.room.public_id, row.member.public_id].append(
            {"role": row.role, "joined_at": _at(row.joined_at), "left_at": _at(row.left_at)}
        )
    return [
        Piece(Evidence.Kind.MEMBERSHIP, f"{room}:{member}", {"room": room, "member": member, "stays": intervals})
        for (room, member), intervals in stays.items()
    ]


def room_piece(room: Room) -> Piece:
    return Piece(
        Evidence.Kind.ROOM,
        room.public_id,
        {
            "id": room.public_id,
            "name": room.name,
            "topic": room.topic,
            "rules": room.rules,
            "language": room.language,
            "at_least": room.at_least,
            "under": room.under,
            "delivery": room.delivery,
            "state": room.state,
            "created_at": _at(room.created_at),
        },
    )


def connection_pieces(member_pks: Iterable[int]) -> list[Piece]:
    """Sign-ups and logins, copied as they lie: sealed, and so beyond whoever merely opens the piece."""
    pieces = []
    for member in Member.objects.filter(pk__in=list(member_pks)).order_by("pk"):
        if records := sealed_connections(member=member):
            content = {"member": member.public_id, "records": records}
            pieces.append(Piece(Evidence.Kind.CONNECTIONS, member.public_id, content))
    return pieces


def report_piece(report: Report) -> Piece:
    return Piece(
        Evidence.Kind.REPORT,
        report.public_id,
        {
            "id": report.public_id,
            "reporter": report.reporter.public_id,
            "subject": report.subject.public_id,
            "message": report.message.public_id if report.message else None,
            "room": report.room.public_id if report.room else None,
            "category": report.category,
            "text": report.text,
            "danger_now": report.danger_now,
            "made_at": _at(report.created_at),
        },
    )
