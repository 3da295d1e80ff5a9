"""Alarms about the rules: raised once a day and thing, loud in the log, on the dashboard until somebody has looked."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from community import audit
from community.models import Member
from community.roles import may
from safeguarding.errors import NotAllowed
from safeguarding.models import RuleAlarm

from .rule_moves import WATCH

logger = logging.getLogger(__name__)


@transaction.atomic
def raise_alarm(
    *, component: str, kind: RuleAlarm.Kind, about: str, facts: Mapping[str, Any], day: dt.date | None = None
) -> bool:
    """Raise an alarm unless it was raised of that day (UTC; without one, today); return whether it is new. `facts` are
    plain figures."""
    day = day or timezone.now().date()
    # ignore_conflicts: two workers may meet here, inside transactions that must go on.
    if RuleAlarm.objects.filter(kind=kind, about=about, day=day).exists():
        return False
    alarm = RuleAlarm(kind=kind, about=about, day=day, facts=dict(facts))
    RuleAlarm.objects.bulk_create([alarm], ignore_conflicts=True)
    stored = RuleAlarm.objects.get(kind=kind, about=about, day=day)
    if stored.public_id != alarm.public_id:
        return False
    logger.error("alarm about the rules: %s, %s: %s", kind.value, about, dict(facts))
    audit.record(
        actor=None, component=component, action="rules.alarm_raised", subject=stored,
        data={"kind": kind.value, "about": about, **facts},
    )  # fmt: skip
    return True


@transaction.atomic
def see_alarm(*, actor: Member, alarm: RuleAlarm) -> None:
    """Say that one has looked: it leaves the dashboard. Seeing twice is seeing once. Raises NotAllowed."""
    if not may(actor, WATCH):
        raise NotAllowed
    alarm = RuleAlarm.objects.select_for_update(of=("self",)).get(pk=alarm.pk)
    if alarm.seen_at is not None:
        return
    alarm.seen_by, alarm.seen_at = actor, timezone.now()
    alarm.save(update_fields=["seen_by", "seen_at"])
    audit.record(actor=actor, action="rules.alarm_seen", subject=alarm, data={"kind": alarm.kind, "about": alarm.about})
