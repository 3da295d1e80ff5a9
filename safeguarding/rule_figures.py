"""What later human decisions say about rules. Reads only; counted in cases, for a case is what a person decides.

A case is *confirmed* when a decision against somebody took effect and was not overturned on appeal; *unfounded* when
people decided and no such decision stands. Cases of distress (D1) and of a minor in danger (M7) call for help and never
for a sanction: their decisions say nothing about whether a rule was right, and they are not counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from .enforcement import MEASURES
from .incidents import INCIDENTS
from .models import Alert, AlertRule, Appeal, Case, Decision
from .statistics import Share

_ADVERSE = [action for action in Decision.Action if MEASURES[action].adverse]
UNJUDGED = [code for code, incident in INCIDENTS.items() if not incident.sanctioned]


def decided(cases: QuerySet[Case]) -> QuerySet[Case]:
    """`cases` with what people made of them: `.is_confirmed` and `.is_decided`."""
    effective = Decision.objects.filter(case=OuterRef("pk"), takes_effect_at__isnull=False)
    standing = effective.filter(action__in=_ADVERSE).exclude(appeal__state=Appeal.State.OVERTURNED)
    return cases.annotate(is_confirmed=Exists(standing), is_decided=Exists(effective))


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


def _outcomes_by(rows: QuerySet[AlertRule], *keys: str) -> Iterator[tuple[tuple[str, ...], Outcomes]]:
    """Distinct cases of the alerts, by `keys` and by what people made of them. One query."""
    effective = Decision.objects.filter(case=OuterRef("alert__case"), takes_effect_at__isnull=False)
    standing = effective.filter(action__in=_ADVERSE).exclude(appeal__state=Appeal.State.OVERTURNED)
    counted = (
        rows.exclude(alert__code__in=UNJUDGED)
        .annotate(is_confirmed=Exists(standing), is_decided=Exists(effective))
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


def outcomes_by_rule() -> dict[tuple[str, str], Outcomes]:
    """(rule, version) -> what people decided of the cases its alerts opened or joined. One query."""
    return {
        (rule, version): outcomes
        for (rule, version), outcomes in _outcomes_by(AlertRule.objects.all(), "rule", "version")
    }
