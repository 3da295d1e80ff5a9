"""The machine looks after the rules: it takes back those that people keep finding wrong, and says when one changes.

It never puts a rule in force. Grave rules it leaves where they are and calls people: a wrong alert costs minutes, a
missed one a child.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from chat.models import Message
from community.errors import Refused
from safeguarding import machine_reasons, rule_figures
from safeguarding.errors import StepNotPossible
from safeguarding.incidents import INCIDENTS, SEVERITIES
from safeguarding.models import RiskSignal, Rule, RuleAlarm, RuleDay, RulesInForce, ShadowFinding, Stage
from safeguarding.rules import refreshed_rules
from safeguarding.statistics import binomial_head, binomial_tail

from .alarms import raise_alarm
from .rule_moves import move_rule
from .rules import COMPONENT

logger = logging.getLogger(__name__)

ACTING = (Stage.LIVE, Stage.CANARY)
# A change is sudden when a day like it would come once in a hundred thousand days.
SUDDEN = 1e-5
HISTORY_DAYS = 28
LEAST_DAYS = 7  # of history
LEAST_WROTE = 20  # distinct members who wrote today
FADES = 0.02  # how much less a day counts than the day after it
KEEP_DAYS = 90
DAY = dt.timedelta(days=1)


# -- precision -------------------------------------------------------------------------------------------------------


def judge_rules() -> int:
    """Compare every LIVE rule with the floor of its severity, by what people decided; return how many went to SHADOW.

    A rule is below its floor when even the upper bound of its 95 % Wilson interval is, on at least
    settings.RULE_FLOOR_CASES decided cases. Of P2 or P3 it drops to SHADOW by itself, even while a step that somebody
    asked for waits, and an alarm says so; of P0 or P1, or where an alert that grave has lately rested on it, it raises
    an alarm.
    """
    outcomes, grave = rule_figures.outcomes_by_rule(), rule_figures.under_grave_alerts()
    dropped = 0
    for rule in Rule.objects.filter(stage=Stage.LIVE).defer("content").order_by("key"):
        found = outcomes.get((rule.key, rule.version))
        incident = INCIDENTS.get(rule.code)
        if found is None or incident is None or found.precision.total < settings.RULE_FLOOR_CASES:
            continue
        floor = settings.RULE_FLOORS[incident.severity]
        share = found.precision
        if share.high_percent >= floor:
            continue
        facts = {
            "version": rule.version, "code": rule.code, "confirmed": share.hits, "decided": share.total,
            "high": round(share.high_percent, 1), "floor": floor,
        }  # fmt: skip
        if SEVERITIES[incident.severity].pages or rule.key in grave:
            raise_alarm(component=COMPONENT, kind=RuleAlarm.Kind.PRECISION, about=rule.key, facts=facts)
        elif _drop(rule, facts):
            dropped += 1
    return dropped


def _drop(rule: Rule, facts: Mapping[str, object]) -> bool:
    reason = machine_reasons.below_floor(facts)
    try:
        move_rule(actor=None, component=COMPONENT, rule=rule, to=Stage.SHADOW, reason=reason)
    except StepNotPossible:
        return False  # people moved it meanwhile
    except Refused as refusal:
        logger.error("rule %s is below its floor and could not be taken back: %s", rule.key, refusal)
        raise_alarm(component=COMPONENT, kind=RuleAlarm.Kind.PRECISION, about=rule.key, facts=facts)
        return False
    raise_alarm(component=COMPONENT, kind=RuleAlarm.Kind.DEMOTED, about=rule.key, facts=facts)
    return True


# -- sudden changes --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """A rule that on a day met more or fewer distinct members than its past lets expect."""

    rule: str
    day: dt.date
    met: int
    wrote: int
    usual: float  # share
    chance: float


def count_today() -> list[Change]:
    """Count how many distinct members each acting rule met today (UTC) among those who wrote, and raise an alarm for
    each sudden change. Safe to run as often as one likes; return the changes found.

    Members, not messages: somebody who posts again and again what was held is one. A rule that leaves CANARY meets more
    because it judges more: days count only beside days on which it judged as many. That it meets more is told at once,
    that it meets fewer of a day that is over: in the morning other people write than in the evening.
    """
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    if not RuleDay.objects.filter(day=midnight.date()).exists():  # the first time since midnight
        _count_to_the_end(midnight - DAY)
    wrote, met = _counted(midnight, midnight + DAY)
    RuleDay.objects.bulk_create(
        [
            RuleDay(day=midnight.date(), rule=key, met=min(met.get(key, 0), wrote), wrote=wrote, share=share)
            for key, share in sorted(_shares(midnight.date()).items())
        ],
        update_conflicts=True,
        unique_fields=["rule", "day"],
        update_fields=["met", "wrote", "share"],
    )
    changes = list(_sudden_changes(midnight))
    for change in changes:
        raise_alarm(
            component=COMPONENT, kind=RuleAlarm.Kind.PASS_RATE, about=change.rule, day=change.day,
            facts={
                "day": change.day.isoformat(), "met": change.met, "wrote": change.wrote,
                "usual": round(100 * change.usual, 3), "chance": float(f"{change.chance:.1e}"),
            },
        )  # fmt: skip
    return changes


def _counted(since: dt.datetime, until: dt.datetime) -> tuple[int, dict[str, int]]:
    """How many distinct members wrote in a time, and how many of them each rule met."""
    first = _first_message_since(since)
    said = Message.objects.filter(pk__gte=first, created_at__lt=until) if first else Message.objects.none()
    met = (
        RiskSignal.objects.filter(check_run__created_at__gte=since, check_run__created_at__lt=until)
        .order_by()
        .values_list("rule")
        .annotate(Count("check_run__message__author", distinct=True))
    )
    # Somebody whose message of yesterday was checked today may be met and not have written: never more than all.
    return said.values("author").distinct().count(), dict(met)


def _count_to_the_end(day: dt.datetime) -> None:
    """Count a day that is over once more: what was last counted of it may have been its morning."""
    wrote, met = _counted(day, day + DAY)
    unfinished = []
    for row in RuleDay.objects.filter(day=day.date()):
        now = min(met.get(row.rule, 0), wrote), wrote
        if now != (row.met, row.wrote):
            row.met, row.wrote = now
            unfinished.append(row)
    RuleDay.objects.bulk_update(unfinished, ["met", "wrote"], batch_size=100)


def _shares(today: dt.date) -> dict[str, int]:
    """Of each acting rule, the percent of the members whom it judges; 0 where it was another earlier today."""
    canary = RulesInForce.objects.values_list("canary_share", flat=True).filter(pk=1).first() or 0
    acting = Rule.objects.filter(stage__in=ACTING).values_list("key", "stage")
    # A version may be in CANARY beside another that is LIVE: then all are judged by one of them.
    now = dict(sorted((key, canary if stage == Stage.CANARY else 100) for key, stage in acting))
    counted = dict(RuleDay.objects.filter(day=today).values_list("rule", "share"))
    return {key: share if counted.get(key, share) == share else 0 for key, share in now.items()}


def _first_message_since(moment: dt.datetime) -> int | None:
    """The key of the first message since a moment, found by halving: keys follow time, and there is no other index."""
    ends = Message.objects.aggregate(low=Min("pk"), high=Max("pk"))
    low, high = ends["low"], ends["high"]
    if low is None:
        return None
    while low < high:
        middle = (low + high) // 2
        said = Message.objects.filter(pk__gte=middle).order_by("pk").values_list("pk", "created_at").first()
        if said is None or said[1] >= moment:
            high = middle
        else:
            low = said[0] + 1
    last = Message.objects.filter(pk__gte=low, created_at__gte=moment).order_by("pk").values_list("pk", flat=True)
    return last.first()


def _sudden_changes(midnight: dt.datetime) -> Iterator[Change]:
    """Rules that met more members today, or fewer yesterday, than the days before let expect."""
    today, yesterday = midnight.date(), (midnight - DAY).date()
    days: dict[tuple[str, int], dict[dt.date, tuple[int, int]]] = defaultdict(dict)  # rule, share -> day -> met, wrote
    rows = RuleDay.objects.filter(day__gt=today - dt.timedelta(days=HISTORY_DAYS), day__lte=today, share__gt=0)
    for rule, day, met, wrote, share in rows.order_by("rule", "day").values_list(
        "rule", "day", "met", "wrote", "share"
    ):
        days[rule, share][day] = met, wrote
    moved = _moved_since(midnight - DAY)
    for (rule, _share), counted in days.items():
        if today not in counted:
            continue  # it judges no longer, or other members
        changes = [_unlikely(rule, today, counted, binomial_tail)]
        if yesterday in counted and rule not in moved:
            changes.append(_unlikely(rule, yesterday, counted, binomial_head))
        yield from filter(None, changes)


def _moved_since(moment: dt.datetime) -> set[str]:
    """Rules that took a step since then: they did not judge the whole of that day, or not as before."""
    moves = Q(moves__took_effect_at__gte=moment) | Q(pack__moves__took_effect_at__gte=moment)
    return set(Rule.objects.filter(moves).values_list("key", flat=True))


def _unlikely(
    rule: str, day: dt.date, counted: Mapping[dt.date, tuple[int, int]], tail: Callable[[int, int, float], float]
) -> Change | None:
    """The change that a day brings, by the days before it, where one like it is next to impossible."""
    met, wrote = counted[day]
    past = [((day - one).days, *counted[one]) for one in counted if one < day and counted[one][1]]
    if len(past) < LEAST_DAYS or wrote < LEAST_WROTE:
        return None
    weights = [(1 - FADES) ** ago for ago, _met, _wrote in past]
    total = sum(weight * count for weight, (_ago, _met, count) in zip(weights, past, strict=True))
    hits = sum(weight * count for weight, (_ago, count, _wrote) in zip(weights, past, strict=True))
    usual = (hits + 0.5) / (total + 1)  # never surely nobody, never surely everybody
    chance = tail(met, wrote, usual)
    return Change(rule, day, met, wrote, usual, chance) if chance < SUDDEN else None


def watch_in_force() -> bool:
    """Whether this process judges by the rules in force. If it cannot read them it goes on with those it has (every
    process says so in its log), and an alarm calls people."""
    wanted = RulesInForce.objects.values_list("digest", flat=True).filter(pk=1).first()
    if wanted is None or refreshed_rules().digest == wanted:
        return True
    wanted = RulesInForce.objects.values_list("digest", flat=True).get(pk=1)  # moved in between, perhaps
    if refreshed_rules().digest == wanted:
        return True
    raise_alarm(component=COMPONENT, kind=RuleAlarm.Kind.UNUSABLE, about=wanted[:12], facts={})
    return False


def forget_figures() -> int:
    """Delete what rules in shadow met, and days counted, after three months; return how many rows."""
    before = timezone.now() - dt.timedelta(days=KEEP_DAYS)
    shadows, _ = ShadowFinding.objects.filter(created_at__lt=before).delete()
    days, _ = RuleDay.objects.filter(day__lt=before.date()).delete()
    return shadows + days
