"""Threats (V2): what is one by itself, what is one only with what else is said, and what only sounds like one."""

from __future__ import annotations

import pytest

from safeguarding.detection import piles
from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.types import Person
from tests.talk import ADULTS, ALICE, BOB, CHARLIE, DANA, TEENS, Talk, direct


@pytest.mark.parametrize(
    "text",
    [
        "à quelle heure je te retrouve au bois ?",
        "je te retrouve où ?",
        "je te retrouve demain à la gare",
        "je t'attends à la sortie du métro, j'ai un manteau rouge",
        "on t'attend à la sortie du ciné, dépêche",
        "on va s'occuper de toi à l'hôpital, t'inquiète",
        "profite de ta dernière nuit à l'hôtel",
        "je sais où il bosse, c'est à la boulangerie",
    ],
)
@pytest.mark.parametrize("pair", [(BOB, CHARLIE), (ALICE, DANA)], ids=["adults", "teenagers"])
def test_who_is_to_be_met_or_cared_for_is_not_threatened(
    ruleset: Ruleset, pair: tuple[Person, Person], text: str
) -> None:
    talk = Talk(ruleset, *pair)
    assert talk.say(pair[0], text, direct(*pair)).verdict.name == "ALLOW"
    assert talk.told("V2") == []


def test_a_trifle_for_which_one_would_be_killed_is_a_joke(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    talk.say(ALICE, "si tu me spoiles je te tue", direct(ALICE, DANA))
    assert talk.told("V2") == []
    talk.say(ALICE, "si tu parles je te tue", direct(ALICE, DANA))
    assert talk.told("V2")[0].severity == "P1"


def test_waiting_at_the_school_gate_is_looked_at_and_held_only_with_what_is_to_come_of_it(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    assert talk.say(ALICE, "je t'attends à la sortie", direct(ALICE, DANA)).verdict.name == "ALLOW"
    assert [alert.severity for alert in talk.told("V2")] == ["P3"]
    assert talk.say(ALICE, "je t'attends à la sortie, tu vas morfler", direct(ALICE, DANA)).verdict.name == "HOLD"


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "prépare ton cercueil"),
        ("fr", "dors bien, ce sera ta dernière nuit"),
        ("en", "sleep well, it'll be your last night"),
        ("fr", "tu vas crever ce soir"),
        ("en", "you've got hours left to live"),
        ("fr", "Clara Benoit 06 12 34 56 78 faites-vous plaisir, jour et nuit"),
        ("en", "Clare B 07700 900 123 have fun, day and night"),
    ],
)
def test_death_announced_and_a_number_thrown_to_all_call_somebody(ruleset: Ruleset, lang: str, text: str) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    talk.say(BOB, text, direct(BOB, CHARLIE), lang=lang)
    assert [(alert.severity, alert.subject) for alert in talk.told("V2")] == [("P1", "bob")]


@pytest.mark.parametrize(
    ("lang", "text"), [("fr", "la bombe est dans le lycée"), ("en", "there's a bomb in the school")]
)
def test_an_attack_announced_to_nobody_in_particular_accuses_its_author_and_guesses_no_target(
    ruleset: Ruleset, lang: str, text: str
) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    talk.say(BOB, text, ADULTS, lang=lang)
    (alert,) = talk.told("V2")
    assert (alert.severity, alert.subject, alert.protects) == ("P1", "bob", ())


@pytest.mark.parametrize(
    ("lang", "text"),
    [("fr", "y a eu une fausse alerte à la bombe au lycée"), ("en", "there was a bomb scare at school")],
)
def test_who_tells_of_an_alarm_is_not_accused(ruleset: Ruleset, lang: str, text: str) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    talk.say(BOB, text, ADULTS, lang=lang)
    assert talk.told("V2") == []


@pytest.mark.parametrize(
    ("lang", "known", "meant"),
    [
        ("fr", "jsais où elle gare sa clio, j'ai vu où elle habite", "lundi jramène la lame de mon frère"),
        ("en", "we know where she gets off", "or she'll have an accident"),
    ],
)
def test_knowing_where_somebody_lives_is_gossip_until_harm_is_spoken_of(
    ruleset: Ruleset, lang: str, known: str, meant: str
) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    talk.say(BOB, known, direct(BOB, CHARLIE), lang=lang)
    assert talk.told("V2") == []
    talk.say(BOB, meant, direct(BOB, CHARLIE), lang=lang)
    assert talk.told("V2")[-1].severity == "P1"


def test_an_address_thrown_at_somebody_is_looked_at(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    talk.say(BOB, "12 rue des Lilas 69003, c'est chez toi non ?", direct(BOB, CHARLIE))
    assert [alert.severity for alert in talk.told("V2")] == ["P3"]


def test_a_charity_that_visits_a_home_threatens_nobody(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    text = "they're lovely people, you come and meet them twice, we visit you, then it's £180"
    talk.say(BOB, text, direct(BOB, CHARLIE), lang="en")
    assert talk.told("V2") == []


# ---- who was struck first

VERA, *BULLIES = (Person(key, "teen_15_17", 100) for key in ("vera", "bo", "ben", "bea"))


def subjects(ruleset: Ruleset, *said: tuple[Person, str, Person]) -> dict[str, set[tuple[str, str, tuple[str, ...]]]]:
    """code -> the severities, subjects and people to protect of what is told, in a room of teenagers."""
    talk = Talk(ruleset, VERA, *BULLIES)
    for author, text, other in said:
        talk.say(author, text, TEENS, other)
    told: dict[str, set[tuple[str, str, tuple[str, ...]]]] = {}
    for alert in talk.alerts:
        told.setdefault(alert.code, set()).add((alert.severity, str(alert.subject), alert.protects))
    return told


BO, BEN, BEA = BULLIES


@pytest.mark.parametrize(
    "said",
    [
        ((BO, "t'es une merde", VERA), (BO, "va crever sale pd", VERA)),
        ((BO, "sale pd", VERA), (VERA, "ferme ta gueule connard", BO), (BO, "t'es une merde", VERA)),
    ],
)
def test_a_threat_by_who_was_struck_first_is_looked_at_and_they_are_protected_too(
    ruleset: Ruleset, said: tuple[tuple[Person, str, Person], ...]
) -> None:
    told = subjects(ruleset, *said, (VERA, "je vais te tuer", BO))
    assert told.get("V2", set()) <= {("P3", "vera", ("bo", "vera"))}


def test_a_slur_thrown_back_accuses_who_threw_first(ruleset: Ruleset) -> None:
    told = subjects(ruleset, (BO, "sale pd", VERA), (BEN, "tapette", VERA), (VERA, "sale arabe toi", BEN))
    assert {subject for _severity, subject, _protects in told["H1"]} == {"bo", "ben"}


@pytest.mark.parametrize("word", ["t'es relou", "t'es con", "ta gueule", "t'es moche"])
def test_a_mild_word_excuses_neither_hate_nor_a_threat_to_kill(ruleset: Ruleset, word: str) -> None:
    told = subjects(ruleset, (BO, word, VERA), (VERA, "sale arabe de merde retourne chez toi", BO))
    assert ("P2", "vera") in {(severity, subject) for severity, subject, _protects in told["H1"]}
    for again in (1, 3):
        told = subjects(ruleset, *[(BO, word, VERA)] * again, (VERA, "je vais te tuer demain à la sortie", BO))
        assert told["V2"] == {("P1", "vera", ("bo", "vera"))}


def test_who_was_struck_by_another_or_threw_the_first_slur_answers_nobody(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, VERA, *BULLIES)
    for author, text, to in ((BEN, "sale pd", [BO]), (VERA, "salut", []), (BO, "sale gouine dégage", [BEN, VERA])):
        talk.say(author, text, TEENS, *to)
    assert {alert.subject for alert in talk.told("H1")} == {"ben", "bo"}
    told = subjects(ruleset, (BEN, "t'es con", VERA), (VERA, "sale arabe", BEN), (BEN, "sale pd", VERA))
    assert {subject for _severity, subject, _protects in told["H1"]} >= {"vera"}


@pytest.mark.parametrize(
    ("said", "severity"),
    [
        # nobody struck them; somebody else did; they went on and on; where they are to be found is known
        (((VERA, "je vais te tuer", BO),), "P1"),
        (((BO, "t'es une merde", VERA), (VERA, "je vais te tuer", BEA)), "P1"),
        (((BO, "t'es une merde", VERA), (VERA, "je vais te tuer, je sais où tu habites", BO)), "P0"),
    ],
)
def test_not_every_threat_is_an_answer(
    ruleset: Ruleset, said: tuple[tuple[Person, str, Person], ...], severity: str
) -> None:
    assert severity in {
        severity for severity, subject, _protects in subjects(ruleset, *said)["V2"] if subject == "vera"
    }


def test_who_was_struck_once_and_strikes_on_answers_no_more() -> None:
    pile = piles.opened({}, 0)
    for at, (author, target) in enumerate([("b", "v"), ("v", "b"), ("v", "b")], start=1):
        assert piles.was_struck_first(pile, "v", ("b",), at) is (at > 1)
        piles.note(pile, author, target, ["insult"], 0.8, str(at), at, sure=True)
    assert not piles.was_struck_first(pile, "v", ("b",), 4)
    assert not piles.was_struck_first(pile, "b", ("v",), 4)


def test_who_speaks_to_nobody_for_certain_or_to_others_besides_answers_nobody() -> None:
    pile = piles.opened({}, 0)
    piles.note(pile, "b", "v", ["hate"], 0.8, "1", 1, sure=True, grave=True)
    for others, answers in ((("b",), True), ((), False), (("b", "c"), False)):
        assert piles.was_struck_first(pile, "v", others, 2) is answers
        assert piles.was_struck_gravely_first(pile, "v", others, 2) is answers


def test_a_call_to_violence_is_no_answer(ruleset: Ruleset) -> None:
    told = subjects(ruleset, (BO, "t'es moche", VERA), (VERA, "il faut tuer tous les arabes", BO))
    assert ("P1", "vera") in {(severity, subject) for severity, subject, _protects in told["H1"]}
