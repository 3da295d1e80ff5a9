"""Aggressive by its place: words that would say nothing elsewhere, in a room where blows fall ("non", "oui voilà").

A finding of this rule lights a message for whoever reads the conversation later. It accuses nobody: it never alerts,
opens no case, holds nothing, and does not count as an attack. Where nobody attacks, it is never given.

The points were fitted on CyberAgressionAdo (Ollagnier 2024), rounded and cut down to those that matter. Such weights
hold, a little weaker, on scenario families they were not fitted on (docs/detection.md). They know nothing of a family's
subject: only who has attacked, which side somebody takes, how a message is built. They are measured in French only, and
used in French only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from . import piles
from .normalise import normalise
from .types import Finding

RULE = "c1.context"
CODES = frozenset({"C1", "H1", "V2"})
WEIGHT = 0.2

ENOUGH = 11.5
OWN_SHARE = 6.0  # times the share of the author's last messages that were rude or worse
SIDE = 1.0  # for each point of evidence that the author is on the attackers' side, at most MOST_SIDE
MOST_SIDE = 3.0
BLOW = 0.4  # for each blow that fell here lately, at most MOST_BLOWS
MOST_BLOWS = 12
SPEAKS_TO = 3.0  # says "you"
LONG = 3.0  # six words and more: a line against somebody takes some
SHORT = -5.0  # one or two words
DENIES = -3.0  # "I did nothing"
CALMS = -8.0
CAREFUL = -5.0  # the full negation ("ne ... pas"), which few write in anger

_YOU = frozenset(["tu", "t", "te", "toi", "ta", "ton", "tes", "tt", "vous", "vos", "votre", "vs"])
_CALM = frozenset(
    [
        "calme", "calmez", "tranquille", "laisse", "laissez", "merci", "ok", "accord", "arrete", "arretez", "stop",
        "desole", "desolee", "pardon", "raison", "respect", "gentil", "gentille", "serieux", "svp", "stp", "pitie",
    ]
)  # fmt: skip
_FULL_NEGATION = frozenset(("ne", "n"))
_WORD = re.compile(r"[a-z0-9]+")

VERSION = hashlib.sha256(
    repr((
        ENOUGH, OWN_SHARE, SIDE, MOST_SIDE, BLOW, MOST_BLOWS, SPEAKS_TO, LONG, SHORT, DENIES, CALMS, CAREFUL,
        sorted(_YOU), sorted(_CALM),
    )).encode()
).hexdigest()[:12]  # fmt: skip


def is_rude(findings: Iterable[Finding]) -> bool:
    """Whether the words alone attack, or are rude about nobody in particular; what is only quoted is not."""
    return any(found.code in CODES and (found.alerting or found.code == "C1") for found in findings)


def read_in_place(
    text: str, author: str, findings: Iterable[Finding], pile: piles.Pile, now: int, lang: str
) -> Finding | None:
    """What the place of a message adds to words that say nothing by themselves. `pile` as it was before the message."""
    blows = piles.blows(pile, now)
    found = tuple(findings)
    if lang != "fr" or not text or not blows or is_rude(found):
        return None
    words = _WORD.findall(normalise(text).text)
    said = frozenset(words)
    points = OWN_SHARE * piles.rude_share(pile, author)
    points += max(-MOST_SIDE, min(MOST_SIDE, SIDE * piles.side(pile, author)))
    points += BLOW * min(MOST_BLOWS, blows)
    points += SPEAKS_TO * (not said.isdisjoint(_YOU)) + CALMS * (not said.isdisjoint(_CALM))
    points += CAREFUL * (not said.isdisjoint(_FULL_NEGATION)) + DENIES * any(one.tactic == "deny" for one in found)
    points += LONG if len(words) >= 6 else SHORT if len(words) <= 2 else 0.0
    if points < ENOUGH:
        return None
    return Finding("C1", RULE, VERSION, (0, len(text)), None, WEIGHT, None, alerting=False)
