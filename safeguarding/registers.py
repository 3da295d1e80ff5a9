"""Reads of the handing-over side: what is owed by when, and the sheet one telephones from.

Whoever may not know of a case or of a member finds nothing of them here.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chat.models import Room
from community.models import ConnectionLog, Member, PseudonymChange

from .incidents import CHANNELS, INCIDENTS
from .models import AuthorityOrder, Case, CaseParty, Duty, ErasureRequest, LegalHold, Transmission, UrgentSheet
from .selectors import PersonInCase, people_of, visible_cases
from .services import casework
from .services.evidence import messages_of
from .services.holds import held_members
from .talks import Line, conversation

MOST_SHOWN = 20  # of each kind, on the dashboard
QUOTED = 12  # messages on a sheet: what an officer can read out on the telephone


def sheets_for(officer: Member) -> QuerySet[UrgentSheet]:
    """Life-at-risk sheets `officer` may know of."""
    return UrgentSheet.objects.filter(case__in=visible_cases(officer, officer=True))


def transmissions_for(officer: Member) -> QuerySet[Transmission]:
    """Lines of the register `officer` may know of."""
    return Transmission.objects.filter(case__in=visible_cases(officer, officer=True))


def _knowable(officer: Member) -> Q:
    """Condition on what may name a case, a member, both or neither."""
    known = Member.objects.filter(casework.people_known_to(officer) | Q(pk=officer.pk)).values("pk")
    return (Q(case__isnull=True) | Q(case__in=visible_cases(officer, officer=True))) & (
        Q(member__isnull=True) | ~Q(member__in=known)
    )


def orders_for(officer: Member) -> QuerySet[AuthorityOrder]:
    """Orders of authorities `officer` may know of: none about themself, somebody they know, or a case of theirs."""
    return AuthorityOrder.objects.filter(_knowable(officer))


def holds_for(officer: Member) -> QuerySet[LegalHold]:
    """Legal holds `officer` may know of."""
    return LegalHold.objects.filter(_knowable(officer))


def erasures_for(officer: Member) -> QuerySet[ErasureRequest]:
    """Requests for erasure `officer` may know of, newest first, with why something is kept: `held` (a legal hold),
    `connections` and `pseudonyms` (within the terms of the law). None of somebody they know, or who is in a case
    they may not know of: that something is kept would tell of it."""
    known = Member.objects.filter(casework.people_known_to(officer) | Q(pk=officer.pk)).values("pk")
    closed_to_them = Case.objects.filter(casework.conflicts_of(officer))
    member = OuterRef("member")
    return (
        ErasureRequest.objects.exclude(member__in=known)
        .exclude(member__in=CaseParty.objects.filter(case__in=closed_to_them).values("member"))
        .annotate(
            held=Exists(Member.objects.filter(held_members(), pk=member)),
            connections=Exists(ConnectionLog.objects.filter(member=member)),
            pseudonyms=Exists(PseudonymChange.objects.filter(member=member)),
        )
        .select_related("member")
        .order_by("-requested_at", "-pk")
    )


def erasures_waiting(officer: Member) -> int:
    """How many requests for erasure are not done whole."""
    return erasures_for(officer).exclude(state=ErasureRequest.State.DONE).count()


@dataclass(frozen=True, slots=True)
class Owed:
    """One thing an officer owes: what, about what, until when, and the page to do it on."""

    what: str
    about: str
    due_at: dt.datetime
    late: bool
    url: str


def owed_by_officers(officer: Member) -> list[Owed]:
    """What waits for officers, overdue first, then soonest due. Four queries, however much waits.

    A review that the officer cannot make, having opened the sheet, is not theirs to see to and is left out.
    """
    now = timezone.now()
    rows: list[tuple[str, str, Duty]] = []
    sheets = sheets_for(officer).filter(reviewed_at__isnull=True).exclude(opened_by=officer)
    for sheet in sheets.select_related("case").order_by("due_at")[:MOST_SHOWN]:
        rows.append((_("Review what was done, life at risk"), incident_name(sheet.case.code), sheet))
    lines = transmissions_for(officer).filter(state=Transmission.State.DUE)
    for line in lines.select_related("case").order_by("due_at")[:MOST_SHOWN]:
        rows.append((_("Tell: %(whom)s") % {"whom": channel_name(line.channel)}, incident_name(line.case.code), line))
    orders = orders_for(officer).filter(answered_at__isnull=True)
    for order in orders.order_by("due_at")[:MOST_SHOWN]:
        rows.append((_("Answer an authority"), str(order), order))
    for hold in (
        holds_for(officer)
        .filter(lifted_at__isnull=True, due_at__lt=now + dt.timedelta(days=14))
        .order_by("due_at")[:MOST_SHOWN]
    ):
        rows.append((_("Review a legal hold"), hold.reason, hold))
    return [
        Owed(what, about, duty.due_at, duty.due_at < now, page_of(duty))
        for what, about, duty in sorted(rows, key=lambda row: row[2].due_at)
    ]


def page_of(duty: Duty) -> str:
    """The console's page of a duty."""
    return reverse(f"admin:safeguarding_{duty._meta.model_name}_page", args=[duty.public_id])


def channel_name(channel: str) -> str:
    """Whom a channel tells, in the language in force."""
    return CHANNELS[channel].in_language(get_language() or "fr")


def incident_name(code: str) -> str:
    """What an incident is called, in the language in force."""
    return INCIDENTS[code].words.in_language(get_language() or "fr")


# -- life at risk ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UrgentFacts:
    """What the case knows by itself, in the order in which it is asked on the telephone."""

    first_calls: Sequence[str]
    people: Sequence[PersonInCase]
    rooms: Sequence[Room]
    began_at: dt.datetime | None
    last_at: dt.datetime | None
    lines: Sequence[Line]  # the marked messages, else the latest; empty for who may not read


def urgent_facts(case: Case, *, content: bool) -> UrgentFacts:
    """The facts of a sheet, from rows that are there already; words only with `content`."""
    parties = list(case.parties.select_related("member").order_by("pk"))
    said = messages_of(case)
    rooms = Room.objects.filter(Q(pk__in=said.order_by().values("room")) | Q(pk=case.room_id))
    times = list(said.values_list("created_at", flat=True))
    lines: Sequence[Line] = ()
    if content:
        roles = defaultdict(list)
        for party in parties:
            roles[party.member_id].append(party.role)
        pointed = {ref for evidence in case.alerts.values_list("evidence", flat=True) for ref in evidence}
        reported: set[int | None] = set(case.reports.values_list("message", flat=True))
        found, _left_out = conversation(case, roles=roles, pointed=pointed, reported=reported)
        lines = ([line for line in found if line.marked] or found)[-QUOTED:]
    return UrgentFacts(
        first_calls=[channel_name(channel) for channel in INCIDENTS[case.code].first_calls()],
        people=people_of(case, parties),
        rooms=list(rooms.order_by("name")),
        began_at=times[0] if times else None,
        last_at=times[-1] if times else None,
        lines=lines,
    )
