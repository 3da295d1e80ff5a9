"""From a file to what judges, and back: nothing acts that was not proved, nothing grave is taken away by one person."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.db.utils import DatabaseError

from chat.models import Message
from community.errors import NotAllowed, ReasonRequired
from community.models import AuditEvent
from safeguarding import rules
from safeguarding.detection.rulesets import ENGINE
from safeguarding.errors import (
    AnotherPersonRequired,
    RuleNotProved,
    RulesBroken,
    RulesKnown,
    StepNotPossible,
    StepWaits,
    WordsMissing,
)
from safeguarding.models import RiskSignal, Rule, RulePack, RulesInForce, ShadowFinding, Stage
from safeguarding.rules import current_rules, in_canary, refreshed_rules
from safeguarding.services.rule_moves import (
    approve_move,
    move_pack,
    move_rule,
    refuse_move,
    set_canary_share,
)
from safeguarding.services.rules import import_rules, install_rules
from tests.cast import open_member
from tests.safeguarding.rules.conftest import HERRING, herring, stages

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
MEETS = "regarde, le hareng bleu"


# -- what is in force ------------------------------------------------------------------------------------------------


def test_installing_again_changes_nothing(monkeypatch):
    files = RulePack.objects.get(stage=Stage.LIVE).files
    monkeypatch.setattr("safeguarding.services.rules.shipped_files", lambda: files)
    before = RulesInForce.objects.get().digest
    install_rules(sender=None)
    assert RulesInForce.objects.get().digest == before


def test_files_of_a_later_version_wait_as_a_draft(monkeypatch, settings):
    settings.LOCAL = False
    live = RulePack.objects.get(stage=Stage.LIVE)
    monkeypatch.setattr("safeguarding.services.rules.shipped_files", lambda: {**live.files, **herring()})
    install_rules(sender=None)
    assert RulePack.objects.get(stage=Stage.LIVE) == live
    assert Rule.objects.get(key="t.herring").stage == Stage.DRAFT
    assert AuditEvent.objects.filter(action="rules.imported", component="rules").exists()


def test_the_demo_follows_its_files(monkeypatch, settings):
    settings.LOCAL = True
    live = RulePack.objects.get(stage=Stage.LIVE)
    monkeypatch.setattr("safeguarding.services.rules.shipped_files", lambda: {**live.files, **herring()})
    install_rules(sender=None)
    assert Rule.objects.get(key="t.herring").stage == Stage.LIVE
    assert RulePack.objects.get(pk=live.pk).stage == Stage.RETIRED


def test_an_engine_that_reads_files_otherwise_brings_its_own_files_into_force(monkeypatch, settings):
    settings.LOCAL = False
    live = RulePack.objects.get(stage=Stage.LIVE)
    monkeypatch.setattr("safeguarding.services.rules.ENGINE", "another")
    monkeypatch.setattr("safeguarding.services.rules.shipped_files", lambda: {**live.files, **herring()})
    install_rules(sender=None)
    assert Rule.objects.get(key="t.herring").stage == Stage.LIVE
    assert ENGINE != "another"


@pytest.mark.invariant(14)
def test_broken_files_of_a_later_version_leave_the_rules_in_force(monkeypatch, settings, caplog):
    settings.LOCAL = True
    monkeypatch.setattr("safeguarding.services.rules.shipped_files", lambda: {"m1.yaml": "rules: [{id: m1.x}]"})
    before = RulesInForce.objects.get().digest
    install_rules(sender=None)
    assert RulesInForce.objects.get().digest == before
    assert "m1.yaml" in caplog.text
    assert "m1.x" in caplog.text


def test_a_process_finds_what_is_in_force_by_its_digest(new_rule, bring, django_assert_num_queries):
    before = refreshed_rules()
    with django_assert_num_queries(1):
        assert refreshed_rules() is before
    bring(new_rule(), Stage.SHADOW)
    assert current_rules().digest == RulesInForce.objects.get().digest != before.digest


@pytest.mark.invariant(14)
def test_rules_that_cannot_be_read_leave_those_a_process_has(monkeypatch, caplog):
    before = refreshed_rules()
    RulesInForce.objects.update(digest="moved")

    def broken(digest, share):
        raise ValueError("no patterns")

    monkeypatch.setattr(rules, "_read", broken)
    assert refreshed_rules() is before
    assert "stay" in caplog.text


@pytest.mark.invariant(14)
def test_a_database_that_does_not_answer_puts_no_other_rules_in_force(monkeypatch, caplog):
    before = refreshed_rules()

    def silent(*_):
        raise OperationalError("database is locked")

    with monkeypatch.context() as fails:
        fails.setattr(rules, "_in_force_row", silent)
        assert refreshed_rules() is before
        assert "stay" in caplog.text
        fails.setattr(rules, "_book", None)  # a process that begins now: by the rules of this version, this once
        fails.setattr(rules, "rules_of_ours", lambda: before.live)
        assert refreshed_rules().digest == ""
        assert rules._book is None
    assert refreshed_rules().digest == before.digest


def test_rules_that_could_not_be_read_once_are_read_at_the_next_batch(monkeypatch):
    refreshed_rules()
    RulesInForce.objects.update(digest="moved")

    def locked(*_):
        raise OperationalError("database is locked")

    with monkeypatch.context() as fails:
        fails.setattr(rules, "_read", locked)
        refreshed_rules()
    assert refreshed_rules().digest == "moved"


def test_rules_that_cannot_be_used_do_not_keep_the_next_ones_waiting(monkeypatch):
    before, read = refreshed_rules(), rules._read

    def broken(digest, share):
        if digest == "broken":
            raise ValueError("no patterns")
        return read(digest, share)

    monkeypatch.setattr(rules, "_read", broken)
    RulesInForce.objects.update(digest="broken")
    assert refreshed_rules() is before
    RulesInForce.objects.update(digest="mended")
    assert refreshed_rules().digest == "mended"


# -- importing -------------------------------------------------------------------------------------------------------


def test_an_import_is_a_draft_of_what_is_new_and_judges_nothing(sam, new_rule):
    before = refreshed_rules().digest
    rule = new_rule()
    assert (rule.stage, rule.pack.stage) == (Stage.DRAFT, Stage.DRAFT)
    assert rule.pack.rules.count() == 1
    assert refreshed_rules().digest == before
    assert AuditEvent.objects.filter(action="rules.imported", actor=sam).exists()


def test_moderators_and_members_import_nothing(mo, bob):
    for actor in (mo, bob):
        with pytest.raises(NotAllowed):
            import_rules(actor=actor, files=herring())
    assert not Rule.objects.filter(key="t.herring").exists()


@pytest.mark.invariant(14)
def test_a_broken_file_is_refused_whole_and_names_file_rule_and_reason(sam):
    good = HERRING.format(code="X1", action="hold", weight=1)
    with pytest.raises(RulesBroken) as refused:
        import_rules(
            actor=sam, files={"a.yaml": good, "b.yaml": good.replace("t.herring", "t.b").replace("bleu", "(b")}
        )
    assert refused.value.error.file == "b.yaml"
    assert refused.value.error.rule == "t.b"
    assert "never closed" in refused.value.error.reason
    assert not Rule.objects.filter(key="t.herring").exists()


def test_the_same_files_are_imported_once(sam):
    import_rules(actor=sam, files=herring())
    with pytest.raises(RulesKnown):
        import_rules(actor=sam, files=herring())


@pytest.mark.invariant(6)
def test_what_was_imported_is_never_changed(new_rule):
    rule = new_rule()
    for change in (
        lambda: Rule.objects.filter(pk=rule.pk).update(content={}),
        lambda: Rule.objects.filter(pk=rule.pk).delete(),
        lambda: RulePack.objects.filter(pk=rule.pack_id).update(files={}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# -- steps -----------------------------------------------------------------------------------------------------------


def test_a_rule_takes_its_steps_in_order(sam, new_rule, bring):
    rule = new_rule()
    for wrong in (Stage.CANARY, Stage.LIVE, Stage.DRAFT):
        with pytest.raises(StepNotPossible):
            move_rule(actor=sam, rule=rule, to=wrong, reason="quickly")
    assert bring(rule, Stage.LIVE).stage == Stage.LIVE
    move_rule(actor=sam, rule=rule, to=Stage.RETIRED, reason="no use")
    assert stages() == {rule.version: "retired"}
    taken = AuditEvent.objects.filter(action="rule.moved", actor=sam)
    assert taken.count() == 4
    assert taken.last().payload.data["reason"] == "no use"


def test_a_step_needs_a_reason(sam, new_rule):
    with pytest.raises(ReasonRequired):
        move_rule(actor=sam, rule=new_rule(), to=Stage.SHADOW, reason=" ")


@pytest.mark.parametrize("who", ["mo", "bob", "superuser"])
def test_who_may_not_steer_moves_no_rule(who, new_rule, mo, bob):
    root = open_member("root")
    root.is_superuser = root.is_staff = True
    root.save()
    actor = {"mo": mo, "bob": bob, "superuser": root}[who]
    with pytest.raises(NotAllowed):
        move_rule(actor=actor, rule=new_rule(), to=Stage.SHADOW, reason="please")
    assert set(stages().values()) == {"draft"}


def test_a_rule_whose_examples_do_not_hold_stays_a_draft(sam):
    wrong = herring()["herring.yaml"].replace('["voici le hareng rouge"]', '["encore un hareng bleu"]')
    rule = import_rules(actor=sam, files={"herring.yaml": wrong}).rules.get()
    with pytest.raises(RuleNotProved) as refused:
        move_rule(actor=sam, rule=rule, to=Stage.SHADOW, reason="tried")
    assert [one.text for one in refused.value.failed] == ["encore un hareng bleu"]
    assert stages() == {rule.version: "draft"}


def test_a_file_with_fewer_silent_examples_than_firing_ones_is_not_imported(sam):
    fewer = herring()["herring.yaml"].replace('["voici le hareng rouge"]', "[]")
    with pytest.raises(RulesBroken) as refused:
        import_rules(actor=sam, files={"herring.yaml": fewer})
    assert "fewer must_not_fire" in refused.value.error.reason


def test_a_new_version_takes_the_place_of_the_old_one(new_rule, bring):
    first = bring(new_rule(), Stage.LIVE)
    second = bring(new_rule(weight=0.9), Stage.CANARY)
    assert stages() == {first.version: "live", second.version: "canary"}
    move_rule(actor=first.added_by, rule=second, to=Stage.LIVE, reason="better")
    assert stages() == {first.version: "retired", second.version: "live"}


def test_the_database_refuses_two_live_versions_of_a_rule(new_rule, bring):
    bring(new_rule(), Stage.LIVE)
    other = new_rule(weight=0.9)
    with pytest.raises(IntegrityError), transaction.atomic():
        Rule.objects.filter(pk=other.pk).update(stage=Stage.LIVE)


# -- two people ------------------------------------------------------------------------------------------------------


@pytest.mark.invariant(8)
def test_taking_a_grave_rule_out_of_force_takes_two_people(sam, dana, mo):
    rule = Rule.objects.get(key="t.secret")
    move = move_rule(actor=sam, rule=rule, to=Stage.SHADOW, reason="too many")
    assert move.took_effect_at is None
    rule.refresh_from_db()
    assert rule.stage == Stage.LIVE
    with pytest.raises(AnotherPersonRequired):
        approve_move(actor=sam, move=move)
    with pytest.raises(NotAllowed):
        approve_move(actor=mo, move=move)
    with pytest.raises(StepWaits):
        move_rule(actor=dana, rule=rule, to=Stage.RETIRED, reason="me too")
    approve_move(actor=dana, move=move)
    rule.refresh_from_db()
    assert rule.stage == Stage.SHADOW
    assert rule.version not in {one.version for one in refreshed_rules().live.rules}


def test_a_refused_step_moves_nothing(sam, dana):
    rule = Rule.objects.get(key="t.place")
    move = move_rule(actor=sam, rule=rule, to=Stage.RETIRED, reason="too many")
    before = RulesInForce.objects.get().digest
    refuse_move(actor=dana, move=move)
    rule.refresh_from_db()
    assert rule.stage == Stage.LIVE
    assert RulesInForce.objects.get().digest == before
    with pytest.raises(StepNotPossible):
        approve_move(actor=dana, move=move)


def test_adding_protection_takes_one_person_and_replacing_it_two(sam, new_rule, bring):
    first = new_rule(code="M1")
    assert move_rule(actor=sam, rule=first, to=Stage.SHADOW, reason="new").took_effect_at
    assert move_rule(actor=sam, rule=first, to=Stage.CANARY, reason="new").took_effect_at
    assert move_rule(actor=sam, rule=first, to=Stage.LIVE, reason="new").took_effect_at
    second = bring(new_rule(code="M1", weight=0.1), Stage.SHADOW)
    assert move_rule(actor=sam, rule=second, to=Stage.CANARY, reason="weaker").took_effect_at is None


def test_the_machine_may_only_take_a_rule_back(new_rule, bring):
    rule = bring(new_rule(), Stage.CANARY)
    with pytest.raises(NotAllowed):
        move_rule(actor=None, component="rules", rule=rule, to=Stage.LIVE, reason="confident")


# -- shadow and canary -----------------------------------------------------------------------------------------------


def test_shadow_is_recorded_and_never_acts(new_rule, bring, say, bob, pub):
    rule = bring(new_rule(action="refuse"), Stage.SHADOW)
    message = say(bob, pub, MEETS)
    assert message.visibility == Message.Visibility.VISIBLE
    assert not message.checks.exists()
    found = ShadowFinding.objects.get()
    assert (found.message, found.rule, found.version) == (message, "t.herring", rule.version)
    assert MEETS[found.span_start : found.span_end] == "hareng bleu"


def test_a_rule_in_shadow_that_fails_changes_nothing_for_anybody(new_rule, bring, say, bob, pub, monkeypatch):
    bring(new_rule(), Stage.SHADOW)

    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("safeguarding.detection.engine.look", broken)
    assert say(bob, pub, MEETS).visibility == Message.Visibility.VISIBLE


def test_canary_acts_for_its_share_alone_and_always_for_the_same_members(new_rule, bring, say, pub):
    rule = bring(new_rule(), Stage.CANARY)
    share = current_rules().canary_share
    members = [open_member(f"m{number}") for number in range(6)]
    for member, inside in zip(members[:2], (True, False), strict=True):  # ids are random: one of each is made sure of
        member.public_id = next(f"m{n:015d}" for n in range(10_000) if in_canary(f"m{n:015d}", share) is inside)
        member.save()
    for member in members:
        for _again in range(2):
            held = say(member, pub, MEETS).visibility == Message.Visibility.HELD
            assert held is in_canary(member.public_id, share)
    assert set(RiskSignal.objects.values_list("version", flat=True)) == {rule.version}


def test_a_smaller_share_is_part_of_a_larger_one():
    members = [f"member{number}" for number in range(4000)]
    small = {member for member in members if in_canary(member, 5)}
    large = {member for member in members if in_canary(member, 20)}
    assert small < large
    assert 0.03 < len(small) / len(members) < 0.07


def test_live_acts_for_everybody_and_its_finding_names_its_version(new_rule, bring, say, bob, pub):
    rule = bring(new_rule(), Stage.LIVE)
    message = say(bob, pub, MEETS)
    assert message.visibility == Message.Visibility.HELD
    assert message.checks.get().signals.get().version == rule.version
    assert message.checks.get().ruleset == current_rules().live.digest


def test_the_share_is_set_by_officers_and_stays_small(sam, mo):
    before = RulesInForce.objects.get().digest
    set_canary_share(actor=sam, share=25)
    assert RulesInForce.objects.get().canary_share == 25
    assert RulesInForce.objects.get().digest != before
    with pytest.raises(StepNotPossible):
        set_canary_share(actor=sam, share=80)
    with pytest.raises(NotAllowed):
        set_canary_share(actor=mo, share=5)


# -- words -----------------------------------------------------------------------------------------------------------

WORDY = """
code: X1
lang: fr
vocabulary:
  fr:
    classes: {herrings: [hareng, sprat]}
rules:
  - id: t.herring
    action: hold
    patterns: ["{herrings} bleu"]
    examples: {must_fire: ["voici le sprat bleu"], must_not_fire: ["voici le sprat rouge"]}
"""


def test_a_rule_with_new_words_moves_with_its_import_and_not_alone(sam, dana, say, bob, pub):
    pack = import_rules(actor=sam, files={"herring.yaml": WORDY})
    rule = pack.rules.get()
    with pytest.raises((WordsMissing, RulesBroken)):
        move_rule(actor=sam, rule=rule, to=Stage.SHADOW, reason="alone")
    move_pack(actor=sam, pack=pack, to=Stage.SHADOW, reason="together")
    refreshed_rules()
    say(bob, pub, "le sprat bleu")
    assert ShadowFinding.objects.get().version == rule.version
    for stage in (Stage.CANARY, Stage.LIVE):
        move = move_pack(actor=sam, pack=pack, to=stage, reason="together")
        assert move.took_effect_at is None  # other words: two people
        approve_move(actor=dana, move=move)
    assert list(RulePack.objects.filter(stage=Stage.LIVE)) == [pack]
    refreshed_rules()
    assert say(bob, pub, "un sprat bleu encore").visibility == Message.Visibility.HELD
