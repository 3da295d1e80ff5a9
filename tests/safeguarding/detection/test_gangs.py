"""Several against one in direct conversations: who is a gang, and who only answers, refuses, reports or defends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.types import Alert, Person, RoomInfo
from tests.talk import ALICE, CHARLIE, DANA, TEENS, Talk, direct

BLOWS = ("personne t'aime, quitte le lycée", "tout le monde te déteste grosse vache", "t'es qu'une merde, crève")
REFUSALS = ("je veux pas te parler, dégage", "dégage sale pervers", "tu pues le vieux porc, casse-toi")
THREE = tuple(Person(key, "teen_15_17", 100) for key in ("eve", "finn", "gus"))


def gangs(talk: Talk) -> list[Alert]:
    return [alert for alert in talk.told("C1") if "apart" in alert.explanation]


def written_to(
    ruleset: Ruleset, target: Person, texts: tuple[str, ...], first: str = "", later: timedelta = timedelta(0)
) -> Talk:
    """Three who each write to somebody directly, who may have written to them `first`."""
    talk = Talk(ruleset, target, DANA, *THREE)
    for person in THREE if first else ():
        talk.say(target, first, direct(target, person), person)
    talk.at += later
    for person, text in zip(THREE, texts, strict=True):
        talk.say(person, text, direct(target, person), target)
    return talk


def test_several_who_attack_one_person_in_direct_conversations_are_a_pile_on(ruleset: Ruleset) -> None:
    talk = written_to(ruleset, ALICE, BLOWS)
    (alert,) = gangs(talk)
    assert (alert.severity, alert.protects, alert.evidence) == ("P1", ("alice",), ("1", "2", "3"))
    assert {alert.subject, *alert.others} == {person.key for person in THREE}
    facts = alert.explanation
    assert facts["score"] == round(sum(facts["weights"].values()) + sum(facts["bonus"].values()), 1)
    assert facts["weights"][alert.subject] == max(facts["weights"].values())
    assert {row["without"]: row["severity"] for row in facts["counterfactuals"]} == {
        "person:eve": None, "person:finn": None, "person:gus": None, "minor": "P2",
    }  # fmt: skip
    talk.say(ALICE, "toi aussi crève, grosse merde", direct(ALICE, THREE[0]), THREE[0])
    assert "alice" not in {alert.subject for alert in talk.told("C1")}


def test_of_an_adult_it_is_less_grave_and_two_are_no_gang(ruleset: Ruleset) -> None:
    assert [alert.severity for alert in gangs(written_to(ruleset, CHARLIE, BLOWS))] == ["P2"]
    talk = Talk(ruleset, ALICE, *THREE)
    for person in THREE[:2]:
        for text in BLOWS:
            talk.say(person, text, direct(ALICE, person), ALICE)
    assert gangs(talk) == []


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("salut, je suis photographe, tu fais quoi ce week-end ?", timedelta(0)),
        (BLOWS[0], timedelta(0)),
        (BLOWS[0], timedelta(days=1, hours=1)),
    ],
)
def test_whoever_was_written_to_may_tell_off_and_who_was_attacked_may_answer_a_day_later(
    ruleset: Ruleset, first: str, later: timedelta
) -> None:
    assert gangs(written_to(ruleset, CHARLIE, REFUSALS, first, later)) == []


def test_an_attack_of_a_fortnight_ago_excuses_nobody_any_more(ruleset: Ruleset) -> None:
    for days, told in ((13, 0), (15, 1)):
        assert len(gangs(written_to(ruleset, ALICE, BLOWS, BLOWS[0], timedelta(days=days)))) == told


@pytest.mark.parametrize(
    "texts",
    [
        ("Monsieur, Kevin m'a écrit « crève grosse vache, personne t'aime »",
         "Kevin m'a dit personne t'aime, dégage sale moche", "il m'a envoyé t'es qu'une merde, crève"),
        ("j'ai envie de mourir", "je veux plus vivre", "je suis qu'une merde, tout le monde me déteste"),
        ("c'est pas vrai que personne t'aime", "tu n'es pas moche, t'es magnifique", "tu comptes pour nous tu sais"),
        ("j'aimais bien ton exposé", "on se voit au foot ?", "t'as fini le devoir de maths ?"),
    ],
)  # fmt: skip
def test_who_reports_despairs_comforts_or_chats_is_no_gang(ruleset: Ruleset, texts: tuple[str, ...]) -> None:
    assert gangs(written_to(ruleset, CHARLIE, texts)) == []


def test_who_defends_somebody_attacked_that_day_is_no_gang(ruleset: Ruleset) -> None:
    for attacked in (True, False):
        talk = Talk(ruleset, ALICE, DANA, *THREE)
        if attacked:
            talk.say(ALICE, "personne t'aime grosse vache, crève", direct(ALICE, DANA), DANA)
        for person, text in zip(THREE, BLOWS, strict=True):
            talk.say(person, text, direct(ALICE, person), ALICE)
        assert bool(gangs(talk)) is not attacked


def test_what_is_kept_of_blows_stays_small(ruleset: Ruleset) -> None:
    crowd = [Person(f"p{n}", "teen_15_17", 100) for n in range(40)]
    talk = Talk(ruleset, ALICE, *crowd)
    for person in crowd:
        talk.say(person, BLOWS[1], direct(ALICE, person), ALICE)
        talk.say(ALICE, BLOWS[1], direct(ALICE, person), person)
    assert len(talk.ledgers["author:alice"]["struck"]) <= 12
    assert len(talk.ledgers["author:alice"]["dealt"]) <= 12


# ---- in rooms, too far apart for a quarrel

FIVE = (*THREE, *(Person(key, "teen_15_17", 100) for key in ("hal", "ida")))
HARSH = (*BLOWS, "ferme-la sale conne", "va crever")
JESTS = ("t'es con mdr", "mais t'es trop bête toi", "t'es nul au foot", "espèce de patate", "ta gueule lol")


def in_rooms(
    ruleset: Ruleset, texts: tuple[str, ...], *, minutes: float = 50, rooms: int = 1, first: str = "salut les gens",
    sure: bool = True,
) -> list[Alert]:  # fmt: skip
    """What is told of those who each say one thing to Alice, who says `first` before."""
    talk = Talk(ruleset, ALICE, *FIVE)
    for number, (person, text) in enumerate(zip(FIVE, texts, strict=False)):
        room = RoomInfo(f"r{number % rooms}", "room", "salon", "", "teen_15_17")
        talk.say(ALICE, first, room, *([person] if first != "salut les gens" else []))
        talk.say(FIVE[number - 1], "il pleut", room)
        talk.say(person, text, room, *([ALICE] if sure else []), minutes=minutes)
    return gangs(talk)


@pytest.mark.parametrize(("minutes", "rooms"), [(50, 1), (120, 1), (20, 5)])
def test_one_blow_each_an_hour_apart_or_each_in_another_room_is_a_pile_on(
    ruleset: Ruleset, minutes: float, rooms: int
) -> None:
    first, *_more = in_rooms(ruleset, HARSH, minutes=minutes, rooms=rooms)
    assert (first.severity, first.protects, len(first.evidence)) == ("P1", ("alice",), 4)


def test_three_in_rooms_are_none_nor_is_it_where_it_is_not_clear_who_is_meant(ruleset: Ruleset) -> None:
    assert in_rooms(ruleset, HARSH[:3]) == []
    assert in_rooms(ruleset, HARSH, sure=False) == []


def test_friends_who_jest_before_others_are_none(ruleset: Ruleset) -> None:
    assert in_rooms(ruleset, JESTS) == []


@pytest.mark.parametrize("first", ["envoie une photo de toi", "alors on répond pas ?", "t'es moche"])
def test_who_tells_off_somebody_who_had_just_spoken_to_them_is_none(ruleset: Ruleset, first: str) -> None:
    assert in_rooms(ruleset, REFUSALS + HARSH[3:], minutes=5, first=first) == []


FILM = ("t'es con mdr", "t'es vraiment un connard lol", "ta gueule alice", "espèce de con va", "t'es nul")


def test_who_snaps_at_a_spoiler_is_none_and_laughing_hides_no_cruelty(ruleset: Ruleset) -> None:
    assert in_rooms(ruleset, FILM) == []
    assert in_rooms(ruleset, tuple(f"{blow} mdr" for blow in HARSH)) != []


@pytest.mark.parametrize(
    ("said", "told"),
    [("je déteste les arabes", 0), ("les arabes dehors", 0), ("je déteste les lundis", 1), ("je déteste le foot", 1)],
)
def test_who_tells_off_somebody_who_spoke_hate_that_day_is_none(ruleset: Ruleset, said: str, told: int) -> None:
    for days, expected in ((0, told), (1, 1)):  # hate of the day before excuses no pile-on
        talk = Talk(ruleset, CHARLIE, *FIVE)
        talk.say(CHARLIE, said, TEENS)
        talk.at += timedelta(days=days)
        for number, (person, text) in enumerate(zip(FIVE, HARSH, strict=True)):
            talk.say(FIVE[number - 1], "il pleut", TEENS)
            talk.say(person, text, TEENS, CHARLIE, minutes=50)
        assert bool(gangs(talk)) is bool(expected)
