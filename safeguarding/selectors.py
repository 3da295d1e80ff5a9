"""Reads that span models. Whoever may not know of a case does not find it here."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from chat.models import Membership, Message
from community.models import AgeAlert, AgeContest, Block, GuardianConsent, Member
from community.policies import AgeBand

from .models import (
    Alert,
    Appeal,
    AuthorityOrder,
    Case,
    CaseNote,
    CaseParty,
    Decision,
    Evidence,
    IncidentExport,
    LegalHold,
    Page,
    ProtectiveMeasure,
    Report,
    SafetyCard,
)
from .services import casework
from .services.people import bands_of
from .talks import Line, conversation


def visible_cases(member: Member, *, officer: bool) -> QuerySet[Case]:
    """The cases `member` may know of: none they are in, reported, or whose people they know.

    Moderators do not see the severe and escalated ones, which are the officers'.
    """
    cases = Case.objects.exclude(casework.conflicts_of(member))
    if not officer:
        cases = cases.exclude(casework.severe()).exclude(state=Case.State.ESCALATED)
    return cases


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What the first page of the console says, counted over the cases its reader may know of."""

    by_severity: Sequence[tuple[str, int, int]]  # severity, waiting, of which overdue
    due_soon: int  # within the hour, not looked at
    overdue: int
    mine: int
    appeals: int
    seconds: int  # proposals of others that wait for a second person
    exports: int  # exports asked for by others that wait for a second officer
    unchecked: int
    oldest_unchecked: dt.datetime | None
    held: int
    ringing: Sequence[Page]


def dashboard(member: Member, *, officer: bool) -> Dashboard:
    """In a fixed number of queries, however much waits."""
    now = timezone.now()
    visible = visible_cases(member, officer=officer)
    late = Q(first_look_at__isnull=True, due_at__lt=now)
    soon = Q(first_look_at__isnull=True, due_at__gte=now, due_at__lt=now + dt.timedelta(hours=1))
    rows = (
        visible.waiting()  # type: ignore[attr-defined]  # exclude() keeps the queryset's class
        .values("severity")
        .annotate(
            waiting=Count("pk"),
            late=Count("pk", filter=late),
            soon=Count("pk", filter=soon),
            mine=Count("pk", filter=Q(assigned_to=member)),
        )
        .order_by("severity")
    )
    counted = {row["severity"]: row for row in rows}
    pending = Message.objects.filter(check_state=Message.CheckState.PENDING)
    return Dashboard(
        by_severity=[
            (severity, counted[severity]["waiting"], counted[severity]["late"])
            if severity in counted
            else (severity, 0, 0)
            for severity in Case.Severity.values
        ],
        due_soon=sum(row["soon"] for row in counted.values()),
        overdue=sum(row["late"] for row in counted.values()),
        mine=sum(row["mine"] for row in counted.values()),
        appeals=appeals_to_judge(member, officer=officer).filter(state=Appeal.State.PENDING).count(),
        seconds=visible.waiting().filter(pk__in=proposed_by_others(member)).count(),  # type: ignore[attr-defined]  # as above
        exports=IncidentExport.objects.filter(case__in=visible, state=IncidentExport.State.AWAITING_SECOND)
        .exclude(requested_by=member)
        .count()
        if officer
        else 0,
        unchecked=pending.count(),
        oldest_unchecked=pending.order_by("created_at").values_list("created_at", flat=True).first(),
        held=Message.objects.filter(visibility=Message.Visibility.HELD).count(),
        ringing=list(
            Page.objects.filter(acknowledged_at__isnull=True, case__in=visible)
            .exclude(case__state=Case.State.CLOSED)
            .select_related("case")
            .order_by("case__severity", "next_at")
        ),
    )


@dataclass(frozen=True, slots=True)
class AgeBoard:
    """What waits about proofs of age: officers' work that looks unusual, results that somebody contests."""

    alerts: list[AgeAlert]
    contests: int
    late: int
    shared: int  # guardians who agreed for several children, not looked at yet


def age_board(member: Member) -> AgeBoard:
    """In three queries. Alerts about the reader's own association are somebody else's to look at."""
    pending = AgeContest.objects.filter(state=AgeContest.State.PENDING).exclude(member=member)
    counted = pending.aggregate(all=Count("pk"), late=Count("pk", filter=Q(due_at__lt=timezone.now())))
    alerts = (
        AgeAlert.objects.filter(seen_at__isnull=True)
        .exclude(officer__association__officers__member=member)
        .select_related("officer__member", "officer__association")
        .order_by("-pk")[:20]
    )
    shared = GuardianConsent.objects.filter(shared_since__isnull=False, shared_seen_by__isnull=True).count()
    return AgeBoard(list(alerts), counted["all"], counted["late"], shared)


def proposed_by_others(member: Member) -> QuerySet[Decision, int]:
    """Keys of the cases in which somebody else proposed what takes two people."""
    proposals = Decision.objects.filter(takes_effect_at__isnull=True, refused_at__isnull=True)
    return proposals.exclude(decided_by=member).values_list("case", flat=True)


def appeals_to_judge(member: Member, *, officer: bool) -> QuerySet[Appeal]:
    """Appeals `member` may judge: of cases they may know, of decisions in which they took no part."""
    return Appeal.objects.filter(decision__case__in=visible_cases(member, officer=officer)).exclude(
        Q(decision__decided_by=member) | Q(decision__second_person=member)
    )


def audit_hidden_from(member: Member) -> Q:
    """Condition on AuditEvent: what `member` may not read. What was done to a case they may not know of, to whatever
    hangs on it, and what was done about themself or somebody they know by an officer (a reading, a hold, an order)."""
    as_text = models.CharField()

    def of(label: str, rows: QuerySet[Any]) -> Q:
        return Q(subject_type=label, subject_id__in=rows.order_by().values_list(Cast("pk", as_text), flat=True))

    cases = Case.objects.filter(casework.conflicts_of(member))
    known = Member.objects.filter(casework.people_known_to(member) | Q(pk=member.pk))
    on_them = Q(case__in=cases) | Q(member__in=known)
    return (
        of("safeguarding.case", cases)
        | of("safeguarding.decision", Decision.objects.filter(case__in=cases))
        | of("safeguarding.incidentexport", IncidentExport.objects.filter(case__in=cases))
        | of("safeguarding.evidence", Evidence.objects.filter(case__in=cases))
        | of("safeguarding.report", Report.objects.filter(case__in=cases))
        | of("safeguarding.appeal", Appeal.objects.filter(decision__case__in=cases))
        | of("safeguarding.legalhold", LegalHold.objects.filter(on_them))
        | of("safeguarding.authorityorder", AuthorityOrder.objects.filter(on_them))
        | (of("community.member", known) & ~Q(actor=member) & Q(actor__isnull=False))
    )


# -- one case --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PersonInCase:
    member: Member
    roles: Sequence[str]
    band_then: str
    band_now: AgeBand
    past_decisions: Sequence[Decision]
    other_cases: int


@dataclass(frozen=True, slots=True)
class CaseFile:
    """All that the case page shows."""

    people: Sequence[PersonInCase]
    alerts: Sequence[Alert]
    reports: Sequence[Report]
    notes: Sequence[CaseNote]
    decisions: Sequence[Decision]
    exports: Sequence[IncidentExport]
    measures: Sequence[ProtectiveMeasure]
    lines: Sequence[Line] = field(default_factory=tuple)
    truncated: bool = False


def case_file(case: Case, *, content: bool) -> CaseFile:
    """The file of a case; with `content` also what was said, the latest messages frozen for it."""
    parties = list(case.parties.select_related("member").order_by("pk"))
    reports = list(case.reports.select_related("message", "subject").order_by("pk"))
    alerts = list(case.alerts.select_related("message").order_by("pk"))
    lines: Sequence[Line] = ()
    truncated = False
    if content:
        roles = defaultdict(list)
        for party in parties:
            roles[party.member_id].append(party.role)
        pointed = {ref for alert in alerts for ref in alert.evidence}
        lines, truncated = conversation(
            case, roles=roles, pointed=pointed, reported={report.message_id for report in reports}
        )
    return CaseFile(
        people=people_of(case, parties),
        alerts=alerts,
        reports=reports,
        notes=list(case.notes.select_related("author").order_by("pk")),
        decisions=list(
            case.decisions.select_related("decided_by", "second_person", "member", "statement", "appeal").order_by("pk")
        ),
        exports=list(case.exports.select_related("requested_by").order_by("-pk")),
        measures=list(case.measures.select_related("member", "room").order_by("pk")),
        lines=lines,
        truncated=truncated,
    )


def people_of(case: Case, parties: Iterable[CaseParty]) -> list[PersonInCase]:
    """Who the people are: band then and now, past decisions, other cases. Three queries however many they are."""
    by_member: dict[int, list[CaseParty]] = defaultdict(list)
    for party in parties:
        by_member[party.member_id].append(party)
    bands = bands_of(by_member)
    past: dict[int, list[Decision]] = defaultdict(list)
    for decision in (
        Decision.objects.filter(member__in=by_member, takes_effect_at__isnull=False)
        .exclude(appeal__state=Appeal.State.OVERTURNED)
        .exclude(case=case)
        .order_by("-pk")
    ):
        past[decision.member_id or 0].append(decision)
    others = dict(
        CaseParty.objects.filter(member__in=by_member, role=CaseParty.Role.SUBJECT)
        .exclude(case=case)
        .values_list("member")
        .annotate(Count("case", distinct=True))
    )
    return [
        PersonInCase(
            member=rows[0].member,
            roles=[row.role for row in rows],
            band_then=rows[0].band_then,
            band_now=bands[pk],
            past_decisions=past[pk],
            other_cases=others.get(pk, 0),
        )
        for pk, rows in by_member.items()
    ]


# -- members' own pages ----------------------------------------------------------------------------------------------


def reports_by(member: Member) -> QuerySet[Report]:
    """The reports `member` made, newest first, each with whether something was done (`acted`) and whether they have
    blocked whom they reported (`blocked`)."""
    acted = Decision.objects.filter(case=OuterRef("case"), takes_effect_at__isnull=False).exclude(
        action__in=[Decision.Action.NO_ACTION, Decision.Action.RELEASE_MESSAGE]
    )
    blocked = Block.objects.filter(blocker=member, blocked=OuterRef("subject"))
    return (
        Report.objects.filter(reporter=member)
        .select_related("case", "subject", "room")
        .annotate(acted=Exists(acted), blocked=Exists(blocked))
        .order_by("-pk")
    )


def decisions_about(member: Member) -> QuerySet[Decision]:
    """The decisions `member` was told about, newest first, with their statements and appeals."""
    return (
        Decision.objects.filter(statement__recipient=member)
        .select_related("statement", "appeal")
        .order_by("-statement__pk")
    )


def measures_about(member: Member) -> QuerySet[ProtectiveMeasure]:
    """The protective measures that bind `member` now, newest first. None of them names the other person."""
    return ProtectiveMeasure.objects.filter(member=member, ended_at__isnull=True, ends_at__gt=timezone.now()).order_by(
        "-pk"
    )


def measures_to_tell(member: Member) -> QuerySet[ProtectiveMeasure]:
    """Those of `measures_about` that are told one by one: of several pauses in one case the latest stands for all, so
    that nobody reads from their number how many people are protected."""
    pause = ProtectiveMeasure.Kind.PAUSE_CONTACT
    later = measures_about(member).filter(kind=pause, case=OuterRef("case"), pk__gt=OuterRef("pk"))
    return measures_about(member).exclude(Q(kind=pause) & Exists(later))


def cards_of(member: Member) -> QuerySet[SafetyCard]:
    """The safety cards that wait for `member`, oldest first, each with whether it is about their own report
    (`reported`): somebody who is to be protected may know of none."""
    own = Report.objects.filter(reporter=member, case=OuterRef("case"))
    return (
        SafetyCard.objects.filter(member=member, dismissed_at__isnull=True)
        .annotate(reported=Exists(own))
        .order_by("pk")
    )


def reportable_messages(member: Member) -> QuerySet[Message]:
    """Messages of others, once shown, in rooms `member` is or was in. Deleted and removed ones too."""
    return (
        Message.objects.filter(room__memberships__member=member, events__isnull=False)
        .exclude(author=member)
        .select_related("author", "room")
        .distinct()
    )


def reportable_members(member: Member) -> QuerySet[Member]:
    """Others who are or were in a room `member` is or was in: blocked, gone and closed accounts too."""
    rooms = Membership.objects.filter(member=member).values("room")
    others: QuerySet[Member] = Member.objects.filter(memberships__room__in=rooms).exclude(pk=member.pk)
    return others.distinct()
