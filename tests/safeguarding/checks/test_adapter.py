"""What the floors below are told: held when in doubt, kindly, and never so that it teaches."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest
from django.utils import translation

from chat.safeguard import Draft, Verdict
from safeguarding import adapter
from safeguarding.adapter import ChatSafeguard, NameScreen, PersonalData, told
from safeguarding.detection.types import Finding, Screening
from safeguarding.incidents import INCIDENTS
from safeguarding.models import Evidence
from safeguarding.services.cases import open_or_extend_case
from safeguarding.services.evidence import freeze_relationship
from safeguarding.services.reports import file_report


def finding(code, *, alerting=True):
    return Finding(code, f"{code.lower()}.rule.id", "1", (0, 4), alerting=alerting)


@pytest.mark.parametrize("code", [code for code in INCIDENTS if INCIDENTS[code].secret_rule])
@pytest.mark.parametrize("verdict", [Verdict.HOLD, Verdict.REFUSE])
def test_author_never_learns_which_rule_of_m_or_v_was_met(code, verdict):
    for language in ("fr", "en"):
        with translation.override(language):
            text = told(verdict, [finding(code), finding("PII"), finding("H1")])
            assert text
            for word in (code, f"{code.lower()}.rule", INCIDENTS[code].words.fr, INCIDENTS[code].words.en):
                assert word not in text


def test_refusal_of_contact_data_says_what_is_kept_out():
    with translation.override("en"):
        assert "telephone numbers" in told(Verdict.REFUSE, [finding("PII")])


def test_refusal_of_hate_says_so():
    with translation.override("en"):
        assert "hate speech" in told(Verdict.REFUSE, [finding("H1")])


def test_what_does_not_stand_is_not_told():
    with translation.override("en"):
        assert "hate" not in told(Verdict.REFUSE, [finding("PII"), finding("H1", alerting=False)])


def test_allowed_message_is_told_nothing():
    assert told(Verdict.ALLOW, [finding("M1")]) == ""


@pytest.mark.django_db
def test_screen_that_raises_holds_loudly(monkeypatch, alice, room, caplog):
    def broken(*args, **kwargs):
        raise RuntimeError("no pattern compiles")

    monkeypatch.setattr(adapter.engine, "screen", broken)
    with caplog.at_level(logging.CRITICAL):
        screening = ChatSafeguard().screen(Draft(alice, room, "hello"))
    assert screening.verdict is Verdict.HOLD
    assert screening.told
    assert "held" in caplog.text


@pytest.mark.django_db
def test_broken_rules_hold_loudly(monkeypatch, alice, room, caplog):
    def broken():
        raise ValueError("m1_fr.yaml: rule x: no patterns")

    monkeypatch.setattr(adapter, "current_ruleset", broken)
    monkeypatch.setattr(adapter, "current_rules", broken)
    with caplog.at_level(logging.CRITICAL):
        assert ChatSafeguard().screen(Draft(alice, room, "hello")).verdict is Verdict.HOLD
    assert caplog.records


@pytest.mark.django_db
def test_screen_asks_the_database_nothing(alice, room, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert ChatSafeguard().screen(Draft(alice, room, "hello everybody")).verdict is Verdict.ALLOW


@pytest.mark.django_db
def test_finding_is_stored_whole(monkeypatch, alice, room):
    answer = Screening(adapter.engine.Verdict.HOLD, (finding("V1"),), "digest")
    monkeypatch.setattr(adapter.engine, "screen", lambda *args, **kwargs: answer)
    [stored] = ChatSafeguard().screen(Draft(alice, room, "x")).findings
    assert stored["code"] == "V1"
    assert stored["span"] == [0, 4]
    assert stored["rule"] == "v1.rule.id"


@pytest.mark.django_db
def test_storing_asks_for_a_drain_after_commit(monkeypatch, django_capture_on_commit_callbacks, alice, room, say):
    asked = []
    monkeypatch.setattr(adapter, "kick_drain", lambda: asked.append(1))
    ChatSafeguard().messages_stored([say(alice, room, "hello")])
    assert asked == [1]


@pytest.mark.django_db
def test_leaving_message_of_a_live_case_is_frozen(alice, bob, room, say):
    case = open_or_extend_case(
        actor=None, component="t", code="M1", severity="P2", subject=bob, room=room, automated=True
    )
    freeze_relationship(actor=None, component="t", case=case, anchors=[say(bob, room, "the anchor")])
    after = say(alice, room, "an answer I regret")
    ChatSafeguard().message_leaving(after)
    assert Evidence.objects.filter(source_ref=after.public_id).exists()


@pytest.mark.parametrize("broken", [True, False])
def test_room_name_is_judged_and_a_broken_judge_asks_a_person(monkeypatch, broken):
    def judge(name, topic, lang, ruleset):
        if broken:
            raise RuntimeError
        return SimpleNamespace(verdict=adapter.engine.Verdict.REFUSE, findings=[finding("M3")])

    monkeypatch.setattr(adapter.names, "assess_room_name", judge)
    proposal = SimpleNamespace(name="chess", topic="openings", language="en", under=18)
    answer = ChatSafeguard().screen_room_name(proposal)
    assert answer.verdict is (Verdict.HOLD if broken else Verdict.REFUSE)
    assert answer.told
    assert "M3" not in answer.told


@pytest.mark.parametrize("answer", [True, False])
def test_pseudonym_is_refused_by_the_screen(monkeypatch, answer):
    monkeypatch.setattr(adapter.names, "pseudonym_is_refused", lambda name, ruleset: answer)
    assert bool(NameScreen().refusal("somebody")) is answer


def test_pseudonym_that_cannot_be_screened_is_refused_for_now(monkeypatch, caplog):
    def broken(name, ruleset):
        raise RuntimeError

    monkeypatch.setattr(adapter.names, "pseudonym_is_refused", broken)
    assert NameScreen().refusal("somebody")
    assert caplog.records


@pytest.mark.django_db
def test_own_data_holds_own_words_and_nobody_elses(alice, bob, room):
    file_report(actor=alice, subject=bob, category="harassment", text="He insists.", danger_now=False)
    assert PersonalData().export(alice)["reports"][0]["text"] == "He insists."
    theirs = str(PersonalData().export(bob))
    assert "insists" not in theirs
    assert "Alice" not in theirs
    assert PersonalData().export(bob)["reports"] == []


@pytest.mark.django_db
def test_closing_an_account_destroys_no_evidence_and_freezes_who_it_was(alice, bob, room, say):
    file_report(actor=alice, subject=bob, category="harassment", text="", danger_now=False)
    before = Evidence.objects.count()
    PersonalData().close(bob)
    assert Evidence.objects.count() >= before
    assert Evidence.objects.filter(kind="profile", source_ref=bob.public_id).exists()
