"""Rooms that leave their theme, and the advice that two adults get before they meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from safeguarding.detection.drift import WINDOW
from safeguarding.detection.engine import assess, needs, room_key
from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.types import Assessment, Person, RoomInfo, Utterance

START = datetime(2026, 3, 1, 20, tzinfo=UTC)
ADULTS = {key: Person(key, "adult", 400) for key in ("bob", "charlie", "mo", "sam")}
KNITTING = RoomInfo("r", "room", "Tricot et crochet", "laine", "adult", "fr")
LEWD = "salut, quelqu'un pour un plan cul ce soir"


def talk(
    said: list[tuple[str, str]], room: RoomInfo, ruleset: Ruleset, people: dict[str, Person] = ADULTS
) -> list[Assessment]:
    ledgers: dict[str, dict[str, Any]] = {}
    answers = []
    for n, (author, text) in enumerate(said):
        utterance = Utterance(str(n), author, START + timedelta(minutes=n), text, lang="fr")
        keys = needs(utterance, room=room, room_ledger=ledgers.get(room_key(room), {}), people=people)
        loaded = {key: ledgers[key] for key in keys if key in ledgers}
        answers.append(assess(utterance, room=room, people=people, ledgers=loaded, ruleset=ruleset))
        ledgers.update(answers[-1].ledgers)
    return answers


def drifts(answers: list[Assessment]) -> list[Any]:
    return [alert for answer in answers for alert in answer.alerts if alert.tactics == ("room_drift",)]


def lewd(count: int, speakers: int = 3) -> list[tuple[str, str]]:
    return [(("bob", "charlie", "mo")[n % speakers], f"{LEWD} {n}") for n in range(count)]


def test_room_that_left_its_theme_is_flagged_once_and_nobody_is_the_subject(ruleset: Ruleset) -> None:
    found = drifts(talk(lewd(14), KNITTING, ruleset))
    assert [(alert.code, alert.severity, alert.subject) for alert in found] == [("X2", "P3", None)]


def test_room_of_minors_that_left_its_theme_is_graver(ruleset: Ruleset) -> None:
    teens = {key: Person(key, "teen_15_17", 400) for key in ADULTS}
    room = RoomInfo("r", "room", "Maths seconde", "devoirs", "teen_15_17", "fr")
    assert [(alert.code, alert.severity) for alert in drifts(talk(lewd(14), room, ruleset, teens))] == [("M5", "P2")]


@pytest.mark.parametrize(
    ("theme", "lines"),
    [
        ("drugs", ("qui vend du shit", "un gramme de coke c'est combien", "anyone selling weed")),
        ("money", ("investissez 100 gagnez 1000", "place 200 et récupère 2000", "mets 50, tu touches 500")),
    ],
)
def test_drugs_and_easy_money_are_a_drift_of_any_room(theme: str, lines: tuple[str, ...], ruleset: Ruleset) -> None:
    said = [(("bob", "charlie", "mo")[n % 3], lines[n % 3]) for n in range(12)]
    assert {alert.explanation["theme"] for alert in drifts(talk(said, KNITTING, ruleset))} == {theme}


def test_harmless_talk_of_something_else_is_no_drift(ruleset: Ruleset) -> None:
    lines = ("un gramme de levure c'est combien", "j'ai mis 20 et récupéré ma place", "qui vend du fil")
    said = [(("bob", "charlie", "mo")[n % 3], lines[n % 3]) for n in range(12)]
    assert not drifts(talk(said, KNITTING, ruleset))


def test_one_person_alone_does_not_make_a_room_drift(ruleset: Ruleset) -> None:
    assert not drifts(talk(lewd(14, speakers=1), KNITTING, ruleset))


def test_room_that_declares_its_theme_does_not_drift_by_keeping_to_it(ruleset: Ruleset) -> None:
    room = RoomInfo("r", "room", "Rencontres coquines adultes", "libertins", "adult", "fr")
    assert not drifts(talk(lewd(14), room, ruleset))


def test_a_word_now_and_then_over_a_long_talk_is_no_drift(ruleset: Ruleset) -> None:
    said: list[tuple[str, str]] = []
    for one in lewd(9):
        said += [one, *[("sam", "j'ai fini la manche gauche")] * (WINDOW // 6)]
    assert not drifts(talk(said, KNITTING, ruleset))


def test_two_adults_who_plan_to_meet_get_the_same_advice_once_and_no_case(ruleset: Ruleset) -> None:
    direct = RoomInfo("d", "direct", "", "", "adult", "fr")
    two = {key: ADULTS[key] for key in ("bob", "charlie")}
    said = [("bob", "on boit un verre samedi ?"), ("charlie", "oui, on se voit où ?"), ("bob", "un café à 15h ?")]
    answers = talk(said, direct, ruleset, two)
    assert [answer.meeting for answer in answers] == [("bob", "charlie"), (), ()]
    assert not [alert for answer in answers for alert in answer.alerts if alert.severity < "P3"]


def test_advice_on_meeting_is_not_for_minors(ruleset: Ruleset) -> None:
    direct = RoomInfo("d", "direct", "", "", "teen_15_17", "fr")
    two = {"bob": Person("bob", "teen_15_17", 90), "alice": Person("alice", "teen_15_17", 90)}
    assert talk([("bob", "on boit un chocolat samedi ?")], direct, ruleset, two)[0].meeting == ()


CHAT = ["tu as vu le match", "je finis ma manche", "bonne idée", "on se voit jeudi", "mon chat dort", "il pleut ici"]
ASKS = ["qui veut un plan", "sexe maintenant", "dispo pour baiser", "cam chaude ?"]
DEALS = ["qui a de la beuh", "t'as de la md ?", "je vends de la coke", "on se fume un joint après"]
STARVES = ["je mange que 300 calories", "mon objectif 40 kilos", "un jeûne de 3 jours ?", "me faire vomir aide"]
CUTS = ["j'ai recommencé à me couper", "vous utilisez quoi comme lame", "cachez vos cicatrices", "une lame c'est mieux"]
FIVE = ("bob", "charlie", "mo", "sam", "dana")


def twenty(asks: list[str]) -> list[tuple[str, str]]:
    """Twenty lines of five people, a few of them of another theme."""
    texts = [CHAT[n % len(CHAT)] for n in range(20)]
    texts[6:18:3] = asks
    return [(FIVE[n % 5], text) for n, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("name", "topic", "band", "asks", "told"),
    [
        ("Échecs", "parties du soir", "adult", ASKS, [("X2", "P3")]),
        ("Échecs", "parties du soir", "teen_15_17", ASKS, [("M5", "P2")]),
        ("Tricot", "laine", "teen_15_17", DEALS, [("M7", "P2")]),
        ("Tricot", "laine", "teen_15_17", STARVES, [("D1", "P2")]),
        ("Maths seconde", "entraide", "teen_15_17", CUTS, [("D1", "P2")]),
        # what a room is there for
        ("Écoute et soutien", "", "teen_15_17", CUTS, []), ("Rencontres coquines", "", "adult", ASKS, []),
        ("Scarification : en sortir", "", "teen_15_17", CUTS, []), ("Réduire le cannabis", "", "adult", DEALS, []),
        # three lines, or small talk with such words in another sense
        ("Échecs", "parties du soir", "adult", ASKS[:3], []),
        ("Tricot", "laine", "teen_15_17", ["je me coupe les cheveux", "un plan de la ville", "une coupe"], []),
    ],
)  # fmt: skip
def test_a_fifth_of_twenty_lines_is_enough_to_leave_a_theme(
    ruleset: Ruleset, name: str, topic: str, band: Any, asks: list[str], told: list[tuple[str, str]]
) -> None:
    people = {key: Person(key, band, 400) for key in FIVE}
    said = twenty([*asks, *CHAT[: 4 - len(asks)]])
    found = drifts(talk(said, RoomInfo("r", "room", name, topic, band, "fr"), ruleset, people))
    assert [(alert.code, alert.severity) for alert in found] == told
    assert all(alert.subject is None and not alert.others for alert in found)
