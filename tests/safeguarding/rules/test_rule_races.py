"""Several people and workers at once, on real connections: a step is taken once, an alarm raised once."""

from __future__ import annotations

import pytest

from community.errors import Refused
from community.models import AuditEvent
from community.policies import AgeBand
from community.roles import OFFICER_DEPUTY
from safeguarding.models import Rule, RuleAlarm, RuleMove, RulesInForce, Stage
from safeguarding.rules import digest_in_force
from safeguarding.services.alarms import raise_alarm
from safeguarding.services.replays import request_replay, run_replay
from safeguarding.services.rule_moves import approve_move, move_rule
from tests.cast import open_member
from tests.safeguarding.checks.test_drain_races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tiny")]


def test_a_step_approved_by_three_people_at_once_is_taken_once(sam):
    officers = [open_member(f"officer{n}", AgeBand.ADULT, OFFICER_DEPUTY) for n in range(3)]
    move = move_rule(actor=sam, rule=Rule.objects.get(key="t.secret"), to=Stage.SHADOW, reason="too many")

    def approve(n: int) -> bool:
        try:
            approve_move(actor=officers[n], move=RuleMove.objects.get(pk=move.pk))
        except Refused:
            return False
        return True

    assert sorted(at_once(approve, 3)) == [False, False, True]
    assert AuditEvent.objects.filter(action="rule.moved").count() == 1


def test_steps_of_several_rules_at_once_end_in_one_digest_that_is_true(sam, dana, new_rule):
    rules = [Rule.objects.get(key="t.scam"), new_rule()]

    def step(n: int) -> None:
        move_rule(actor=(sam, dana)[n], rule=rules[n], to=Stage.SHADOW, reason="at once")

    at_once(step, 2)
    row = RulesInForce.objects.get()
    assert row.digest == digest_in_force(row.canary_share)
    assert set(Rule.objects.filter(stage=Stage.SHADOW).values_list("key", flat=True)) == {"t.scam", "t.herring"}


def test_one_alarm_however_many_workers_raise_it():
    raised = at_once(
        lambda n: raise_alarm(component="test", kind=RuleAlarm.Kind.QUOTA, about="hold", facts={"used": n})
    )
    assert sorted(raised) == [False, False, False, True]
    assert RuleAlarm.objects.count() == AuditEvent.objects.filter(action="rules.alarm_raised").count() == 1


def test_one_worker_runs_a_replay(sam, new_rule):
    asked = request_replay(actor=sam, candidate=new_rule(), days=1, reason="before going live")
    assert sorted(at_once(lambda n: run_replay(replay_pk=asked.pk))) == [False, False, False, True]
