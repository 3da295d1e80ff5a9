"""Grooming (M1): once is enough of an adult, friends are looked at, and who accepts has done it."""

from __future__ import annotations

import pytest

from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.types import Person, Verdict
from tests.talk import ALICE, BOB, CHARLIE, DANA, TEENS, Talk, direct

CAM = Person("cam", "teen_13_14", 60)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "c'est notre secret"),
        ("fr", "viens sur snap"),
        ("fr", "on se voit demain au parc ?"),
        ("fr", "envoie une photo de toi"),
        ("fr", "tes vieux doivent pas être au courant"),
        ("fr", "ils en sauront rien"),
        ("fr", "ne dites rien à vos parents"),
        ("fr", "pourriez-vous m'envoyer une photo de vous ?"),
        ("fr", "vous avez whatsapp ?"),
        ("en", "this is our secret"),
        ("en", "add me on snap"),
    ],
)
def test_one_plain_line_of_an_adult_to_a_minor_is_looked_at_and_of_a_friend_it_is_less(
    ruleset: Ruleset, lang: str, text: str
) -> None:
    adult, friend = Talk(ruleset, BOB, ALICE), Talk(ruleset, DANA, ALICE)
    adult.say(BOB, text, direct(BOB, ALICE), lang=lang)
    friend.say(DANA, text, direct(DANA, ALICE), lang=lang)
    assert [(alert.severity, alert.subject) for alert in adult.told("M1")] == [("P2", "bob")]
    assert [(alert.severity, alert.subject) for alert in friend.told("M1")] == [("P3", "dana")]


@pytest.mark.parametrize(
    ("lang", "text"),
    [("fr", "on s'appelle en visio ?"), ("fr", "on se fait une visio ce soir"), ("en", "can we facetime?")],
)
def test_an_adult_who_asks_a_minor_for_a_call_is_looked_at_and_nobody_else_who_does(
    ruleset: Ruleset, lang: str, text: str
) -> None:
    adult, friend, adults = Talk(ruleset, BOB, ALICE), Talk(ruleset, DANA, ALICE), Talk(ruleset, BOB, CHARLIE)
    adult.say(BOB, text, direct(BOB, ALICE), lang=lang)
    friend.say(DANA, text, direct(DANA, ALICE), lang=lang)
    adults.say(BOB, text, direct(BOB, CHARLIE), lang=lang)
    assert [(alert.severity, alert.subject) for alert in adult.told("M1")] == [("P2", "bob")]
    assert friend.alerts == adults.alerts == []


def test_friends_with_a_secret_who_meet_are_looked_at_and_nothing_is_held(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    said = (
        (ALICE, "je kiffe lucas, dis rien à personne stp"),
        (DANA, "promis"),
        (ALICE, "on se voit demain devant le lycée ?"),
    )
    verdicts = {talk.say(who, text, direct(ALICE, DANA)).verdict for who, text in said}
    assert verdicts == {Verdict.ALLOW}
    assert max(talk.told("M1"), key=lambda alert: alert.severity < "P3").severity == "P2"


def test_three_of_what_lures_do_are_held_though_a_proof_says_one_age(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    for text in ("dis rien à personne", "envoie une photo de toi", "on se voit demain derrière la gare ?"):
        last = talk.say(ALICE, text, direct(ALICE, DANA))
    assert last.verdict is Verdict.HOLD


def test_an_adult_who_tells_a_minor_to_run_away_to_them_is_held(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, BOB, ALICE)
    assert talk.say(BOB, "tu peux fuguer et venir chez moi", direct(BOB, ALICE)).verdict is Verdict.HOLD


@pytest.mark.parametrize(
    ("text", "grave"),
    [
        ("c'est une surprise : dis rien à tes parents, viens chez moi", True),
        ("dis rien à maman c'est une surprise pour son anniversaire", False),
    ],
)
def test_a_surprise_excuses_no_secret_visit(ruleset: Ruleset, text: str, grave: bool) -> None:
    talk = Talk(ruleset, BOB, ALICE)
    talk.say(BOB, text, direct(BOB, ALICE))
    assert any(alert.severity in ("P0", "P1") and "secrecy" in alert.tactics for alert in talk.told("M1")) is grave


@pytest.mark.parametrize(
    ("proposed", "answer", "done"),
    [
        ("viens me chercher au collège", "ok ce soir", {"meeting"}),
        ("oui envoie une photo", "la voilà", {"image_request"}),
        ("viens me chercher au collège", "non, demande à tes parents", set()),
        ("viens me chercher au collège", "ok mais je préviens ta mère", set()),
        ("tu fais quoi ce soir ?", "ok ce soir", set()),
    ],
)
def test_an_adult_who_accepts_what_a_minor_proposes_has_done_it(
    ruleset: Ruleset, proposed: str, answer: str, done: set[str]
) -> None:
    talk = Talk(ruleset, CAM, BOB)
    for who, text in ((CAM, "salut"), (BOB, "salut"), (CAM, proposed), (BOB, answer)):
        talk.say(who, text, direct(CAM, BOB))
    assert {tactic for alert in talk.told("M1") for tactic in alert.tactics} == done
    assert {alert.subject for alert in talk.told("M1")} <= {"bob"}


def test_a_minor_who_accepts_is_no_subject_and_a_late_yes_answers_something_else(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, CAM, ALICE, BOB)
    talk.say(ALICE, "on se voit samedi ?", direct(CAM, ALICE))
    talk.say(CAM, "ok", direct(CAM, ALICE))
    assert {alert.subject for alert in talk.told("M1")} == {"alice"}
    late = Talk(ruleset, CAM, BOB)
    late.say(CAM, "viens me chercher au collège", direct(CAM, BOB))
    for text in ("t'as vu le match", "trop bien", "on a gagné"):
        late.say(CAM, text, direct(CAM, BOB))
    late.say(BOB, "ok", direct(CAM, BOB))
    assert late.told("M1") == []


# ---- said over the head of an adult, in a room of minors

WORKER = Person("worker", "adult", 400, "Samira")
COLLEAGUE = Person("colleague", "adult", 400, "Paul")
LEO = Person("leo", "teen_15_17", 90, "Léo")
NINA = Person("nina", "teen_15_17", 90, "Nina")
TO_NINA = ("nina envoie moi une photo de toi", "nina garde ça pour toi", "on se voit mercredi nina")
TO_WHOEVER_READS = ("envoie moi une photo de toi", "garde ça pour toi", "on se voit mercredi")


def replied(ruleset: Ruleset, author: Person, *texts: str) -> list[tuple[str, str | None, tuple[str, ...]]]:
    talk = Talk(ruleset, WORKER, COLLEAGUE, LEO, NINA)
    talk.say(NINA, "coucou", TEENS)
    talk.say(WORKER, "bonjour", TEENS)
    for text in texts:
        talk.say(author, text, TEENS, WORKER)
    return [(alert.severity, alert.subject, alert.protects) for alert in talk.told("M1")]


@pytest.mark.parametrize("author", [LEO, COLLEAGUE])
def test_a_reply_to_the_youth_worker_hides_nothing_said_to_the_girl_it_names(ruleset: Ruleset, author: Person) -> None:
    assert ("P0", author.key, ("nina",)) in replied(ruleset, author, *TO_NINA)


@pytest.mark.parametrize(("author", "severity"), [(LEO, "P2"), (COLLEAGUE, "P1")])
def test_a_reply_to_the_youth_worker_is_read_by_the_whole_room(ruleset: Ruleset, author: Person, severity: str) -> None:
    found = replied(ruleset, author, *TO_WHOEVER_READS)
    assert (severity, author.key, ("nina",)) in found
    assert all(protects == ("nina",) for _severity, _subject, protects in found)


@pytest.mark.parametrize(
    "text",
    ["on se voit mercredi ?", "t'as whatsapp ?", "ça reste entre nous", "tu m'envoies une photo de l'affiche ?",
     "dis pas à mes parents que je suis gay, on se voit mercredi ?",
     "tu seras seul au local mercredi ? je voudrais te parler", "le dis à personne stp, je peux te parler seule ?"],
)  # fmt: skip
def test_what_a_teenager_asks_the_youth_worker_is_nothing(ruleset: Ruleset, text: str) -> None:
    assert replied(ruleset, LEO, text) == []


@pytest.mark.parametrize("text", ["on se voit mercredi ?", "t'as whatsapp ?"])
def test_what_one_youth_worker_asks_another_before_minors_is_a_later_look(ruleset: Ruleset, text: str) -> None:
    assert [severity for severity, *_ in replied(ruleset, COLLEAGUE, text)] == ["P3"]
