"""What members say of their age against their verified band: in their words, on the day they say it, in its place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.types import Person, RoomInfo
from tests.talk import ADULTS, ALICE, BOB, CHARLIE, DANA, TEENS, Talk, direct

EVE = Person("eve", "adult", 300)


def severities(talk: Talk, subject: Person) -> set[str]:
    return {alert.severity for alert in talk.told("M6") if alert.subject == subject.key}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "je suis née en 2011"),
        ("fr", "jsuis en 3eme et toi"),
        ("fr", "quatorze ans dans une semaine"),
        ("fr", "bientôt 16 ans"),
        ("fr", "encore 3 ans avant ma majorité"),
        ("fr", "j'ai pas encore 18"),
        ("fr", "je passe le bac de français cette année"),
        ("fr", "mes 16 ans c'est demain"),
        ("fr", "j'aurai 18 ans l'année prochaine"),
        ("fr", "le compte est à ma grande soeur"),
        ("fr", "j'ai dit que j'étais majeur pour entrer"),
        ("en", "i was born in 2011"),
        ("en", "born 2011"),
        ("en", "14 y/o"),
        ("en", "three years till i'm 18"),
        ("en", "this account is actually my big sister's"),
    ],
)
def test_a_minor_among_adults_is_asked_for_a_fresh_proof(ruleset: Ruleset, lang: str, text: str) -> None:
    talk = Talk(ruleset, BOB, EVE)
    talk.say(BOB, text, ADULTS, lang=lang)
    (alert,) = talk.told("M6")
    assert (alert.severity, alert.subject, alert.protects) == ("P2", "bob", ("bob",))
    assert "fresh_age_proof" in alert.measures and "hold" not in alert.measures


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "je suis au 4e étage"),
        ("fr", "je suis en 3e position"),
        ("fr", "j'ai eu mon brevet de pilote"),
        ("fr", "je suis née en 1990"),
        ("fr", "ma fille est née en 2011"),
        ("fr", "quatorze ans dans la boîte"),
        ("fr", "bientôt 16 ans de mariage"),
        ("fr", "à 16 ans j'ai dit que j'étais majeure pour entrer en boîte"),
        ("fr", "on a le même âge toi et moi"),
        ("en", "i think she was born in 2011"),
        ("en", "three years till my son is 18"),
        ("en", "we put 1999 records in the attic"),
    ],
)
def test_a_floor_a_diploma_and_another_s_age_are_nobody_s_age(ruleset: Ruleset, lang: str, text: str) -> None:
    talk = Talk(ruleset, BOB, EVE)
    talk.say(BOB, text, ADULTS, EVE, lang=lang)
    assert severities(talk, BOB) == set()


@pytest.mark.parametrize(
    ("lang", "question", "answer"),
    [
        ("fr", "t'as quel âge ?", "quatorze"),
        ("fr", "t'as quel âge ?", "16 et toi"),
        ("fr", "t'es né en quelle année ?", "2011"),
        ("fr", "t'es en quelle classe ?", "4e"),
        ("fr", "t'as quel âge ?", "dix-sept depuis mardi"),
        ("en", "what year are you in", "ten. my mates put 1999 as well"),
        ("en", "how old are you", "fifteen"),
    ],
)
def test_a_number_that_answers_a_question_about_age_is_an_age(
    ruleset: Ruleset, lang: str, question: str, answer: str
) -> None:
    talk = Talk(ruleset, BOB, EVE)
    talk.say(EVE, question, ADULTS, lang=lang)
    talk.say(BOB, answer, ADULTS, lang=lang)
    assert severities(talk, BOB) == {"P2"}


@pytest.mark.parametrize(
    "answer", ["12 minutes de retard", "15 balles", "15h30", "12/20", "14,50 euros", "16 km à pied", "quinze pages"]
)
def test_a_number_that_counts_something_is_no_age_even_after_the_question(ruleset: Ruleset, answer: str) -> None:
    talk = Talk(ruleset, BOB, EVE)
    talk.say(EVE, "t'as quel âge ?", ADULTS)
    talk.say(BOB, answer, ADULTS)
    assert severities(talk, BOB) == set()


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "j'ai 15 chats"),
        ("fr", "j'ai 12 plantes"),
        ("fr", "j'ai 13 cousins mdr"),
        ("fr", "en vrai j'ai 15 abonnés"),
        ("fr", "en fait 12 personnes viennent"),
        ("fr", "j'aurai 15 invités"),
        ("fr", "j'ai 16 amis mdr"),
        ("en", "in real life 12 people came"),
        ("en", "i turn 16 pages"),
    ],
)
def test_a_number_that_counts_something_is_no_age_unasked_either(ruleset: Ruleset, lang: str, text: str) -> None:
    talk = Talk(ruleset, BOB, EVE)
    talk.say(BOB, text, ADULTS, lang=lang)
    assert severities(talk, BOB) == set()


@pytest.mark.parametrize("text", ["j'ai 15 mdr", "j'ai 15 piges mdr", "g 13 an", "j'ai 14 mais bon", "en vrai j'ai 15"])
def test_a_number_that_counts_nothing_is_an_age_unasked(ruleset: Ruleset, text: str) -> None:
    talk = Talk(ruleset, BOB, EVE)
    talk.say(BOB, text, ADULTS)
    assert severities(talk, BOB) == {"P2"}


def test_a_year_of_birth_is_told_against_the_day_of_the_message(ruleset: Ruleset) -> None:
    later = Talk(ruleset, BOB, ALICE)
    later.at += timedelta(days=366 * 4)  # 2030: nineteen, or not yet
    later.say(BOB, "je suis née en 2011", ADULTS)
    assert severities(later, BOB) == set()
    later.at += timedelta(days=366 * 2)
    later.say(ALICE, "je suis née en 2011", direct(ALICE, BOB))  # 2032, and a proof of fifteen to seventeen
    assert severities(later, ALICE) == {"P1"}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "on a le même âge toi et moi"),
        ("fr", "j'ai ton âge"),
        ("fr", "je suis au lycée"),
        ("en", "we're the same age"),
        ("en", "i'm in high school"),
    ],
)
def test_an_adult_who_passes_for_as_young_as_a_minor_is_grave(ruleset: Ruleset, lang: str, text: str) -> None:
    talk = Talk(ruleset, BOB, ALICE)
    talk.say(BOB, text, direct(BOB, ALICE), lang=lang)
    (alert,) = talk.told("M6")
    assert (alert.severity, alert.subject, alert.protects) == ("P1", "bob", ("alice",))


@pytest.mark.parametrize(
    "text",
    [
        "j'ai le double de ton âge",
        "mon fils a ton âge",
        "on n'a pas le même âge",
        "je suis au lycée pour la réunion parents",
    ],
)
def test_an_adult_who_says_to_be_one_passes_for_nothing(ruleset: Ruleset, text: str) -> None:
    talk = Talk(ruleset, BOB, ALICE)
    talk.say(BOB, text, direct(BOB, ALICE))
    assert not severities(talk, BOB) & {"P0", "P1", "P2"}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "je suis divorcé"),
        ("fr", "j'ai mon permis depuis 15 ans"),
        ("fr", "j'ai emprunté la carte de mon neveu pour m'inscrire"),
        ("fr", "je suis plus vieux que je l'ai dit"),
        ("fr", "mon fils a ton âge"),
        ("en", "my son is your age"),
        ("en", "licence is clean since 2009"),
        ("en", "41, divorced, ignore what the profile says"),
        ("en", "I made this account to talk to the young ones"),
    ],
)
def test_an_adult_life_behind_a_teenager_s_proof_is_grave_wherever_it_is_told(
    ruleset: Ruleset, lang: str, text: str
) -> None:
    talk = Talk(ruleset, ALICE, CHARLIE)
    talk.say(ALICE, text, direct(ALICE, CHARLIE), lang=lang)
    assert severities(talk, ALICE) == {"P1"}


@pytest.mark.parametrize(
    "text",
    [
        "mes parents sont divorcés",
        "je fais du foot depuis 10 ans",
        "mon frère a ton âge",
        "j'ai ton âge",
        "je suis plus vieille que toi mdr",
    ],
)
def test_a_teenager_s_own_life_is_no_adult_s(ruleset: Ruleset, text: str) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    talk.say(ALICE, text, direct(ALICE, DANA))
    assert not severities(talk, ALICE) & {"P0", "P1", "P2"}


THIRTEEN = Person("cam", "teen_13_14", 60)
SMALL = RoomInfo("small", "room", "salon", "", "teen_13_14")


@pytest.mark.parametrize(
    ("who", "text", "lang"),
    [
        (THIRTEEN, "j'ai 17 ans", "fr"), (THIRTEEN, "j'ai 18 ans", "fr"), (THIRTEEN, "j'ai 12 ans", "fr"),
        (THIRTEEN, "je passe le bac cette année", "fr"), (THIRTEEN, "je suis en terminale", "fr"),
        (THIRTEEN, "i'm 17 lol", "en"), (THIRTEEN, "i'm 18 lol", "en"), (THIRTEEN, "i was born in 2009", "en"),
        (ALICE, "j'ai 13 ans", "fr"), (ALICE, "je suis en 5e", "fr"), (ALICE, "j'ai 12 ans en vrai", "fr"),
        (ALICE, "je suis née en 2013", "fr"), (ALICE, "im in year 7", "en"), (ALICE, "i'm 13 btw", "en"),
    ],
)  # fmt: skip
def test_another_age_than_that_of_their_proof_is_looked_at_of_a_teenager_and_nothing_is_done(
    ruleset: Ruleset, who: Person, text: str, lang: str
) -> None:
    talk = Talk(ruleset, who, DANA)
    found = talk.say(who, text, SMALL if who is THIRTEEN else TEENS, lang=lang).findings
    assert [(alert.severity, alert.subject, alert.measures) for alert in talk.told("M6")] == [("P3", who.key, ())]
    assert "says_teen_years" in {one.tactic for one in found}


@pytest.mark.parametrize(
    ("who", "text"),
    [
        (THIRTEEN, "j'ai 15 ans"), (THIRTEEN, "j'ai 13 ans"), (THIRTEEN, "je suis en 4e"),
        (THIRTEEN, "je suis en seconde"), (THIRTEEN, "j'aurai 17 ans dans 3 ans"), (THIRTEEN, "j'ai 17 chats"),
        (ALICE, "j'ai 18 ans"), (ALICE, "j'ai 15 ans"), (ALICE, "je suis en 3e"), (ALICE, "je passe le bac"),
        (ALICE, "je passe le bac de français"), (ALICE, "je suis née en 2008"), (ALICE, "ma soeur a 13 ans"),
        (ALICE, "maj dans 2 ans"), (ALICE, "j'ai deux enfants à garder ce soir"),
    ],
)  # fmt: skip
def test_an_age_that_a_proof_of_last_year_allows_is_nothing(ruleset: Ruleset, who: Person, text: str) -> None:
    talk = Talk(ruleset, who, DANA)
    talk.say(who, text, SMALL if who is THIRTEEN else TEENS)
    assert talk.told("M6") == []


@pytest.mark.parametrize(
    ("who", "answer", "severity"),
    [(THIRTEEN, "17", "P3"), (THIRTEEN, "18", "P1"), (THIRTEEN, "18 mdr", "P3"), (THIRTEEN, "2007", "P1"),
     (ALICE, "13", "P3"), (ALICE, "5e", "P3"), (ALICE, "34", "P1"), (ALICE, "18", "P2"),
     (ALICE, "dix-huit et toi", "P2"), (ALICE, "j'ai 18 ans", "P2"), (ALICE, "2007", "P2"), (ALICE, "18 ptdr", ""),
     (ALICE, "18 😂", ""), (ALICE, "18h", ""), (ALICE, "2008", ""), (ALICE, "16", ""), (THIRTEEN, "14", ""),
     (THIRTEEN, "3e", "")],
)  # fmt: skip
def test_so_is_an_answer_to_the_question(ruleset: Ruleset, who: Person, answer: str, severity: str) -> None:
    talk = Talk(ruleset, who, DANA)
    for author, text in ((DANA, "t'as quel âge ?"), (who, answer)):
        talk.say(author, text, SMALL if who is THIRTEEN else TEENS)
    assert severities(talk, who) == ({severity} if severity else set())


@pytest.mark.parametrize("times", [1, 3])
def test_who_answers_eighteen_is_asked_for_a_fresh_proof_and_nothing_is_held(ruleset: Ruleset, times: int) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    for _ in range(times):
        talk.say(DANA, "t'as quel âge ?", TEENS)
        assert talk.say(ALICE, "18", TEENS).verdict.name == "ALLOW"
    assert [(alert.severity, alert.measures) for alert in talk.told("M6")] == [("P2", ("fresh_age_proof",))]


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("j'ai 2 enfants à élever", "P1"), ("j'ai divorcé l'an dernier", "P1"), ("je suis divorcée", "P1"),
        ("je fais semblant d'avoir 15 ans", "P1"), ("j'ai 2 enfants", "P3"), ("j'ai divorcé", "P3"),
        ("j'ai divorcé de ma meilleure pote mdr", ""), ("dans notre rp j'ai divorcé", ""),
        ("dans la pièce je suis veuve", ""), ("j'ai 3 enfants et je suis bergère dans la pièce", ""),
        ("j'ai 4 gosses sur les sims", ""), ("j'ai divorcé l'an dernier dans notre jdr", ""),
    ],
)  # fmt: skip
def test_children_and_a_divorce_are_no_teenager_s_but_in_play(ruleset: Ruleset, text: str, severity: str) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    talk.say(ALICE, text, TEENS)
    assert severities(talk, ALICE) == ({severity} if severity else set())


def test_ages_told_in_jest_never_add_up_to_an_adult_s_life(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, THIRTEEN, DANA)
    for text in ("j'ai 17 ans", "j'ai 18 ans mdr", "je passe le bac", "je sors du boulot"):
        talk.say(THIRTEEN, text, SMALL)
    assert not severities(talk, THIRTEEN) & {"P0", "P1"}


def test_a_proof_that_was_borrowed_for_a_teenager_s_account_is_asked_for_anew(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    talk.say(ALICE, "j'ai pris la carte de ma cousine pour m'inscrire", direct(ALICE, DANA))
    (alert,) = talk.told("M6")
    assert alert.severity == "P2" and alert.measures == ("fresh_age_proof",)
