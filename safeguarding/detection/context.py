"""One message in its place: what its words say, and everything the rules of conversation may look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from . import apart, likeness, rooms, turned
from .compose import scan
from .contact import find_contacts
from .lexicon import Lexicon
from .normalise import normalise
from .rulesets import Ruleset
from .tongue import languages_of
from .types import Finding, Person, RoomInfo, Utterance

MAX_FINDINGS = 64
ENOUGH = 32  # that alert: to read such a text anew would only take time
SPLIT_CHARS = 160  # of what somebody said before, read together with what they say now
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


def _besides(found: Sequence[Finding], others: Sequence[Finding]) -> list[Finding]:
    """Findings that meet none of their rule among others."""
    return [
        one
        for one in found
        if not any(
            other.rule == one.rule and other.span[0] < one.span[1] and one.span[0] < other.span[1] for other in others
        )
    ]


def _lately(recent: Sequence[str]) -> str:
    """What somebody said just before: the last text, and others before it as long as they are short together."""
    texts, left = [recent[-1]], SPLIT_CHARS - len(recent[-1])
    for text in reversed(recent[:-1]):
        left -= len(text)
        if left < 0:
            break
        texts.append(text)
    return " ".join((*reversed(texts), ""))


def _completed(said: str, before: str, read: Callable[[str], list[Finding]]) -> list[Finding]:
    """What is only said by two texts together; of what the earlier one said alone was told. Spans end in the later."""
    size = len(before)
    begun = [one for one in read(before + said) if one.span[0] < size < one.span[1]]
    if begun:
        alone = read(before)
        new = _besides(begun, alone)
        again = {one.rule for one in begun} - {one.rule for one in new}
        if again:  # said whole before, it may be said once more in pieces
            cut = max(one.span[1] for one in alone if one.rule in again)
            rest = [one for one in read(before[cut:] + said) if one.rule in again]
            new += [replace(one, span=(one.span[0] + cut, one.span[1] + cut)) for one in rest]
            new = [one for one in new if one.span[0] < size < one.span[1]]
        begun = [replace(one, span=(0, one.span[1] - size)) for one in new]
    return begun


def read_message(
    text: str, *, room: RoomInfo, recent: Sequence[str], ruleset: Ruleset, lang: str = "", sides: bool = True
) -> tuple[Finding, ...]:
    """The findings of a text, and of what it completes when its author split words over `recent` messages.

    Spans are those of `text`; a finding begun in an earlier message starts at 0. Without `sides`, nothing of code SIDE.
    """
    lang = lang if lang in ("fr", "en") else room.lang
    lang = lang if lang in ("fr", "en") else "fr"
    without = "" if sides else SIDE
    scopes = _rule_scopes(ruleset)

    def read(said: str) -> list[Finding]:
        return [one for one in _scan(said, lang, ruleset, without) if _applies(scopes.get(one.rule), room)]

    found = read(text)
    contacts = find_contacts(text, recent=recent) if room.band in MINORS else []
    if sum(one.alerting for one in found) >= ENOUGH:
        return _kept([*found, *contacts])
    source = normalise(text)
    said, signs = apart.run_on(source.text) or (source.text, [])
    if signs:
        again = [one for one in read(said) if apart.is_across(one.span, signs)]
        found += [replace(one, span=source.original(*one.span)) for one in _besides(again, found)]
    shown = turned.as_shown(text)
    if shown:  # what it says to whoever sees it, beside what it says to whoever copies it
        again = read(shown[0]) + (find_contacts(shown[0]) if room.band in MINORS else [])
        found += _besides([replace(one, span=turned.written(one.span, shown[1])) for one in again], found)
    if recent and text:
        have = {finding.rule for finding in found}
        found += [
            replace(one, span=(0, source.original(0, one.span[1])[1]))
            for one in _completed(said, _lately(recent), read)
            if one.rule not in have
        ]
    return _kept([*found, *contacts])


def _kept(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """As many findings as are kept of a text, in their order: of each rule the first before any other's second, what
    alerts before what does not, the weightiest. So nothing is hidden by saying much else.
    """
    if len(found) <= MAX_FINDINGS:
        return tuple(found)
    times: Counter[str] = Counter()
    ranked = []
    for place, one in enumerate(found):
        ranked.append((times[one.rule], not one.alerting, -one.weight, place))
        times[one.rule] += 1
    places = sorted(place for *_, place in sorted(ranked)[:MAX_FINDINGS])
    return tuple(found[place] for place in places)


@dataclass(slots=True)
class Situation:
    """A message, its people and its opened ledgers. The ledgers are private copies that the alerts may write to."""

    utterance: Utterance
    room: RoomInfo
    people: Mapping[str, Person]
    now: int
    aimed: rooms.Addressees
    findings: tuple[Finding, ...]
    lexicon: Lexicon
    room_ledger: dict[str, Any]
    author_ledger: dict[str, Any]
    towards: dict[str, dict[str, Any]]  # person -> ledger of author > person
    backwards: dict[str, dict[str, Any]]  # person -> ledger of person > author (read only)
    recipients: dict[str, dict[str, Any]]  # person -> that person's author ledger
    written_recipients: set[str] = field(default_factory=set)  # whose ledger changed: a newcomer wrote to them
    noted_recipients: set[str] = field(default_factory=set)  # the same: drawn to a rendezvous, or attacked
    grown: list[str] = field(default_factory=list)  # whose talk this message made more like a risky one
    said: Sequence[int] = likeness.NOTHING  # what its words weigh (see likeness)
    told: Sequence[Finding] = ()  # what was found in it by rules and is told of
    drawn: int = 0  # people to whom the author proposed this rendezvous within a day
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
    def minors_addressed(self) -> bool:
        """Whether a minor is certainly among those who will read the message."""
        return self.minors_room or any(map(self.is_minor, self.sure))

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
