"""Threats over images and secrets (M2, C2, C3), what pays for a child (M3, M4), and ordinary words that sound alike."""

from __future__ import annotations

import pytest

from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.types import Person
from tests.talk import ADULTS, ALICE, BOB, Talk, direct

EVE = Person("eve", "adult", 300)
LOUD = ("P0", "P1", "P2")


def told(ruleset: Ruleset, to: Person, lang: str, *texts: str) -> set[tuple[str, str | None]]:
    """The code and subject of what a person must look at, after an adult said this to somebody."""
    talk = Talk(ruleset, BOB, to)
    for text in texts:
        talk.say(BOB, text, direct(BOB, to), lang=lang)
    return {(alert.code, alert.subject) for alert in talk.alerts if alert.severity in LOUD}


@pytest.mark.parametrize(
    ("code", "lang", "texts"),
    [
        ("M2", "fr", ("j'ai ta liste d'amis insta", "t'as 1h pour payer")),
        ("M2", "fr", ("ta photo est prête à partir", "carte neosurf 50 et je supprime")),
        ("M2", "fr", ("tu m'en fais une autre ce soir sinon le groupe de la 4eB l'a avant la cantine",)),
        (
            "M2",
            "en",
            (
                "i have the call, start to finish, and your aunt and your gym all open in tabs",
                "£300 crypto. I start with your aunt at half past",
            ),
        ),
        ("C3", "fr", ("ton père sera content d'apprendre que t'es gay",)),
        ("C3", "fr", ("paie ou j'oute ta gueule",)),
        ("M4", "fr", ("tu peux gagner 200 par soir, je m'occupe des clients",)),
        ("M3", "fr", ("je cherche du contenu 12-14",)),
        ("M3", "en", ("looking for content 12-14",)),
    ],
)
def test_what_presses_or_sells_a_minor_is_seen(ruleset: Ruleset, code: str, lang: str, texts: tuple[str, ...]) -> None:
    assert (code, "bob") in told(ruleset, ALICE, lang, *texts)


@pytest.mark.parametrize(
    ("code", "lang", "texts"),
    [
        ("C3", "fr", ("je vais dire à ta famille que t'es pd",)),
        ("C3", "en", ("i'm gonna tell your parents you're gay",)),
        ("C3", "en", ("your dad will find out you're gay if you don't pay",)),
        ("C3", "en", ("one call to immigration and you're gone. half your wages for my silence",)),
        ("C2", "en", ("get back with me or i post our video",)),
        ("C2", "en", ("i'll show your nudes to your boss",)),
        ("C3", "fr", ("tes parents vont savoir que t'es gay si tu viens pas",)),
        ("C3", "fr", ("300€ et j'ai rien vu. sinon je passe et on discute",)),
        ("C3", "fr", ("tu laisses ma candidature passer et je garde ma langue",)),
        ("C3", "fr", ("un appel à la préfecture et tu dors plus en France",)),
        ("C3", "fr", ("dimanche 8h, et la moitié de ta paye pour mon silence",)),
        (
            "C3",
            "en",
            (
                "someone who saved all your messages from the men's room",
                "500 by friday. otherwise Elin reads them over breakfast",
            ),
        ),
        ("C2", "fr", ("reviens avec moi ou je poste la vidéo de nous deux",)),
        ("C2", "fr", ("je vais montrer tes photos nue à ton patron",)),
        ("S1", "fr", ("tu peux gagner 200 par soir, je m'occupe des clients",)),
    ],
)
def test_what_presses_an_adult_is_seen(ruleset: Ruleset, code: str, lang: str, texts: tuple[str, ...]) -> None:
    assert (code, "bob") in told(ruleset, EVE, lang, *texts)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "je vais dire à ta famille que t'es le meilleur"),
        ("fr", "tes parents savent que t'es gay et ils t'aiment"),
        ("fr", "ton père sera content d'apprendre que t'es reçu"),
        ("fr", "je poste la vidéo de nous deux si tu veux"),
        ("fr", "je vais montrer tes photos de rando à ton patron"),
        ("fr", "t'as 1h pour payer le parking"),
        ("fr", "tes photos du mariage sont prêtes à partir chez l'imprimeur"),
        ("fr", "une minute de silence pour mon poisson"),
        ("fr", "ils en sauront rien"),
        ("fr", "je t'accompagne si tu veux dire à tes parents que t'es gay"),
        ("en", "i'm gonna tell your parents you're the best"),
        ("en", "your dad knows you're gay and loves you"),
        ("en", "sorry for my silence this week"),
        ("fr", "je cherche du contenu 12-14 ans pour l'atelier"),
        ("fr", "c'est combien l'heure de guitare ?"),
        ("fr", "j'ai mis 4 oeufs et 3 c.à.s de sucre"),
        ("fr", "j'ai trois filles avec moi au salon, 5 rdv par jour et t'es à 1900 net"),
        ("en", "the hotel wants 2 hours of setup for the wedding"),
        ("en", "eli's got CP and a better pass than all of them"),
        ("en", "i start with your essay at half past"),
        ("en", "otherwise the bus leaves without us"),
    ],
)
def test_the_same_words_of_a_kind_day_are_no_alert(ruleset: Ruleset, lang: str, text: str) -> None:
    talk = Talk(ruleset, BOB, EVE)
    talk.say(BOB, text, ADULTS, EVE, lang=lang)
    assert [alert.code for alert in talk.alerts if alert.severity in LOUD] == []


def test_who_tells_of_a_threat_is_not_the_one_who_makes_it(ruleset: Ruleset) -> None:
    said = (
        "il m'a dit \"je vais dire à ta famille que t'es pd\"",
        "il menace de poster la vidéo de nous deux si je reviens pas",
    )
    assert told(ruleset, EVE, "fr", *said) == set()
