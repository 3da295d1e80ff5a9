"""Every alert that the engine can raise is explained in full, in both languages: real rules, the real drain, the page.

The talk is that of our own suite: one conversation a code, played as its people would have written it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from benchmarks.detection.corpora import SUITE, Line, lines
from community.models import Member
from community.policies import AgeBand
from safeguarding.detection import ages, tactics
from safeguarding.detection.counted import HATE_KINDS
from safeguarding.explanations import Card, cards_of
from safeguarding.incidents import TACTICS
from safeguarding.models import Alert, AlertRule, Case, Rule
from safeguarding.selectors import case_file
from safeguarding.services.casework import claim_case
from safeguarding.services.checks import drain_rooms
from tests.cast import open_member, open_room
from tests.safeguarding.rules.conftest import write

pytestmark = pytest.mark.django_db

BANDS = {band.value: band for band in AgeBand}
CODES = ["M1", "M2", "M3", "M4", "M5", "M6", "M7", "V1", "V2", "V3", "H1", "C1", "C2", "C3", "S1", "D1", "X1", "X2"]
RULE_ID = re.compile(r"\b\w+\.(?:fr|en)\.\w+")
LEWD = "salut, quelqu'un pour un plan cul ce soir"


@pytest.fixture
def play() -> Callable[[Line], None]:
    """Play a conversation of the suite: its people, rooms and messages as rows, and the drain over them."""

    def go(row: Line) -> None:
        cast: dict[str, Member] = {}
        for number, talk in enumerate(row.get("conversations") or [row]):
            for key, person in talk["participants"].items():
                if key not in cast:
                    cast[key] = newcomer(f"p{key}", person["band"], person["account_age_days"])
            here = [cast[key] for key in talk["participants"]]
            minors = talk["room"]["band"] != "adult"
            room = open_room(f"room{number}", *here, minors=minors, language=row["lang"])
            for said in talk["messages"]:
                write(cast[said["from"]], room, said["text"], *(cast[key] for key in said["to"] or ()))
        drain_rooms()

    return go


def newcomer(name: str, band: str, days: int) -> Member:
    member = open_member(name, BANDS[band])
    Member.objects.filter(pk=member.pk).update(joined_at=timezone.now() - dt.timedelta(days=days))
    return member


def risky(code: str) -> Line:
    """The first open conversation of the suite in which this code is to be found."""
    return next(
        row
        for row in lines(SUITE / "tune" / "conversations.jsonl")
        if row["kind"] == "risk" and row["expect"]["codes"] == [code] and not row["obfuscation"] and row["lang"] == "fr"
    )


def explained(alert: Alert, language: str) -> Card:
    with translation.override(language):
        cards = cards_of(alert.case, case_file(alert.case, content=True))
    return next(card for card in cards if card.alert == alert)


def check_card(alert: Alert) -> None:
    """All that the card of an alert must say; what is words is words in both languages."""
    said = {}
    for language in ("en", "fr"):
        card = explained(alert, language)
        # The messages, with what was met marked in the text as it was written.
        assert card.passages
        assert any(passage.version.found for passage in card.passages)
        for passage in card.passages:
            assert "".join(piece.text for piece in passage.version.pieces) == passage.version.revision.body
        # What weighed how much: the whole of the score.
        assert sum(weight.points for weight in card.weights) == pytest.approx(alert.score, abs=0.15)
        assert all(weight.is_points for weight in card.weights)
        # What it would have been otherwise.
        assert card.counterfactuals
        assert all(other.score or other.count or other.severity is None for other in card.counterfactuals)
        if alert.code in {"C1", "H1", "X2"}:  # one fewer of what is counted, and it is no such alert
            assert any((other.severity or "none") > alert.severity for other in card.counterfactuals)
        # Rules with versions that exist, and what people decided of look-alikes.
        assert card.rules
        for met in card.rules:
            assert (
                met.rule.startswith(("engine.", "contact."))
                or Rule.objects.filter(key=met.rule, version=met.version).exists()
            )
            assert (met.others is not None) == card.judged
        assert card.degraded is False
        said[language] = [
            *card.sentences, *(weight.label for weight in card.weights), *(o.label for o in card.counterfactuals),
        ]  # fmt: skip
    people = set(Member.objects.values_list("pseudonym", flat=True))
    for english, french in zip(sorted(said["en"]), sorted(said["fr"]), strict=True):
        assert not re.search(r"[a-z]_[a-z]", RULE_ID.sub("", english + french))
    assert not (set(said["en"]) & set(said["fr"])) - people


@pytest.mark.parametrize("code", CODES)
def test_alert_of_every_code_says_why_in_both_languages(code, play):
    play(risky(code))
    alerts = Alert.objects.filter(code=code)
    assert alerts
    for alert in alerts:
        check_card(alert)


def test_many_newcomers_to_one_minor_are_explained(alice):
    Member.objects.filter(pk=alice.pk).update(joined_at=timezone.now() - dt.timedelta(days=90))
    people = [newcomer(f"new{n}", "teen_15_17", 0) for n in range(8)]
    room = open_room("hall", alice, *people, minors=True)
    for person in people:
        write(person, room, "on se voit où ce soir", alice)
    drain_rooms()
    [alert] = Alert.objects.filter(code="X2", tactics=["many_newcomers"])
    check_card(alert)
    with translation.override("en"):
        told = [(other.label, other.count, other.severity) for other in explained(alert, "en").counterfactuals]
    assert told == [("With one new account fewer", (8, 7), None), ("If nobody under age were concerned", None, None)]


def test_a_room_that_left_its_theme_is_explained_by_all_that_was_said_of_the_other(bob, charlie, mo, sam):
    room = open_room("Tricot et crochet", bob, charlie, mo)
    for n in range(4):
        write((bob, charlie, mo)[n % 3], room, f"{LEWD} {n}")
    drain_rooms()
    [alert] = Alert.objects.filter(tactics=["room_drift"])
    check_card(alert)
    assert len(alert.evidence) == 4
    told = {other.label: other.count for other in explained(alert, "en").counterfactuals}
    assert told["With one message fewer"] == (4, 3)
    assert told["With one author fewer"] == (3, 2)


def test_the_page_of_a_pile_on_names_those_who_attack_and_what_one_fewer_would_make(play, sam, visit):
    play(risky("C1"))
    alert = Alert.objects.filter(code="C1").latest("pk")
    claim_case(actor=sam, case=alert.case)
    url = reverse("admin:safeguarding_case_page", args=[alert.case.public_id])
    browser = visit(sam)
    assert "(people who attack): 2 → 1" in browser.get(url).content.decode()
    Member.objects.filter(pk=sam.pk).update(language="fr")
    assert "(personnes qui attaquent)\xa0: 2 → 1" in browser.get(url).content.decode()


def test_every_tactic_that_an_alert_can_name_has_words():
    profiles = [
        *tactics.PAIR_PROFILES, *tactics.SELF_PROFILES, ages.MINOR_AMONG_ADULTS, ages.ADULT_AMONG_MINORS,
        ages.ADULT_POSING,
    ]  # fmt: skip
    counted = {"contact_flood", "many_newcomers", "pile_on", "insult", "hate", "incitement", "room_drift"}
    hateful = {f"hate_{kind}" for kind in HATE_KINDS}
    assert {name for profile in profiles for name in profile.weights} | counted | hateful <= TACTICS.keys()


def test_a_call_for_help_is_never_counted_as_right_or_wrong(play, sam, visit):
    play(risky("D1"))
    alert = Alert.objects.filter(code="D1").latest("pk")
    other = Case.objects.create(code="D1", severity="P0", open_key="k", due_at=timezone.now())
    again = Alert.objects.create(case=other, message=alert.message, code="D1", severity="P0", score=90, ruleset="x")
    rule = alert.rests_on.first()
    AlertRule.objects.create(alert=again, rule=rule.rule, version=rule.version)
    claim_case(actor=sam, case=alert.case)
    page = visit(sam).get(reverse("admin:safeguarding_case_page", args=[alert.case.public_id])).content.decode()
    assert "Cases like it call for help" in page
    assert "other case rests on it" not in page
