"""engine.screen, needs and assess: what a message means in its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from safeguarding.detection import engine, likeness
from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.types import Person, RoomInfo, Utterance, Verdict
from tests.talk import ADULTS, ALICE, BOB, CHARLIE, DANA, LURE, START, TEENS, Talk, direct

# ---- screen


def test_ordinary_text_is_allowed(ruleset: Ruleset) -> None:
    screening = engine.screen("on mange quoi ce midi", room=TEENS, author=ALICE, ruleset=ruleset)
    assert screening.verdict is Verdict.ALLOW
    assert screening.ruleset == ruleset.digest


def test_contact_data_is_refused_where_minors_are_and_not_among_adults(ruleset: Ruleset) -> None:
    text = "mon numéro c'est 06 39 98 12 34"
    assert engine.screen(text, room=TEENS, author=ALICE, ruleset=ruleset).verdict is Verdict.REFUSE
    assert engine.screen(text, room=ADULTS, author=BOB, ruleset=ruleset).verdict is Verdict.ALLOW


def test_distress_is_never_held_or_refused(ruleset: Ruleset) -> None:
    text = "j'ai envie de mourir, j'en peux plus"
    assert engine.screen(text, room=TEENS, author=ALICE, ruleset=ruleset).verdict is Verdict.ALLOW
    talk = Talk(ruleset, ALICE, DANA)
    assert talk.say(ALICE, text, TEENS).verdict is Verdict.ALLOW
    (alert,) = talk.told("D1")
    assert (alert.subject, alert.protects, alert.severity, alert.measures) == (
        "alice",
        ("alice",),
        "P0",
        ("help_card",),
    )


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("je vais me tuer ce soir, appelle moi au 06 39 98 12 34", Verdict.HOLD),
        ("mon père me frappe, mon snap c'est lilou_59", Verdict.HOLD),
        ("i want to die, text me on 06 39 98 12 34", Verdict.HOLD),
        ("je vais mourir de rire, appelle moi au 06 39 98 12 34", Verdict.REFUSE),
    ],
)
def test_a_call_for_help_that_holds_contact_data_is_held_and_never_refused(
    ruleset: Ruleset, text: str, verdict: Verdict
) -> None:
    assert engine.screen(text, room=TEENS, author=ALICE, ruleset=ruleset).verdict is verdict
    talk = Talk(ruleset, ALICE, DANA)
    assert talk.say(ALICE, text, TEENS).verdict is verdict


@pytest.mark.parametrize("text", ["", " ", "🙂🙂", "\u0301" * 2000, "?" * 2000, "a " * 1000, "ـ‮‮"])
def test_any_text_is_assessed_without_error(ruleset: Ruleset, text: str) -> None:
    assert Talk(ruleset, ALICE, DANA).say(ALICE, text, TEENS).verdict in Verdict


# ---- the directed pair


def test_dense_lure_of_five_messages_alerts_in_time(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    for text in LURE:
        talk.say(BOB, text, direct(ALICE, BOB))
    alert = talk.told("M1")[-1]
    assert (alert.subject, alert.protects, alert.severity) == ("bob", ("alice",), "P0")
    assert {"image_request", "secrecy", "meeting"} <= set(alert.tactics)
    assert "pause_contact" in alert.measures


def test_slow_lure_over_weeks_and_across_rooms_alerts_as_surely(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    rooms = [direct(ALICE, BOB), TEENS, RoomInfo("other", "room", "jeux", "", "teen_15_17")]
    for index, text in enumerate(LURE):
        talk.say(BOB, text, rooms[index % 3], ALICE, minutes=4 * 24 * 60)
    assert talk.told("M1")[-1].severity == "P0"


def test_same_lure_by_a_presumed_teenager_alerts_too(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    for text in LURE:
        talk.say(DANA, text, direct(ALICE, DANA))
    assert talk.told("M1")[-1].subject == "dana"
    assert talk.told("M1")[-1].severity in ("P0", "P1")


def test_explanation_says_what_it_would_be_without_the_age_gap(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    for text in LURE:
        talk.say(BOB, text, direct(ALICE, BOB))
    explanation = talk.told("M1")[0].explanation
    assert explanation["without_age_gap"] < explanation["score"]
    assert explanation["weights"] and explanation["bonus"]["age_gap"] > 0
    assert all({"rule", "version", "ref"} == set(row) for row in explanation["rules"])
    assert explanation["degraded"] is False
    assert json.loads(json.dumps(explanation)) == explanation


def test_person_asking_for_help_or_refusing_is_not_the_subject(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, BOB, DANA)
    for text in LURE:
        talk.say(BOB, text, direct(ALICE, BOB))
        talk.say(ALICE, "non j'enverrai pas de photo", direct(ALICE, BOB))
    talk.say(ALICE, "il m'a dit « ça reste entre nous », j'ai peur", TEENS, DANA)
    assert {alert.subject for alert in talk.alerts} == {"bob"}


def test_adults_who_move_to_a_call_before_a_cafe_follow_good_advice(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    for author, text in (
        (BOB, "coucou, on s'appelle en visio avant ?"), (CHARLIE, "oui viens sur whatsapp"),
        (BOB, "et on se voit au café du centre samedi 15h"), (CHARLIE, "parfait, je préviens une amie"),
    ):  # fmt: skip
        talk.say(author, text, direct(BOB, CHARLIE))
    assert [alert for alert in talk.alerts if alert.severity != "P3"] == []


def test_an_alert_is_told_once_until_it_grows(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    for _ in range(6):
        talk.say(BOB, "ça reste entre nous", direct(ALICE, BOB))
    assert len(talk.told("M1")) <= 2


def test_words_split_over_messages_are_read_together(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    for text in ("dis", "rien à", "tes parents"):
        talk.say(BOB, text, direct(ALICE, BOB), minutes=0.2)
    assert any("secrecy" in alert.tactics for alert in talk.told("M1"))


def test_what_others_answered_between_is_no_split_sentence(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    for author, text in ((BOB, "moi je le dis"), (ALICE, "ah bon"), (BOB, "pas à tes parents")):
        talk.say(author, text, direct(ALICE, BOB), minutes=0.2)
    assert not any("secrecy" in alert.tactics for alert in talk.told("M1"))


def test_a_sentence_cut_in_the_same_place_is_one_where_nobody_answered(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    for text in ("moi je le dis", "pas à tes parents"):
        talk.say(BOB, text, direct(ALICE, BOB), minutes=0.2)
    assert any("secrecy" in alert.tactics for alert in talk.told("M1"))


HELP = [
    ("fr", "D1", ["je me suis ouvert les veines"]),
    ("fr", "D1", ["j vais me pendre"]),
    ("fr", "D1", ["j'ai plus envie d'être là"]),
    ("fr", "D1", ["à quoi bon vivre"]),
    ("fr", "D1", ["je me coupe quand ça va pas"]),
    ("fr", "D1", ["les cachets sont alignés sur mon bureau"]),
    ("fr", "D1", ["j'ai compté, y en a 34 dans la boîte", "prends ma console, j'en aurai plus besoin après dimanche",
                  "la lettre est dans mon tiroir, l'ouvre pas avant lundi"]),
    ("fr", "D1", ["c'est pour une copine, elle veut mourir, elle fait quoi ?", "bon ok c'est moi"]),
    ("en", "D1", ["i left the letters in my drawer, dont read it till monday, i wont have to do monday"]),
    ("en", "D1", ["the kids get the insurance if I time it right"]),
    ("en", "D1", ["asking for a friend, what if you dont want to be alive", "ok its me"]),
    ("fr", "M7", ["papa a encore cassé un truc sur maman, j'ai peur"]),
    ("fr", "M7", ["je veux fuguer ce week-end"]),
    ("fr", "M7", ["je suis dehors j'ai nulle part où dormir"]),
    ("fr", "M7", ["3 billets aller, 2 retour, c'est moi qui reste, un homme m'attend"]),
    ("fr", "M7", ["mon beau-père, il dit que je suis la prochaine, il frappe à la porte"]),
    ("fr", "M7", ["c'est pour une amie, son père la frappe, elle doit faire quoi ?", "bon ok c'est moi"]),
    ("en", "M7", ["he locks me in at night", "he keeps the key"]),
    ("en", "M7", ["3 tickets there, 2 back, i'm the one who stays, a man is waiting for me"]),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "code", "texts"), HELP)
def test_a_call_for_help_in_few_plain_words_calls_a_person(
    ruleset: Ruleset, lang: str, code: str, texts: list[str]
) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    for text in texts:
        talk.say(ALICE, text, TEENS, lang=lang)
    assert min(alert.severity for alert in talk.told(code)) <= "P1"
    assert {alert.subject for alert in talk.told(code)} == {"alice"}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "j'ai envie de disparaître sous la couette"),
        ("fr", "mes parents m'ont punie, ils m'enferment à la maison"),
        ("fr", "ma mère m'a frappée avec sa pantoufle mdr"),
        ("fr", "il veut pas que je sorte après 18h"),
        ("fr", "j'ai plus envie d'être là à cette soirée"),
        ("fr", "je me coupe quand je me rase"),
        ("fr", "papa a battu maman au scrabble"),
        ("fr", "j'ai compté les chocolats, y en a 34 dans la boîte"),
        ("fr", "j 3 avant noël"),
        ("fr", "ma copine veut mourir de rire"),
        ("en", "chickenpox day 4, they wont let me out, I get let out for meals like a hamster"),
        ("en", "i wont have to do monday, it's a bank holiday"),
        ("en", "he keeps the key under the mat"),
    ],
)
def test_bed_a_slipper_strict_parents_and_chickenpox_call_nobody(ruleset: Ruleset, lang: str, text: str) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    talk.say(ALICE, text, TEENS, lang=lang)
    assert {alert.severity for alert in talk.told("D1") + talk.told("M7")} <= {"P3"}


def test_who_tells_somebody_to_jump_is_nobody_to_be_helped(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    for text in ("saute par la fenêtre", "allez saute", "personne pleurera"):
        talk.say(DANA, text, TEENS, ALICE)
    assert not talk.told("D1") + talk.told("M7")


def test_who_asks_a_child_whether_they_are_left_alone_is_not_the_child_left_alone(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, CHARLIE)
    talk.say(CHARLIE, "ils te laissent souvent seule le soir ?", direct(CHARLIE, ALICE))
    assert not talk.told("M7")
    (alert,) = talk.told("M1")
    assert (alert.subject, alert.protects) == ("charlie", ("alice",))


@pytest.mark.parametrize("text", ["qui a le cours d'anglais, je vais mourir", "je ne vais pas mourir pour si peu"])
def test_dying_of_homework_calls_nobody_by_itself(ruleset: Ruleset, text: str) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    talk.say(ALICE, text, TEENS)
    assert {alert.severity for alert in talk.told("D1")} <= {"P3"}


@pytest.mark.parametrize(
    "said",
    [["je vais mourir ce soir"], ["je vais me noyer"], ["je vais en finir"], ["je vais mourir", "j'en peux plus"],
     ["j'aimerais mourir"], ["i'm going to hang myself"], ["i will die tonight"], ["i want to die"]],
)  # fmt: skip
def test_despair_calls_at_once(ruleset: Ruleset, said: list[str]) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    for text in said:
        talk.say(ALICE, text, TEENS, lang="en" if text.startswith("i") else "fr")
    assert {alert.severity for alert in talk.told("D1")} & {"P0", "P1"}


# ---- ambush, flood, false age, pile-on


def test_ambush_reaches_p0_and_protects_the_target(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    for text in ("viens plutôt derrière la zone industrielle", "pas d'appel", "viens seul vers 23h"):
        talk.say(BOB, text, direct(BOB, CHARLIE))
    alert = talk.told("V1")[-1]
    assert (alert.severity, alert.subject, alert.protects) == ("P0", "bob", ("charlie",))
    assert "safety_card" in alert.measures


def test_drugging_an_absent_person_is_p0_and_held(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    result = talk.say(BOB, "je glisse un truc dans son verre et elle dort", ADULTS)
    assert result.verdict is Verdict.HOLD
    assert talk.told("V3")[0].severity == "P0"


def test_same_sexual_opener_to_three_is_a_flood_and_a_hike_is_not(ruleset: Ruleset) -> None:
    people = [Person(f"p{n}", "adult", 300) for n in range(3)]
    newcomer = Person("new", "adult", 1)
    for text, expected in (("salut toi, envie d'un plan cul ce soir ?", 1), ("salut, envie d'une rando dimanche ?", 0)):
        talk = Talk(ruleset, newcomer, *people)
        for person in people:
            talk.say(newcomer, text, RoomInfo(person.key, "direct", "", "", "adult"), person)
        assert len(talk.told("X2")) == expected


@pytest.mark.parametrize(
    ("days", "texts", "told"),
    [
        (1, ("la grue est à toi ce soir",) * 3, 1),
        (90, ("la grue est à toi ce soir",) * 3, 0),
        (1, ("la grue est à toi ce soir", "une grue en papier pour Jean", "quelle belle grue au parc"), 0),
        (1, ("la lune est à toi ce soir",) * 3, 0),
    ],
)
def test_what_reads_like_an_opener_sent_to_many_is_a_flood_when_a_newcomer_sends_it_to_three(
    ruleset: Ruleset, days: int, texts: tuple[str, ...], told: int
) -> None:
    newcomer, people = Person("new", "adult", days), [Person(f"p{n}", "adult", 300) for n in range(3)]
    talk = Talk(ruleset, newcomer, *people)
    with likeness.instead("fr", likeness.parsed("start\t-100\nSgrue\t130\tX2:100\n")):
        for person, text in zip(people, texts, strict=True):
            talk.say(newcomer, text, RoomInfo(person.key, "direct", "", "", "adult"), person)
    assert [(alert.severity, alert.subject) for alert in talk.told("X2")] == [("P2", "new")] * told


def test_a_child_who_refuses_or_calls_for_help_is_no_flood(ruleset: Ruleset) -> None:
    kid, people = Person("kid", "teen_13_14", 1), [Person(f"p{n}", "adult", 300) for n in range(3)]
    for first, text in (
        ("coucou ma puce tu vis où ?", "je veux plus te parler"),
        ("", "j'ai envie de mourir, aide moi"),
    ):
        talk = Talk(ruleset, kid, *people)
        for person in people:
            room = RoomInfo(person.key, "direct", "", "", "teen_13_14")
            if first:
                talk.say(person, first, room, kid)
            talk.say(kid, text, room, person)
        assert talk.told("X2") == []


def test_many_newcomers_to_one_minor_alert_without_accusing(ruleset: Ruleset) -> None:
    newcomers = [Person(f"n{n}", "teen_15_17", 0) for n in range(9)]
    talk = Talk(ruleset, ALICE, *newcomers)
    for person in newcomers:
        talk.say(person, "coucou ça va", RoomInfo(person.key, "direct", "", "", "teen_15_17"), ALICE)
    (alert,) = talk.told("X2")
    assert (alert.subject, alert.protects, alert.severity) == (None, ("alice",), "P1")


def test_minor_in_an_adult_room_is_helped_and_asked_for_a_proof(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    talk.say(CHARLIE, "tu as quel âge ?", ADULTS, BOB)
    talk.say(BOB, "14 mais dites rien", ADULTS)
    (alert,) = talk.told("M6")
    assert (alert.subject, alert.protects) == ("bob", ("bob",))
    assert "fresh_age_proof" in alert.measures and "hold" not in alert.measures


def test_adult_passing_for_young_among_minors_is_graver(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    talk.say(DANA, "en vrai j'ai 34 ans", TEENS)
    assert (talk.told("M6")[0].severity, talk.told("M6")[0].subject) == ("P1", "dana")


def test_an_age_that_agrees_with_the_proof_is_nothing_to_look_at(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, DANA, BOB)
    test = talk.say(ALICE, "j'ai contrôle de maths demain", TEENS)
    assert [finding.code for finding in test.findings] == []
    among_adults = talk.say(BOB, "j'ai contrôle de maths demain", ADULTS)
    assert [finding.code for finding in among_adults.findings] == ["M6"]


def test_age_of_somebody_else_says_nothing(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    for text in ("ma fille a 14 ans", "14 ans de métier", "je suis prof au collège"):
        talk.say(BOB, text, ADULTS)
    assert [alert for alert in talk.told("M6") if alert.severity != "P3"] == []


def test_pile_on_names_an_aggressor_and_protects_the_target(ruleset: Ruleset) -> None:
    people = [Person(key, "teen_15_17", 100) for key in ("eve", "finn", "gus")]
    eve, finn, gus = people
    talk = Talk(ruleset, ALICE, *people)
    talk.say(ALICE, "salut", TEENS)
    for author, text in (
        (eve, "personne t'aime ici dégage"),
        (finn, "grosse vache"),
        (gus, "tout le monde te déteste"),
        (eve, "quitte le groupe"),
    ):
        talk.say(author, text, TEENS, ALICE)
        talk.say(ALICE, "laissez moi tranquille bande de nazes", TEENS, author)
    alert = talk.told("C1")[0]
    assert alert.subject in {"eve", "finn", "gus"}
    assert alert.protects == ("alice",)
    assert "alice" not in {alert.subject for alert in talk.alerts}


def test_who_only_applauds_a_pile_on_abets_and_is_never_its_subject(ruleset: Ruleset) -> None:
    eve, finn, gus = (Person(key, "teen_15_17", 100) for key in ("eve", "finn", "gus"))
    talk = Talk(ruleset, ALICE, eve, finn, gus)
    talk.say(ALICE, "salut", TEENS)
    for author, text in (
        (eve, "personne t'aime ici"), (gus, "mdr"), (finn, "grosse vache"), (gus, "ptdr"), (eve, "dégage du groupe"),
        (gus, "mdr"),
    ):  # fmt: skip
        said = talk.say(author, text, TEENS, *([ALICE] if author is not gus else []))
        if author is gus:
            by_rules = [found for found in said.findings if not found.rule.startswith(likeness.RULE)]
            assert [(f.code, f.alerting, text[slice(*f.span)]) for f in by_rules] == [("C1", False, text)]
    alert = talk.told("C1")[-1]
    assert alert.subject in {"eve", "finn"}
    assert "gus" in alert.explanation["aggressors"]
    assert alert.explanation["abettors"] == ["gus"]


def test_one_word_back_does_not_hide_a_pile_on(ruleset: Ruleset) -> None:
    axel, brice, chloe = (Person(key, "teen_15_17", 100) for key in ("axel", "brice", "chloe"))
    talk = Talk(ruleset, ALICE, axel, brice, chloe)
    for author, text in (
        (axel, "t'es moche"), (brice, "grosse vache"), (ALICE, "ta gueule connard"), (chloe, "personne t'aime"),
        (axel, "dégage sale moche"),
    ):  # fmt: skip
        talk.say(author, text, TEENS, brice if author is ALICE else ALICE)
    alert = next(alert for alert in talk.told("C1") if alert.tactics == ("pile_on",))
    assert (alert.severity, alert.protects) == ("P1", ("alice",))
    assert "alice" not in {alert.subject, *alert.others, *alert.explanation["aggressors"]}


def test_who_began_is_not_outnumbered_by_those_who_answer(ruleset: Ruleset) -> None:
    bully, fay, gil = (Person(key, "teen_15_17", 100) for key in ("bully", "fay", "gil"))
    talk = Talk(ruleset, ALICE, bully, fay, gil)
    for author, text, to in (
        (bully, "t'es moche et grosse vache", ALICE), (ALICE, "sale con", bully), (fay, "ta gueule connard", bully),
        (gil, "dégage sale con", bully), (ALICE, "t'es qu'un connard", bully),
    ):  # fmt: skip
        talk.say(author, text, TEENS, to)
    assert "bully" not in {key for alert in talk.told("C1") for key in alert.protects}


def test_who_tells_off_the_subject_of_a_grave_alert_is_no_pile_on(ruleset: Ruleset) -> None:
    fay, gil, hugo = (Person(key, "teen_15_17", 100) for key in ("fay", "gil", "hugo"))
    talk = Talk(ruleset, ALICE, BOB, fay, gil, hugo)
    talk.say(BOB, "envoie une photo de toi nue", TEENS, ALICE)
    for author, text in (
        (ALICE, "dégage sale porc"), (fay, "t'es un gros pervers dégage"), (gil, "personne veut de toi ici connard"),
        (hugo, "casse toi gros porc"),
    ):  # fmt: skip
        talk.say(author, text, TEENS, BOB)
    assert {alert.subject for alert in talk.alerts} == {"bob"}


def test_where_both_sides_hit_as_often_nobody_is_outnumbered(ruleset: Ruleset) -> None:
    axel, brice = (Person(key, "teen_15_17", 100) for key in ("axel", "brice"))
    talk = Talk(ruleset, ALICE, axel, brice)
    for author in (axel, ALICE, brice, ALICE, axel, ALICE):
        talk.say(author, "sale con", TEENS, axel if author is ALICE else ALICE)
    assert [alert for alert in talk.told("C1") if alert.tactics == ("pile_on",)] == []


@pytest.mark.parametrize("text", ["va te pendre", "ouvre toi les veines"])
def test_a_second_attacker_urges_too_and_who_was_attacked_answers(ruleset: Ruleset, text: str) -> None:
    eve = Person("eve", "teen_15_17", 100)
    for author, to, told in ((eve, ALICE, ["eve"]), (ALICE, DANA, [])):
        talk = Talk(ruleset, ALICE, DANA, eve)
        talk.say(DANA, "t'es moche et grosse vache", TEENS, ALICE)
        talk.say(author, text, TEENS, to)
        assert [alert.subject for alert in talk.told("C1") if alert.tactics == ("incites_suicide",)] == told


@pytest.mark.parametrize("text", ["va te pendre", "saute par la fenêtre", "le monde serait mieux sans toi"])
def test_whoever_urges_somebody_to_kill_themselves_is_looked_at_once_is_enough(ruleset: Ruleset, text: str) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    talk.say(DANA, text, TEENS, ALICE)
    talk.say(DANA, text, TEENS, ALICE)
    (alert,) = talk.told("C1")
    assert (alert.severity, alert.subject, alert.protects) == ("P2", "dana", ("alice",))
    assert alert.tactics == ("incites_suicide",)
    assert {alert.code for alert in talk.alerts} == {"C1"}, "what is said to somebody is no call for help"


@pytest.mark.parametrize("text", ["va te coucher", "saute du plongeoir", "elle m'a dit va te pendre"])
def test_other_advice_and_what_was_said_to_oneself_urges_nobody(ruleset: Ruleset, text: str) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    assert talk.say(DANA, text, TEENS, ALICE).verdict is Verdict.ALLOW
    assert talk.told("C1") == []


def test_no_minor_reads_that_they_should_die_before_a_person_did_however_often_it_is_said(ruleset: Ruleset) -> None:
    for author, room in ((DANA, TEENS), (DANA, direct(DANA, ALICE)), (BOB, direct(BOB, ALICE))):
        talk = Talk(ruleset, author, ALICE)
        assert {talk.say(author, "va te pendre", room, ALICE).verdict for _ in range(3)} == {Verdict.HOLD}
    talk = Talk(ruleset, BOB, CHARLIE)
    assert talk.say(BOB, "va te pendre", direct(BOB, CHARLIE), CHARLIE).verdict is Verdict.ALLOW


def test_a_verified_adult_who_claims_to_be_fifteen_among_minors_is_not_the_one_protected(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    talk.say(BOB, "j'ai 15 ans", TEENS)
    talk.say(ALICE, "envoie une photo de toi pour prouver", TEENS, BOB)
    talk.say(ALICE, "sinon on s'appelle en visio, t'as snap ?", TEENS, BOB)
    assert {(alert.code, alert.subject) for alert in talk.alerts} == {("M6", "bob")}


def test_a_grave_threat_and_that_of_an_adult_to_a_minor_are_excused_by_nothing(ruleset: Ruleset) -> None:
    for author, other, text in (
        (ALICE, BOB, "je sais où tu habites, je vais te tuer"), (BOB, ALICE, "je vais te retrouver et te tuer"),
    ):  # fmt: skip
        talk, room = Talk(ruleset, ALICE, BOB), direct(ALICE, BOB)
        talk.say(other, "envoie une photo de toi nue sinon je balance tout à tes parents", room, author)
        talk.say(author, text, room, other)
        assert author.key in {alert.subject for alert in talk.told("V2")}


def test_a_threat_in_answer_to_a_lure_makes_nobody_else_the_subject(ruleset: Ruleset) -> None:
    for lure, subjects in (("envoie une photo de toi nue", {"bob"}), ("tu viens au foot samedi ?", {"alice"})):
        talk, room = Talk(ruleset, ALICE, BOB), direct(ALICE, BOB)
        talk.say(BOB, lure, room, ALICE)
        talk.say(ALICE, "je vais te retrouver et te tuer", room, BOB)
        assert {alert.subject for alert in talk.alerts if alert.severity in ("P0", "P1")} == subjects


def test_laughter_where_nobody_is_attacked_is_not_told(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    talk.say(ALICE, "j'ai mis mes chaussettes à l'envers", TEENS)
    assert talk.say(DANA, "mdr", TEENS).findings == ()


@pytest.mark.parametrize("text", ["faut exterminer les musulmans", "virons les gays du lycée"])
def test_call_to_harm_or_shut_out_a_group_is_graver_than_hate_and_held(ruleset: Ruleset, text: str) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    assert talk.say(BOB, text, ADULTS).verdict is Verdict.HOLD
    (alert,) = talk.told("H1")
    assert (alert.severity, alert.subject, "incitement" in alert.tactics) == ("P1", "bob", True)


@pytest.mark.parametrize(
    "text", ["je déteste les gays", "il faut protéger les musulmans", "faut pas frapper les femmes"]
)
def test_hate_without_a_call_is_no_incitement(ruleset: Ruleset, text: str) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    talk.say(BOB, text, ADULTS)
    assert [alert.severity for alert in talk.told("H1") if alert.severity < "P2"] == []


def test_insults_and_threats_of_the_person_attacked_raise_nothing_about_them(ruleset: Ruleset) -> None:
    eve, finn = Person("eve", "teen_15_17", 100), Person("finn", "teen_15_17", 100)
    talk = Talk(ruleset, ALICE, eve, finn)
    for author, text in (
        (eve, "sale pute"),
        (finn, "t'es qu'une grosse vache"),
        (ALICE, "ta gueule"),
        (ALICE, "je vais te frapper"),
        (ALICE, "connard"),
    ):
        talk.say(author, text, TEENS, ALICE if author is not ALICE else eve)
    assert "alice" not in {alert.subject for alert in talk.alerts}


# ---- ledgers


def test_same_input_gives_the_same_answer(ruleset: Ruleset) -> None:
    def run() -> list[Any]:
        talk = Talk(ruleset, ALICE, BOB, DANA)
        return [talk.say(author, text, TEENS) for author in (BOB, ALICE, DANA) for text in LURE]

    assert run() == run()


def test_ledgers_do_not_grow_with_the_talk(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, BOB, DANA)
    texts = [*LURE, "ta gueule", "j'en peux plus", "coucou toi", "envoie 100 euros ou je publie tout"]
    sizes = []
    for round_ in range(60):
        for index, text in enumerate(texts):
            talk.say((ALICE, BOB, DANA)[(round_ + index) % 3], text, TEENS, minutes=0.5)
        sizes.append(max(len(json.dumps(ledger)) for ledger in talk.ledgers.values()))
    assert sizes[-1] <= 1.3 * max(sizes[20:30])
    assert sizes[-1] < 30_000


def test_unreadable_ledger_is_said_to_be_degraded_and_harms_nothing(ruleset: Ruleset) -> None:
    utterance = Utterance("1", "bob", START, "t'es seule chez toi ?", ("alice",))
    people = {"bob": BOB, "alice": ALICE}
    result = engine.assess(utterance, room=TEENS, people=people, ledgers={"pair:bob>alice": {"v": 99}}, ruleset=ruleset)
    assert result.degraded
    assert all(alert.explanation["degraded"] for alert in result.alerts)
    sound = engine.assess(utterance, room=TEENS, people=people, ledgers={}, ruleset=ruleset)
    assert not sound.degraded
