"""A talk as the worker would play it, for the tests of the engine: its cast, its rooms, its ledgers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from safeguarding.detection import engine
from safeguarding.detection.lexicon import Lexicon
from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.types import Alert, Assessment, Person, RoomInfo, Utterance

START = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)
ALICE = Person("alice", "teen_15_17", 200)
BOB = Person("bob", "adult", 30)
CHARLIE = Person("charlie", "adult", 400)
DANA = Person("dana", "teen_15_17", 90)
TEENS = RoomInfo("teens", "room", "salon", "", "teen_15_17")
ADULTS = RoomInfo("adults", "room", "salon", "", "adult")
LURE = (
    "tu fais plus grande que ton âge", "t'es seule chez toi ?", "tu m'envoies une photo de toi ?",
    "ça reste entre nous", "on se voit samedi derrière la gare",
)  # fmt: skip


class Talk:
    """A conversation as the worker would play it: ledgers loaded by `needs`, stored after each message."""

    def __init__(self, ruleset: Ruleset, *people: Person) -> None:
        self.ruleset, self.people, self.ledgers, self.n = ruleset, {p.key: p for p in people}, {}, 0
        self.at = START
        self.alerts: list[Alert] = []

    def say(
        self, author: Person, text: str, room: RoomInfo, *to: Person, minutes: float = 1, lang: str = "fr"
    ) -> Assessment:
        self.n += 1
        self.at += timedelta(minutes=minutes)
        utterance = Utterance(str(self.n), author.key, self.at, text, tuple(p.key for p in to), lang)
        room_ledger = self.ledgers.get(engine.room_key(room), {})
        keys = engine.needs(utterance, room=room, room_ledger=room_ledger, people=self.people)
        held = {key: self.ledgers[key] for key in keys if key in self.ledgers}
        frozen = json.dumps(held, sort_keys=True)
        result = engine.assess(utterance, room=room, people=self.people, ledgers=held, ruleset=self.ruleset)
        assert json.dumps(held, sort_keys=True) == frozen, "assess must not write to the ledgers it was given"
        assert set(result.ledgers) <= set(keys), "assess must not touch what it did not ask for"
        self.ledgers.update(json.loads(json.dumps(result.ledgers)))
        self.alerts += result.alerts
        return result

    def told(self, code: str) -> list[Alert]:
        return [alert for alert in self.alerts if alert.code == code]


def direct(one: Person, other: Person) -> RoomInfo:
    return RoomInfo(
        f"{one.key}-{other.key}", "direct", "", "", "teen_15_17" if "teen" in one.band + other.band else "adult"
    )


def words(lexicon: Lexicon, text: str) -> str:
    """A text as the rules see it: its words, a space between."""
    reading = lexicon.read(text)
    return " ".join(reading.word(index) for index in range(len(reading.pieces)))
