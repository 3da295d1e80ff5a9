"""The card that explains an alert: what was stored with it, in plain words, in both languages, and nothing made up."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from chat.models import Message, MessageRevision
from safeguarding.detection import engine
from safeguarding.detection.types import Person, RoomInfo, Utterance
from safeguarding.explanations import cards_of
from safeguarding.models import Alert, AlertRule, Case, Decision
from safeguarding.rule_figures import look_alikes, outcomes_by_rule
from safeguarding.rules import current_rules
from safeguarding.selectors import case_file
from safeguarding.services.casework import claim_case
from safeguarding.services.checks import drain_rooms
from safeguarding.words import explain

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
SECRET = "ça reste notre secret"


@pytest.fixture
def alert(say, alice, bob, homework) -> Alert:
    say(alice, homework, "bonjour bob")
    say(bob, homework, SECRET, to=[alice])
    return Alert.objects.get()


def score_between(author_band: str, text: str) -> float:
    """What the engine makes of the same line from somebody of another band."""
    at = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    room = RoomInfo("r", "room", "homework", "", "teen_15_17")
    people = {"b": Person("b", author_band, 0), "a": Person("a", "teen_15_17", 400)}
    said = engine.assess(
        Utterance("m", "b", at, text, ("a",)), room=room, people=people, ledgers={}, ruleset=current_rules().live
    )
    return said.alerts[0].score


def decide(case: Case, actor, action: str, **fields: object) -> None:
    given = {"reasons": "Because.", "takes_effect_at": timezone.now(), **fields}
    Decision.objects.create(case=case, decided_by=actor, action=action, **given)


def another_case(alert: Alert, number: int) -> Case:
    """A case of its own that rests on the same rule."""
    case = Case.objects.create(code="M1", severity="P2", open_key=f"k{number}", due_at=timezone.now())
    other = Alert.objects.create(case=case, message=alert.message, code="M1", severity="P2", score=40, ruleset="x")
    AlertRule.objects.create(alert=other, rule="t.secret", version=alert.rests_on.get().version)
    return case


def test_the_counterfactual_is_what_the_engine_gives_without_the_age_gap(alert):
    [told] = [row for row in alert.explanation["counterfactuals"] if row["without"] == "age_gap"]
    assert told["score"] == score_between("teen_15_17", SECRET) < alert.score == score_between("adult", SECRET)


def test_a_card_shows_words_weights_rules_and_the_counterfactual(alert):
    with translation.override("en"):
        [card] = cards_of(alert.case, case_file(alert.case, content=True))
    assert [weight.label for weight in card.weights] == [
        "asks to keep a secret", "an adult writes to a minor (ages checked)", "the account is new",
    ]  # fmt: skip
    assert sum(weight.points for weight in card.weights) == pytest.approx(alert.score, abs=0.1)
    assert card.counterfactuals[0].label == "Without the age gap"
    assert [(met.rule, met.version) for met in card.rules] == [("t.secret", alert.rests_on.get().version)]
    [passage] = card.passages
    assert [piece.text for piece in passage.version.pieces if piece.rules] == ["notre secret"]
    assert "".join(piece.text for piece in passage.version.pieces) == SECRET
    assert not passage.edited_since
    assert not card.degraded


def edit(message: Message, text: str) -> None:
    """Write another version, as the posting service would, and let the real drain check it."""
    number = message.head_revision + 1
    MessageRevision.objects.create(message=message, number=number, body=text, created_at=timezone.now())
    Message.objects.filter(pk=message.pk).update(head_revision=number, check_state=Message.CheckState.PENDING)
    message.refresh_from_db()
    drain_rooms()


def test_what_was_edited_away_is_what_the_alert_rests_on(alert, sam, visit):
    for text in ("bonjour tout le monde", "c'est toujours notre secret"):
        edit(alert.message, text)
    [card] = [one for one in cards_of(alert.case, case_file(alert.case, content=True)) if one.alert == alert]
    [passage] = card.passages
    assert passage.edited_since
    assert passage.version.revision.body == SECRET
    assert [piece.text for piece in passage.version.pieces if piece.rules] == ["notre secret"]
    line = case_file(alert.case, content=True).lines[-1]
    assert [bool(version.found) for version in line.versions] == [True, False, True]
    claim_case(actor=sam, case=alert.case)
    page = visit(sam).get(reverse("admin:safeguarding_case_page", args=[alert.case.public_id])).content.decode()
    assert page.count("edited since") == 1
    assert page.count("<mark>notre secret</mark>") == 3  # on the card, in the earlier version, in the last


def test_an_edit_that_meets_nothing_leaves_the_message_marked(alert):
    edit(alert.message, "bonjour tout le monde")
    line = case_file(alert.case, content=True).lines[-1]
    assert line.marked
    assert not line.newest.found


def test_the_page_says_it_in_french_and_in_english(alert, sam, visit):
    claim_case(actor=sam, case=alert.case)
    url = reverse("admin:safeguarding_case_page", args=[alert.case.public_id])
    browser = visit(sam)
    english = browser.get(url).content.decode()
    assert "Without the age gap: 40 → 24" in english
    type(sam).objects.filter(pk=sam.pk).update(language="fr")
    french = browser.get(url).content.decode()
    assert "Sans l’écart d’âge\xa0: 40 → 24" in french
    assert "demande de garder un secret" in french


def test_it_is_said_why_what_rules_call_grave_waits(alert):
    with translation.override("en"):
        assert not any("By its rules" in line for line in explain(alert))
    alert.explanation["lowered_from"] = "P1"
    for language, line in (("en", "By its rules this is P1."), ("fr", "D’après ses règles, c’est P1.")):
        with translation.override(language):
            assert explain(alert)[-1].startswith(line)


def test_nobody_reads_the_passages_without_taking_the_case(alert, sam, visit):
    url = reverse("admin:safeguarding_case_page", args=[alert.case.public_id])
    assert "notre secret" not in visit(sam).get(url).content.decode()


def test_look_alikes_count_what_people_decided(alert, sam):
    for number, actions in enumerate((["warn"], ["no_action"], ["no_action", "warn"], [])):
        case = another_case(alert, number)
        for action in actions:
            decide(case, sam, action)
    [outcomes] = look_alikes(alert.case, [alert]).values()
    assert (outcomes.confirmed, outcomes.unfounded, outcomes.undecided) == (2, 1, 1)
    [counted] = outcomes_by_rule().values()
    assert counted.cases == 5  # this one too


def test_what_was_overturned_or_only_proposed_confirms_nothing(alert, sam, dana):
    overturned, proposed = another_case(alert, 1), another_case(alert, 2)
    decide(overturned, sam, "mute")
    decision = overturned.decisions.get()
    decision.__class__.appeal.related.related_model.objects.create(
        decision=decision, lodged_by=dana, decided_by=sam, text="no", state="overturned", judged_by=dana
    )
    decide(proposed, sam, "ban", takes_effect_at=None)
    [outcomes] = look_alikes(alert.case, [alert]).values()
    assert (outcomes.confirmed, outcomes.unfounded, outcomes.undecided) == (0, 1, 1)


def test_explaining_ten_alerts_costs_no_more_queries_than_one(alert):
    file = case_file(alert.case, content=False)
    with CaptureQueriesContext(connection) as one:
        cards_of(alert.case, file)
    assert len(one) == 1
    for number in range(9):
        more = Alert.objects.create(
            case=alert.case, message=alert.message, code="M1", severity="P2", score=40 + number, ruleset="x",
            explanation=alert.explanation,
        )  # fmt: skip
        AlertRule.objects.create(alert=more, rule="t.secret", version="v")
    file = case_file(alert.case, content=False)
    with CaptureQueriesContext(connection) as ten:
        assert len(cards_of(alert.case, file)) == 10
    assert len(ten) == 1
