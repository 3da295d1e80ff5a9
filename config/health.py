"""What a monitoring probe asks: is every part alive, and does checking keep up?"""

from __future__ import annotations

import time

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError
from django.db.models import F, Min
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import RedisError

from chat.models import Message, MessageRevision
from config.tasks import HEARTBEAT_KEY, HEARTBEAT_SECONDS

# Three beats missed: the worker is gone, or has so much to do that it amounts to that.
WORKER_SILENT_SECONDS = 3 * HEARTBEAT_SECONDS + 5
# A check takes milliseconds and a sweep comes every five seconds: a minute means that messages are not being checked.
CHECKS_LATE_SECONDS = 60.0


def oldest_unchecked_seconds() -> float | None:
    """How long the oldest text has waited for its check (an edit waits from its own moment), or None."""
    since = MessageRevision.objects.filter(
        message__check_state=Message.CheckState.PENDING, number=F("message__head_revision")
    ).aggregate(since=Min("created_at"))["since"]
    return None if since is None else max(0.0, (timezone.now() - since).total_seconds())


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all is well and 503 when something is not, with one word a part.

    For monitoring, not for a load balancer: a silent worker is no reason to take the web away.
    """
    parts: dict[str, str] = {}
    oldest: float | None = None
    try:
        oldest = oldest_unchecked_seconds()
        parts["database"] = "ok"
    except DatabaseError:
        parts["database"] = "down"
    try:
        heard = cache.get(HEARTBEAT_KEY)
        parts["redis"] = "ok"
        silent = heard is None or time.time() - heard > WORKER_SILENT_SECONDS
        parts["worker"] = "silent" if silent else "ok"
    except (RedisError, OSError):
        parts["redis"] = "down"
        parts["worker"] = "unknown"
    parts["checks"] = "late" if oldest is not None and oldest > CHECKS_LATE_SECONDS else "ok"
    well = set(parts.values()) == {"ok"}
    return JsonResponse(
        {"status": "ok" if well else "failing", **parts, "oldest_unchecked_seconds": oldest and round(oldest, 1)},
        status=200 if well else 503,
    )
