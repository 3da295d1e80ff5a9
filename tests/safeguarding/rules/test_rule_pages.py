"""The pages about rules: who sees them, that every button is a service, that bad input loses nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from community.models import Member
from safeguarding.models import (
    Alert,
    AlertRule,
    Case,
    Decision,
    Rule,
    RuleAlarm,
    RulePack,
    RuleReplay,
    RulesInForce,
    Stage,
)
from safeguarding.services.alarms import raise_alarm
from safeguarding.services.replays import run_replay
from tests.safeguarding.rules.conftest import herring, stages

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]

LISTS = ["rule_changelist", "rule_watch", "rulereplay_changelist", "rulealarm_changelist"]
OFFICERS_LISTS = ["rulepack_changelist", "rulepack_import", "rulereplay_files"]


def url(name: str, *args: str) -> str:
    return reverse(f"admin:safeguarding_{name}", args=args)


def expression(**fields: object) -> dict[str, object]:
    given = {
        "phrases": "soirée Karpovitch", "code": "V1", "action": "hold", "lang": "any",
        "until": (timezone.localdate() + dt.timedelta(days=20)).isoformat(),
        "must_fire": "à la soirée karpovitch", "must_not_fire": "à la soirée",
    }  # fmt: skip
    return {**given, **fields}


@pytest.fixture
def french(mo: Member) -> Member:
    Member.objects.filter(pk=mo.pk).update(language="fr")
    return mo


# -- who sees what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LISTS)
def test_moderators_and_officers_open_the_pages(mo, sam, visit, name):
    for person in (mo, sam):
        assert visit(person).get(url(name)).status_code == 200


@pytest.mark.parametrize("name", OFFICERS_LISTS)
def test_only_officers_open_imports(mo, sam, visit, name):
    assert visit(sam).get(url(name)).status_code == 200
    assert visit(mo).get(url(name)).status_code == 403


@pytest.mark.parametrize("name", [*LISTS, *OFFICERS_LISTS])
def test_members_open_none(bob, visit, name):
    assert visit(bob).get(url(name), follow=True).status_code == 403


def test_the_list_costs_the_same_for_three_rules_and_for_forty(sam, visit):
    browser = visit(sam)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(url("rule_changelist")).status_code == 200
        return sum('FROM "community_community"' not in query["sql"] for query in captured.captured_queries)

    few = queries()
    assert few <= 14
    one = Rule.objects.get(key="t.scam")
    Rule.objects.bulk_create(
        Rule(key=f"x.{n}", version=f"v{n}", file="f", code="X1", action="flag", content=one.content, pack=one.pack)
        for n in range(40)
    )
    assert queries() == few


def test_precision_is_shown_with_its_wilson_interval_on_the_list_and_the_page(sam, mo, visit, bob, pub, say):
    rule, message = Rule.objects.get(key="t.scam"), say(bob, pub, "bonsoir")
    for number in range(10):
        case = Case.objects.create(
            code="X1", severity="P2", open_key=f"k{number}", due_at=timezone.now(), room=pub
        )  # fmt: skip
        alert = Alert.objects.create(case=case, message=message, code="X1", severity="P2", score=50, ruleset="x")
        AlertRule.objects.create(alert=alert, rule=rule.key, version=rule.version)
        if number < 9:
            action = "warn" if number < 8 else "no_action"
            Decision.objects.create(
                case=case, decided_by=sam, action=action, reasons="Because.", takes_effect_at=timezone.now()
            )
    # 8 of 9: 0.5650 to 0.9801 (Wilson 1927).
    told = "Precision 89 % (57–98 %): 8 of 9 decided cases confirmed. 1 waits for a decision."
    for page in (url("rule_changelist"), url("rule_page", rule.public_id)):
        assert told in visit(mo).get(page).content.decode()


# -- steps -----------------------------------------------------------------------------------------------------------


def test_an_officer_takes_a_step_with_a_reason(sam, visit, new_rule):
    rule = new_rule()
    browser = visit(sam)
    page = url("rule_page", rule.public_id)
    assert "voici le hareng bleu" in browser.get(page).content.decode()
    browser.post(url("rule_verb", rule.public_id, "step"), {"to": "shadow", "reason": ""})
    assert set(stages().values()) == {"draft"}
    browser.post(url("rule_verb", rule.public_id, "step"), {"to": "shadow", "reason": "tried"})
    assert set(stages().values()) == {"shadow"}


def test_a_moderator_reads_a_rule_and_cannot_move_it(mo, visit, new_rule):
    rule = new_rule()
    browser = visit(mo)
    assert "Next step" not in browser.get(url("rule_page", rule.public_id)).content.decode()
    browser.post(url("rule_verb", rule.public_id, "step"), {"to": "shadow", "reason": "tried"})
    assert set(stages().values()) == {"draft"}


def test_a_grave_step_is_agreed_to_by_another_person_on_the_page(sam, dana, visit):
    rule = Rule.objects.get(key="t.secret")
    page = url("rule_page", rule.public_id)
    visit(sam).post(url("rule_verb", rule.public_id, "step"), {"to": "shadow", "reason": "too many"})
    assert "Agree, as second person" not in visit(sam).get(page).content.decode()
    assert "Agree, as second person" in visit(dana).get(page).content.decode()
    visit(sam).post(url("rule_verb", rule.public_id, "approve"))
    assert Rule.objects.get(pk=rule.pk).stage == Stage.LIVE
    visit(dana).post(url("rule_verb", rule.public_id, "approve"))
    assert Rule.objects.get(pk=rule.pk).stage == Stage.SHADOW


def test_a_moderator_neither_agrees_to_nor_refuses_a_step_of_officers(sam, mo, visit):
    rule = Rule.objects.get(key="t.secret")
    visit(sam).post(url("rule_verb", rule.public_id, "step"), {"to": "shadow", "reason": "too many"})
    for verb in ("approve", "refuse"):
        visit(mo).post(url("rule_verb", rule.public_id, verb))
    assert Rule.objects.get(pk=rule.pk).stage == Stage.LIVE
    assert rule.moves.filter(took_effect_at__isnull=True, refused_at__isnull=True).count() == 1


@pytest.mark.parametrize("verb", ["step", "approve", "refuse", "replay"])
def test_a_verb_is_a_post(sam, visit, new_rule, verb):
    assert visit(sam).get(url("rule_verb", new_rule().public_id, verb)).status_code == 405


def test_the_share_is_set_from_the_list(sam, mo, visit):
    visit(mo).post(url("rule_share"), {"share": "30"})
    assert RulesInForce.objects.get().canary_share == 10
    visit(sam).post(url("rule_share"), {"share": "30"})
    visit(sam).post(url("rule_share"), {"share": "99"})
    assert RulesInForce.objects.get().canary_share == 30


# -- imports ---------------------------------------------------------------------------------------------------------


def upload(text: str, name: str = "herring.yaml") -> dict[str, object]:
    return {"sources": [SimpleUploadedFile(name, text.encode())], "note": "from the library of rules"}


def test_a_file_is_imported_as_a_draft_and_its_page_says_what_would_change(sam, visit):
    browser = visit(sam)
    answer = browser.post(url("rulepack_import"), upload(herring()["herring.yaml"]), follow=True)
    page = answer.content.decode()
    assert "New rules" in page
    assert "t.herring" in page
    assert Rule.objects.get(key="t.herring").stage == Stage.DRAFT


def test_a_broken_file_is_told_by_file_rule_and_reason_in_french(sam, visit):
    Member.objects.filter(pk=sam.pk).update(language="fr")
    page = (
        visit(sam)
        .post(url("rulepack_import"), upload(herring()["herring.yaml"].replace("hareng bleu", "(hareng", 1)))
        .content.decode()
    )
    assert "Refusé en entier" in page
    assert "herring.yaml" in page
    assert "t.herring" in page
    assert "from the library of rules" in page
    assert RulePack.objects.filter(stage=Stage.DRAFT).count() == 0


@pytest.mark.parametrize("name", ["rules.exe", "x" * 90 + ".yaml"])
def test_a_file_of_another_kind_is_not_read(sam, visit, name):
    assert "must end in .yaml" in visit(sam).post(url("rulepack_import"), upload("rules: []", name)).content.decode()


def test_a_file_that_is_no_text_is_told(sam, visit):
    sent = {"sources": [SimpleUploadedFile("a.yaml", b"\xff\xfe\x00")]}
    assert "is not UTF-8" in visit(sam).post(url("rulepack_import"), sent).content.decode()


# -- expressions -----------------------------------------------------------------------------------------------------


def test_a_moderator_adds_an_expression_and_moves_it(mo, visit):
    browser = visit(mo)
    answer = browser.post(url("rule_watch"), expression(), follow=True)
    rule = Rule.objects.get(watched=True)
    assert answer.redirect_chain[-1][0] == url("rule_page", rule.public_id)
    browser.post(url("rule_verb", rule.public_id, "step"), {"to": "shadow", "reason": "seen last night"})
    rule.refresh_from_db()
    assert rule.stage == Stage.SHADOW


def test_what_is_refused_everywhere_waits_for_a_second_person_on_its_page(mo, bob, sam, visit):
    browser = visit(mo)
    browser.post(url("rule_watch"), expression(action="refuse", code="C1"))
    rule = Rule.objects.get(watched=True)
    page, step = url("rule_page", rule.public_id), url("rule_verb", rule.public_id, "step")
    browser.post(step, {"to": "shadow", "reason": "seen last night"})
    assert "takes two people" in browser.get(page).content.decode()
    browser.post(step, {"to": "canary", "reason": "seen last night"})
    for person in (mo, bob):
        visit(person).post(url("rule_verb", rule.public_id, "approve"))
    rule.refresh_from_db()
    assert rule.stage == Stage.SHADOW
    visit(sam).post(url("rule_verb", rule.public_id, "approve"))
    rule.refresh_from_db()
    assert rule.stage == Stage.CANARY


def test_of_an_expression_that_is_over_the_page_offers_to_retire_it_alone(mo, visit, monkeypatch):
    browser = visit(mo)
    browser.post(url("rule_watch"), expression())
    rule = Rule.objects.get(watched=True)
    monkeypatch.setattr(Rule, "is_over", True)
    page = browser.get(url("rule_page", rule.public_id)).content.decode()
    assert 'value="retired"' in page
    assert 'value="shadow"' not in page


def test_bad_input_is_told_beside_its_field_in_french_and_nothing_is_lost(french, visit):
    sent = expression(phrases="(soirée\nsoirée Karpovitch", must_not_fire="")
    page = visit(french).post(url("rule_watch"), sent).content.decode()
    assert "(soirée" in page
    assert "Ce champ est obligatoire" in page
    sent = expression(phrases="(soirée\nsoirée Karpovitch", must_fire="rien")
    page = visit(french).post(url("rule_watch"), sent).content.decode()
    assert "doit être fait de mots" in page
    assert "soirée Karpovitch" in page
    sent = expression(must_fire="rien du tout")
    page = visit(french).post(url("rule_watch"), sent).content.decode()
    assert "«\xa0rien du tout\xa0» n’est pas repéré." in page
    sent = expression(phrases="bonjour\nsoirée Karpovitch", must_fire="bonjour, soirée Karpovitch")
    page = visit(french).post(url("rule_watch"), sent).content.decode()
    assert "«\xa0bonjour\xa0» n’est fait que de mots de tous les jours" in page
    assert "bonjour, soirée Karpovitch" in page
    assert not Rule.objects.filter(watched=True).exists()


# -- replays and alarms ----------------------------------------------------------------------------------------------


def test_a_replay_is_asked_for_with_a_reason_and_its_page_shows_figures_alone(sam, visit, new_rule, say, charlie, pub):
    rule = new_rule()
    say(charlie, pub, "voici le hareng bleu, dit tout bas")
    browser = visit(sam)
    browser.post(url("rule_verb", rule.public_id, "replay"), {"days": "7", "reason": ""})
    assert not RuleReplay.objects.exists()
    browser.post(url("rule_verb", rule.public_id, "replay"), {"days": "7", "reason": "before going live"})
    asked = RuleReplay.objects.get()
    page = url("rulereplay_page", asked.public_id)
    assert "being worked out" in browser.get(page).content.decode()
    run_replay(replay_pk=asked.pk)
    shown = browser.get(page).content.decode()
    assert "What would change" in shown
    assert "dit tout bas" not in shown


def test_files_are_replayed_from_a_page_and_not_imported(sam, mo, visit, say, charlie, pub):
    say(charlie, pub, "voici le hareng bleu")

    def sent() -> dict[str, object]:
        return {**upload(herring()["herring.yaml"]), "days": "7", "reason": "before importing"}

    visit(mo).post(url("rulereplay_files"), sent())
    assert not RuleReplay.objects.exists()
    browser = visit(sam)
    assert url("rulereplay_files") in browser.get(url("rulereplay_changelist")).content.decode()
    assert url("rulereplay_files") not in visit(mo).get(url("rulereplay_changelist")).content.decode()
    browser.post(url("rulereplay_files"), sent())
    asked = RuleReplay.objects.get()
    run_replay(replay_pk=asked.pk)
    assert not Rule.objects.filter(key="t.herring").exists()
    shown = browser.get(url("rulereplay_page", asked.public_id)).content.decode()
    assert "Replay: herring.yaml" in shown
    assert "What would change" in shown


@pytest.mark.invariant(14)
def test_files_that_are_wrong_are_told_by_file_rule_and_reason_and_not_replayed(sam, visit):
    broken = upload(herring()["herring.yaml"].replace("hareng bleu", "(hareng", 1))
    answer = visit(sam).post(url("rulereplay_files"), {**broken, "days": "7", "reason": "before importing"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "herring.yaml" in page
    assert "t.herring" in page
    assert "before importing" in page
    assert not RuleReplay.objects.exists()


def test_cases_a_moderator_may_not_know_of_are_counted_and_not_linked(sam, mo, visit, new_rule):
    asked = RuleReplay.objects.create(
        rule=new_rule(), since=timezone.now() - dt.timedelta(days=1), until=timezone.now(), reason="r", state="done",
        result={
            "messages": 1, "complete": True, "alerts": {"new": 0, "lost": 0, "kept": 0},
            "withheld": {"new": 0, "lost": 0, "kept": 0}, "minutes": {"before": 0, "after": 0, "difference": 0},
            "decided": {
                "before": {"confirmed": 0, "unfounded": 0, "precision": None, "interval": [0, 1]},
                "after": {"confirmed": 1, "unfounded": 0, "precision": 1.0, "interval": [0.2, 1]},
                "found": [{"case": "secretcase", "confirmed": True}], "missed": [],
            },
        },
    )  # fmt: skip
    page = visit(mo).get(url("rulereplay_page", asked.public_id)).content.decode()
    assert "secretcase" not in page
    assert "a case you do not work" in page


def test_an_alarm_stays_on_the_first_page_until_somebody_has_looked(mo, bob, visit):
    assert raise_alarm(component="test", kind=RuleAlarm.Kind.QUOTA, about="hold", facts={"used": 200, "quota": 200})
    assert not raise_alarm(component="test", kind=RuleAlarm.Kind.QUOTA, about="hold", facts={"used": 201, "quota": 200})
    browser = visit(mo)
    alarm = RuleAlarm.objects.get()
    link = url("rulealarm_page", alarm.public_id)
    assert link in browser.get(reverse("admin:index")).content.decode()
    assert "quota of a day" in browser.get(link).content.decode()
    visit(bob).post(url("rulealarm_verb", alarm.public_id, "seen"))
    assert link in browser.get(reverse("admin:index")).content.decode()
    browser.post(url("rulealarm_verb", alarm.public_id, "seen"))
    assert link not in browser.get(reverse("admin:index")).content.decode()
