"""Expressions that moderators watch for: proved like any rule, found however spelt, gone when their time is over."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from chat.models import Message
from chat.safeguard import Draft
from community.errors import NotAllowed
from community.models import AuditEvent
from safeguarding.adapter import ChatSafeguard
from safeguarding.detection import engine
from safeguarding.detection.types import Alert as EngineAlert
from safeguarding.errors import AnotherPersonRequired, BadExpression, TimeIsOver
from safeguarding.explanations import cards_of
from safeguarding.models import Case, Decision, Rule, RuleAlarm, Stage
from safeguarding.rule_figures import outcomes_by_rule
from safeguarding.rules import refreshed_rules
from safeguarding.selectors import case_file
from safeguarding.services.expressions import watch_expression
from safeguarding.services.replaying import replay
from safeguarding.services.rule_moves import approve_move, move_rule, retire_expired
from safeguarding.services.rules import _install_live
from tests.cast import open_room
from tests.safeguarding.rules.conftest import TINY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]


@pytest.fixture
def watch(mo):
    def add(**fields: object) -> Rule:
        given = {
            "code": "V1", "action": "hold", "lang": "any", "phrases": ["soirée Karpovitch"],
            "must_fire": ["tu viens à la soirée karpovitch ?"], "must_not_fire": ["tu viens à la soirée ?"],
            "expires_at": timezone.now() + dt.timedelta(days=30),
        }  # fmt: skip
        return watch_expression(actor=mo, **{**given, **fields})  # type: ignore[arg-type]

    return add


@pytest.fixture
def in_force(watch, mo, sam):
    def bring(**fields: object) -> Rule:
        rule = watch(**fields)
        for stage in (Stage.SHADOW, Stage.CANARY, Stage.LIVE):
            move = move_rule(actor=mo, rule=rule, to=stage, reason="seen last night")
            if not move.took_effect_at:
                approve_move(actor=sam, move=move)
            rule.refresh_from_db()
            assert rule.stage == stage
        refreshed_rules()
        rule.refresh_from_db()
        return rule

    return bring


def wrong(call, **fields: object) -> dict[str, list[str]]:
    with pytest.raises(BadExpression) as refused:
        call(**fields)
    assert not Rule.objects.filter(watched=True).exists()
    return refused.value.fields


@pytest.mark.parametrize(
    "said",
    [
        "à la soirée Karpovitch",
        "SOIREE KARPOVITCH",
        "soirée k a r p o v i t c h",
        "soirée karp0vitch",
        "soirée karpovich",
    ],
)
def test_it_is_found_however_it_is_spelt(in_force, say, bob, pub, said):
    in_force()
    assert say(bob, pub, said).visibility == Message.Visibility.HELD


def test_what_only_resembles_it_passes(in_force, say, bob, pub):
    in_force()
    assert say(bob, pub, "à la soirée de Karine").visibility == Message.Visibility.VISIBLE


def test_a_flag_lets_the_message_through_and_puts_it_before_a_person(in_force, say, bob, pub):
    in_force(action="flag", code="C1")
    assert say(bob, pub, "la soirée karpovitch").visibility == Message.Visibility.VISIBLE
    case = Case.objects.get()
    assert (case.code, case.severity, case.automated) == ("C1", "P3", True)
    assert case.parties.get().member == bob


@pytest.mark.parametrize("action", ["flag", "hold", "refuse"])
def test_what_an_expression_puts_before_people_is_explained_in_both_languages(in_force, say, bob, pub, action):
    rule = in_force(action=action, code="C1")
    said = say(bob, pub, "viens à la soirée karpovitch")
    again = say(bob, pub, "la soirée karpovitch encore")
    case = Case.objects.get()
    for language, words in (("en", "Without the rule"), ("fr", "Sans la règle")):
        with translation.override(language):
            [card] = cards_of(case, case_file(case, content=True))
        assert [(met.rule, met.version) for met in card.rules] == [(rule.key, rule.version)]
        assert card.rules[0].others is not None
        assert [passage.line.message for passage in card.passages] == [said, again]
        pieces = card.passages[0].version.pieces
        assert [piece.text for piece in pieces if piece.rules] == ["soirée karpovitch"]
        [other] = card.counterfactuals
        assert other.label.startswith(words)
        assert other.severity is None
        assert card.by_rules
        assert not card.degraded
        assert card.sentences


@pytest.mark.parametrize("action", ["flag", "hold"])
def test_an_expression_met_beside_an_alert_is_explained_and_counted_in_the_same_case(
    in_force, say, alice, bob, homework, sam, action
):
    rule = in_force(action=action, code="X1")
    say(bob, homework, "c'est notre secret, soirée karpovitch", to=[alice])
    case = Case.objects.get()
    by_weight, by_itself = cards_of(case, case_file(case, content=True))
    assert [met.rule for met in by_weight.rules] == ["t.secret"]
    assert [(met.rule, met.phrases) for met in by_itself.rules] == [(rule.key, ["soirée Karpovitch"])]
    assert by_itself.by_rules
    assert case.severity == by_weight.alert.severity
    [outcomes] = outcomes_by_rule(rule.key).values()
    assert outcomes.undecided == 1
    say(bob, homework, "c'est notre secret, soirée karpovitch", to=[alice])
    assert case.alerts.filter(score=0).count() == 1


def test_an_expression_met_beside_an_alert_about_somebody_else_has_its_own_case(
    in_force, say, monkeypatch, bob, charlie, pub
):
    in_force(action="flag", code="X1")
    about = EngineAlert("C1", "P2", bob.public_id, (), 40.0, ("pile_on",), (), (), {"rules": []})
    real = engine.assess
    monkeypatch.setattr(engine, "assess", lambda *args, **more: replace(real(*args, **more), alerts=(about,)))
    say(charlie, pub, "la soirée karpovitch")
    assert {case.parties.get().member for case in Case.objects.filter(code="X1")} == {charlie}


def test_the_page_of_a_flagged_message_names_the_expression_and_no_score(in_force, say, bob, pub, sam, visit):
    rule = in_force(action="flag", code="C1")
    say(bob, pub, "la soirée karpovitch")
    page = visit(sam).get(reverse("admin:safeguarding_case_page", args=[Case.objects.get().public_id])).content.decode()
    assert rule.key in page
    assert "Watched: soirée Karpovitch" in page
    assert "nothing is weighed" in page
    assert "score 0" not in page


def test_an_expression_goes_by_its_words_in_the_list_and_on_its_page(watch, mo, visit):
    rule = watch(phrases=["soirée Karpovitch", "fête Karpovitch"])
    browser = visit(mo)
    assert (
        "soirée Karpovitch / fête Karpovitch</a>"
        in browser.get(reverse("admin:safeguarding_rule_changelist")).content.decode()
    )
    page = browser.get(reverse("admin:safeguarding_rule_page", args=[rule.public_id])).content.decode()
    assert "Watched: soirée Karpovitch / fête Karpovitch</h1>" in page


def test_what_people_decide_of_a_flag_is_counted_as_the_precision_of_the_expression(in_force, say, bob, pub, sam):
    rule = in_force(action="flag", code="C1")
    say(bob, pub, "la soirée karpovitch")
    Decision.objects.create(
        case=Case.objects.get(), decided_by=sam, action="no_action", reasons="", takes_effect_at=timezone.now()
    )
    [outcomes] = outcomes_by_rule(rule.key).values()
    assert (outcomes.confirmed, outcomes.unfounded) == (0, 1)


def test_a_replay_tells_of_the_messages_an_expression_would_flag(watch, say, bob, pub):
    say(bob, pub, "la soirée karpovitch")
    say(bob, pub, "bonne nuit")
    rule = watch(action="flag", code="C1")
    told = replay(candidate=rule, since=timezone.now() - dt.timedelta(days=1), until=timezone.now())
    assert (told["alerts"]["new"], told["alerts"]["lost"], told["alerts"]["kept"]) == (1, 0, 0)
    assert told["minutes"]["difference"] == 5.0


def test_a_hold_of_moderators_wakes_nobody_at_night(in_force, say, bob, pub):
    in_force(action="hold", code="V1")
    say(bob, pub, "la soirée karpovitch")
    case = Case.objects.get()
    assert case.severity == "P2"
    assert not case.pages.exists()


def test_refused_is_refused(in_force, say, bob, pub):
    in_force(action="refuse")
    assert say(bob, pub, "la soirée karpovitch").visibility == Message.Visibility.REFUSED


def test_it_holds_only_in_its_bands_and_rooms(in_force, say, bob, pub, homework):
    elsewhere = open_room("elsewhere", bob)
    in_force(rooms=[pub], bands=["adult"])
    assert say(bob, pub, "soirée karpovitch").visibility == Message.Visibility.HELD
    assert say(bob, elsewhere, "soirée karpovitch").visibility == Message.Visibility.VISIBLE
    assert say(bob, homework, "soirée karpovitch").visibility == Message.Visibility.VISIBLE


def test_it_begins_as_a_draft_that_judges_nothing(watch, say, bob, pub):
    rule = watch()
    assert (rule.stage, rule.watched) == (Stage.DRAFT, True)
    assert say(bob, pub, "soirée karpovitch").visibility == Message.Visibility.VISIBLE


def test_it_ends_by_itself(in_force, say, bob, pub, monkeypatch):
    rule = in_force()
    later = rule.expires_at + dt.timedelta(minutes=1)
    monkeypatch.setattr("safeguarding.services.rule_moves.timezone.now", lambda: later)
    assert retire_expired() == 1
    assert retire_expired() == 0
    rule.refresh_from_db()
    assert rule.stage == Stage.RETIRED
    assert rule.moves.last().asked_by is None


@pytest.fixture
def its_time_is_over(monkeypatch):
    def pass_time(rule: Rule) -> None:
        later = rule.expires_at + dt.timedelta(seconds=1)
        monkeypatch.setattr(timezone, "now", lambda: later)

    return pass_time


def test_it_holds_nothing_from_the_moment_its_time_is_over(in_force, say, bob, pub, its_time_is_over):
    rule = in_force()
    assert say(bob, pub, "soirée karpovitch").visibility == Message.Visibility.HELD
    its_time_is_over(rule)
    assert say(bob, pub, "soirée karpovitch encore").visibility == Message.Visibility.VISIBLE
    rule.refresh_from_db()
    assert rule.stage == Stage.LIVE  # nobody has retired it yet


def test_one_that_ends_later_goes_on_when_another_has_ended(in_force, say, bob, pub, its_time_is_over):
    first = in_force(
        phrases=["fête Popovitch"], must_fire=["à la fête popovitch"], must_not_fire=["à la fête"],
        expires_at=timezone.now() + dt.timedelta(days=1),
    )  # fmt: skip
    in_force()
    its_time_is_over(first)
    assert say(bob, pub, "la fête popovitch").visibility == Message.Visibility.VISIBLE
    assert say(bob, pub, "la soirée karpovitch").visibility == Message.Visibility.HELD


def test_a_step_that_waits_keeps_no_expression_beyond_its_time(in_force, mo, its_time_is_over):
    rule = in_force()
    move = move_rule(actor=mo, rule=rule, to=Stage.SHADOW, reason="too many")
    assert move.took_effect_at is None
    its_time_is_over(rule)
    assert retire_expired() == 1
    rule.refresh_from_db()
    move.refresh_from_db()
    assert rule.stage == Stage.RETIRED
    assert move.refused_at
    overtaken = AuditEvent.objects.get(action="rule.move_overtaken")
    assert (overtaken.actor, overtaken.component, overtaken.payload.data["to"]) == (None, "rules", "shadow")


def test_what_is_over_goes_nowhere_but_into_retirement(watch, mo, sam, its_time_is_over, visit):
    rule = watch()
    its_time_is_over(rule)
    with pytest.raises(TimeIsOver):
        move_rule(actor=mo, rule=rule, to=Stage.SHADOW, reason="once more")
    move_rule(actor=mo, rule=rule, to=Stage.RETIRED, reason="over")
    with pytest.raises(TimeIsOver):
        move_rule(actor=mo, rule=rule, to=Stage.SHADOW, reason="once more")


def test_nobody_agrees_to_a_step_of_what_is_over(in_force, mo, sam, its_time_is_over):
    rule = in_force()
    move = move_rule(actor=mo, rule=rule, to=Stage.SHADOW, reason="too many")
    its_time_is_over(rule)
    with pytest.raises(TimeIsOver):
        approve_move(actor=sam, move=move)


def test_members_watch_for_nothing_and_moderators_steer_no_other_rule(bob, mo, watch):
    with pytest.raises(NotAllowed):
        watch_expression(
            actor=bob, code="V1", action="hold", lang="any", phrases=["x"], must_fire=["x"], must_not_fire=["y"],
            expires_at=timezone.now() + dt.timedelta(days=1),
        )  # fmt: skip
    with pytest.raises(NotAllowed):
        move_rule(actor=bob, rule=watch(), to=Stage.SHADOW, reason="please")
    with pytest.raises(NotAllowed):
        move_rule(actor=mo, rule=Rule.objects.get(key="t.scam"), to=Stage.SHADOW, reason="please")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"phrases": []}, "phrases"),
        ({"phrases": ["(soirée"]}, "phrases"),
        ({"phrases": ["a{b}"]}, "phrases"),
        ({"phrases": ["k*"]}, "phrases"),
        ({"phrases": ["x" * 100]}, "phrases"),
        ({"phrases": ["nul\0"]}, "phrases"),
        ({"phrases": ["soir\ud800"]}, "phrases"),
        ({"phrases": ["soirée Karpovitch"] * 21}, "phrases"),
        ({"code": "Z9"}, "code"),
        ({"action": "ban"}, "action"),
        ({"code": "D1", "action": "hold"}, "action"),
        ({"lang": "de"}, "lang"),
        ({"bands": ["elders"]}, "bands"),
        ({"bands": ["none"]}, "bands"),  # whoever has no band yet writes in no room
        ({"expires_at": timezone.now() - dt.timedelta(days=1)}, "expires_at"),
        ({"expires_at": timezone.now() + dt.timedelta(days=999)}, "expires_at"),
        ({"must_fire": []}, "must_fire"),
        ({"must_fire": ["rien du tout"]}, "must_fire"),
        ({"must_not_fire": []}, "must_not_fire"),
        ({"must_not_fire": ["une soirée karpovitch"]}, "must_not_fire"),
        ({"must_fire": ["soirée karpovitch", "soirée karpovitch !"]}, "must_not_fire"),
        ({"must_fire": ["soirée karpovitch"], "must_not_fire": ["Rien", "rien "]}, "must_not_fire"),
        ({"must_fire": ["soirée karpovitch"] * 2, "must_not_fire": ["rien", "peu"]}, "must_fire"),
    ],
)
def test_what_is_wrong_is_told_by_field_and_nothing_is_stored(watch, fields, field):
    assert set(wrong(watch, **fields)) == {field}


CALL = """
lang: fr
code: D1
rules:
  - id: t.call
    tactic: despair
    patterns: ["plus (la force|envie)"]
    examples: {must_fire: ["je me sens comme un fardeau, plus la force"], must_not_fire: ["la force"]}
"""


@pytest.mark.parametrize("action", ["flag", "hold", "refuse"])
@pytest.mark.parametrize(
    "phrase", ["bonjour", "ça va", "demain", "photo", "queer", "islam", "1", "18", "13 ans", "2024*"]
)
def test_words_that_everybody_says_and_names_of_people_are_watched_for_by_nobody(watch, phrase, action):
    fields = {"phrases": [phrase], "must_fire": [f"oh {phrase}"], "must_not_fire": ["rien"], "code": "X1"}
    assert set(wrong(watch, **fields, action=action)) == {"phrases"}


@pytest.mark.parametrize("phrase", ["aide moi", "au secours", "3018"])
def test_calls_for_help_are_shown_to_a_person_and_never_held_or_refused(watch, phrase):
    fields = {"phrases": [phrase], "must_fire": [f"oh {phrase}"], "must_not_fire": ["rien"], "code": "X1"}
    for action in ("hold", "refuse"):
        assert set(wrong(watch, **fields, action=action)) == {"phrases"}
    assert watch(**fields, action="flag").stage == Stage.DRAFT


def test_a_word_of_a_call_for_help_holds_nothing(watch):
    """Not by a list: by what the rules of distress must find."""
    _install_live({"tiny.yaml": TINY, "call.yaml": CALL}, fresh=True)
    fields = {"phrases": ["fardeau"], "must_fire": ["un fardeau"], "must_not_fire": ["rien"], "code": "C1"}
    told = wrong(watch, **fields, action="hold")
    assert "je me sens comme un fardeau" in told["phrases"][0]
    assert watch(**fields, action="flag").stage == Stage.DRAFT


@pytest.mark.parametrize(("misspelt", "meant"), [("bonjourr", "bonjour"), ("juiffs", "juifs"), ("secourss", "secours")])
def test_misspelt_words_of_every_day_and_names_hold_nothing_either(watch, misspelt, meant):
    words = "fr: {classes: {groups: [juif:n]}}"
    _install_live({"tiny.yaml": TINY, "words.yaml": f"vocabulary: {{{words}}}"}, fresh=True)
    fields = {"phrases": [misspelt], "must_fire": [misspelt], "must_not_fire": ["rien"], "code": "X1"}
    told = wrong(watch, **fields, action="hold")
    assert meant in told["phrases"][0]


def test_what_was_watched_for_before_stays_in_force(in_force, monkeypatch, say, bob, pub):
    monkeypatch.setattr("safeguarding.services.expressions.plainness", lambda *args, **more: "")
    monkeypatch.setattr("safeguarding.services.expressions.plain_word_met", lambda *args: None)
    in_force(phrases=["bonjour"], must_fire=["bonjour"], must_not_fire=["salut"])
    assert say(bob, pub, "bonjour").visibility == Message.Visibility.HELD


# -- who may silence many --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phrase", ["06 12 34 56 78", "code 4471", "18 karpovitch"])
def test_a_number_to_call_and_a_number_with_a_telling_word_are_watched_for(watch, phrase):
    assert watch(phrases=[phrase], must_fire=[f"oh {phrase}"], must_not_fire=["rien"], code="X1").stage == Stage.DRAFT


@pytest.mark.parametrize("action", ["hold", "refuse"])
def test_what_is_held_or_refused_everywhere_takes_two_people(watch, mo, sam, bob, action):
    rule = watch(action=action, code="C1", bands=["adult"])
    assert move_rule(actor=mo, rule=rule, to=Stage.SHADOW, reason="seen").took_effect_at
    for stage in (Stage.CANARY, Stage.LIVE):
        move = move_rule(actor=mo, rule=rule, to=stage, reason="seen")
        assert move.took_effect_at is None
        with pytest.raises(AnotherPersonRequired):
            approve_move(actor=mo, move=move)
        with pytest.raises(NotAllowed):
            approve_move(actor=bob, move=move)
        assert approve_move(actor=sam, move=move).took_effect_at
    rule.refresh_from_db()
    assert rule.stage == Stage.LIVE


def test_what_is_only_shown_to_a_person_one_person_puts_in_force_everywhere(watch, mo):
    rule = watch(action="flag", code="C1")
    for stage in (Stage.SHADOW, Stage.CANARY, Stage.LIVE):
        assert move_rule(actor=mo, rule=rule, to=stage, reason="seen").took_effect_at


@pytest.mark.parametrize("action", ["hold", "refuse"])
@pytest.mark.parametrize(("rooms", "alone"), [(1, True), (3, True), (4, False)])
def test_in_a_few_rooms_one_person_holds_or_refuses(watch, mo, bob, rooms, alone, action):
    rule = watch(action=action, code="C1", rooms=[open_room(f"room{number}", bob) for number in range(rooms)])
    move_rule(actor=mo, rule=rule, to=Stage.SHADOW, reason="seen")
    move = move_rule(actor=mo, rule=rule, to=Stage.CANARY, reason="seen")
    assert bool(move.took_effect_at) is alone


def test_an_expression_that_refuses_too_much_holds_instead_and_calls_people(settings, in_force, say, bob, pub):
    settings.MEASURE_QUOTAS = {**settings.MEASURE_QUOTAS, "refuse": 2}
    rule = in_force(action="refuse", code="C1", rooms=[pub])
    said = [say(bob, pub, f"soirée karpovitch {number}").visibility for number in range(4)]
    assert said == [Message.Visibility.REFUSED] * 2 + [Message.Visibility.HELD] * 2
    assert set(RuleAlarm.objects.values_list("kind", "about")) == {("quota", "refuse"), ("quota", rule.key)}
    draft = Draft(bob, pub, "soirée karpovitch encore", ())
    refreshed_rules()  # as the thread of a web process does
    assert ChatSafeguard().screen(draft).verdict.value == "hold"


def test_what_refused_too_much_yesterday_refuses_again_today(settings, in_force, say, bob, pub, monkeypatch):
    settings.MEASURE_QUOTAS = {**settings.MEASURE_QUOTAS, "refuse": 1}
    in_force(action="refuse", code="C1", rooms=[pub])
    assert say(bob, pub, "soirée karpovitch").visibility == Message.Visibility.REFUSED
    assert say(bob, pub, "soirée karpovitch").visibility == Message.Visibility.HELD
    later = timezone.now() + dt.timedelta(days=2)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert say(bob, pub, "soirée karpovitch").visibility == Message.Visibility.REFUSED


def test_contact_data_is_refused_whatever_an_expression_has_used_up(settings, in_force, say, alice, homework):
    settings.MEASURE_QUOTAS = {**settings.MEASURE_QUOTAS, "refuse": 1}
    in_force(action="refuse", code="C1", rooms=[homework])
    for _again in range(2):
        say(alice, homework, "soirée karpovitch")
    both = say(alice, homework, "soirée karpovitch, appelle le 06 12 34 56 78")
    assert both.visibility == Message.Visibility.REFUSED
