"""One message in its place: what its words say, and everything the rules of conversation may look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import likeness, rooms
from .compose import scan
from .contact import find_contacts
from .rulesets import Ruleset
from .tongue import languages_of
from .types import Finding, Person, RoomInfo, Utterance

MAX_FINDINGS = 64
SIDE = "SIDE"  # the code of rules that only tell how to take the others
MINORS = ("teen_13_14", "teen_15_17")
NEWCOMER_DAYS = 7

# What a finding without a tactic does to the person it is aimed at.
_PLAIN_TACTIC: Mapping[tuple[str, str | None], str] = {
    ("V2", "you"): "threat", ("V2", "third"): "threat", ("C1", "you"): "insult", ("D1", "self"): "suicidal",
    ("PII", None): "off_platform",
}  # fmt: skip

_scopes: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {}


def _rule_scopes(ruleset: Ruleset) -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Rule id -> the bands and the rooms to which it is bound, for rules that are bound to some."""
    known = _scopes.get(ruleset.digest)
    if known is None:
        if len(_scopes) >= 8:
            _scopes.clear()
        bound = {rule.id: (rule.bands, rule.rooms) for rule in ruleset.rules if rule.bands or rule.rooms}
        known = _scopes[ruleset.digest] = bound
    return known


def _applies(scope: tuple[tuple[str, ...], tuple[str, ...]] | None, room: RoomInfo) -> bool:
    if scope is None:
        return True
    bands, rooms = scope
    return (not bands or room.band in bands) and (not rooms or room.key in rooms)


def _scan(text: str, lang: str, ruleset: Ruleset, without: str) -> list[Finding]:
    """The findings in the language of the room, and in the other where the text is rather in that."""
    first, *others = languages_of(text, lang)
    found = scan(text, first, ruleset, without=without)
    if others:
        found += [one for other in others for one in scan(text, other, ruleset, without=without)]
        found = list({(one.span, one.rule): one for one in found}.values())
    return found


def read_message(
    text: str, *, room: RoomInfo, recent: Sequence[str], ruleset: Ruleset, lang: str = "", sides: bool = True
) -> tuple[Finding, ...]:
    """The findings of a text, and of what it completes when its author split words over `recent` messages.

    Spans are those of `text`; a finding begun in an earlier message starts at 0. Without `sides`, nothing of code SIDE.
    """
    lang = lang if lang in ("fr", "en") else room.lang
    lang = lang if lang in ("fr", "en") else "fr"
    without = "" if sides else SIDE
    found = _scan(text, lang, ruleset, without)
    if recent and text:
        before = " ".join(recent) + " "
        have = {finding.rule for finding in found}
        across = [
            one for one in _scan(before + text, lang, ruleset, without) if one.span[0] < len(before) < one.span[1]
        ]
        if across:  # what the earlier words said alone was told of them
            have |= {finding.rule for finding in _scan(before, lang, ruleset, without)}
        for finding in across:
            end = finding.span[1]
            if finding.rule not in have:
                found.append(
                    Finding(
                        finding.code, finding.rule, finding.version, (0, end - len(before)), finding.tactic,
                        finding.weight, finding.target, finding.alerting,
                    )
                )  # fmt: skip
    if room.band in MINORS:
        found += find_contacts(text, recent=recent)
    if not found:
        return ()
    scopes = _rule_scopes(ruleset)
    return tuple(f for f in found if _applies(scopes.get(f.rule), room))[:MAX_FINDINGS]


@dataclass(slots=True)
class Situation:
    """A message, its people and its opened ledgers. The ledgers are private copies that the alerts may write to."""

    utterance: Utterance
    room: RoomInfo
    people: Mapping[str, Person]
    now: int
    aimed: rooms.Addressees
    findings: tuple[Finding, ...]
    room_ledger: dict[str, Any]
    author_ledger: dict[str, Any]
    towards: dict[str, dict[str, Any]]  # person -> ledger of author > person
    backwards: dict[str, dict[str, Any]]  # person -> ledger of person > author (read only)
    recipients: dict[str, dict[str, Any]]  # person -> that person's author ledger
    written_recipients: set[str] = field(default_factory=set)  # whose ledger changed: a newcomer wrote to them
    noted_recipients: set[str] = field(default_factory=set)  # the same: drawn to a rendezvous, or attacked
    grown: list[str] = field(default_factory=list)  # whose talk this message made more like a risky one
    said: Sequence[int] = likeness.NOTHING  # what its words weigh (see likeness)
    same_rendezvous: int = 0  # accounts that proposed this rendezvous here in the same words within a day
    same_furtive: tuple[str, ...] = ()  # others of them who did so furtively

    @property
    def author(self) -> str:
        return self.utterance.author

    def person(self, key: str) -> Person:
        """What is known of somebody; a stranger has no band."""
        return self.people.get(key) or Person(key, "none", 0)

    def is_minor(self, key: str) -> bool:
        """A verified minor, or one who said so here: a presumption that only protects. It protects no verified adult
        among minors, who rather passes for young.
        """
        if self.minors_room and self.is_adult(key):
            return False
        return self.person(key).band in MINORS or rooms.said_young(self.room_ledger, key, self.now)

    def is_adult(self, key: str) -> bool:
        """A verified adult who did not say otherwise."""
        return self.person(key).band == "adult"

    def is_newcomer(self, key: str) -> bool:
        """An account of a week or less."""
        return self.person(key).account_age_days <= NEWCOMER_DAYS

    @property
    def minors_room(self) -> bool:
        return self.room.band in MINORS

    @property
    def sure(self) -> list[str]:
        """The people certainly or almost certainly spoken to."""
        return [key for key, confidence in self.aimed if confidence >= rooms.SURE]

    @property
    def tactics(self) -> dict[str, Finding]:
        """tactic -> its strongest finding that alerts, in this message."""
        best: dict[str, Finding] = {}
        for finding in self.findings:
            name = finding.tactic or _PLAIN_TACTIC.get((finding.code, finding.target))
            if name and finding.alerting:
                held = best.get(name)
                if held is None or finding.weight > held.weight:
                    best[name] = finding
        return best
