"""What a person found unfounded weighs no more, of the same people and for the same code, and nothing else changes."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from safeguarding.detection import engine, pairs
from safeguarding.detection.cleared import Judged, clear
from safeguarding.detection.pairs import Sighting
from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.tactics import DAY, M1, V1, lifetime
from safeguarding.detection.types import Alert, Person, RoomInfo
from tests.talk import ADULTS, ALICE, BOB, CHARLIE, DANA, TEENS, Talk, direct

NOW = 1_770_000_000
GROOMING = ("tu as quel âge ?", "t'es mature pour ton âge", "c'est notre secret, ne dis rien à tes parents")


def judge(talk: Talk, room: RoomInfo, *alerts: Alert) -> dict:
    """A person closes the case of these alerts (all told in `room`) as unfounded, now. Returns what changed."""
    judged = [
        Judged(
            alert.code,
            {**alert.explanation, "subject": alert.subject, "protects": list(alert.protects), "others": alert.others},
            alert.evidence,
            engine.room_key(room),
        )
        for alert in alerts
    ]
    before = json.dumps(talk.ledgers, sort_keys=True)
    changed = clear(talk.ledgers, judged, int(talk.at.timestamp()))
    assert json.dumps(talk.ledgers, sort_keys=True) == before
    talk.ledgers.update(json.loads(json.dumps(changed)))
    talk.alerts.clear()
    return changed


def groomed(ruleset: Ruleset, *more: Person) -> tuple[Talk, RoomInfo]:
    talk, room = Talk(ruleset, ALICE, BOB, *more), direct(ALICE, BOB)
    for text in GROOMING:
        talk.say(BOB, text, room, ALICE)
    return talk, room


# ---- what one does to another


@pytest.mark.parametrize("cleared", [True, False])
def test_a_cleared_pair_stays_quiet_on_small_talk_and_on_the_same_line_a_day_later(ruleset: Ruleset, cleared) -> None:
    talk, room = groomed(ruleset)
    told = talk.told("M1")
    assert told and told[-1].severity in ("P0", "P1")
    if cleared:
        judge(talk, room, *told)
    talk.alerts.clear()
    talk.at += timedelta(days=1, minutes=1)
    for text in ("salut, bien dormi ?", "c'est notre secret", "et le match de samedi ?"):
        talk.say(BOB, text, room, ALICE)
    assert bool(talk.told("M1")) is not cleared  # the twin: nobody decided, and what goes on is told again


def test_a_new_grave_lure_alerts_at_once_however_lately_the_pair_was_cleared(ruleset: Ruleset) -> None:
    talk, room = groomed(ruleset)
    judge(talk, room, *talk.told("M1"))
    talk.say(BOB, "envoie-moi une photo de toi sans habits, et on se voit ce soir chez moi, viens seule", room, ALICE)
    assert talk.told("M1")[-1].severity == "P0"


def test_the_gravest_alerts_again_even_in_the_very_words_that_were_cleared(ruleset: Ruleset) -> None:
    talk, room = Talk(ruleset, ALICE, BOB), direct(ALICE, BOB)
    lure = "envoie-moi une photo de toi sans habits, et on se voit ce soir chez moi, viens seule"
    talk.say(BOB, lure, room, ALICE)
    assert talk.told("M1")[-1].severity == "P0"
    judge(talk, room, *talk.told("M1"))
    talk.say(BOB, lure, room, ALICE)
    assert talk.told("M1")[-1].severity == "P0"


def test_another_person_to_protect_is_protected_as_before(ruleset: Ruleset) -> None:
    talk, room = groomed(ruleset, DANA)
    once = talk.told("M1")[-1]
    changed = judge(talk, room, *talk.told("M1"))
    assert engine.pair_key("bob", DANA.key) not in changed
    other = direct(DANA, BOB)
    for text in GROOMING:
        talk.say(BOB, text, other, DANA)
    again = talk.told("M1")[-1]
    assert (again.severity, again.protects) == (once.severity, (DANA.key,))
    assert again.score >= once.score


def test_what_the_other_did_and_other_codes_are_not_forgotten(ruleset: Ruleset) -> None:
    talk, room = groomed(ruleset)
    before = json.loads(json.dumps(talk.ledgers))
    changed = judge(talk, room, *talk.told("M1"))
    assert engine.pair_key("alice", "bob") not in changed
    pair = engine.pair_key("bob", "alice")
    assert changed[pair]["t"] == before[pair]["t"]
    assert set(changed[pair]["c"]) == {"M1"}
    assert pairs.score(V1, changed[pair]).total == pairs.score(V1, pairs.opened(before[pair])[0]).total > 0
    assert pairs.score(M1, changed[pair]).total == 0 < pairs.score(M1, pairs.opened(before[pair])[0]).total


def test_who_answers_what_was_cleared_is_not_looked_at_instead(ruleset: Ruleset) -> None:
    eve = Person("eve", "teen_15_17", 300)
    talk, room = Talk(ruleset, ALICE, eve), direct(ALICE, eve)
    for text in ("je vais te frapper demain", "je sais où t'habites", "t'es morte"):
        talk.say(eve, text, room, ALICE)
    assert talk.told("V2")
    judge(talk, room, *talk.told("V2"))
    talk.say(ALICE, "moi aussi je vais te frapper", room, eve)
    assert "alice" not in {alert.subject for alert in talk.told("V2")}


# ---- the ledger of a pair


def seen(ledger: pairs.Ledger, tactic: str, strength: float = 1.0, ref: str = "", at: int = NOW) -> None:
    ledger["n"] += 1
    ref = ref or str(ledger["n"])
    pairs.record(ledger, [Sighting(tactic, strength, ref, f"rule.{tactic}", "v1")], at)


def cleared_ledger(*tactics: str, rank: int = 2) -> pairs.Ledger:
    ledger = pairs.fresh()
    for tactic in tactics:
        seen(ledger, tactic)
    ledger["a"]["M1"] = [rank, 40.0, NOW]
    pairs.clear(ledger, "M1", NOW)
    return ledger


def quiet(ledger: pairs.Ledger) -> bool:
    score = pairs.score(M1, ledger, pairs.Circumstances(age_gap=True))
    assert score.severity
    return pairs.is_cleared(ledger, "M1", score.severity, score)


def test_the_same_again_is_quiet_another_tactic_or_a_graver_severity_is_not() -> None:
    same = cleared_ledger("secrecy")
    seen(same, "secrecy")
    assert quiet(same)
    seen(same, "gift")
    assert not quiet(same)
    graver = cleared_ledger("secrecy", rank=3)
    for _again in range(3):
        seen(graver, "secrecy")
    assert pairs.score(M1, graver, pairs.Circumstances(age_gap=True)).severity == "P2"
    assert not quiet(graver)
    calling = cleared_ledger("sexual", rank=0)
    seen(calling, "sexual")
    assert pairs.score(M1, calling, pairs.Circumstances(age_gap=True)).severity == "P1"
    assert not quiet(calling)


def test_nothing_that_was_not_told_is_cleared() -> None:
    ledger = pairs.fresh()
    seen(ledger, "secrecy")
    before = json.dumps(ledger)
    pairs.clear(ledger, "M1", NOW)
    assert json.dumps(ledger) == before


def test_what_comes_after_counts_in_full_also_in_an_edited_message_and_where_much_was_seen_before() -> None:
    ledger, anew = cleared_ledger(*["secrecy"] * 6), pairs.fresh()
    seen(ledger, "secrecy", 0.9, ref="1")  # an old message, written anew
    seen(anew, "secrecy", 0.9)
    for _again in range(2):
        seen(ledger, "secrecy", 0.3)
        seen(anew, "secrecy", 0.3)
    assert pairs.score(M1, ledger).weights == pairs.score(M1, anew).weights
    for _again in range(6):
        seen(ledger, "secrecy", 0.3)
    assert pairs.score(M1, ledger).weights["secrecy"] >= pairs.score(M1, anew).weights["secrecy"]
    assert len(ledger["t"]["secrecy"]) == pairs.MAX_ENTRIES


def test_a_clearing_lasts_as_long_as_anything_that_it_cleared() -> None:
    ledger = cleared_ledger("has_images")
    pairs.forget(ledger, NOW + lifetime("has_images") - 1)
    assert ledger["c"] and ledger["t"]
    pairs.forget(ledger, NOW + lifetime("has_images"))
    assert not ledger["c"] and not ledger["t"]
    assert lifetime("has_images") == 180 * DAY


# ---- a room


def test_the_blows_of_a_cleared_pile_on_are_forgotten_and_new_ones_are_a_pile_on(ruleset: Ruleset) -> None:
    eve, finn = (Person(key, "teen_15_17", 100) for key in ("eve", "finn"))
    talk = Talk(ruleset, ALICE, DANA, eve, finn)
    blows = ((eve, "personne t'aime ici"), (finn, "grosse vache"), (eve, "dégage du groupe"), (finn, "sale grosse"))
    talk.say(ALICE, "salut", TEENS)
    for author, text in blows:
        talk.say(author, text, TEENS, ALICE)
    told = talk.told("C1")
    talk.say(eve, "dégage du groupe", TEENS, DANA)
    changed = judge(talk, TEENS, *told)
    assert {hit[2] for hit in changed[engine.room_key(TEENS)]["pile"]["hits"]} == {DANA.key}
    talk.say(eve, "t'es nulle", TEENS, ALICE)
    assert talk.told("C1") == []
    for author, text in blows:
        talk.say(author, text, TEENS, ALICE)
    assert talk.told("C1")


def test_who_was_found_not_to_pile_on_apart_does_not_count_for_the_next(ruleset: Ruleset) -> None:
    gang = [Person(key, "teen_15_17", 100) for key in ("eve", "finn", "gus", "hal")]
    talk = Talk(ruleset, ALICE, *gang)
    for person in gang[:3]:
        talk.say(person, "personne t'aime grosse vache, crève", direct(ALICE, person), ALICE)
    (alert,) = [alert for alert in talk.told("C1") if "apart" in alert.explanation]
    assert judge(talk, direct(ALICE, gang[2]), alert)["author:alice"]["struck"] == []
    talk.say(gang[3], "personne t'aime grosse vache, crève", direct(ALICE, gang[3]), ALICE)
    assert [alert for alert in talk.told("C1") if "apart" in alert.explanation] == []


def test_urging_that_was_judged_no_such_thing_is_told_when_it_comes_again(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    talk.say(DANA, "va te pendre", TEENS, ALICE)
    judge(talk, TEENS, *talk.told("C1"))
    assert talk.ledgers[engine.room_key(TEENS)]["pile"]["hits"] == []
    talk.say(DANA, "va te pendre", TEENS, ALICE)
    assert [alert.subject for alert in talk.told("C1")] == ["dana"]


def test_of_a_cleared_ambush_neither_account_weighs_for_the_other(ruleset: Ruleset) -> None:
    hook, second = Person("hook", "adult", 2), Person("second", "adult", 40)
    talk = Talk(ruleset, CHARLIE, hook, second)
    talk.say(hook, "on se retrouve derrière la zone industrielle ?", ADULTS, CHARLIE)
    talk.say(second, "viens seul, et pas d'appel", ADULTS, CHARLIE)
    judge(talk, ADULTS, *talk.told("V1"))
    talk.at += timedelta(days=1, minutes=1)
    talk.say(second, "viens seul", ADULTS, CHARLIE)
    assert talk.told("V1") == []
    talk.say(second, "rdv derrière la zone industrielle à 23h, viens seul, efface nos messages", ADULTS, CHARLIE)
    assert [alert.severity for alert in talk.told("V1") if alert.subject == "second"] == ["P0"]


def test_a_talk_that_was_like_a_risky_one_begins_anew(ruleset: Ruleset) -> None:
    talk, room = groomed(ruleset)
    key = engine.room_key(room)
    assert "M1" in talk.ledgers[key]["like"]["bob"][4]
    others = {name: row for name, row in talk.ledgers[key]["like"].items() if name != "bob"}
    assert judge(talk, room, *talk.told("M1"))[key]["like"] == others


def test_a_room_found_in_order_begins_anew_and_a_theme_is_told_again_when_it_fills_it(ruleset: Ruleset) -> None:
    people = [Person(f"p{n}", "adult", 300) for n in range(3)]
    knitting = RoomInfo("knit", "room", "Tricot et crochet", "", "adult")

    def fill(talk: Talk, times: int) -> None:
        for n in range(times):
            talk.say(people[n % 3], f"salut, quelqu'un pour un plan cul ce soir {n}", knitting)

    talk = Talk(ruleset, *people)
    fill(talk, 10)
    told = [alert for alert in talk.alerts if alert.tactics == ("room_drift",)]
    assert told
    judge(talk, knitting, *told)
    talk.at += timedelta(days=1, minutes=1)
    fill(talk, 3)
    assert not any(alert.tactics == ("room_drift",) for alert in talk.alerts)
    fill(talk, 1)
    assert any(alert.tactics == ("room_drift",) for alert in talk.alerts)


# ---- what is never cleared


@pytest.mark.parametrize(
    ("code", "more"), [("D1", {}), ("M7", {}), ("M1", {"by_rules": ["m1.fr.x"]})], ids=["D1", "M7", "by rules"]
)
def test_a_call_for_help_and_what_was_not_weighed_touch_no_ledger(code, more) -> None:
    assert Judged(code, {"subject": "a", "protects": ["b"], **more}, (), "room:r").ledgers == frozenset()


def test_an_age_that_was_cleared_is_not_told_again_by_the_same_words(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    talk.say(BOB, "j'ai 15 ans", ADULTS, CHARLIE)
    told = talk.told("M6")
    assert told and told[-1].severity == "P2"
    judge(talk, ADULTS, *told)
    talk.at += timedelta(days=1, minutes=1)
    talk.say(BOB, "j'ai 15 ans", ADULTS, CHARLIE)
    assert talk.told("M6") == []
