"""Ways round the engine, each closed: waiting, hiding in small talk, letting the child lead, sharing the work."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from safeguarding.detection.engine import screen
from safeguarding.detection.lexicon import lexicon_for
from safeguarding.detection.reading import bare_word
from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.tongue import languages_of
from safeguarding.detection.types import Alert, Person, RoomInfo
from tests.talk import ADULTS, ALICE, BOB, CHARLIE, DANA, LURE, TEENS, Talk, direct

DAYS = 24 * 60
EVE, FINN, GUS = (Person(key, "teen_15_17", 100) for key in ("eve", "finn", "gus"))
NEWCOMER = Person("new", "adult", 1)
CROWD = [Person(f"p{n}", "adult", 300) for n in range(24)]


# ---- what begins again is told again


def test_a_call_for_help_weeks_after_the_first_is_heard_again(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    for minutes in (1, 21 * DAYS, 5 * 60):
        talk.say(ALICE, "j'ai envie de mourir, j'en peux plus", TEENS, minutes=minutes)
    assert [alert.severity for alert in talk.told("D1")] == ["P0", "P0", "P0"]


def test_hate_of_another_day_is_told_again_and_of_the_same_hour_once(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    for minutes in (1, 1, 2 * DAYS):
        talk.say(BOB, "les pd c'est des malades", ADULTS, minutes=minutes)
    assert len(talk.told("H1")) == 2


def test_a_second_pile_on_against_the_same_person_is_told(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, EVE, FINN, GUS)
    for _ in range(2):
        talk.say(ALICE, "salut", TEENS, minutes=30 * DAYS)
        for author, text in (
            (EVE, "personne t'aime ici dégage"), (FINN, "grosse vache"),
            (GUS, "tout le monde te déteste"), (EVE, "quitte le groupe"),
        ):  # fmt: skip
            talk.say(author, text, TEENS, ALICE)
    piles = [alert for alert in talk.told("C1") if alert.tactics != ("likeness",)]
    assert [alert.protects for alert in piles] == [("alice",)] * 2


def test_a_lure_that_begins_again_after_all_expired_is_told_again(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    for _ in range(2):
        talk.say(ALICE, "salut", direct(ALICE, BOB), minutes=200 * DAYS)
        for text in LURE:
            talk.say(BOB, text, direct(ALICE, BOB))
    assert [alert.severity for alert in talk.told("M1")].count("P0") == 2


def test_what_is_only_remembered_is_not_told_again(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    for text in LURE:
        talk.say(BOB, text, direct(ALICE, BOB))
    talk.alerts.clear()
    talk.say(BOB, "tu peux me faire confiance", direct(ALICE, BOB), minutes=2 * DAYS)
    assert [alert.tactics for alert in talk.told("M1") if alert.tactics != ("likeness",)] == []


# ---- who may be excused


def test_a_child_who_leads_the_talk_excuses_no_adult(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    for text in ("j'ai envie de faire l'amour avec toi", "dis rien à mes parents", "on se voit samedi ?"):
        talk.say(ALICE, text, direct(ALICE, BOB))
    for text in ("ok ça reste entre nous", "envoie une photo de toi nue", "on se voit samedi"):
        talk.say(BOB, text, direct(ALICE, BOB))
    assert {(alert.subject, alert.severity) for alert in talk.told("M1")} >= {("bob", "P0")}
    assert "alice" not in {alert.subject for alert in talk.alerts}


def test_the_quarrel_of_others_hides_no_lure(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, EVE, FINN, GUS)
    talk.say(EVE, "sale pute", TEENS, FINN)
    talk.say(FINN, "ta gueule connard", TEENS, EVE)
    for text in LURE:
        talk.say(GUS, text, TEENS, ALICE)
    assert (talk.told("M1")[-1].subject, talk.told("M1")[-1].severity) == ("gus", "P0")


# ---- whom it is done to, and in which language


def test_of_several_who_listen_the_one_called_by_name_is_protected(ruleset: Ruleset) -> None:
    eve, alice = Person("eve", "teen_15_17", 100, "Eve_22"), Person("alice", "teen_15_17", 100, "alice.b")
    talk = Talk(ruleset, BOB, eve, alice)
    talk.say(alice, "salut", TEENS)
    talk.say(eve, "yo", TEENS)
    for text in (
        "alice tu fais plus grande que ton âge",
        "alice envoie une photo de toi",
        "alice dis rien à tes parents",
    ):
        talk.say(BOB, text, TEENS)
    assert {alert.protects for alert in talk.told("M1") if alert.severity in ("P0", "P1")} == {("alice",)}


@pytest.mark.parametrize(
    ("lang", "text", "code"),
    [
        ("fr", "don't tell your parents, come alone", "M1"), ("fr", "i want to kill myself", "D1"),
        ("fr", "kill all jews", "H1"), ("en", "envoie une photo de toi nue", "M1"), ("en", "je veux mourir", "D1"),
        ("en", "mort aux juifs", "H1"),
    ],
)  # fmt: skip
def test_another_language_than_that_of_the_room_hides_nothing(
    ruleset: Ruleset, lang: str, text: str, code: str
) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    talk.say(BOB, text, TEENS, ALICE, lang=lang)
    assert talk.told(code)


@pytest.mark.parametrize(
    ("lang", "text"),
    [("fr", "mdr ok cool go go"), ("fr", "trop love you ma best"), ("en", "lol that's la vie my friend")],
)
def test_borrowed_words_do_not_make_another_language(lang: str, text: str) -> None:
    assert languages_of(text, lang) == (lang,)


# ---- words turned round


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("t'es une \u202eepolas\u202c", {(0, 17)}),  # shows "salope"
        ("bon \u202eepolas enu se't", {(5, 20)}),  # no mark ends it
        ("bon \u202eeril xuev ej\u202dlivre\u202c", set()),
        ("t'es une salope \u202eko", {(0, 15)}),
        ("t'es une \u202esalope\u202c", {(0, 17)}),  # says it to whoever copies it
        ("on dit \u202eruojnob\u202c", set()),
    ],
)
def test_letters_turned_round_are_read_as_they_are_shown_too(
    ruleset: Ruleset, text: str, spans: set[tuple[int, int]]
) -> None:
    found = screen(text, room=TEENS, author=BOB, ruleset=ruleset).findings
    assert {one.span for one in found if one.rule == "c1.fr.insult"} == spans


def test_a_number_turned_round_is_a_number(ruleset: Ruleset) -> None:
    text = "appelle \u202e87 65 43 21 60\u202c"
    found = screen(text, room=TEENS, author=BOB, ruleset=ruleset).findings
    assert any(one.code == "PII" and one.span[0] >= 8 for one in found)


# ---- words set apart: by lines, by stops, by messages


@pytest.mark.parametrize(("text", "codes"), [("plays like a f 4 g", {"H1"}), ("p 3 d e va", {"C1", "H1"})])
def test_figures_among_split_letters_are_letters(ruleset: Ruleset, text: str, codes: set[str]) -> None:
    room = TEENS if "va" in text else RoomInfo("r", "room", "", "", "teen_15_17", "en")
    findings = screen(text, room=room, author=BOB, ruleset=ruleset).findings
    assert {one.code for one in findings if one.alerting} == codes
    assert {text[slice(*one.span)].strip() for one in findings if one.code == "H1"} <= {"a f 4 g", "p 3 d e"}


@pytest.mark.parametrize("text", ["rdv a 8 h 30 devant le lycée", "c 1 0 5 euros", "y a 3 m 20 de tissu", "a 1 0 5"])
def test_figures_that_count_stay_figures(ruleset: Ruleset, text: str) -> None:
    words = [*map(bare_word, lexicon_for(ruleset, "fr").read(text).pieces)]
    assert [word for word in words if word.isdecimal()] == re.findall(r"\d+", text)


@pytest.mark.parametrize("sign", ["\n", ". ", ".", "\n\n", " ;\n", "? "])
@pytest.mark.parametrize(
    ("text", "code"),
    [("dis rien à tes parents", "M1"), ("envoie moi une photo de toi", "M1"), ("je vais te tuer", "V2")],
)  # fmt: skip
def test_a_sign_after_every_word_ends_no_sentence(ruleset: Ruleset, text: str, code: str, sign: str) -> None:
    said = text.replace(" ", sign)
    found = [one for one in screen(said, room=TEENS, author=BOB, ruleset=ruleset).findings if one.code == code]
    assert found and all(0 == one.span[0] < one.span[1] <= len(said) for one in found)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("dis rien\nà tes parents", {"M1"}),
        ("Je te jure.\nDis rien.\nTes parents arrivent à 18 heures, on les attend.", set()),
        ("Il dit rien. À tes parents de choisir, je pense.", set()),
        ("moi je lui ai tout raconté hier et elle dit rien\nà tes parents maintenant de lui parler un peu", set()),
        ("Salut. Ça va ? Oui. Super.", set()),
    ],
)
def test_only_short_lines_are_one_sentence_and_sentences_stay_apart(
    ruleset: Ruleset, text: str, codes: set[str]
) -> None:
    found = screen(text, room=TEENS, author=BOB, ruleset=ruleset).findings
    assert {one.code for one in found if one.alerting and one.code != "C1"} == codes


@pytest.mark.parametrize("text", ["dis rien à tes parents", "envoie moi une photo de toi", "pas un mot à tes parents"])
def test_a_sentence_sent_word_by_word_is_one(ruleset: Ruleset, text: str) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    for word in text.split():
        talk.say(BOB, word, direct(ALICE, BOB), minutes=0.1)
    assert {alert.code for alert in talk.alerts} >= {"M1"}


def test_what_was_said_whole_is_seen_again_in_pieces(ruleset: Ruleset) -> None:
    def found(text: str, *recent: str) -> set[str]:
        return {one.code for one in screen(text, room=TEENS, author=BOB, recent=recent, ruleset=ruleset).findings}

    assert "V2" in found("te tuer", "je vais te tuer", "je vais")
    assert "V2" not in found("te le jure", "je vais te tuer", "je vais")
    assert "M1" not in found("de toi", "envoie moi une photo")


# ---- other ways to write it


@pytest.mark.parametrize(
    ("text", "lang", "code"),
    [
        ("j v te tuer", "fr", "V2"), ("j3 v4is t3 tu3r", "fr", "V2"), ("j ai 13 ans", "fr", "M6"),
        ("j vais me pendre", "fr", "D1"), ("dis rien à tes rents", "fr", "M1"), ("sale dép", "fr", "H1"),
        ("sale tapet", "fr", "H1"), ("je vais te 🔪", "fr", "V2"), ("i will 🔪 you", "en", "V2"),
        ("ҽղѵօíҽ մղҽ քհօԵօ", "fr", "M1"), ("env/oie une ph/oto", "fr", "M1"), ("envoie une pho-to", "fr", "M1"),
        ("🤫 dis rien à tes 👨‍👩‍👧", "fr", "M1"), ("don't tell your 👩‍👩‍👦", "en", "M1"), ("т'э сексі", "fr", "M1"),
    ],
)  # fmt: skip
def test_a_disguise_is_read_as_what_it_hides(ruleset: Ruleset, text: str, lang: str, code: str) -> None:
    found = screen(text, room=replace(TEENS, lang=lang), author=BOB, ruleset=ruleset).findings
    assert code in {one.code for one in found}


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("le jour j approche", "fr"), ("j suis trop contente", "fr"), ("c'est quel dép ?", "fr"),
        ("passe-moi le 🔪", "fr"),
        ("prends ligne t3 puis le j3", "fr"), ("oui/non, mère/fille, et/ou", "fr"), ("super le goûter en 👨‍👩‍👧", "fr"),
        ("the 🔪 you gave me cuts bread", "en"), ("trop bien 👻 mdr", "fr"), ("le 👻 2024", "fr"),
    ],
)  # fmt: skip
def test_ordinary_words_are_not_taken_for_a_disguise(ruleset: Ruleset, text: str, lang: str) -> None:
    found = screen(text, room=replace(TEENS, lang=lang), author=BOB, ruleset=ruleset).findings
    assert not [one for one in found if one.alerting]


# ---- one to many


def to_each(talk: Talk, text: str, people: list[Person], minutes: float = 1) -> None:
    for person in people:
        talk.say(NEWCOMER, text, RoomInfo(person.key, "direct", "", "", "adult"), person, minutes=minutes)


@pytest.mark.parametrize("text", ["plan cul ?", "envie de sexe ?"])
def test_two_words_that_ask_for_sex_are_a_lure(ruleset: Ruleset, text: str) -> None:
    talk = Talk(ruleset, NEWCOMER, *CROWD)
    to_each(talk, text, CROWD[:3])
    assert [(alert.subject, len(alert.protects)) for alert in talk.told("X2")] == [("new", 3)]


def test_a_greeting_of_two_words_is_no_lure(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, NEWCOMER, *CROWD)
    to_each(talk, "salut toi", CROWD[:23])
    assert talk.alerts == []


SMALL_TALK = ("bravo pour ton match", "le chien va bien", "j'ai fini mon livre", "merci pour la recette")


@pytest.mark.parametrize("before", SMALL_TALK)
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("envoie moi des nudes", "M1"), ("mets ta cam, enlève ton haut", "M1"),
        ("je te paye 100 euros pour une nuit", "M4"), ("envoie-moi 200€ ou je balance tes photos", "M2"),
    ],
)  # fmt: skip
def test_friendly_words_before_a_comma_hide_nothing(ruleset: Ruleset, before: str, text: str, code: str) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    talk.say(BOB, f"{before}, {text}", direct(ALICE, BOB))
    assert [alert.severity < "P3" for alert in talk.told(code)] == [True]


@pytest.mark.parametrize("after", SMALL_TALK)
@pytest.mark.parametrize("text", ["envoie moi des nudes", "mets ta cam, enlève ton haut"])
def test_nor_do_they_after_one_where_it_is_sexual(ruleset: Ruleset, text: str, after: str) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    talk.say(BOB, f"{text}, {after}", direct(ALICE, BOB))
    assert [alert.severity < "P3" for alert in talk.told("M1")] == [True]


def test_what_is_meant_may_stand_after_a_comma(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, CHARLIE, BOB)
    talk.say(BOB, "change de pseudo, c'est une surprise pour la répète", direct(CHARLIE, BOB))
    talk.say(BOB, "elle n'en saura rien, c'est une surprise", direct(CHARLIE, BOB))
    assert talk.alerts == []


def test_small_talk_between_hides_no_flood(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, NEWCOMER, *CROWD)
    for turn, person in enumerate(CROWD[:3]):
        to_each(talk, "salut toi, envie d'un plan cul ce soir ?", [person])
        for n in range(12):
            to_each(talk, f"mot{turn}{n} alpha{turn}{n} beta{turn}{n} gamma{turn}{n}", CROWD[:1])
    assert [alert.subject for alert in talk.told("X2")] == ["new"]


def test_the_same_words_slowly_to_many_are_counted_by_day(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, NEWCOMER, *CROWD)
    to_each(talk, "coucou toi, tu viens d'où ? on discute en privé ?", CROWD[:11], minutes=30)
    assert talk.told("X2") == []
    to_each(talk, "coucou toi, tu viens d'où ? on discute en privé ?", CROWD[11:13], minutes=30)
    assert [(alert.severity, len(alert.protects)) for alert in talk.told("X2")] == [("P3", 12)]


TEENAGERS = [Person(f"t{n}", "teen_15_17", 300) for n in range(20)]
HELLO = "coucou, moi c'est Max, tu viens d'où ?"
CHESS = "salut, tu veux faire une partie d'échecs ?"


def to_each_alone(talk: Talk, author: Person, text: str, people: list[Person], minutes: float = 1) -> list[str]:
    """The severities of the floods that are told, where each is known to the check only while written to."""
    for person in people:
        talk.people = {author.key: author, person.key: person}
        talk.say(author, text, direct(author, person), person, minutes=minutes)
    return [alert.severity for alert in talk.told("X2")]


@pytest.mark.parametrize(
    ("author", "text", "people", "minutes", "told"),
    [
        # an adult who asks minors their age, old account or new; two teenagers who ask nothing else of one another
        (CHARLIE, "asv ?", TEENAGERS[:12], 1, {"P2"}), (NEWCOMER, "asv ?", TEENAGERS, 1, {"P2"}),
        (CHARLIE, "asv ?", TEENAGERS[:4], 1, set()), (CHARLIE, "asv ?", CROWD[:12], 1, set()),
        (ALICE, "t'as quel âge ?", TEENAGERS[:7], 1, set()),
        # the same words of somebody new
        (NEWCOMER, HELLO, TEENAGERS[:7], 8, {"P2"}), (NEWCOMER, HELLO, TEENAGERS[:4], 8, set()),
        (NEWCOMER, HELLO, CROWD[:24], 100, {"P3"}), (NEWCOMER, HELLO, CROWD[:16], 1, {"P2", "P3"}),
        # a volunteer
        (NEWCOMER, CHESS, CROWD[:8], 1, {"P3"}), (NEWCOMER, CHESS, CROWD[:7], 1, set()),
        (CHARLIE, CHESS, CROWD[:14], 1, set()), (CHARLIE, CHESS, TEENAGERS[:12], 1, set()),
    ],
)  # fmt: skip
def test_who_writes_the_same_to_many_is_seen_and_a_volunteer_hardly(
    ruleset: Ruleset, author: Person, text: str, people: list[Person], minutes: float, told: set[str]
) -> None:
    assert {*to_each_alone(Talk(ruleset), author, text, people, minutes)} == told


GREETINGS = ("salut", "coucou ma belle", "t'es libre ce soir jolie", "tu es dispo cette nuit belle", "hello toi")
NEW_TEENAGER = Person("newt", "teen_15_17", 1)


def greeted(ruleset: Ruleset, author: Person, people: list[Person], *, welcomed: bool = False) -> list[Alert]:
    """The floods that are told of somebody who writes to each in a room, in other words each time."""
    talk = Talk(ruleset, author, *people)
    for number, person in enumerate(people):
        if welcomed:
            talk.say(person, "bienvenue !", ADULTS, author)
        talk.say(author, GREETINGS[number % len(GREETINGS)], ADULTS, person, minutes=20)
    return talk.told("X2")


@pytest.mark.parametrize(
    ("author", "people", "told"),
    [
        (NEWCOMER, CROWD[:23], []), (NEWCOMER, CROWD, ["P3"]),
        (NEWCOMER, TEENAGERS[:4], []), (NEWCOMER, TEENAGERS[:5], ["P3"]), (NEWCOMER, TEENAGERS[:12], ["P3", "P2"]),
        (NEW_TEENAGER, TEENAGERS, []), (NEW_TEENAGER, [*TEENAGERS, *CROWD], ["P3"]),
        (CHARLIE, TEENAGERS, []), (CHARLIE, CROWD, []),
    ],
)  # fmt: skip
def test_whom_a_new_account_writes_to_first_is_counted_whatever_the_words(
    ruleset: Ruleset, author: Person, people: list[Person], told: list[str]
) -> None:
    found = greeted(ruleset, author, people)
    assert list(dict.fromkeys(alert.severity for alert in found)) == told
    assert all(alert.measures == () for alert in found)
    assert all(len(alert.protects) == alert.explanation["counts"]["recipients"] for alert in found)


@pytest.mark.parametrize("people", [TEENAGERS, CROWD])
def test_who_answers_a_welcome_writes_first_to_nobody(ruleset: Ruleset, people: list[Person]) -> None:
    assert greeted(ruleset, NEWCOMER, people, welcomed=True) == []


@pytest.mark.parametrize(
    ("days", "senders", "told"), [(9, 40, True), (9, 15, False), (3, 8, True), (3, 7, False), (60, 40, False)]
)
def test_many_accounts_of_a_few_weeks_to_one_young_member_are_seen(
    ruleset: Ruleset, days: int, senders: int, told: bool
) -> None:
    accounts = [Person(f"n{n}", "teen_15_17", days) for n in range(senders)]
    talk = Talk(ruleset, ALICE, *accounts)
    for person in accounts:
        talk.say(person, "coucou ça va", direct(person, ALICE), ALICE, minutes=30)
    found = talk.told("X2")
    assert bool(found) is told
    assert all((alert.subject, alert.protects) == (None, ("alice",)) for alert in found)


# ---- several accounts


def test_accounts_that_share_the_work_of_an_ambush_are_seen_as_one(ruleset: Ruleset) -> None:
    hook, second = Person("hook", "adult", 2), Person("second", "adult", 40)
    lone = Talk(ruleset, CHARLIE, hook, second)
    lone.say(hook, "on se retrouve derrière la zone industrielle ?", ADULTS, CHARLIE)
    lone.say(second, "viens seul, et pas d'appel", ADULTS, BOB)
    assert lone.told("V1") == []
    talk = Talk(ruleset, CHARLIE, hook, second)
    talk.say(hook, "on se retrouve derrière la zone industrielle ?", ADULTS, CHARLIE)
    talk.say(second, "viens seul, et pas d'appel", ADULTS, CHARLIE)
    (alert,) = talk.told("V1")
    assert (alert.severity, alert.subject, alert.protects) == ("P0", "second", ("charlie",))
    assert alert.explanation["together"] == ["hook", "second"]
    assert alert.evidence == ("1", "2")
    alone = next(row for row in alert.explanation["counterfactuals"] if row["without"] == "together")
    assert alone["severity"] is None


def test_friends_who_plan_an_evening_are_no_ambush(ruleset: Ruleset) -> None:
    dana, eve = Person("d", "adult", 300), Person("e", "adult", 300)
    talk = Talk(ruleset, BOB, CHARLIE, dana, eve)
    for author, text in (
        (dana, "on se retrouve derrière la gare à 14h ?"), (eve, "oui et prends du cash pour le ciné"),
        (BOB, "rdv devant le ciné alors"),
    ):  # fmt: skip
        talk.say(author, text, ADULTS, CHARLIE)
    assert [alert for alert in talk.alerts if alert.severity != "P3"] == []


def test_who_is_drawn_too_does_not_act_with_those_who_draw(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, BOB, CHARLIE, *CROWD[:1])
    talk.say(BOB, "on se retrouve derrière la zone industrielle ? viens sans le dire", ADULTS, CHARLIE, CROWD[0])
    talk.say(
        CHARLIE, "tu viens aussi ? il a dit de venir seul, je passe te prendre, on se voit là-bas", ADULTS, CROWD[0]
    )
    assert "charlie" not in {alert.subject for alert in talk.alerts}


def test_one_rendezvous_proposed_by_several_accounts_weighs_more(ruleset: Ruleset) -> None:
    accounts = [Person(f"a{n}", "adult", 3) for n in range(3)]
    talk = Talk(ruleset, *accounts, *CROWD[:3])
    for account, target in zip(accounts, CROWD, strict=False):
        talk.say(account, "rdv derrière la gare ce soir, viens seul", ADULTS, target)
    scores = [alert.score for alert in talk.told("V1")]
    assert scores == sorted(scores) and scores[0] < scores[-1]
    assert talk.told("V1")[-1].explanation["bonus"]["spread"] > 0


# ---- between whom, and how near


@pytest.mark.parametrize("text", ["tu baises ?", "cam ?", "u dtf?"])
def test_two_words_that_ask_a_minor_for_sex_are_grooming(ruleset: Ruleset, text: str) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    talk.say(BOB, text, direct(ALICE, BOB), lang="en" if "dtf" in text else "fr")
    assert [(alert.code, alert.subject) for alert in talk.alerts] == [("M1", "bob")]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "meet at the pub at 9pm?"), ("fr", "viens seul si tu préfères, ou avec un ami"), ("fr", "tu baises ?"),
        ("fr", "cam ?"), ("en", "come alone if you like, or with a friend"),
    ],
)  # fmt: skip
def test_between_two_adults_the_same_is_no_alert(ruleset: Ruleset, lang: str, text: str) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    talk.say(BOB, text, direct(BOB, CHARLIE), lang=lang)
    assert talk.alerts == []


def test_a_pub_at_nine_is_a_meeting_all_the_same(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    talk.say(BOB, "meet at the pub at 9pm?", direct(ALICE, BOB), lang="en")
    assert "meeting" in talk.told("M1")[0].tactics


@pytest.mark.parametrize(
    "said", [["mdr t'es trop con", "je te tue"], ["je te tue mdr"], ["au prochain jeu je te tue"], ["oh toi je te tue"]]
)
def test_a_friends_word_of_killing_pages_nobody(ruleset: Ruleset, said: list[str]) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    for turn, text in enumerate(said, start=len(said) % 2):
        talk.say((CHARLIE, BOB)[turn % 2], text, ADULTS)
    assert {alert.severity for alert in talk.alerts} <= {"P3"}


@pytest.mark.parametrize("text", ["je vais te tuer", "je te tue si tu parles", "sale pute je te tue demain"])
def test_a_plain_threat_of_killing_does(ruleset: Ruleset, text: str) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    talk.say(BOB, text, direct(BOB, CHARLIE))
    assert [alert.severity for alert in talk.told("V2")] == ["P1"]


@pytest.mark.parametrize(
    "text",
    ["s a l e   p d", "s a l e p d", "s.a.l.e p.d", "s-a-l-e  p-d", "s_a_l_e   p_d", "s*a*l*e p*d", "s/a/l/e     p/d",
     "s\na\nl\ne\np\nd"],
)  # fmt: skip
def test_letters_apart_are_read_however_far_words_stand(ruleset: Ruleset, text: str) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    talk.say(BOB, text, ADULTS, CHARLIE)
    plain = Talk(ruleset, BOB, CHARLIE)
    plain.say(BOB, "sale pd", ADULTS, CHARLIE)
    assert [(alert.code, alert.severity) for alert in talk.alerts] == [("H1", "P2")]
    assert [(alert.code, alert.severity) for alert in plain.alerts] == [("H1", "P2")]


def test_initials_are_no_insult(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    for text in ("le P D G et le D R H", "a b c d e f", "exercices a b c p d"):
        talk.say(BOB, text, ADULTS, CHARLIE)
    assert talk.alerts == []
