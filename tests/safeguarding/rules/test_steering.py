"""What the machine does about rules by itself: takes back the wrong ones, calls people, keeps within its quotas."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import pytest
from django.utils import timezone, translation

from chat.models import Message
from community.models import AuditEvent
from safeguarding import rules
from safeguarding.detection import alerts, engine
from safeguarding.detection.types import Alert as EngineAlert
from safeguarding.models import (
    Alert,
    AlertRule,
    Case,
    Decision,
    ProtectiveMeasure,
    RiskCheck,
    RiskSignal,
    Rule,
    RuleAlarm,
    RuleDay,
    RuleMove,
    RulesInForce,
    Stage,
)
from safeguarding.services import steering
from safeguarding.services.checks import drain_rooms
from safeguarding.services.rule_moves import move_rule
from safeguarding.services.steering import count_today, forget_figures, judge_rules, watch_in_force
from safeguarding.statistics import Share, binomial_head, binomial_tail
from safeguarding.templatetags.rule_words import why_moved
from tests.cast import open_member
from tests.safeguarding.rules.conftest import write

pytestmark = pytest.mark.usefixtures("tiny")

# -- arithmetic ------------------------------------------------------------------------------------------------------


def test_wilson_interval_is_the_published_one():
    low, high = Share(8, 10).interval
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    assert Share(0, 0).interval == (0.0, 1.0)
    assert Share(0, 0).value is None
    assert Share(0, 20).interval[0] == 0.0
    assert Share(20, 20).interval[1] == pytest.approx(1.0)


@pytest.mark.parametrize(("hits", "total", "chance"), [(3, 10, 0.2), (0, 5, 0.5), (5, 5, 0.5), (40, 400, 0.07)])
def test_binomial_tails_are_exact(hits, total, chance):
    exact = sum(math.comb(total, k) * chance**k * (1 - chance) ** (total - k) for k in range(hits, total + 1))
    assert binomial_tail(hits, total, chance) == pytest.approx(exact)
    below = sum(math.comb(total, k) * chance**k * (1 - chance) ** (total - k) for k in range(hits + 1))
    assert binomial_head(hits, total, chance) == pytest.approx(below)


def test_a_tail_of_something_sure_or_impossible_is_one_or_nought():
    assert binomial_tail(3, 5, 0.0) == 0.0
    assert binomial_tail(3, 5, 1.0) == 1.0
    assert binomial_tail(0, 5, 0.0) == 1.0


# -- precision -------------------------------------------------------------------------------------------------------


@pytest.fixture
def judged(sam, bob, pub, say):
    """Cases that rest on a rule, of which people confirmed so many."""

    def make(key: str, *, confirmed: int, unfounded: int) -> Rule:
        rule = Rule.objects.get(key=key)
        message = say(bob, pub, "bonsoir")
        for number in range(confirmed + unfounded):
            case = Case.objects.create(
                code=rule.code, severity="P2", open_key=f"{key}{number}", due_at=timezone.now(), room=pub
            )
            alert = Alert.objects.create(
                case=case, message=message, code=rule.code, severity="P2", score=50, ruleset="x"
            )
            AlertRule.objects.create(alert=alert, rule=key, version=rule.version)
            action = "warn" if number < confirmed else "no_action"
            Decision.objects.create(
                case=case, decided_by=sam, action=action, reasons="Because.", takes_effect_at=timezone.now()
            )
        return rule

    return make


@pytest.mark.django_db
def test_a_rule_that_people_find_wrong_drops_to_shadow_and_says_so(judged):
    rule = judged("t.scam", confirmed=1, unfounded=24)
    assert judge_rules() == 1
    rule.refresh_from_db()
    assert rule.stage == Stage.SHADOW
    alarm = RuleAlarm.objects.get()
    assert (alarm.kind, alarm.about) == ("demoted", "t.scam")
    assert alarm.facts["decided"] == 25
    for language, words in (("en", "1 of 25 decided cases confirmed"), ("fr", "cas confirmés\xa0: 1 sur 25")):
        with translation.override(language):
            assert why_moved(rule.moves.get()).startswith(words)
    moved = AuditEvent.objects.get(action="rule.moved")
    assert (moved.actor, moved.component) == (None, "rules")
    assert judge_rules() == 0


@pytest.mark.django_db
def test_a_grave_rule_that_people_find_wrong_stays_and_calls_them(judged):
    rule = judged("t.secret", confirmed=0, unfounded=30)
    assert judge_rules() == 0
    rule.refresh_from_db()
    assert rule.stage == Stage.LIVE
    assert RuleAlarm.objects.get().kind == "precision"


@pytest.mark.django_db
@pytest.mark.parametrize("days", [1, 60])
def test_a_rule_on_which_a_grave_alert_rested_lately_is_not_taken_back_by_the_machine(judged, days):
    rule = judged("t.scam", confirmed=1, unfounded=24)
    grave = Alert.objects.create(
        case=Case.objects.first(), message=Message.objects.first(), code="M1", severity="P1", score=80, ruleset="x",
        created_at=timezone.now() - dt.timedelta(days=days),
    )  # fmt: skip
    AlertRule.objects.create(alert=grave, rule=rule.key, version="another")
    assert judge_rules() == (days > 30)
    rule.refresh_from_db()
    assert rule.stage == (Stage.SHADOW if days > 30 else Stage.LIVE)
    assert RuleAlarm.objects.get().kind == ("demoted" if days > 30 else "precision")


@pytest.mark.django_db
@pytest.mark.parametrize(("confirmed", "unfounded"), [(0, 19), (8, 17), (25, 0)])
def test_few_cases_or_an_interval_that_reaches_the_floor_change_nothing(judged, confirmed, unfounded):
    judged("t.scam", confirmed=confirmed, unfounded=unfounded)
    assert judge_rules() == 0
    assert not RuleAlarm.objects.exists()


@pytest.mark.django_db
def test_a_step_that_waits_keeps_no_rule_that_people_find_wrong(judged, new_rule, bring, sam):
    """Of minors and so of two people, but of P2: the machine takes it back by itself, as it says."""
    bring(new_rule(code="M5"), Stage.LIVE)
    rule = judged("t.herring", confirmed=0, unfounded=25)
    move = move_rule(actor=sam, rule=rule, to=Stage.RETIRED, reason="mine")
    assert move.took_effect_at is None
    assert judge_rules() == 1
    rule.refresh_from_db()
    move.refresh_from_db()
    assert rule.stage == Stage.SHADOW
    assert move.refused_at
    assert RuleAlarm.objects.get().kind == "demoted"
    assert AuditEvent.objects.get(action="rule.move_overtaken").payload.data["to"] == "retired"


@pytest.mark.django_db
def test_a_step_that_waits_for_a_grave_rule_is_left_to_people(judged, sam):
    rule = judged("t.secret", confirmed=0, unfounded=30)
    move = move_rule(actor=sam, rule=rule, to=Stage.SHADOW, reason="mine")
    assert judge_rules() == 0
    move.refresh_from_db()
    assert move.refused_at is None
    assert RuleAlarm.objects.get().kind == "precision"


# -- sudden changes --------------------------------------------------------------------------------------------------


@pytest.fixture
def past(db):
    def make(*, met: int, wrote: int, days: int = 14, share: int = 100) -> None:
        today = timezone.now().date()
        RuleDay.objects.bulk_create(
            RuleDay(day=today - dt.timedelta(days=ago), rule="t.scam", met=met, wrote=wrote, share=share)
            for ago in range(1, days + 1)
        )

    return make


@pytest.fixture
def today(pub):
    """Members who write today, of whom the rule met so many, each so many times."""

    def write(*, members: int, met: int, times: int = 1, ago: int = 0) -> None:
        at = timezone.now() - dt.timedelta(days=ago)
        for number in range(members):
            author = open_member(f"w{ago}-{number}")
            for again in range(times if number < met else 1):
                message = Message.objects.create(
                    room=pub, author=author, client_id=f"d{number}-{again}", check_state="done", created_at=at
                )
                if number < met:
                    check = RiskCheck.objects.create(
                        message=message, revision=1, ruleset="x", verdict="allow", created_at=at
                    )
                    RiskSignal.objects.create(
                        check_run=check, code="X1", rule="t.scam", version="v", span_start=0, span_end=1
                    )

    return write


@pytest.mark.django_db
def test_a_rule_that_suddenly_meets_many_members_raises_an_alarm_once(past, today):
    past(met=1, wrote=200)
    today(members=30, met=12)
    [change] = count_today()
    assert (change.rule, change.met, change.wrote) == ("t.scam", 12, 30)
    count_today()
    assert RuleAlarm.objects.get().kind == "pass_rate"
    assert RuleDay.objects.get(rule="t.scam", day=timezone.now().date()).met == 12


@pytest.mark.django_db
def test_one_member_who_posts_again_and_again_is_one(past, today):
    past(met=1, wrote=200)
    today(members=30, met=1, times=40)
    assert count_today() == []


@pytest.mark.django_db
def test_a_rule_that_suddenly_meets_nobody_raises_an_alarm_when_the_day_is_over(past, today):
    past(met=100, wrote=200)
    today(members=40, met=0, ago=1)
    [change] = count_today()
    yesterday = timezone.now().date() - dt.timedelta(days=1)
    assert (change.day, change.met, change.wrote) == (yesterday, 0, 40)
    assert RuleAlarm.objects.get().facts["day"] == yesterday.isoformat()


@pytest.mark.django_db
def test_fewer_met_yesterday_is_told_and_more_met_today_as_well(past, today):
    past(met=20, wrote=200)
    today(members=300, met=0, ago=1)
    assert len(count_today()) == 1
    today(members=30, met=25)
    assert len(count_today()) == 2
    count_today()
    day = timezone.now().date()
    alarms = RuleAlarm.objects.order_by("day").values_list("day", "facts__met")
    assert list(alarms) == [(day - dt.timedelta(days=1), 0), (day, 25)]


@pytest.mark.django_db
def test_a_day_just_begun_is_no_day_on_which_fewer_were_met(past, today):
    past(met=150, wrote=1000)
    today(members=120, met=0)
    assert count_today() == []


@pytest.mark.django_db
def test_a_day_of_which_only_the_morning_was_counted_is_counted_to_its_end(past, today):
    past(met=20, wrote=40)
    yesterday = RuleDay.objects.filter(rule="t.scam", day=timezone.now().date() - dt.timedelta(days=1))
    yesterday.update(met=0, wrote=30)
    today(members=40, met=20, ago=1)
    assert count_today() == []
    assert yesterday.values_list("met", "wrote").get() == (20, 40)


@pytest.mark.django_db
def test_a_day_that_is_over_is_counted_to_its_end_once(past, today, monkeypatch):
    past(met=20, wrote=40)
    counted, real = [], steering._counted
    monkeypatch.setattr(steering, "_counted", lambda since, until: counted.append(since) or real(since, until))
    for _ in range(3):
        count_today()
    assert len(counted) == 4 and len(set(counted)) == 2


@pytest.mark.django_db
def test_the_day_on_which_a_rule_came_back_is_no_day_on_which_it_met_fewer(past, today, sam):
    past(met=100, wrote=200)
    today(members=40, met=0, ago=1)
    rule = Rule.objects.get(key="t.scam")
    RuleMove.objects.create(
        rule=rule, before="shadow", after="live", reason="back", asked_by=sam, took_effect_at=timezone.now()
    )
    assert count_today() == []


@pytest.mark.django_db
@pytest.mark.parametrize("given", [{"days": 3}, {"days": 14, "met": 70}])
def test_without_a_history_or_without_a_change_there_is_no_alarm(past, today, given):
    past(**{"met": 1, "wrote": 200, **given})
    today(members=30, met=12)
    assert count_today() == []


@pytest.mark.django_db
def test_a_rule_that_judges_more_members_than_before_has_no_history_yet(past, today):
    past(met=1, wrote=200, share=10)
    today(members=30, met=12)
    assert count_today() == []
    RuleDay.objects.filter(share=10).update(share=100)
    assert [change.rule for change in count_today()] == ["t.scam"]


@pytest.mark.django_db
def test_in_canary_a_rule_is_compared_with_its_days_in_canary(past, today):
    Rule.objects.filter(key="t.scam").update(stage=Stage.CANARY)
    past(met=1, wrote=200, share=10)
    today(members=30, met=12)
    assert [change.rule for change in count_today()] == ["t.scam"]


@pytest.mark.django_db
def test_the_day_on_which_it_begins_to_judge_more_members_is_no_measure(past, today):
    past(met=100, wrote=200)
    Rule.objects.filter(key="t.scam").update(stage=Stage.CANARY)
    today(members=40, met=0)
    assert count_today() == []
    Rule.objects.filter(key="t.scam").update(stage=Stage.LIVE)
    for _ in range(2):
        assert count_today() == []
    assert RuleDay.objects.get(rule="t.scam", day=timezone.now().date()).share == 0


@pytest.mark.django_db
def test_a_community_that_is_silent_raises_no_alarm(past):
    past(met=100, wrote=200)
    assert count_today() == []


@pytest.mark.django_db
def test_figures_are_forgotten_after_some_months(past):
    past(met=1, wrote=2, days=120)
    assert forget_figures() > 0
    assert RuleDay.objects.count() <= 90


@pytest.mark.django_db
def test_rules_in_force_that_no_process_can_read_call_people(monkeypatch):
    assert watch_in_force()
    RulesInForce.objects.update(digest="f" * 64)

    def broken(digest, share):
        raise ValueError("no patterns")

    monkeypatch.setattr(rules, "_read", broken)
    assert not watch_in_force()
    assert RuleAlarm.objects.get().kind == "unusable"


# -- quotas ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("kind", ["pause_contact", "slow_room", "fresh_age_proof"])
def test_a_measure_beyond_the_quota_becomes_a_hold(monkeypatch, settings, say, alice, bob, homework, kind, left):
    settings.MEASURE_QUOTAS = {**settings.MEASURE_QUOTAS, kind: 2 if left else 1}
    ProtectiveMeasure.objects.create(
        kind=kind, member=open_member("eve"), reason="r", ends_at=timezone.now() + dt.timedelta(days=1)
    )
    real = alerts._scored_alert
    monkeypatch.setattr(alerts, "_scored_alert", lambda *args, **more: replace(real(*args, **more), measures=(kind,)))
    say(alice, homework, "bonjour bob")
    message = say(bob, homework, "c'est notre secret")
    assert ProtectiveMeasure.objects.filter(kind=kind, case__isnull=False).exists() is left
    assert message.visibility == (Message.Visibility.VISIBLE if left else Message.Visibility.HELD)
    assert RuleAlarm.objects.filter(kind="quota", about=kind).exists() is not left
    if not left:
        assert ProtectiveMeasure.objects.filter(kind="hold", message=message, case__isnull=False).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("at_once", [True, False])
def test_beyond_the_quota_what_the_subject_said_is_held_and_not_what_brought_it_to_light(
    monkeypatch, settings, charlie, bob, pub, at_once
):
    settings.MEASURE_QUOTAS = {**settings.MEASURE_QUOTAS, "slow_room": 0}
    said = [write(bob, pub, "personne t'aime ici"), write(bob, pub, "dégage"), write(charlie, pub, "mdr")]
    if not at_once:
        Message.objects.filter(pk=said[2].pk).update(check_state="done")
        drain_rooms()
        Message.objects.filter(pk=said[2].pk).update(check_state="pending")
    refs = tuple(message.public_id for message in said)
    alert = EngineAlert("C1", "P2", bob.public_id, (), 40.0, ("pile_on",), refs, ("slow_room",), {"rules": []})
    real = engine.assess

    def assess(utterance, **given):
        made = real(utterance, **given)
        return replace(made, alerts=(alert,)) if utterance.ref == refs[2] else made

    monkeypatch.setattr(engine, "assess", assess)
    drain_rooms()
    visible, held = Message.Visibility.VISIBLE, Message.Visibility.HELD
    shown = [Message.objects.get(pk=message.pk).visibility for message in said]
    assert shown == [visible, held, visible]
    measure = ProtectiveMeasure.objects.get(kind="hold")
    assert (measure.message, measure.member, measure.case.code) == (said[1], bob, "C1")


@pytest.mark.django_db
def test_too_many_holds_are_still_held_and_told(settings, new_rule, bring, say, bob, pub):
    settings.MEASURE_QUOTAS = {**settings.MEASURE_QUOTAS, "hold": 1}
    bring(new_rule(), Stage.LIVE)
    held = [say(bob, pub, f"le hareng bleu numéro {number}").visibility for number in range(3)]
    assert set(held) == {Message.Visibility.HELD}
    assert RuleAlarm.objects.get().about == "hold"


@pytest.mark.django_db
def test_too_many_refusals_are_told_and_what_a_rule_refuses_beyond_is_held(settings, new_rule, bring, say, bob, pub):
    settings.MEASURE_QUOTAS = {**settings.MEASURE_QUOTAS, "refuse": 2}
    bring(new_rule(action="refuse"), Stage.LIVE)
    refused = [say(bob, pub, f"le hareng bleu numéro {number}").visibility for number in range(3)]
    assert refused == [Message.Visibility.REFUSED] * 2 + [Message.Visibility.HELD]
    assert set(RuleAlarm.objects.values_list("about", flat=True)) == {"refuse", "t.herring"}
