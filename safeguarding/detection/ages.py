"""False age (M6), in both directions, from what members say about themselves against their verified band.

Never a weapon: somebody who says they are a minor is helped out of adult rooms and asked for a fresh proof, no more.
An adult who passes for young among minors, or a presumed teenager who lets an adult life slip out, is the graver case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import pairs, rooms
from .context import MINORS, Situation
from .counterfactual import Circumstances, rescored
from .normalise import normalise
from .pairs import Sighting
from .tactics import AGE_TACTICS, Profile
from .told import is_news
from .types import Alert, Finding

_BARE_AGE = re.compile(
    r"^\W*(?:j'?\s?ai |jai |g |im |i'm |i am |euh |heu |bah |ben |um |uh |only |just |presque |almost )*(\d{1,2})\b"
)

MINOR_AMONG_ADULTS = Profile(
    code="M6", scope="self", weights={"says_minor": 46, "school": 24, "borrowed_proof": 26},
    levels=((42, "P2"), (22, "P3")), core=frozenset({"says_minor", "school", "borrowed_proof"}),
    measures={"P2": ("fresh_age_proof", "help_card")},
)  # fmt: skip
ADULT_AMONG_MINORS = Profile(
    code="M6", scope="self", weights={"says_adult": 52, "adult_life": 26, "says_minor": 0, "pretends": 50},
    levels=((44, "P1"), (24, "P3")), core=frozenset({"says_adult", "adult_life", "pretends"}),
    measures={"P1": ("hold", "fresh_age_proof", "pause_contact")},
)  # fmt: skip
ADULT_POSING = Profile(
    code="M6", scope="self", weights={"says_minor": 60, "school": 26, "pretends": 50},
    levels=((44, "P1"), (24, "P3")), core=frozenset({"says_minor", "school", "pretends"}),
    measures={"P1": ("hold", "fresh_age_proof", "pause_contact")},
)  # fmt: skip


# What somebody says of their age that their verified band says as well: there is nothing to look at.
_OF_THE_BAND = {
    "teen_13_14": frozenset({"says_minor", "school"}),
    "teen_15_17": frozenset({"says_minor", "school", "says_teen_years"}),
    "adult": frozenset({"says_adult", "adult_life"}),
}


def is_of_the_band(finding: Finding, band: str) -> bool:
    """Whether a finding about an age says only what the verified band says ("I have a maths test", of a pupil)."""
    return finding.code == "M6" and finding.tactic in _OF_THE_BAND.get(band, ())


def _answered_age(situation: Situation) -> int | None:
    """The number said in answer to somebody's question about age."""
    if not rooms.asked_age(situation.room_ledger, situation.author, situation.now):
        return None
    match = _BARE_AGE.match(normalise(situation.utterance.text[:80]).text)
    return int(match[1]) if match and 8 <= int(match[1]) <= 80 else None


def age_alerts(situation: Situation) -> Iterator[Alert]:
    """M6, and what the room remembers of ages (who said they are a minor, who was asked)."""
    now, author, ledger = situation.now, situation.author, situation.author_ledger["self"]
    tactics = situation.tactics
    seen = [
        Sighting(name, tactics[name].weight, situation.utterance.ref, tactics[name].rule, tactics[name].version)
        for name in sorted(AGE_TACTICS | {"adult_life", "pretends"})
        if name in tactics
    ]
    answer = _answered_age(situation)
    if answer is not None and "says_minor" not in tactics and "says_adult" not in tactics:
        name = "says_minor" if answer < 18 else "says_adult"
        seen.append(Sighting(name, 1.0, situation.utterance.ref, "engine.answered_age", "1"))
    if any(one.tactic == "says_minor" for one in seen):
        rooms.note_young(situation.room_ledger, author, now)
    if "age_probe" in tactics:
        rooms.note_age_question(situation.room_ledger, author, now)
    if not seen:
        return
    pairs.record(ledger, seen, now)
    band = situation.person(author).band
    among_minors = situation.minors_room or any(situation.person(key).band in MINORS for key, _ in situation.aimed)
    if band in MINORS:
        profile = ADULT_AMONG_MINORS
    elif among_minors:
        profile = ADULT_POSING
    else:
        profile = MINOR_AMONG_ADULTS
    score = pairs.score(profile, ledger)
    if score.severity is None or pairs.is_cleared(ledger, "M6", score.severity, score):
        return
    if not is_news(ledger["a"], "M6", score.severity, score.total, now):
        return
    protects: tuple[str, ...] = (author,)
    if profile is not MINOR_AMONG_ADULTS:
        near = rooms.recent_speakers(situation.room_ledger, author, now)
        protects = tuple(dict.fromkeys([*(key for key, _ in situation.aimed), *near]))[:8]
    yield Alert(
        "M6", score.severity, author, protects, score.total, tuple(sorted(score.weights)),
        tuple(dict.fromkeys(entry[3] for entry in score.entries))[-12:], profile.measures.get(score.severity, ()),
        {
            "code": "M6", "score": score.total, "weights": dict(score.weights), "bonus": dict(score.bonus),
            "without_age_gap": score.total,
            "rules": [{"rule": e[4], "version": e[5], "ref": e[3]} for e in score.entries],
            "counterfactuals": rescored(profile, ledger, score, Circumstances(), lambda _, other: other.severity),
        },
    )  # fmt: skip
