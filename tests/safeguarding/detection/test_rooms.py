"""Who is spoken to, who is attacked, who got the same lure: the ledgers of rooms and authors."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from safeguarding.detection import piles, rooms, spread
from safeguarding.detection.types import Person, RoomInfo, Utterance

START = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)
NOW = int(START.timestamp())
ROOM = RoomInfo("r", "room", "salon", "", "teen_15_17")
DIRECT = RoomInfo("d", "direct", "a / b", "", "teen_15_17")
PEOPLE = {
    key: Person(key, "teen_15_17", 100, name)
    for key, name in (("a", "lilou.hand"), ("b", "Théo"), ("c", ""), ("d", ""))
}


def said(author: str, text: str, minute: float = 0, to: tuple[str, ...] = ()) -> Utterance:
    return Utterance(f"{author}{minute}", author, START + timedelta(minutes=minute), text, to)


def room_after(*turns: tuple[str, str]) -> rooms.Ledger:
    ledger = rooms.fresh()
    for minute, (author, text) in enumerate(turns):
        utterance = said(author, text, minute)
        aimed = rooms.addressees(utterance, ROOM, ledger, PEOPLE)
        rooms.note_speaker(ledger, utterance, aimed, rooms.seconds(utterance))
    return ledger


def test_explicit_addressee_is_certain() -> None:
    assert rooms.addressees(said("a", "ok", to=("c",)), ROOM, room_after(("b", "yo")), PEOPLE) == (("c", 1.0),)


def test_other_person_of_a_direct_conversation_is_certain() -> None:
    pair = {key: PEOPLE[key] for key in "ab"}
    assert rooms.addressees(said("a", "salut"), DIRECT, rooms.fresh(), pair) == (("b", 1.0),)


def test_name_in_the_text_beats_the_turn() -> None:
    ledger = room_after(("c", "coucou"), ("d", "yo"))
    assert rooms.addressees(said("c", "t'en penses quoi theo ?", 3), ROOM, ledger, PEOPLE) == (("b", 0.9),)


def test_a_bare_sign_names_nobody_not_even_somebody_without_a_name_to_call() -> None:
    people = PEOPLE | {"e": Person("e", "teen_15_17", 100, "_42_")}
    assert rooms.addressees(said("a", "ok ! ... ( )"), ROOM, room_after(("b", "yo")), people) == (("b", 0.9),)


def test_last_speaker_is_guessed_with_a_confidence() -> None:
    ledger = room_after(("b", "yo"), ("c", "salut"), ("d", "ça va"))
    guesses = rooms.addressees(said("a", "et toi ?", 4), ROOM, ledger, PEOPLE)
    assert guesses[0][0] == "d"
    assert all(0 < confidence < rooms.SURE + 0.01 for _, confidence in guesses)
    assert [confidence for _, confidence in guesses] == sorted((c for _, c in guesses), reverse=True)


def test_nobody_is_guessed_after_a_long_silence() -> None:
    assert rooms.addressees(said("a", "y a quelqu'un ?", 500), ROOM, room_after(("b", "yo")), PEOPLE) == ()


def test_room_ledger_remembers_eight_speakers_and_no_long_text() -> None:
    ledger = rooms.fresh()
    for minute in range(200):
        utterance = said(f"p{minute % 40}", "x" * (minute * 7 % 300), minute / 10)
        rooms.note_speaker(ledger, utterance, (), rooms.seconds(utterance))
    assert len(ledger["sp"]) == rooms.SPEAKERS
    assert all(len(text) <= rooms.TAIL_CHARS for row in ledger["sp"] for text in row[4])
    assert len(json.dumps(ledger)) < 4_000


def test_short_texts_are_forgotten_after_three_minutes() -> None:
    ledger = room_after(("a", "envoie"))
    assert rooms.tail("a", NOW + 60, ledger) == ["envoie"]
    assert rooms.tail("a", NOW + 60 + rooms.TAIL_SECONDS, ledger) == []


def test_bare_number_answers_a_question_of_age_and_nothing_else() -> None:
    ledger = room_after(("a", "salut"))
    assert not rooms.asked_age(ledger, "b", NOW + 60)
    rooms.note_age_question(ledger, "a", NOW)
    assert rooms.asked_age(ledger, "b", NOW + 60)
    assert not rooms.asked_age(ledger, "a", NOW + 60)
    assert not rooms.asked_age(ledger, "b", NOW + 3600)


# ---- many against one


def pile_after(*turns: tuple[str, str | None, str, float]) -> piles.Pile:
    pile = piles.opened({}, NOW)
    for index, (author, target, does, strength) in enumerate(turns):
        piles.note(pile, author, target, [does], strength, str(index), NOW + index)
    return pile


def test_several_against_one_who_does_not_hit_back_is_a_pile_on() -> None:
    pile = pile_after(("b", "d", "exclude", 1.0), ("c", "d", "body", 0.8), ("b", "d", "insult", 0.8))
    verdict = piles.standing(pile, NOW + 10)
    assert verdict is not None
    assert verdict.target == "d"
    assert set(verdict.aggressors) == {"b", "c"}
    assert verdict.subject == "b"


def test_one_attack_is_no_pile_on() -> None:
    assert piles.standing(pile_after(("b", "d", "exclude", 1.0)), NOW) is None


def test_person_who_answers_back_is_never_the_subject() -> None:
    pile = pile_after(
        ("b", "d", "exclude", 1.0), ("d", "b", "deny", 0.0), ("d", "b", "insult", 0.8), ("c", "d", "body", 0.8),
        ("d", "c", "insult", 0.8), ("d", "c", "insult", 0.8), ("b", "d", "sexual_slander", 1.0),
        ("b", "d", "body", 0.8),
        ("e", "b", "defend", 0.0), ("e", "b", "insult", 0.9), ("b", "d", "hate", 1.0),
    )  # fmt: skip
    verdict = piles.standing(pile, NOW + 20)
    assert verdict is not None
    assert verdict.subject == "b"
    assert not {"d", "e"} & set(verdict.aggressors)
    assert piles.is_answering(pile, "d", NOW + 20)
    assert not piles.is_answering(pile, "b", NOW + 20)


def test_who_hits_back_as_hard_but_took_more_than_they_dealt_is_told_apart_from_the_aggressors() -> None:
    pile = pile_after(
        ("b", "d", "hate", 1.0), ("c", "d", "hate", 1.0), ("b", "d", "hate", 1.0), ("c", "d", "hate", 1.0),
        ("d", "b", "hate", 1.0), ("d", "c", "body", 1.0), ("b", "d", "hate", 1.0), ("b", "e", "hate", 1.0),
    )  # fmt: skip
    verdict = piles.standing(pile, NOW + 20)
    assert verdict is not None
    assert (verdict.subject, set(verdict.aggressors)) == ("b", {"b", "c", "d"})
    assert verdict.answering == {"d"}


def test_applause_counts_only_right_after_somebody_elses_attack() -> None:
    pile = pile_after(("b", "d", "exclude", 1.0))
    assert not piles.note_applause(pile, "d", "x", NOW + 5)
    assert not piles.note_applause(pile, "b", "x", NOW + 5)
    assert piles.note_applause(pile, "c", "x", NOW + 5)
    assert not piles.note_applause(pile, "e", "x", NOW + 4000)


def test_pile_stays_bounded_and_forgets_after_a_day() -> None:
    pile = piles.opened({}, NOW)
    for index in range(500):
        piles.note(pile, f"p{index % 60}", "d", ["insult"], 0.5, str(index), NOW + index)
    assert len(pile["hits"]) <= piles.MAX_HITS and len(pile["sides"]) <= piles.MAX_SIDES + piles.MAX_HITS
    assert piles.opened(pile, NOW + 600 + piles.MEMORY) == {"hits": [], "sides": {}}


def test_many_who_talk_of_the_rain_make_nobody_forgotten_who_struck() -> None:
    crowd = [(f"p{index}", None, "", 0.0) for index in range(3 * piles.MAX_SIDES)]
    struck = [(author, "v", "insult", 0.8) for author in ("a", "b", "c")]
    pile = pile_after(*struck, *crowd, ("v", "a", "insult", 0.8))
    assert {"a", "b", "c", "v"} <= pile["sides"].keys() and len(pile["sides"]) == piles.MAX_SIDES
    assert piles.standing(pile, NOW + 100) is None


def test_a_blow_by_somebody_of_whom_nothing_else_is_known_stands_for_nothing() -> None:
    pile = pile_after(*(("a", "v", "insult", 0.8), ("v", "a", "insult", 0.8)) * 2)
    pile["sides"].clear()
    assert piles.standing(pile, NOW + 10) is None


# ---- one to many


def test_near_duplicates_are_one_lure() -> None:
    ledger = spread.fresh()
    texts = (
        "salut toi, tu as envie d'un plan ce soir ?",
        "sаlut tоi tu as envie d'un plan là ce soir",
        "Salut toi ! envie d'un plan ce soir",
    )
    counts = [spread.note_lure(ledger, text, "sexual", [f"p{n}"], NOW + n) for n, text in enumerate(texts)]
    assert counts == [1, 2, 3]
    assert len(ledger["lures"]) == 1


def test_places_leave_as_many_lures_to_be_remembered() -> None:
    ledger = spread.fresh()
    for number in range(spread.MAX_LURES):
        spread.note_lure(
            ledger, f"rendez-vous numero{number} avec tout{number} le{number} monde{number}", "meeting", ["a"], NOW
        )
        spread.note_lure(ledger, f"derriere la gare{number}", "meeting", ["a"], NOW, among="places")
    assert len(ledger["lures"]) == len(ledger["places"]) == spread.MAX_LURES
    assert spread.opened(ledger)[0] == ledger
    spread.note_lure(ledger, "derriere la gare1", "meeting", ["b", "c"], NOW, among="places")
    assert spread.recipients(ledger, NOW, spread.DAY) == ["a", "b", "c"]
    assert spread.opened({key: part for key, part in ledger.items() if key != "places"})[0]["places"] == []


def test_different_texts_are_different_lures() -> None:
    ledger = spread.fresh()
    spread.note_lure(ledger, "tu viens au club photo mardi prochain ?", "plain", ["p1"], NOW)
    spread.note_lure(ledger, "quelqu'un a la réponse de l'exercice quatre", "plain", ["p2"], NOW)
    assert [len(rows) for _words, _kind, rows in ledger["lures"]] == [1, 1]


def test_same_person_twice_is_one_recipient() -> None:
    ledger = spread.fresh()
    for _ in range(5):
        count = spread.note_lure(ledger, "coucou tu fais quoi ce soir mon petit", "plain", ["p1"], NOW)
    assert count == 1


def test_recipients_are_counted_by_hour_and_day_and_forgotten_after() -> None:
    ledger = spread.fresh()
    for hours in range(4):
        spread.note_lure(ledger, "coucou tu fais quoi ce soir mon petit", "plain", [f"p{hours}"], NOW + hours * 3600)
    later = NOW + 3 * 3600
    assert len(spread.recipients(ledger, later, spread.HOUR)) == 1
    assert len(spread.recipients(ledger, later, spread.DAY)) == 4
    assert spread.recipients(ledger, later + 2 * spread.DAY, spread.DAY) == []


def test_author_ledger_stays_bounded() -> None:
    ledger = spread.fresh()
    for index in range(400):
        spread.note_lure(
            ledger,
            f"bonjour phrase numero{index} differente{index} vraiment{index} autre{index}",
            "plain",
            [f"p{index}"],
            NOW + index,
        )
        spread.note_lure(ledger, "la même phrase encore une fois", "plain", [f"q{index}"], NOW + index)
        spread.note_sender(ledger, f"s{index}", NOW + index)
    assert len(ledger["lures"]) <= spread.MAX_LURES and len(ledger["in"]) <= spread.MAX_SENDERS
    assert all(len(rows) <= spread.MAX_RECIPIENTS for _w, _k, rows in ledger["lures"])
    assert len(json.dumps(ledger)) < 12_000
