"""How much the machine may do in a day, so that a bad rule cannot stop a community.

Counted over the last 24 hours from the rows themselves, without a lock: several workers at once may overstep by what
they have in hand, which is a batch each. What is beyond the quota is never let through instead: the message is held,
for people, and they are called.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.conf import settings
from django.utils import timezone

from safeguarding.models import ProtectiveMeasure, RiskCheck, Rule, RuleAlarm, Stage

from .alarms import raise_alarm

COMPONENT = "quotas"
DAY = dt.timedelta(days=1)


class QuotaUsedUp(Exception):
    """The machine may not take this measure again today: hold the message instead."""


def spend(kind: ProtectiveMeasure.Kind) -> None:
    """Raise QuotaUsedUp, and an alarm, when as many measures of this kind as a day allows were taken already."""
    if not _is_left(
        kind.value, ProtectiveMeasure.objects.filter(kind=kind, starts_at__gte=timezone.now() - DAY).count()
    ):
        raise QuotaUsedUp


def watch_holds() -> None:
    """Raise an alarm when more messages are held than a day allows. They are held all the same."""
    since = timezone.now() - DAY
    held = ProtectiveMeasure.objects.filter(kind=ProtectiveMeasure.Kind.HOLD, starts_at__gte=since)
    _is_left("hold", held.count())


def watch_refusals(*, rules: Collection[str]) -> None:
    """Raise an alarm when more messages are refused than a day allows: of all, and of each of these `rules` (ids) that
    refuses. From then on until midnight (UTC) that rule holds what it would refuse (`Rulebook.spent`), so that people
    see what a bad one does. Contact data is refused all the same: its author is told why, and nobody else waits."""
    refused = RiskCheck.objects.filter(verdict="refuse", created_at__gte=timezone.now() - DAY)
    _is_left("refuse", refused.count())
    acting = Rule.objects.filter(key__in=rules, action="refuse", stage__in=[Stage.LIVE, Stage.CANARY])
    for key in sorted(set(acting.values_list("key", flat=True))):
        _is_left("refuse", refused.filter(signals__rule=key).distinct().count(), about=key)


def _is_left(kind: str, used: int, *, about: str = "") -> bool:
    quota = settings.MEASURE_QUOTAS[kind]
    if used < quota:
        return True
    facts = {"used": used, "quota": quota}
    raise_alarm(component=COMPONENT, kind=RuleAlarm.Kind.QUOTA, about=about or kind, facts=facts)
    return False
