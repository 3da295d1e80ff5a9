"""Words that are aggressive only by their place: lit for whoever reads on, never an accusation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from safeguarding.detection import tone
from safeguarding.detection.engine import assess, needs, room_key
from safeguarding.detection.rulesets import load_ruleset
from safeguarding.detection.types import Assessment, Person, RoomInfo, Utterance, Verdict

RULES = load_ruleset()
START = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
QUARREL = (
    ("alice", "t'es qu'une grosse merde"), ("mia", "ta gueule sale conne"), ("alice", "tout le monde te déteste"),
    ("mia", "tu pues la mort"), ("alice", "dégage espèce de folle"), ("alice", "tu fais pitié pauvre fille"),
)  # fmt: skip
LINE = "et tu crois que les gens vont venir samedi"


def last_of(*said: tuple[str, str], lang: str = "fr") -> Assessment:
    """What is found in the last of these messages, in a room of three teenagers."""
    room = RoomInfo("r", "room", "", "", "teen_15_17", lang)
    people = {key: Person(key, "teen_15_17", 365) for key in ("alice", "mia", "noor")}
    ledgers: dict[str, dict[str, Any]] = {}
    for n, (author, text) in enumerate(said):
        message = Utterance(str(n), author, START + timedelta(seconds=20 * n), text, lang=lang)
        keys = needs(message, room=room, room_ledger=ledgers.get(room_key(room), {}), people=people)
        given = {key: ledgers[key] for key in keys if key in ledgers}
        result = assess(message, room=room, people=people, ledgers=given, ruleset=RULES)
        ledgers |= result.ledgers
    return result


def lit(result: Assessment) -> bool:
    return any(finding.rule == tone.RULE for finding in result.findings)


def test_plain_words_of_an_attacker_are_lit_amid_blows_and_accuse_nobody() -> None:
    result = last_of(*QUARREL, ("alice", LINE))
    assert lit(result)
    assert result.verdict is Verdict.ALLOW
    assert [finding.alerting for finding in result.findings if finding.rule == tone.RULE] == [False]
    assert all(alert.code != "C1" for alert in result.alerts)


def test_the_same_words_in_peace_are_not_lit() -> None:
    assert not lit(last_of(("alice", "salut les filles"), ("mia", "coucou"), ("alice", LINE)))


def test_calming_denying_and_short_words_are_not_lit_amid_blows() -> None:
    for text in ("calmez vous toutes les deux maintenant svp", "j'ai rien fait moi tu le sais bien", "oui voilà"):
        assert not lit(last_of(*QUARREL, ("noor", text))), text


def test_a_message_lit_by_its_place_is_no_blow() -> None:
    before, after = last_of(*QUARREL), last_of(*QUARREL, ("alice", LINE))
    assert len(before.ledgers["room:r"]["pile"]["hits"]) == len(after.ledgers["room:r"]["pile"]["hits"])


def test_only_french_was_measured_so_only_french_is_lit() -> None:
    quarrel = (("alice", "you are a stupid bitch"), ("mia", "shut up you fat pig"), ("alice", "nobody likes you"))
    assert not lit(last_of(*quarrel * 3, ("alice", "and you think that people will come on saturday"), lang="en"))
