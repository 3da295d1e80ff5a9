"""What is unusual in an age officer's work: their pace, the hour, many people from their own connection.

An alert stops nothing and accuses nobody; it is put on the safeguarding officers' board, for an officer who sells
attestations is the one thing that two-person rules and quotas cannot see. The connection is only ever a keyed hash
that changes every day.
"""

from __future__ import annotations

import datetime as dt
import logging

import redis
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from community import audit
from community.errors import NotAllowed
from community.keyed import keyed_hash, same
from community.models import AgeAlert, AgeCheck, AgeOfficer, AuditEvent, Member
from community.roles import may

from .limits import subscriber

logger = logging.getLogger(__name__)

MOST_AN_HOUR = 12
NIGHT_FROM, NIGHT_UNTIL = 22, 7  # hours of the community's zone
MOST_FROM_ONE_PLACE = 10
DAY = 24 * 3600


def place_of(address: str) -> str:
    """Keyed hash of today and the network behind an address; "" where there is none."""
    if not address:
        return ""
    return keyed_hash("age place", f"{timezone.localdate().isoformat()}:{subscriber(address)}")


def watch_attestation(*, officer: AgeOfficer, check: AgeCheck, place: str) -> None:
    """Look at an attestation just recorded, in its transaction, and alert where something is unusual."""
    now = timezone.now()
    recent = AuditEvent.objects.filter(
        subject_type=AgeOfficer._meta.label_lower,
        subject_id=str(officer.pk),
        action__in=["age.attested", "age.confirmed"],
        at__gt=now - dt.timedelta(hours=1),
    ).count()
    if recent > MOST_AN_HOUR:
        _alert(officer, AgeAlert.Kind.RATE, recent)
    hour = timezone.localtime(now).hour
    if hour >= NIGHT_FROM or hour < NIGHT_UNTIL:
        _alert(officer, AgeAlert.Kind.HOURS, 1)
    if place and same(place, check.place):
        together = _count(officer, place)
        if together > MOST_FROM_ONE_PLACE:
            _alert(officer, AgeAlert.Kind.PLACE, together)


@transaction.atomic
def mark_alert_seen(*, actor: Member, alert: AgeAlert) -> None:
    """A safeguarding officer has looked. Seeing it twice is seeing it once."""
    if not may(actor, "oversee_age_officers"):
        raise NotAllowed
    if AgeAlert.objects.filter(pk=alert.pk, seen_at__isnull=True).update(seen_at=timezone.now(), seen_by=actor):
        audit.record(actor=actor, action="age_alert.seen", subject=alert)


def _alert(officer: AgeOfficer, kind: str, count: int) -> None:
    alert, news = AgeAlert.objects.get_or_create(
        officer=officer, kind=kind, day=timezone.localdate(), defaults={"count": count}
    )
    if news:
        audit.record(actor=None, component="age anomalies", action="age_alert.raised", subject=alert)
    else:
        AgeAlert.objects.filter(pk=alert.pk).update(count=count if kind != AgeAlert.Kind.HOURS else alert.count + 1)


def _count(officer: AgeOfficer, place: str) -> int:
    key = f"age-place:{officer.pk}:{place[:32]}"
    try:
        cache.add(key, 0, DAY)
        return cache.incr(key)
    except (redis.RedisError, ValueError) as error:
        logger.warning("attestations from one place could not be counted (%s)", type(error).__name__)
        return 0
