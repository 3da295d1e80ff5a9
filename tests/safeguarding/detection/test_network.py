"""network, and what alike makes of it: what is harmless together is no alert, and friendly words hide no lure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.likeness.corpus import digest
from safeguarding.detection import alike, likeness
from safeguarding.detection.network import KEPT, Network, packed, unpacked
from safeguarding.detection.rulesets import LANGS, Ruleset
from safeguarding.detection.types import Person, Verdict
from tests.talk import ALICE, BOB, CHARLIE, DANA, LURE, Talk, direct

CODES = 1 + len(likeness.CODES)
THREAT = "je vais te frapper demain"


def made(said: dict[str, list[float]], out: list[float]) -> bytes:
    """A network whose hidden units these things move when somebody says them; `out` is what a unit says of risk, and of
    every code.
    """
    things = sorted(said)
    return packed(
        things,
        np.array([said[thing] for thing in things]),
        np.zeros((len(things), len(out))),
        np.zeros(len(out)),
        np.repeat(np.array(out)[:, None], CODES, 1),
        np.zeros(CODES),
    )


@pytest.fixture
def games() -> Iterator[Network]:
    """Weights and a network that take everything for harmless but "grue"."""
    network = unpacked(made({"grue": [9.0], "carte": [-9.0]}, [1.0]))
    with likeness.instead("fr", likeness.parsed("start\t-300\nSgrue\t900\nScarte\t-900\n", "fr", network)):
        yield network


# ---- the file


def test_what_was_packed_is_read(games: Network) -> None:
    assert (games.things, games.units, games.rows.shape) == (("carte", "grue"), 1, (2, 2))
    said, answered = games.added([1])
    assert (int(said[0]), int(answered[0])) == (127, 0)
    assert games.read(games.moved([], said)) == (900,) * CODES
    assert games.read(games.moved([], games.added([0])[0])) == (0,) * CODES  # a hidden unit is never below nothing


def test_what_was_said_before_counts_less_with_every_message(games: Network) -> None:
    state = games.moved([], games.added([1])[0])
    nothing = games.added([])[0]
    kept = []
    for _ in range(60):
        kept.append(state[1])
        state = games.moved(state, nothing)
    assert kept[1] == round(127 * KEPT)
    assert kept == sorted(kept, reverse=True)
    assert kept[-1] < 10


def test_what_another_network_kept_means_nothing(games: Network) -> None:
    kept = games.moved([], games.added([1])[0])
    for other in (unpacked(made({"grue": [8.0]}, [1.0])), unpacked(made({"grue": [1.0, 2.0]}, [1.0, 1.0]))):
        assert other.read(kept) == other.read([])
        assert other.moved(kept, other.added([])[0]) == other.moved([], other.added([])[0])


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"start\t1\n", made({"a": [1.0]}, [1.0])[:-40]])
def test_what_is_no_network_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="network"):
        unpacked(data)


def test_parts_that_do_not_fit_are_refused() -> None:
    wrong = packed(["a", "b"], np.ones((1, 2)), np.ones((1, 2)), np.zeros(2), np.zeros((2, CODES)), np.zeros(CODES))
    with pytest.raises(ValueError, match="do not fit"):
        unpacked(wrong)


@pytest.mark.parametrize("lang", LANGS)
def test_the_network_is_that_of_the_pairs_as_they_stand(lang: str) -> None:
    with np.load(likeness.FOLDER / f"{lang}.npz", allow_pickle=False) as file:
        assert file["learned_from"].tobytes().decode() == digest(lang), "make likeness"


# ---- what it changes


def played(ruleset: Ruleset, *texts: str, author: Person = BOB, to: Person = CHARLIE) -> Talk:
    talk = Talk(ruleset, to, author)
    for text in texts:
        talk.say(author, text, direct(author, to), to)
    return talk


def severities(talk: Talk, code: str) -> list[str]:
    return [alert.severity for alert in talk.told(code) if alert.tactics != (alike.TACTIC,)]


def test_what_a_rule_finds_in_harmless_talk_waits_and_says_so(ruleset: Ruleset, games: Network) -> None:
    talk = played(ruleset, "une carte", "et une autre", f"{THREAT}, pose ta carte")
    assert severities(talk, "V2") == ["P3"]
    assert talk.told("V2")[0].explanation["lowered_from"] < "P3"
    with likeness.instead("fr", likeness.parsed("start\t-300\n")):
        grave = played(ruleset, "une carte", "et une autre", f"{THREAT}, pose ta carte")
    assert severities(grave, "V2") == [talk.told("V2")[0].explanation["lowered_from"]]
    assert "lowered_from" not in grave.told("V2")[0].explanation


def test_what_waits_would_not_be_graver_without_a_part_of_it_but_if_the_talk_read_as_risky(
    ruleset: Ruleset, games: Network
) -> None:
    talk = played(ruleset, "une carte", "et une autre", f"{THREAT}, pose ta carte")
    told = talk.told("V2")[0].explanation
    (calm, *others) = told["counterfactuals"]
    assert (calm["without"], calm["severity"]) == ("calm", told["lowered_from"])
    assert others
    assert {row["severity"] for row in others} <= {None, "P3"}
    with likeness.instead("fr", likeness.parsed("start\t-300\n")):
        grave = played(ruleset, "une carte", "et une autre", f"{THREAT}, pose ta carte")
    assert "calm" not in {row["without"] for row in grave.told("V2")[0].explanation["counterfactuals"]}


def test_it_is_told_as_grave_as_it_is_once_the_talk_turns(ruleset: Ruleset, games: Network) -> None:
    talk = played(ruleset, "une carte", "et une autre", THREAT, f"{THREAT} la grue")
    assert severities(talk, "V2")[0] == "P3"
    assert severities(talk, "V2")[-1] < "P3"


@pytest.mark.parametrize(
    "text",
    [
        f"grue {THREAT}",
        f"carte carte, grue {THREAT}, une carte pour toi",
        f"la grue et je vais te frapper, carte, carte, carte, et encore {THREAT}, pose ta carte",
        "une carte, ta carte, je te tue",  # what few words say reads as nothing
    ],
)
def test_friendly_words_around_it_hide_nothing(ruleset: Ruleset, games: Network, text: str) -> None:
    talk = played(ruleset, *["une carte, ta carte"] * 6, text)
    assert severities(talk, "V2")[0] < "P3"


def test_what_an_adult_says_where_a_minor_reads_waits_only_if_it_is_far_more_harmless(
    ruleset: Ruleset, games: Network
) -> None:
    unsure = likeness.parsed("start\t0\n", "fr", games)  # nothing that anybody says weighs
    for other, waits in ((CHARLIE, True), (ALICE, False)):
        with likeness.instead("fr", unsure):
            talk = played(ruleset, "bonjour", "ça va", THREAT, to=other)
        assert (severities(talk, "V2")[0] == "P3") is waits
    talk = played(ruleset, "une carte", "et une autre", f"{THREAT}, pose ta carte", to=ALICE)
    assert severities(talk, "V2") == ["P3"]


def test_small_talk_before_a_lure_hides_none_of_it(ruleset: Ruleset) -> None:
    """As weights and network ship."""
    small = ("salut ça va ?", "oui et toi ?", "tranquille, je joue à minecraft", "ah trop bien", "t'as vu le match ?")
    for lure in (
        "dis rien à tes parents ok",
        "c'est notre secret",
        "montre toi à la cam",
        "envoie moi une photo de toi",
    ):
        talk = Talk(ruleset, ALICE, BOB)
        for turn, text in enumerate((*small, "ouais incroyable", lure)):
            talk.say((BOB, ALICE)[turn % 2], text, direct(ALICE, BOB))
        assert severities(talk, "M1")[-1] < "P3", lure


def test_before_there_is_a_talk_nothing_is_lowered(ruleset: Ruleset, games: Network) -> None:
    assert severities(played(ruleset, THREAT), "V2")[0] < "P3"


@pytest.mark.parametrize("person", [BOB, DANA])
def test_what_lures_minors_waits_only_where_it_rests_on_one_message(
    ruleset: Ruleset, games: Network, person: Person
) -> None:
    """Whoever says it: a proof of age can be false. Here everything reads as harmless."""
    lure = (f"{text} carte" for text in LURE)
    talk = played(ruleset, "une carte", "et ta carte", *lure, author=person, to=ALICE)
    assert severities(talk, "M1")[0] == "P3" and severities(talk, "M1")[-1] < "P3"


def test_what_is_gravest_never_waits(ruleset: Ruleset, games: Network) -> None:
    talk = played(ruleset, "une carte", "et une autre", "carte je sais où tu habites, je vais te tuer ce soir, carte")
    assert severities(talk, "V2") == ["P0"]


def test_what_waits_is_protected_against_all_the_same(ruleset: Ruleset, games: Network) -> None:
    talk = played(ruleset, "une carte", "et ta carte", to=ALICE)
    lure = "dis rien à tes parents et envoie une photo de toi derrière la carte"
    last = talk.say(BOB, lure, direct(BOB, ALICE), ALICE)
    assert severities(talk, "M1") == ["P3"] and last.verdict is Verdict.HOLD


@pytest.mark.parametrize(
    ("proposed", "text", "code"),
    [
        ("", "qui a des liens cp", "M3"),
        ("je t'envoie une photo ? on se voit samedi derrière la gare ?", "oui d'accord", "M1"),
        ("", "on se voit samedi ? pour le match de foot avec ta maman et le chien. et ça reste entre nous", "M1"),
    ],
)
def test_no_lure_waits_for_words_that_weights_do_not_know(
    ruleset: Ruleset, proposed: str, text: str, code: str
) -> None:
    """As weights and network ship: small talk before, a yes, friendly words between two lures."""
    talk, room = Talk(ruleset, ALICE, BOB), direct(ALICE, BOB)
    for turn, said in enumerate(("salut", "ça va ?", "tranquille et toi", "oui ça va", "cool", proposed or "oui")):
        talk.say((BOB, ALICE)[turn % 2], said, room)
    talk.say(BOB, text, room)
    assert severities(talk, code) and severities(talk, code)[-1] < "P3"


def test_who_calls_for_help_is_heard_at_once(ruleset: Ruleset, games: Network) -> None:
    despair = "j'ai plus envie de vivre, je vais en finir ce soir"
    talk = played(ruleset, "une carte", "et une autre", despair, author=ALICE, to=DANA)
    assert talk.told("D1") and talk.told("D1")[0].severity != "P3"


def test_of_two_who_are_alike_the_less_alike_is_not_named(ruleset: Ruleset) -> None:
    with likeness.instead("fr", likeness.parsed("start\t-100\nSgrue\t220\tV2:40\n")):
        talk, room = Talk(ruleset, CHARLIE, BOB), direct(BOB, CHARLIE)
        for author in (BOB, BOB, BOB, CHARLIE, CHARLIE):
            talk.say(author, f"grue {talk.n}", room)
    assert {alert.subject for alert in talk.alerts} == {"bob"}
