"""Ambush (V1) and the first meeting: what makes a rendezvous one to look at, and what is an evening like others."""

from __future__ import annotations

import pytest

from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.types import Person, RoomInfo
from tests.talk import ADULTS, ALICE, BOB, CHARLIE, DANA, TEENS, Talk, direct

NEW = Person("new", "adult", 2)
TARGETS = [Person(f"t{n}", "adult", 300) for n in range(6)]
SAME = ("dispo ce soir, rdv 22h au parking du lac", "dispo ce soir ? rdv 22h parking du lac")


def severities(talk: Talk) -> list[str]:
    return [alert.severity for alert in talk.told("V1")]


def two(ruleset: Ruleset, *lines: str, lang: str = "fr") -> Talk:
    """Bob writes to Charlie, Charlie's lines begin with ">"."""
    talk = Talk(ruleset, BOB, CHARLIE)
    for line in lines:
        talk.say(CHARLIE if line.startswith(">") else BOB, line.removeprefix(">"), direct(BOB, CHARLIE), lang=lang)
    return talk


# ---- what is an evening like others


@pytest.mark.parametrize(
    "lines",
    [
        ("on se voit ce soir minuit au champ derrière la ferme", ">ok", "changement : plutôt au col, moins de nuages"),
        (
            "rdv parking de la forêt à 22h pour les chouettes", "viens seul mon coffre est plein",
            "pas de tel ça fait peur aux chouettes",
        ),
        ("je peux pas appeler j'ai plus de forfait", "rdv 23h au local pour répéter"),
        ("je viens seul à la rando, et toi ?", ">pareil, rdv parking du col à 6h"),
        ("normal, il met la carrière. continue jusqu'à la pharmacie, c'est l'immeuble au dessus",),
        ("on l'attend au parking du lac à 7h, à trois",),
        ("je suis pas out, je préfère discret", "on se retrouve au parking du bois vers 22h ?"),
        ("pas de visio désolé je suis timide", "on se voit demain à 18h au bar ?"),
        ("prends du liquide pour la brocante", "on se retrouve à la gare à 9h"),
        ("on se voit au café 18h ?", ">ok", "désolé je suis au boulot, plutôt le bar d'à côté à 19h"),
    ],
    ids=["night sky", "owls", "rehearsal", "hike", "route", "carpool", "discreet", "shy", "market", "another bar"],
)  # fmt: skip
def test_an_evening_like_others_is_no_ambush(ruleset: Ruleset, lines: tuple[str, ...]) -> None:
    assert set(severities(two(ruleset, *lines))) <= {"P3"}


# ---- one proposes the same to many


def test_the_same_rendezvous_to_several_is_p0_in_time_and_each_gets_the_card(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, NEW, *TARGETS)
    for n, target in enumerate(TARGETS):
        talk.say(NEW, SAME[n % 2], ADULTS, target)
    assert severities(talk) == ["P0"] * 4
    assert set(talk.told("V1")[-1].protects) == {target.key for target in TARGETS}
    first = talk.told("V1")[0]
    assert "safety_card" in first.measures and first.subject == "new"
    without = {row["without"]: row["severity"] for row in first.explanation["counterfactuals"]}
    assert without["spread"] is None


OTHER_WORDS = (
    "on se voit ce soir 23h au bois ?", "ce soir 23h au bois, ça te dit qu'on se voie ?",
    "viens au bois vers 23h ce soir, on se voit là bas",
)  # fmt: skip


def test_a_rendezvous_is_the_same_in_other_words(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, NEW, *TARGETS)
    for text, target in zip(OTHER_WORDS, TARGETS, strict=False):
        talk.say(NEW, text, ADULTS, target)
    assert severities(talk) == ["P0"]
    assert set(talk.told("V1")[0].protects) == {target.key for target in TARGETS[:3]}


@pytest.mark.parametrize(
    "texts",
    [
        # other places; where people are; by day; what people meet for
        (OTHER_WORDS[0], "rejoins moi à l'entrepôt à minuit", "on se retrouve au parking souterrain cette nuit ?"),
        ("on se voit samedi au café ?", "on se voit demain au parc ?", OTHER_WORDS[0]),
        ("on se voit au bois dimanche 10h ?", "tu viens au bois demain matin ?", "on se voit au bois samedi 9h"),
        ("sortie chouettes ce soir 22h au bois, on se voit là bas ?", "viens voir les chouettes au bois à 22h",
         "on va à la chasse aux chouettes au bois ce soir 22h, tu viens ?"),
    ],
)  # fmt: skip
def test_several_evenings_are_no_rendezvous_proposed_to_several(ruleset: Ruleset, texts: tuple[str, ...]) -> None:
    talk = Talk(ruleset, NEW, *TARGETS)
    for text, target in zip(texts, TARGETS, strict=False):
        talk.say(NEW, text, ADULTS, target)
    assert not {"P0", "P1", "P2"} & {one.severity for one in talk.told("V1") if one.tactics != ("likeness",)}


def test_the_same_rendezvous_to_several_by_an_account_of_a_year_calls_nobody(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, CHARLIE, *TARGETS)
    for n, target in enumerate(TARGETS):
        talk.say(CHARLIE, SAME[n % 2], ADULTS, target)
    assert set(severities(talk)) <= {"P2", "P3"}


@pytest.mark.parametrize(
    "text",
    [
        "on se retrouve derrière la gare à 14h ?",
        "rdv 22h au parking du lac pour la nuit des étoiles",
        "on se voit ce soir 22h au bar ?",
    ],
)
def test_a_newcomer_who_invites_several_by_day_for_an_outing_or_among_people_draws_nobody(
    ruleset: Ruleset, text: str
) -> None:
    talk = Talk(ruleset, NEW, *TARGETS)
    for target in TARGETS[:4]:
        talk.say(NEW, text, ADULTS, target)
    assert set(severities(talk)) <= {"P3"}


# ---- the first word in an empty room


def test_a_lure_that_opens_an_empty_room_is_seen_before_anybody_answers(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, NEW)
    talk.say(NEW, "dispo ce soir, parking du bois 23h, viens seul, pas de visio", ADULTS)
    assert severities(talk) == ["P0"]


def test_who_opens_an_empty_room_with_a_proposal_is_no_ambush(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, NEW)
    talk.say(NEW, "dispo ce soir au bois vers 23h si ça dit à quelqu'un", ADULTS)
    assert severities(talk) == []


# ---- the place is changed


@pytest.mark.parametrize(
    ("lines", "severity"),
    [
        (("on se voit au ciné 21h ?", ">ok", "change, plutôt le parc derrière, dépêche, viens sans pote"), "P0"),
        (("rdv chez moi 21h", "ma coloc est là, retrouve moi au local poubelle derrière l'immeuble"), "P1"),
        (
            ("je te rejoins en bas de chez toi ce soir", "non finalement rejoins moi sous le pont, c plus tranquille"),
            "P1",
        ),
    ],
)
def test_a_place_among_people_changed_for_one_where_nobody_is(
    ruleset: Ruleset, lines: tuple[str, ...], severity: str
) -> None:
    talk = two(ruleset, *lines)
    assert severities(talk)[-1:] == [severity]
    assert "change_place" in talk.told("V1")[-1].tactics


def test_the_same_change_where_no_other_place_was_agreed_is_less(ruleset: Ruleset) -> None:
    talk = two(ruleset, "non finalement rejoins moi sous le pont, c plus tranquille")
    assert set(severities(talk)) <= {"P2", "P3"}


def test_who_is_called_to_where_nobody_is_after_another_place_was_agreed_gets_the_card(ruleset: Ruleset) -> None:
    talk = two(ruleset, "on dit 20h au mcdo", ">ok", "finalement rejoins-moi au parking derrière carrefour")
    assert severities(talk) == ["P2"] and "safety_card" in talk.told("V1")[0].measures


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "she's coming on her own, tell everyone to be nice"),
        ("en", "she thinks she's got a date at the pub, bless her"),
        ("fr", "elle vient toute seule, ramenez tout le monde"),
        ("fr", "je drague un mec sur l'appli, vous pensez quoi ?"),
    ],
)
def test_who_speaks_of_somebody_absent_and_means_no_harm_plans_no_ambush(
    ruleset: Ruleset, lang: str, text: str
) -> None:
    assert severities(two(ruleset, text, lang=lang)) == []


def test_a_change_that_is_announced_first_and_named_after_counts_like_one(ruleset: Ruleset) -> None:
    talk = two(ruleset, "rdv au café à 21h ?", ">ok", "changement de plan", "rejoins moi derrière la zone industrielle")
    assert severities(talk)[-1:] == ["P1"]


def test_three_who_agreed_on_the_pub_are_each_drawn_under_the_bridge(ruleset: Ruleset) -> None:
    ledgers: dict[str, dict[str, object]] = {}
    alerts = []
    for target in TARGETS[:3]:
        talk = Talk(ruleset, NEW, target)
        talk.ledgers = ledgers
        talk.say(target, "wanna meet at the pub?", direct(NEW, target), lang="en")
        talk.say(NEW, "yeah the pub at 9 works", direct(NEW, target), lang="en")
        talk.say(NEW, "I'd rather the underpass by Mill Lane, I'll meet you there", direct(NEW, target), lang="en")
        alerts += talk.told("V1")
    assert [(alert.severity, alert.subject) for alert in alerts] == [("P0", "new")] * 3


# ---- one is trapped


@pytest.mark.parametrize(
    ("lang", "lines"),
    [
        ("fr", ("ramène 200 euros liquide", "rdv ce soir 23h au terrain vague")),
        ("fr", ("t'es seul ? personne sait que tu viens ?", "ok rdv 23h au vieux moulin")),
        ("fr", ("coucou j'ai 18 ans", "viens ce soir derrière le gymnase, tout seul", "pas de vocal stp")),
        ("fr", ("j'appâte un mec sur l'appli, vous attendez derrière",)),
        ("fr", ("il croit que je suis une meuf, rdv derrière le city à 21h, ramenez-vous",)),
        ("en", ("bring 200 quid cash", "meet me at the quarry at 11pm")),
        ("en", ("he thinks he's got a date behind the leisure centre at 8", "we wait by the bins and batter him")),
        ("en", ("shes comin on her own, get every1 there w phones, we gna kick her head in",)),
    ],
)
def test_a_trap_for_one_person_is_found(ruleset: Ruleset, lang: str, lines: tuple[str, ...]) -> None:
    assert severities(two(ruleset, *lines, lang=lang))[-1:] == ["P0"]


# ---- a first meeting


PROPOSALS = [
    ("fr", "je passe chez toi ce soir"), ("fr", "viens boire un verre"), ("fr", "ça te dit un ciné dimanche ?"),
    ("fr", "on se fait un resto ?"), ("fr", "ce soir cruising au bois ?"), ("fr", "tu reçois ?"),
    ("fr", "je me déplace si tu veux"), ("fr", "à quelle heure je te retrouve au bois ?"),
    ("en", "let's grab a drink friday"), ("en", "can you host?"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "text"), PROPOSALS)
def test_a_first_meeting_shows_both_adults_the_card_once_and_is_no_case(ruleset: Ruleset, lang: str, text: str) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    first, again = (talk.say(BOB, text, direct(BOB, CHARLIE), lang=lang) for _ in range(2))
    assert (first.meeting, again.meeting) == (("bob", "charlie"), ())
    assert talk.alerts == [] and first.verdict.name == "ALLOW"


@pytest.mark.parametrize("text", ["tu reçois mes messages ?", "je passe chez le coiffeur", "le resto était bon"])
def test_what_only_sounds_like_a_meeting_shows_no_card(ruleset: Ruleset, text: str) -> None:
    assert Talk(ruleset, BOB, CHARLIE).say(BOB, text, direct(BOB, CHARLIE)).meeting == ()


def in_a_room(ruleset: Ruleset, room: RoomInfo, cast: tuple[Person, Person, Person]) -> list[tuple[str, ...]]:
    """The cards, where one proposes to meet and names nobody, a third speaks of something else, the other agrees."""
    one, other, third = cast
    talk = Talk(ruleset, *cast)
    lines = (
        (third, "salut"), (other, "yo"), (one, "on boit un verre samedi ?"), (third, "moi j'ai sommeil"),
        (other, "grave, 20h au Central ?"), (other, "grave"),
    )  # fmt: skip
    return [card for author, text in lines if (card := talk.say(author, text, room).meeting)]


def test_in_a_room_the_card_is_for_who_proposed_and_who_said_yes(ruleset: Ruleset) -> None:
    assert in_a_room(ruleset, ADULTS, (BOB, CHARLIE, TARGETS[0])) == [("charlie", "bob")]


def test_in_a_room_of_minors_there_is_no_card(ruleset: Ruleset) -> None:
    assert in_a_room(ruleset, TEENS, (ALICE, DANA, Person("eve", "teen_15_17", 90))) == []
