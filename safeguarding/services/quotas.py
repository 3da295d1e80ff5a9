"""How much the machine may do in a day, so that a bad rule cannot stop a community.

Counted over the last 24 hours from the rows themselves, without a lock: several workers at once may overstep by what
they have in hand, which is a batch each. What is beyond the quota is never let through instead: the message is held,
for people, and they are called.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils import timezone

from safeguarding.models import ProtectiveMeasure, RiskCheck, RuleAlarm

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


def watch_refusals() -> None:
    """Raise an alarm when more messages are refused than a day allows. They are refused all the same."""
    refused = RiskCheck.objects.filter(verdict="refuse", created_at__gte=timezone.now() - DAY)
    _is_left("refuse", refused.count())


def _is_left(kind: str, used: int) -> bool:
    quota = settings.MEASURE_QUOTAS[kind]
    if used < quota:
        return True
    raise_alarm(component=COMPONENT, kind=RuleAlarm.Kind.QUOTA, about=kind, facts={"used": used, "quota": quota})
    return False
