"""A candidate tried on what was said: right about what would change, the same every time, and writing nothing."""

from __future__ import annotations

import datetime as dt
import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from chat.models import Message
from community.errors import NotAllowed, ReasonRequired
from community.models import AuditEvent
from safeguarding.models import (
    Alert,
    AlertRule,
    Case,
    CaseParty,
    Decision,
    Ledger,
    Rule,
    RulePack,
    RuleReplay,
    RulesInForce,
    Stage,
)
from safeguarding.rule_figures import outcomes_by_rule
from safeguarding.services import replays
from safeguarding.services.replays import request_replay, run_replay
from safeguarding.services.rules import import_rules
from tests.safeguarding.rules.conftest import herring

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]

TACTIC = """
code: M1
lang: fr
rules:
  - id: t.meet
    tactic: meeting
    patterns: ["on se voit"]
    examples: {must_fire: ["on se voit ce soir"], must_not_fire: ["on verra"]}
"""


@pytest.fixture
def talk(say, alice, bob, homework, charlie, pub) -> list[Message]:
    """bob asks alice for a secret and for a meeting; charlie speaks of a herring."""
    return [
        say(alice, homework, "bonjour bob"),
        say(bob, homework, "c'est notre secret"),
        say(bob, homework, "on se voit ce soir"),
        say(charlie, pub, "voici le hareng bleu"),
        say(charlie, pub, "bonne nuit"),
    ]


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("replay_rules", *arguments, "--reason", "before going live", stdout=out)
    return out.getvalue()


def replayed(candidate: str) -> dict:
    return json.loads(run("--candidate", candidate, "--since", "1d"))


def counts(compared: dict) -> tuple[int, int, int]:
    return compared["new"], compared["lost"], compared["kept"]


def decide(case: Case, actor, action: str) -> None:
    Decision.objects.create(
        case=case, decided_by=actor, action=action, reasons="Because.", takes_effect_at=timezone.now()
    )


def test_it_says_what_would_be_new(talk, new_rule):
    new_rule(action="hold")
    result = replayed("t.herring")
    assert result["messages"] == len(talk)
    assert counts(result["withheld"]) == (1, 0, 0)
    assert result["alerts"]["kept"] == Alert.objects.values("case").distinct().count() == 1
    assert result["minutes"]["difference"] == 2.0


def test_a_live_rule_is_replayed_as_if_it_were_taken_away(talk):
    result = replayed("t.secret")
    assert counts(result["alerts"]) == (0, 1, 0)
    assert result["minutes"]["difference"] < 0


def test_a_whole_import_is_replayed(talk, sam):
    pack = import_rules(actor=sam, files={"meet.yaml": TACTIC})
    result = replayed(pack.digest[:12])
    assert result["candidate"] == pack.digest
    assert result["alerts"]["graver"] == 1  # a meeting beside the secret
    assert result["alerts"]["milder"] == 0
    assert counts(result["alerts"]) == (0, 0, 1)


@pytest.fixture
def loose(tmp_path) -> str:
    """A rule file that nobody has imported."""
    path = tmp_path / "meet.yaml"
    path.write_text(TACTIC, encoding="utf-8")
    return str(path)


def test_a_file_that_is_not_imported_is_replayed_as_its_import_would_be(talk, sam, loose):
    whole = ("--since", "2020-01-01", "--until", (timezone.now() + dt.timedelta(minutes=1)).isoformat())
    before = [RulePack.objects.count(), Rule.objects.count(), RulesInForce.objects.get().digest]
    tried = run("--candidate", loose, *whole)
    assert run("--candidate", loose, *whole) == tried
    assert [RulePack.objects.count(), Rule.objects.count(), RulesInForce.objects.get().digest] == before
    pack = import_rules(actor=sam, files={"meet.yaml": TACTIC})
    assert run("--candidate", pack.digest, *whole) == tried
    assert counts(json.loads(tried)["alerts"]) == (0, 0, 1)


def test_what_a_file_holds_is_in_the_answer_and_the_log_by_name_alone(talk, loose):
    assert "on se voit" not in run("--candidate", loose, "--since", "1d")
    asked = AuditEvent.objects.get(action="rules.replay_asked")
    assert asked.payload.data["files"] == ["meet.yaml"]
    assert "on se voit" not in json.dumps(asked.payload.data)


@pytest.mark.invariant(14)
def test_a_broken_file_is_refused_with_its_name_rule_and_reason_before_anything_is_read(talk, tmp_path):
    path = tmp_path / "meet.yaml"
    path.write_text(TACTIC.replace("t.meet", "t.meet\n    weigth: 1"), encoding="utf-8")
    with pytest.raises(CommandError, match=r"meet\.yaml.*t\.meet.*weigth"):
        run("--candidate", str(path), "--since", "1d")
    assert not RuleReplay.objects.exists()


def test_files_that_cannot_be_meant_are_told(tmp_path, loose):
    (tmp_path / "other").mkdir()
    (tmp_path / "latin.yaml").write_bytes(b"\xe9")
    (tmp_path / "other" / "meet.yaml").write_text(TACTIC, encoding="utf-8")
    for names in (
        [str(tmp_path / "absent.yaml")], [str(tmp_path / "latin.yaml")], [loose, str(tmp_path / "other" / "meet.yaml")],
        ["t.secret", "t.scam"],
    ):  # fmt: skip
        with pytest.raises(CommandError):
            run("--candidate", *names, "--since", "1d")
    assert not RuleReplay.objects.exists()


def test_precision_is_told_on_cases_people_have_decided(talk, sam, say, bob, pub):
    case = Alert.objects.get().case
    decide(case, sam, "mute")
    result = replayed("t.secret")["decided"]
    assert result["before"]["confirmed"] == 1
    assert result["before"]["precision"] == 1.0
    assert 0 < result["before"]["interval"][0] < 0.5
    assert result["after"]["precision"] is None
    assert result["missed"] == [{"case": case.public_id, "confirmed": True}]


def test_an_unfounded_case_lowers_it(talk, sam, alice, charlie, pub):
    decide(Alert.objects.get().case, sam, "no_action")
    assert replayed("t.secret")["decided"]["before"] == {
        "confirmed": 0, "unfounded": 1, "precision": 0.0, "interval": [0.0, pytest.approx(0.7935, abs=0.001)],
    }  # fmt: skip


def test_what_is_done_to_the_person_to_protect_confirms_nothing(talk, sam, alice, bob):
    case = Alert.objects.get().case
    decision = {"case": case, "decided_by": sam, "reasons": "Because.", "takes_effect_at": timezone.now()}
    Decision.objects.create(action="mute", member=alice, ends_at=timezone.now() + dt.timedelta(days=1), **decision)
    assert replayed("t.secret")["decided"]["before"]["unfounded"] == 1
    [outcomes] = outcomes_by_rule("t.secret").values()
    assert (outcomes.confirmed, outcomes.unfounded) == (0, 1)
    Decision.objects.create(action="warn", member=bob, **decision)
    assert replayed("t.secret")["decided"]["before"]["confirmed"] == 1
    [outcomes] = outcomes_by_rule("t.secret").values()
    assert (outcomes.confirmed, outcomes.unfounded) == (1, 0)


def test_where_nobody_is_the_subject_whoever_is_sanctioned_confirms_but_who_was_to_be_protected(talk, sam, alice, bob):
    case = Case.objects.create(code="X1", severity="P2", open_key="room", due_at=timezone.now())
    for member, role in ((alice, "to_protect"), (bob, "witness")):
        CaseParty.objects.create(case=case, member=member, role=role, band_then="adult")
    alert = Alert.objects.create(case=case, message=talk[0], code="X1", severity="P2", score=50, ruleset="x")
    AlertRule.objects.create(alert=alert, rule="t.scam", version="v")
    decision = {"case": case, "decided_by": sam, "action": "warn", "reasons": "Because."}
    Decision.objects.create(member=alice, takes_effect_at=timezone.now(), **decision)
    assert outcomes_by_rule("t.scam")["t.scam", "v"].unfounded == 1
    Decision.objects.create(member=bob, takes_effect_at=timezone.now(), **decision)
    assert outcomes_by_rule("t.scam")["t.scam", "v"].confirmed == 1


def test_the_same_input_gives_the_same_bytes(talk, new_rule):
    new_rule()
    until = timezone.now() + dt.timedelta(minutes=1)
    arguments = ("--candidate", "t.herring", "--since", "2020-01-01", "--until", until.isoformat())
    assert run(*arguments) == run(*arguments)


def test_a_time_that_ends_now_gives_the_same_bytes_too(talk, new_rule):
    new_rule()
    arguments = ("--candidate", "t.herring", "--since", "30d")
    assert run(*arguments) == run(*arguments)


def test_a_hold_that_would_be_a_refusal_is_told(talk, sam, new_rule, bring):
    bring(new_rule(action="hold"), Stage.LIVE)
    result = replayed(import_rules(actor=sam, files=herring(action="refuse")).digest)
    assert result["withheld"] == {"new": 0, "lost": 0, "kept": 1, "graver": 1, "milder": 0}


def test_nothing_that_judges_or_was_said_is_touched(talk, new_rule):
    new_rule(action="refuse")

    def state() -> list:
        return [
            list(Ledger.objects.order_by("key").values()),
            list(Message.objects.order_by("pk").values()),
            list(Alert.objects.values()),
            list(Case.objects.values()),
            list(Rule.objects.order_by("pk").values_list("pk", "stage")),
        ]

    before = state()
    replayed("t.herring")
    assert state() == before


@pytest.mark.invariant(9)
def test_reading_what_was_said_needs_a_reason_and_leaves_a_line(talk, new_rule, sam):
    rule = new_rule()
    with pytest.raises(ReasonRequired):
        request_replay(actor=sam, candidate=rule, days=7, reason=" ")
    with pytest.raises(CommandError):
        call_command("replay_rules", "--candidate", "t.herring", "--since", "1d", "--reason", " ")
    replayed("t.herring")
    events = AuditEvent.objects.filter(component="operator").order_by("pk")
    assert [event.action for event in events] == ["rules.replay_asked", "rules.replayed"]
    assert events[1].payload.data == {"messages_read": len(talk), "reason": "before going live"}


def test_what_was_said_is_not_in_the_answer(talk, new_rule):
    new_rule()
    assert "hareng" not in run("--candidate", "t.herring", "--since", "1d").replace("t.herring", "")


def test_only_who_may_move_a_rule_may_replay_it(mo, bob):
    for actor in (mo, bob):
        with pytest.raises(NotAllowed):
            request_replay(actor=actor, candidate=Rule.objects.get(key="t.scam"), days=7, reason="curious")
    assert not RuleReplay.objects.exists()


def test_a_replay_is_run_by_one_worker_and_again_if_that_one_died(talk, sam, new_rule):
    asked = request_replay(actor=sam, candidate=new_rule(), days=7, reason="before going live")
    assert replays.replays_waiting() == [asked.pk]
    RuleReplay.objects.filter(pk=asked.pk).update(
        state="running", claimed_until=timezone.now() + dt.timedelta(minutes=1), attempts=1
    )
    assert not run_replay(replay_pk=asked.pk)
    assert replays.replays_waiting() == []
    RuleReplay.objects.filter(pk=asked.pk).update(claimed_until=timezone.now() - dt.timedelta(seconds=1))
    assert replays.replays_waiting() == [asked.pk]
    assert run_replay(replay_pk=asked.pk)
    asked.refresh_from_db()
    assert asked.state == "done"
    assert asked.result["withheld"]["new"] == 1


def test_a_replay_that_keeps_failing_is_given_up(sam, new_rule, monkeypatch):
    asked = request_replay(actor=sam, candidate=new_rule(), days=7, reason="before going live")

    def broken(**kwargs):
        raise RuntimeError

    monkeypatch.setattr(replays, "replay", broken)
    for _attempt in range(3):
        run_replay(replay_pk=asked.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.attempts) == ("failed", 3)
    assert replays.replays_waiting() == []


@pytest.mark.parametrize("given", [("--since", "soon"), ("--since", "2030-01-01"), ("--candidate", "nothing")])
def test_bad_arguments_are_told(new_rule, given):
    new_rule()
    arguments = {"--candidate": "t.herring", "--since": "1d", **dict([given])}
    with pytest.raises(CommandError):
        run(*[part for pair in arguments.items() for part in pair])
