"""likeness and alike: talk that is like risky talk, in words no rule knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from benchmarks.detection.corpora import SUITE, lines, seen
from benchmarks.detection.talks import judge
from benchmarks.likeness.corpus import PAIRS, digest
from safeguarding.detection import alike, likeness
from safeguarding.detection.batch import assess_conversation
from safeguarding.detection.lexicon import lexicon_for
from safeguarding.detection.likeness import CODES, Weights, parsed, weights_for
from safeguarding.detection.normalise import normalise
from safeguarding.detection.rulesets import LANGS, Ruleset, load_ruleset
from safeguarding.detection.types import Person
from tests.talk import ADULTS, ALICE, BOB, CHARLIE, TEENS, Talk, direct

NOTHING = "start\t-100\n"
ONE = "start\t-100\tM1:-100\nSgrue\t220\tM1:90\nOpardon\t220\tM1:90\nSmerci\t-90\n"


@pytest.fixture
def one_word() -> Iterator[Weights]:
    """Weights that know next to nothing, so that a test says what it counts."""
    weights = parsed(ONE)
    with likeness.instead("fr", weights):
        yield weights


def by_likeness(talk: Talk) -> list[tuple[str, str, str | None]]:
    return [(one.code, one.severity, one.subject) for one in talk.alerts if one.tactics == (alike.TACTIC,)]


# ---- the files


@pytest.mark.parametrize("lang", LANGS)
def test_weights_are_those_of_the_pairs_as_they_stand(lang: str) -> None:
    first = (likeness.FOLDER / f"{lang}.tsv").read_text(encoding="utf-8").splitlines()[0]
    assert first == f"{likeness.LEARNED_FROM}\t{digest(lang)}", "make likeness"


@pytest.mark.parametrize("lang", LANGS)
def test_every_pair_has_the_format_of_the_suite_and_its_twin(lang: str) -> None:
    rows = list(lines(PAIRS / f"{lang}.jsonl"))
    here = {row["id"]: row["kind"] for row in rows}
    assert len(here) == len(rows) >= 1000
    assert all(here[row["twin"]] != row["kind"] for row in rows)


def test_pairs_are_not_what_is_measured() -> None:
    """Two authors may hit on the same sentence; they do not write the same talk."""
    said = {m["text"] for lang in LANGS for row in lines(PAIRS / f"{lang}.jsonl") for m in _messages(row)}
    for half in ("held", "apart"):
        for row in lines(SUITE / half / "conversations.jsonl"):
            assert len({m["text"] for m in _messages(row) if len(m["text"]) > 40} & said) <= 1, row["id"]


def _messages(row: dict) -> list[dict]:
    return [message for part in row.get("conversations") or [row] for message in part["messages"]]


@pytest.mark.parametrize("text", ["Sgrue\t120\n", "start\tmuch\n", "start\t1\nSgrue\n"])
def test_a_file_that_is_no_weights_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(text)


def test_a_version_names_the_content() -> None:
    assert parsed(ONE).version == parsed(ONE).version != parsed(NOTHING).version


# ---- what it finds


def test_many_talks_of_others_are_found_that_no_rule_finds(ruleset: Ruleset) -> None:
    """Of the lines written apart, which nothing was learned from."""
    apart = [line for line in lines(SUITE / "apart" / "conversations.jsonl") if line["kind"] == "risk"]
    found = sum(judge(line, ruleset).right for line in apart)
    with likeness.instead("fr", parsed(NOTHING)):
        by_rules_in_french = sum(judge(line, ruleset).right for line in apart if line["lang"] == "fr")
    french = sum(judge(line, ruleset).right for line in apart if line["lang"] == "fr")
    assert french > by_rules_in_french
    assert found >= len(apart) / 2


def test_it_adds_and_lowers_and_loses_nothing_that_rules_find(ruleset: Ruleset) -> None:
    def told(line: dict) -> list[dict]:
        alerts = assess_conversation(seen(line), ruleset)["alerts"]
        return [alert for alert in alerts if alert["tactics"] != [alike.TACTIC]]

    def of_whom(alerts: list[dict]) -> set[tuple]:
        return {(alert["code"], alert["subject"]) for alert in alerts}

    def as_told(alerts: list[dict]) -> list[str]:
        """What may never wait, to the letter."""
        never = [one for one in alerts if one["severity"] == "P0" or one["code"] in alike.NEVER_LOWERED]
        return [json.dumps(alert, sort_keys=True) for alert in never]

    some = [line for line in lines(SUITE / "tune" / "conversations.jsonl") if line["lang"] == "fr"][:80]
    now = [told(line) for line in some]
    with likeness.instead("fr", parsed(NOTHING)):
        by_rules = [told(line) for line in some]
    assert [of_whom(alerts) for alerts in now] == [of_whom(alerts) for alerts in by_rules]
    assert [as_told(alerts) for alerts in now] == [as_told(alerts) for alerts in by_rules]


def test_what_others_answer_counts_too(ruleset: Ruleset, one_word: Weights) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    room = direct(ALICE, BOB)
    for author, text in ((BOB, "grue"), (ALICE, "hein"), (BOB, "rien"), (ALICE, "pardon")):
        talk.say(author, text, room)
    assert by_likeness(talk) == [("M1", "P2", "bob")]
    assert talk.alerts[-1].protects == ("alice",)
    assert talk.alerts[-1].evidence == ("1", "4")


def test_a_talk_of_two_is_no_pile_on(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    with likeness.instead("fr", parsed("start\t-100\tC1:200\nSgrue\t220\tC1:90\n")):
        for _ in range(4):
            talk.say(BOB, "grue", direct(BOB, CHARLIE))
        assert by_likeness(talk) == []
        for _ in range(4):
            talk.say(BOB, "grue", ADULTS)
    assert by_likeness(talk) == [("C1", "P2", "bob")]


def test_of_two_nobody_is_named_who_answers_somebody_told_of(ruleset: Ruleset, one_word: Weights) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    for _ in range(8):
        talk.say(BOB, "grue", direct(ALICE, BOB))
        talk.say(ALICE, "pas de grue", direct(ALICE, BOB))
    assert {subject for _, _, subject in by_likeness(talk)} == {"bob"}


def test_weeks_of_small_talk_buy_nobody_a_lure(ruleset: Ruleset, one_word: Weights) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    room = direct(ALICE, BOB)
    for _ in range(200):
        talk.say(BOB, "merci", room)
    for _ in range(4):
        talk.say(BOB, "grue", room)
    assert by_likeness(talk) == [("M1", "P2", "bob")]


def test_an_hour_of_small_talk_hides_hardly_any_real_talk(ruleset: Ruleset) -> None:
    """With the weights as they ship, which have sums for every code."""
    small = ("salut ça va ?", "oui et toi ?", "tranquille, j'ai fini mes devoirs", "tu as vu le match hier ?")

    def found(line: dict, before: int) -> bool:
        first = datetime.fromisoformat(line["messages"][0]["at"])
        people = sorted(line["participants"])
        chat = [
            {
                "at": (first - timedelta(minutes=before - n)).isoformat(),
                "from": people[n % 2],
                "to": None,
                "text": small[n % len(small)],
            }
            for n in range(before)
        ]
        alerts = assess_conversation(seen(line) | {"messages": chat + line["messages"]}, ruleset)["alerts"]
        return any(alert["tactics"] == [alike.TACTIC] for alert in alerts)

    some = [
        line
        for line in lines(SUITE / "apart" / "conversations.jsonl")
        if line["lang"] == "fr" and line["kind"] == "risk" and line.get("room", {}).get("kind") == "direct"
    ]
    fresh = [line for line in some if found(line, 0)]
    assert len(fresh) >= 20
    assert sum(found(line, 40) for line in fresh) >= 0.8 * len(fresh)


def test_a_message_alone_is_no_talk(ruleset: Ruleset, one_word: Weights) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    talk.say(BOB, "grue grue grue", direct(ALICE, BOB))
    assert by_likeness(talk) == []


def test_it_is_told_once_and_again_only_when_clearly_more_alike(ruleset: Ruleset, one_word: Weights) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    room = direct(ALICE, BOB)
    for _ in range(4):
        talk.say(BOB, "grue", room)
    assert len(by_likeness(talk)) == 1
    talk.say(BOB, "bonjour", room, minutes=3 * 24 * 60)
    assert len(by_likeness(talk)) == 1
    talk.say(BOB, "grue", room)
    assert len(by_likeness(talk)) == 2


def test_no_grooming_of_adults_and_nothing_of_adults_in_minors_rooms(ruleset: Ruleset, one_word: Weights) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    for _ in range(5):
        talk.say(BOB, "grue", direct(BOB, CHARLIE))
    assert {code for code, *_ in by_likeness(talk)}.isdisjoint({"M1", "M2", "M4", "M5", "M7"})


def test_who_takes_the_blows_of_a_room_is_not_named(ruleset: Ruleset) -> None:
    with likeness.instead("fr", parsed("start\t-100\tC1:-100\nSgrue\t220\tC1:90\n")):
        talk = Talk(ruleset, ALICE, Person("eve", "teen_15_17", 90), Person("finn", "teen_15_17", 90))
        eve, finn = talk.people["eve"], talk.people["finn"]
        for author, text in ((eve, "grosse vache"), (finn, "sale conne"), (eve, "tu pues")):
            talk.say(author, text, TEENS, ALICE)
        for _ in range(4):
            talk.say(ALICE, "grue", TEENS)
        assert "alice" not in {subject for *_, subject in by_likeness(talk)}


def test_a_group_that_writes_directly_may_pile_on(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, BOB, CHARLIE, eve := Person("eve", "adult", 90))
    with likeness.instead("fr", parsed("start\t-100\tC1:200\nSgrue\t220\tC1:90\n")):
        for author in (CHARLIE, eve, *[BOB] * 4):
            talk.say(author, "grue" if author is BOB else "bonjour", direct(BOB, CHARLIE))
    assert by_likeness(talk) == [("C1", "P2", "bob")]


@pytest.mark.parametrize(("second", "told"), [("grue grue", [("C1", "P2", "p0")]), ("bonjour", [])])
def test_of_many_voices_the_most_alike_is_named_where_another_joins_in(
    ruleset: Ruleset, second: str, told: list[tuple[str, str, str]]
) -> None:
    crowd = [Person(f"p{n}", "adult", 90) for n in range(alike.FEW + 1)]
    talk = Talk(ruleset, *crowd)
    with likeness.instead("fr", parsed("start\t-50\tC1:100\nSgrue\t120\tC1:20\n")):
        for person in crowd[1:]:
            talk.say(person, second if person.key == "p1" else "bonjour", ADULTS)
        for _ in range(2):
            talk.say(crowd[0], "grue", ADULTS)
    assert by_likeness(talk) == told


def test_a_sharp_answer_does_not_hide_who_sells(ruleset: Ruleset) -> None:
    with likeness.instead("fr", parsed("start\t-100\tX1:-100\nSgrue\t220\tX1:90\n")):
        talk = Talk(ruleset, BOB, CHARLIE)
        talk.say(BOB, "bonjour", ADULTS)
        talk.say(CHARLIE, "sale con", ADULTS, BOB)
        for _ in range(3):
            talk.say(BOB, "grue", ADULTS)
    assert by_likeness(talk) == [("X1", "P2", "bob")]


def test_who_gives_blows_and_takes_some_is_in_a_quarrel_whatever_else_it_is_like(ruleset: Ruleset) -> None:
    with likeness.instead("fr", parsed("start\t-100\tX1:-100\nSgrue\t220\tX1:90\n")):
        talk = Talk(ruleset, BOB, CHARLIE)
        for author, text in ((BOB, "sale con"), (CHARLIE, "sale con"), *[(BOB, "grue")] * 3):
            talk.say(author, text, ADULTS, CHARLIE if author is BOB else BOB)
    assert by_likeness(talk) == []


def test_who_says_one_thing_over_and_over_has_said_it_three_times(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    with likeness.instead("fr", parsed("start\t-100\nSgrue\t50\tM1:20\n")):
        for text in ("grue", "grue !", "GRUE", "grue", "grue.", "grue"):
            talk.say(BOB, text, direct(ALICE, BOB))
        assert by_likeness(talk) == []
        talk.say(BOB, "oui grue", direct(ALICE, BOB))
    assert by_likeness(talk) == [("M1", "P2", "bob")]


def test_less_is_enough_of_an_adult_who_writes_where_a_minor_reads(ruleset: Ruleset) -> None:
    enough = alike.HIGH - alike.GAP
    with likeness.instead("fr", parsed(f"start\t0\nSgrue\t{enough // 3 + 1}\tX1:2\n")):
        for other, told in ((ALICE, 1), (CHARLIE, 0)):
            talk = Talk(ruleset, BOB, other)
            for _ in range(3):
                talk.say(BOB, "grue", direct(BOB, other))
            assert len(by_likeness(talk)) == told


@pytest.mark.parametrize("code", ["X1", "H1"])
def test_a_code_that_harmless_talk_is_often_like_needs_more(ruleset: Ruleset, code: str) -> None:
    assert alike.high("H1") > alike.high("X1")
    for weight, told in ((alike.high(code) // 3 + 1, 1), (alike.high(code) // 3 - 3, 0)):
        with likeness.instead("fr", parsed(f"start\t0\nSgrue\t{weight}\t{code}:2\n")):
            talk = Talk(ruleset, BOB, CHARLIE)
            for _ in range(3):
                talk.say(BOB, "grue", direct(BOB, CHARLIE))
        assert len(by_likeness(talk)) == told


def test_what_weighs_for_the_code_counts_half_as_much_as_what_weighs_at_all(ruleset: Ruleset) -> None:
    for of_code, told in ((2 * alike.HIGH // 3 + 1, 1), (2 * alike.HIGH // 3 - 3, 0)):
        with likeness.instead("fr", parsed(f"start\t0\nSgrue\t20\tX1:{of_code - 40}\n")):
            talk = Talk(ruleset, BOB, CHARLIE)
            for _ in range(3):
                talk.say(BOB, "grue", direct(BOB, CHARLIE))
        assert len(by_likeness(talk)) == told


def test_among_many_voices_nobody_is_named(ruleset: Ruleset) -> None:
    crowd = [Person(f"p{n}", "adult", 90) for n in range(alike.FEW + 1)]
    talk = Talk(ruleset, *crowd)
    with likeness.instead("fr", parsed("start\t-100\nSgrue\t220\tX1:90\n")):
        for person in crowd * 4:
            talk.say(person, "grue", ADULTS)
    assert by_likeness(talk) == []


def test_voices_of_this_morning_do_not_hide_who_speaks_now(ruleset: Ruleset, one_word: Weights) -> None:
    crowd = [Person(f"p{n}", "adult", 90) for n in range(alike.FEW + 2)]
    talk = Talk(ruleset, *crowd)
    for person in crowd:
        talk.say(person, "bonjour", ADULTS)
    for _ in range(4):
        talk.say(crowd[0], "grue", ADULTS, minutes=200)
    assert [subject for *_, subject in by_likeness(talk)] == ["p0"]


# ---- what it keeps


def test_the_ledger_stays_small_whatever_is_said(ruleset: Ruleset, one_word: Weights) -> None:
    people = [Person(f"p{n}", "adult", 90) for n in range(30)]
    talk = Talk(ruleset, *people)
    for _ in range(3):
        for person in people:
            talk.say(person, "grue merci", ADULTS)
    kept = talk.ledgers["room:adults"]["like"]
    assert len(kept) == likeness.MOST_PEOPLE
    assert all(len(row[3]) <= likeness.MOST_REFS and len(row[2]) == len(CODES) for row in kept.values())


@pytest.mark.parametrize("parts", [5, 6])  # before there was a network; before it was kept to whom they spoke
def test_what_was_kept_before_is_read(ruleset: Ruleset, parts: int) -> None:
    talk, room = Talk(ruleset, ALICE, BOB), direct(ALICE, BOB)
    talk.say(BOB, "bonjour", room)
    kept = talk.ledgers["room:alice-bob"]["like"]["bob"]
    before = talk.ledgers["room:alice-bob"]["like"]["bob"] = kept[:parts]
    assert likeness.copied({"bob": before})["bob"] == [*before, [], []][:7]
    assert not talk.say(BOB, "bonsoir", room).degraded


def test_the_words_that_weigh_are_lit_and_accuse_nobody(ruleset: Ruleset, one_word: Weights) -> None:
    talk = Talk(ruleset, ALICE, BOB)
    talk.say(BOB, "grue", direct(ALICE, BOB))
    text = "et voici une Grue là"
    lit = [one for one in talk.say(BOB, text, direct(ALICE, BOB)).findings if one.tactic == alike.TACTIC]
    assert [text[slice(*one.span)] for one in lit] == ["Grue"]
    assert not any(one.alerting for one in lit)


def test_a_span_lies_in_the_original_however_it_folds() -> None:
    text = "ﬀﬁ ῂῂ"
    assert len(normalise(text).text) > len(text)
    reading = lexicon_for(load_ruleset(), "fr").read(text)
    assert likeness.weightiest_words(reading, parsed(NOTHING)) == (0, len(text))


def test_any_other_language_is_read_as_french() -> None:
    assert weights_for("") is weights_for("fr")


@pytest.mark.parametrize(("minutes", "protected"), [(1, ("finn",)), (60, ())])
def test_who_was_spoken_to_is_protected_though_another_s_answer_tells(
    ruleset: Ruleset, minutes: float, protected: tuple[str, ...]
) -> None:
    eve, finn = Person("eve", "teen_15_17", 90, "Eve"), Person("finn", "teen_15_17", 90, "Finn")
    talk = Talk(ruleset, ALICE, eve, finn)
    with likeness.instead("fr", parsed("start\t-100\nSgrue\t190\tX1:90\nOhou\t200\tX1:90\n")):
        for author, text in ((finn, "bonjour"), (eve, "Finn, grue"), (finn, "bof")):
            talk.say(author, text, TEENS)
        talk.say(ALICE, "hou", TEENS, minutes=minutes)
    (alert,) = [alert for alert in talk.alerts if alert.tactics == (alike.TACTIC,)]
    assert (alert.subject, alert.protects) == ("eve", protected)
