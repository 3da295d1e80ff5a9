"""Replays as work: asked for with a reason and logged, run by one worker at a time, kept with their figures."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from community import audit
from community.models import Member
from community.queue import nudge
from community.roles import may
from safeguarding.errors import NotAllowed, ReasonRequired
from safeguarding.models import Rule, RulePack, RuleReplay

from .replaying import named, replay
from .rule_moves import permission_for
from .rules import STEER, draft_of

Candidate = Rule | RulePack | Mapping[str, str]  # rule files that are not imported: name -> text

logger = logging.getLogger(__name__)

TASK = "safeguarding.tasks.run_replay"
COMPONENT = "operator"
CLAIM_LASTS = dt.timedelta(minutes=5)
MOST_ATTEMPTS = 3
State = RuleReplay.State


@transaction.atomic
def request_replay(*, actor: Member, candidate: Candidate, days: int, reason: str) -> RuleReplay:
    """Ask for a replay of the last `days` days. The machine will read what was said then: that is logged with the
    reason. Files are imported by this no more than they judge. Raises NotAllowed, ReasonRequired, RulesBroken."""
    if not may(actor, permission_for(candidate) if isinstance(candidate, Rule) else STEER):
        raise NotAllowed
    until = timezone.now()
    asked = _asked(actor=actor, candidate=candidate, since=until - dt.timedelta(days=days), until=until, reason=reason)
    nudge(TASK, asked.pk)
    return asked


def _asked(
    *, actor: Member | None, candidate: Candidate, since: dt.datetime, until: dt.datetime, reason: str
) -> RuleReplay:
    if not reason.strip():
        raise ReasonRequired
    rule = candidate if isinstance(candidate, Rule) else None
    pack = candidate if isinstance(candidate, RulePack) else None
    files = dict(candidate) if isinstance(candidate, Mapping) else None
    told = named(rule or pack or draft_of(files or {}))
    asked = RuleReplay.objects.create(
        rule=rule, pack=pack, files=files, since=since, until=until, reason=reason.strip()[:500], asked_by=actor
    )
    audit.record(
        actor=actor, component="" if actor else COMPONENT, action="rules.replay_asked", subject=asked,
        data={
            "candidate": told, "since": since.isoformat(), "until": until.isoformat(), "reason": asked.reason,
            **({"files": sorted(files)} if files is not None else {}),
        },
    )  # fmt: skip
    return asked


def replay_now(*, candidate: Candidate, since: dt.datetime, until: dt.datetime, reason: str) -> RuleReplay:
    """For the operator's command: the same, logged the same, run in this process. Raises as request_replay does."""
    with transaction.atomic():
        asked = _asked(actor=None, candidate=candidate, since=since, until=until, reason=reason)
    run_replay(replay_pk=asked.pk)
    asked.refresh_from_db()
    return asked


def replays_waiting() -> list[int]:
    """Keys of the replays that nobody is running: new ones, and those whose worker died."""
    free = Q(state=State.WAITING) | Q(state=State.RUNNING, claimed_until__lt=timezone.now())
    return list(RuleReplay.objects.filter(free).order_by("asked_at").values_list("pk", flat=True)[:20])


def run_replay(*, replay_pk: int) -> bool:
    """Run one replay if nobody else does; return whether this call ran it. One that fails three times is given up."""
    now = timezone.now()
    free = Q(state=State.WAITING) | Q(state=State.RUNNING, claimed_until__lt=now)
    claimed = RuleReplay.objects.filter(free, pk=replay_pk).update(
        state=State.RUNNING, claimed_until=now + CLAIM_LASTS, attempts=F("attempts") + 1
    )
    if not claimed:
        return False
    asked = RuleReplay.objects.select_related("rule", "pack").get(pk=replay_pk)

    def alive() -> None:
        RuleReplay.objects.filter(pk=replay_pk).update(claimed_until=timezone.now() + CLAIM_LASTS)

    try:
        candidate = asked.rule or asked.pack or draft_of(asked.files or {})
        result = replay(candidate=candidate, since=asked.since, until=asked.until, alive=alive)
    except Exception:
        logger.exception("replay %s failed", asked.public_id)
        state = State.FAILED if asked.attempts >= MOST_ATTEMPTS else State.WAITING
        _finish(asked, state=state, result=None)
        return True
    _finish(asked, state=State.DONE, result=result)
    return True


@transaction.atomic
def _finish(asked: RuleReplay, *, state: RuleReplay.State, result: dict[str, object] | None) -> None:
    ended = timezone.now() if state != State.WAITING else None
    RuleReplay.objects.filter(pk=asked.pk).update(state=state, result=result, finished_at=ended, claimed_until=None)
    if result is not None:
        audit.record(
            actor=asked.asked_by, component="" if asked.asked_by else COMPONENT, action="rules.replayed",
            subject=asked, data={"messages_read": result["messages"], "reason": asked.reason},
        )  # fmt: skip
