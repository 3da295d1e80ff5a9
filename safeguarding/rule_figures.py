"""What later human decisions say about rules. Reads only; counted in cases, for a case is what a person decides.

A case is *confirmed* when a decision against a subject of it took effect and was not overturned on appeal; *unfounded*
when people decided and no such decision stands: what is done to the person it was to protect bears nothing out. Where
nobody is the subject (a room), a decision against anybody else confirms.

Cases of distress (D1) and of a minor in danger (M7) call for help and never for a sanction: their decisions say nothing
about whether a rule was right, and they are not counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from community.models import Member

from .enforcement import MEASURES
from .incidents import INCIDENTS, SEVERITIES
from .models import (
    Alert,
    AlertRule,
    Appeal,
    Case,
    CaseParty,
    Decision,
    RiskSignal,
    Rule,
    RuleAlarm,
    RuleMove,
    RulePack,
    ShadowFinding,
    Stage,
)
from .rules import parsed
from .statistics import Share

_ADVERSE = [action for action in Decision.Action if MEASURES[action].adverse]
LATELY = dt.timedelta(days=30)
UNJUDGED = [code for code, incident in INCIDENTS.items() if not incident.sanctioned]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Of the cases something rests on: how many people confirmed, found unfounded, or have not decided."""

    confirmed: int
    unfounded: int
    undecided: int

    @property
    def precision(self) -> Share:
        return Share(self.confirmed, self.confirmed + self.unfounded)

    @property
    def cases(self) -> int:
        return self.confirmed + self.unfounded + self.undecided


def with_outcome(rows: QuerySet[Any], case: str = "pk") -> QuerySet[Any]:
    """`rows` with what people made of the case that their field `case` names: `.is_confirmed` and `.is_decided`."""
    effective = Decision.objects.filter(case=OuterRef(case), takes_effect_at__isnull=False)
    parties = CaseParty.objects.filter(case=OuterRef("case"))
    of_them, role = parties.filter(member=OuterRef("member")), CaseParty.Role
    nobody_meant = ~Exists(parties.filter(role=role.SUBJECT)) & ~Exists(of_them.filter(role=role.TO_PROTECT))
    against = effective.filter(
        Q(member__isnull=True) | nobody_meant | Exists(of_them.filter(role=role.SUBJECT)), action__in=_ADVERSE
    )
    standing = against.exclude(appeal__state=Appeal.State.OVERTURNED)
    found: QuerySet[Any] = rows.annotate(is_confirmed=Exists(standing), is_decided=Exists(effective))
    return found


def _outcomes_by(rows: QuerySet[AlertRule], *keys: str) -> Iterator[tuple[tuple[str, ...], Outcomes]]:
    """Distinct cases of the alerts, by `keys` and by what people made of them. One query."""
    counted = (
        with_outcome(rows.exclude(alert__code__in=UNJUDGED), "alert__case")
        .values(*keys)
        .annotate(
            confirmed=Count("alert__case", distinct=True, filter=Q(is_confirmed=True)),
            unfounded=Count("alert__case", distinct=True, filter=Q(is_confirmed=False, is_decided=True)),
            undecided=Count("alert__case", distinct=True, filter=Q(is_confirmed=False, is_decided=False)),
        )
        .order_by(*keys)
    )
    for row in counted:
        yield tuple(row[key] for key in keys), Outcomes(row["confirmed"], row["unfounded"], row["undecided"])


def look_alikes(case: Case, alerts: Sequence[Alert]) -> Mapping[tuple[str, str], Outcomes]:
    """(code, rule) -> what people decided of other cases that rest on the same rule and code. One query."""
    wanted = {
        (alert.code, row["rule"])
        for alert in alerts
        if alert.code not in UNJUDGED
        for row in alert.explanation.get("rules", ())
    }
    if not wanted:
        return {}
    rows = AlertRule.objects.filter(
        rule__in=sorted({rule for _code, rule in wanted}), alert__code__in=sorted({code for code, _rule in wanted})
    ).exclude(alert__case=case)
    found = {(code, rule): outcomes for (code, rule), outcomes in _outcomes_by(rows, "alert__code", "rule")}
    return {pair: found.get(pair, Outcomes(0, 0, 0)) for pair in sorted(wanted)}


def outcomes_by_rule(key: str | None = None) -> dict[tuple[str, str], Outcomes]:
    """(rule, version) -> what people decided of the cases its alerts led to, for all rules or one. One query."""
    rows = AlertRule.objects.filter(rule=key) if key else AlertRule.objects.all()
    return {(rule, version): outcomes for (rule, version), outcomes in _outcomes_by(rows, "rule", "version")}


def under_grave_alerts() -> set[str]:
    """The rules on which an alert that pages people rested within thirty days, whatever their own code. One query."""
    paging = [severity for severity, clock in SEVERITIES.items() if clock.pages]
    rows = AlertRule.objects.filter(alert__severity__in=paging, alert__created_at__gte=timezone.now() - LATELY)
    return set(rows.values_list("rule", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class Met:
    """How much a version met within thirty days: messages and distinct members, acting and in shadow."""

    messages: int
    members: int
    shadow_messages: int
    shadow_members: int


def met_lately(rule: Rule) -> Met:
    """Two queries."""
    since = timezone.now() - LATELY
    acted = RiskSignal.objects.filter(rule=rule.key, version=rule.version, check_run__created_at__gte=since).aggregate(
        messages=Count("check_run__message", distinct=True), members=Count("check_run__message__author", distinct=True)
    )
    shadow = ShadowFinding.objects.filter(rule=rule.key, version=rule.version, created_at__gte=since).aggregate(
        messages=Count("message", distinct=True), members=Count("message__author", distinct=True)
    )
    return Met(acted["messages"], acted["members"], shadow["messages"], shadow["members"])


@dataclass(frozen=True, slots=True)
class Change:
    """What an import would change of what is LIVE."""

    added: Sequence[Rule]  # rules of which there is no LIVE version
    changed: Sequence[Rule]  # other versions of LIVE rules
    absent: Sequence[str]  # LIVE rules that it does not hold: they stay until somebody retires them
    other_words: bool


def change_of(pack: RulePack) -> Change:
    """Three queries and the reading of its files."""
    live = dict(Rule.objects.filter(stage=Stage.LIVE, watched=False).values_list("key", "version"))
    new = list(pack.rules.defer("content").exclude(stage=Stage.RETIRED).order_by("key"))
    held = {rule.id for rule in parsed(pack).rules}
    words = RulePack.objects.filter(stage=Stage.LIVE).values_list("words", flat=True).first()
    return Change(
        added=[rule for rule in new if rule.key not in live],
        changed=[rule for rule in new if live.get(rule.key, rule.version) != rule.version],
        absent=sorted(set(live) - held),
        other_words=words != pack.words,
    )


@dataclass(frozen=True, slots=True)
class Board:
    """What the first page of the console says of the rules."""

    alarms: Sequence[RuleAlarm]  # not seen by anybody, newest first
    moves: int  # steps that others asked for and that wait for a second person
    drafts: int  # imports that nobody has moved on


def board(member: Member) -> Board:
    """Three queries."""
    waiting = RuleMove.objects.filter(took_effect_at__isnull=True, refused_at__isnull=True).exclude(asked_by=member)
    return Board(
        alarms=list(RuleAlarm.objects.filter(seen_at__isnull=True).order_by("-raised_at")[:10]),
        moves=waiting.count(),
        drafts=RulePack.objects.filter(stage=Stage.DRAFT).count(),
    )
