"""The detector's public functions: `screen` in the posting path, `needs` and `assess` for the full check, `look` to try
rules that do not judge yet.

Pure: no clock, no randomness, no I/O. Time comes with the message; memory comes in and goes out as ledgers, small JSON
objects under the keys `room:K`, `author:A` and `pair:A>B` that the caller stores. The same message with the same
ledgers
and rules gives the same answer, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from . import alerts, alike, pairs, piles, rendezvous, rooms, spread, tone
from .ages import is_of_the_band, of_the_day
from .context import SIDE, Situation, read_message
from .lexicon import lexicon_for
from .rulesets import Ruleset
from .tactics import HELP_CODES
from .types import Alert, Assessment, Finding, Person, RoomInfo, Screening, Utterance, Verdict

_RANK = {Verdict.ALLOW: 0, Verdict.HOLD: 1, Verdict.REFUSE: 2}


def room_key(room: RoomInfo) -> str:
    """The ledger key of a room."""
    return f"room:{room.key}"


def author_key(person: str) -> str:
    """The ledger key of a person."""
    return f"author:{person}"


def pair_key(author: str, other: str) -> str:
    """The ledger key of what `author` does to `other`."""
    return f"pair:{author}>{other}"


def screen(text: str, *, room: RoomInfo, author: Person, recent: Sequence[str] = (), ruleset: Ruleset) -> Screening:
    """What the words alone say, far under a millisecond. `recent`: the author's last texts here, oldest first.

    REFUSE for contact data in a room minors may enter, HOLD for the gravest, ALLOW otherwise; never on D1 alone. Who
    calls for help is never refused: what would be is held, so that it reaches a person and nobody else.
    """
    findings = read_message(text, room=room, recent=recent, ruleset=ruleset, sides=False)
    return Screening(_text_verdict(findings, ruleset), findings, ruleset.digest)


def needs(
    utterance: Utterance, *, room: RoomInfo, room_ledger: Mapping[str, Any], people: Mapping[str, Person]
) -> tuple[str, ...]:
    """The ledger keys `assess` will read and may change, sorted. Those the caller has nothing for are simply missing.

    `people` must hold the author, the addressees and the recent speakers; more does no harm.
    """
    ledger, _anew = rooms.opened(room_ledger)
    aimed = rooms.addressees(utterance, room, ledger, people)
    keys = {room_key(room), author_key(utterance.author)}
    for other, confidence in aimed:
        keys.add(pair_key(utterance.author, other))
        if confidence >= rooms.SURE:
            keys.add(pair_key(other, utterance.author))
            keys.add(author_key(other))
    return tuple(sorted(keys))


def assess(
    utterance: Utterance,
    *,
    room: RoomInfo,
    people: Mapping[str, Person],
    ledgers: Mapping[str, dict[str, Any]],
    ruleset: Ruleset,
) -> Assessment:
    """The full check of one message. Returns the verdict, what was found, the alerts, and the ledgers that changed.

    An alert is given once for a code, a subject and a severity; again only if it grows graver or clearly stronger.
    """
    now = rooms.seconds(utterance)
    room_ledger, degraded = rooms.opened(ledgers.get(room_key(room)))
    room_ledger["pile"] = piles.opened(room_ledger["pile"], now)
    aimed = rooms.addressees(utterance, room, room_ledger, people)
    recent = rooms.tail(utterance.author, now, room_ledger)
    findings = read_message(utterance.text, room=room, recent=recent, ruleset=ruleset, lang=utterance.lang)
    author = people.get(utterance.author)
    findings = of_the_day(findings, utterance, author.band if author else "none")

    author_ledger, anew = spread.opened(ledgers.get(author_key(utterance.author)))
    degraded |= anew
    opened: dict[str, pairs.Ledger] = {}
    others: dict[str, spread.Ledger] = {}
    for other, confidence in aimed:
        keys = [pair_key(utterance.author, other)]
        if confidence >= rooms.SURE:
            keys.append(pair_key(other, utterance.author))
        for key in keys:
            opened[key], anew = pairs.opened(ledgers.get(key))
            degraded |= anew
        if confidence >= rooms.SURE:
            others[other], anew = spread.opened(ledgers.get(author_key(other)))
            degraded |= anew

    situation = Situation(
        utterance=utterance, room=room, people=people, now=now, aimed=aimed, findings=findings,
        lexicon=lexicon_for(ruleset, utterance.lang), room_ledger=room_ledger, author_ledger=author_ledger,
        towards={other: opened[pair_key(utterance.author, other)] for other, _ in aimed},
        backwards={other: opened[key] for other, _ in aimed if (key := pair_key(other, utterance.author)) in opened},
        recipients=others,
    )  # fmt: skip
    told = [found for found in _told(findings) if not is_of_the_band(found, situation.person(utterance.author).band)]
    in_place = tone.read_in_place(utterance.text, utterance.author, findings, room_ledger["pile"], now, utterance.lang)
    if in_place:
        told.append(in_place)
    lit = alike.listen(situation, told)
    raised = alerts.raise_alerts(situation, degraded=degraded)
    meeting = rendezvous.first_meeting(situation)

    changed: dict[str, dict[str, Any]] = {room_key(room): room_ledger, author_key(utterance.author): author_ledger}
    changed |= {pair_key(utterance.author, other): ledger for other, ledger in situation.towards.items()}
    changed |= {author_key(other): others[other] for other in situation.written_recipients | situation.noted_recipients}
    blow = piles.noted_by(room_ledger["pile"], utterance.ref)
    told += [replace(found, code="C1", alerting=False) for found in findings if _applauds(found) and found.rule == blow]
    if lit:
        told.append(lit)
    verdict = _full_verdict(situation, raised, ruleset)
    return Assessment(verdict, tuple(told), raised, changed, ruleset.digest, degraded, meeting)


def look(
    utterance: Utterance, *, room: RoomInfo, room_ledger: Mapping[str, Any], ruleset: Ruleset
) -> tuple[Finding, ...]:
    """What the words of a message alone say by other rules than those that judge it. Changes nothing.

    `room_ledger` as it was before `assess`.
    """
    ledger, _anew = rooms.opened(room_ledger)
    recent = rooms.tail(utterance.author, rooms.seconds(utterance), ledger)
    return _told(read_message(utterance.text, room=room, recent=recent, ruleset=ruleset, lang=utterance.lang))


def _told(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.code != SIDE)


def _applauds(finding: Finding) -> bool:
    """Applause is told of only where it counts as a blow: who reads the alert must see by which words."""
    return finding.code == SIDE and finding.tactic == "abet"


def _text_verdict(findings: Sequence[Finding], ruleset: Ruleset) -> Verdict:
    verdict = Verdict.ALLOW
    actions = ruleset_actions(ruleset) if findings else {}
    for finding in findings:
        if not finding.alerting or finding.code == "D1":
            continue
        wished = Verdict.REFUSE if finding.code == "PII" else _ACTION[actions.get(finding.rule, "flag")]
        verdict = max(verdict, wished, key=_RANK.__getitem__)
    if verdict is Verdict.REFUSE and any(one.alerting and one.code in HELP_CODES for one in findings):
        return Verdict.HOLD
    return verdict


def refusing(findings: Sequence[Finding], ruleset: Ruleset) -> frozenset[str]:
    """The rules for which words alone are refused, contact data among them."""
    actions = ruleset_actions(ruleset)
    return frozenset(
        finding.rule
        for finding in findings
        if finding.alerting and (finding.code == "PII" or actions.get(finding.rule) == "refuse")
    )


def _full_verdict(situation: Situation, raised: Sequence[Alert], ruleset: Ruleset) -> Verdict:
    """What the words say, and held besides where an alert asks for it, or a minor would read that they should die."""
    verdict = _text_verdict(situation.findings, ruleset)
    urges = situation.minors_addressed and "incites_suicide" in situation.tactics
    if urges or any("hold" in alert.measures for alert in raised):
        verdict = max(verdict, Verdict.HOLD, key=_RANK.__getitem__)
    return verdict


_ACTION = {"flag": Verdict.ALLOW, "hold": Verdict.HOLD, "refuse": Verdict.REFUSE}
_actions: dict[str, dict[str, str]] = {}


def ruleset_actions(ruleset: Ruleset) -> Mapping[str, str]:
    """Rule id -> action, kept for the last few rule sets seen."""
    known = _actions.get(ruleset.digest)
    if known is None:
        if len(_actions) >= 8:
            _actions.clear()
        known = _actions[ruleset.digest] = {rule.id: rule.action for rule in ruleset.rules}
    return known
