"""Which messages a report quotes, and how: word for word, what met a rule highlighted, what is left out counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .frozen import Finding, FrozenCase, Message
from .times import clock, zone_of
from .transcript import pseudonym_then
from .words import words_in

LIMIT = 240  # messages; what a person can read, and every one is in the transcript
_AROUND = 2  # neighbours of a quoted message, for its sense


def chosen(case: FrozenCase, limit: int = LIMIT) -> list[int]:
    """Indexes of the messages to quote, in order: all when they fit, else the gravest first, then their neighbours."""
    total = len(case.messages)
    if total <= limit:
        return list(range(total))
    named = {reference for alert in case.alerts for reference in alert.evidence}
    named |= {report.message for report in case.reports} | {decision.message for decision in case.decisions}
    named |= {measure.message for measure in case.measures}
    ranks: dict[int, int] = {}
    for index, message in enumerate(case.messages):
        if message.id in named:
            ranks[index] = 0
        elif message.state in ("held", "refused", "removed", "deleted") or len(message.versions) > 1:
            ranks[index] = 1
        elif any(version.findings for version in message.versions):
            ranks[index] = 2
    for index in sorted(ranks):
        for near in range(max(0, index - _AROUND), min(total, index + _AROUND + 1)):
            ranks.setdefault(near, 3)
    if not ranks:
        ranks = dict.fromkeys(range(limit), 3)
    return sorted(sorted(ranks, key=lambda index: (ranks[index], index))[:limit])


def telling(case: FrozenCase) -> list[Message]:
    """What a short document quotes, in order: what alerts and reports point at, else what met a rule, else the
    subject's words."""
    pointed = {one for alert in case.alerts for one in alert.evidence} | {report.message for report in case.reports}
    subjects = {person.id for person in case.with_role("subject")}
    by_weight = (
        [message for message in case.messages if message.id in pointed],
        [message for message in case.messages if any(version.findings for version in message.versions)],
        [message for message in case.messages if message.author in subjects],
    )
    return next((found for found in by_weight if found), [])


def segments(text: str, findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """`text` cut where highlighting begins or ends: [{"text", "mark"}]; joined again it is `text`."""
    marked = bytearray(len(text))
    for finding in findings:
        marked[finding.start : finding.end] = b"\1" * (min(finding.end, len(text)) - finding.start)
    cut: list[dict[str, Any]] = []
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or marked[index] != marked[start]:
            cut.append({"text": text[start:index], "mark": bool(marked[start])})
            start = index
    return cut


def quotes(case: FrozenCase, limit: int = LIMIT) -> Iterator[dict[str, Any]]:
    """{"skipped": words} between {"who", "role", "at", "id", "state", "context", "versions": [{"head", "parts"}]}."""
    say, zone = words_in(case.language), zone_of(case.platform.timezone)
    persons = {person.id: person for person in case.persons}
    rooms = {room.id: room.name for room in case.rooms}
    before, room = -1, ""
    for index in chosen(case, limit):
        message = case.messages[index]
        if index > before + 1:
            yield {"kind": "skipped", "text": say("skipped", count=index - before - 1)}
        if message.room != room:
            room = message.room
            yield {"kind": "room", "text": f"{say('in_room')} {say('quote', text=rooms[room])}"}
        before = index
        author = persons[message.author]
        yield {
            "kind": "message",
            "who": pseudonym_then(author, message),
            "subject": "subject" in author.roles,
            "role": ", ".join(say(f"role.{role}") for role in author.roles),
            "at": clock(message.sent_at, zone, case.language),
            "id": message.id,
            "state": "" if message.state == "visible" else say(f"state.{message.state}"),
            "context": say("context") if message.context else "",
            "versions": [_version(case, message, number) for number in range(len(message.versions))],
        }
    if before + 1 < len(case.messages):
        yield {"kind": "skipped", "text": say("skipped", count=len(case.messages) - before - 1)}


def _version(case: FrozenCase, message: Message, number: int) -> dict[str, Any]:
    say, version = words_in(case.language), message.versions[number]
    at = clock(version.written_at, zone_of(case.platform.timezone), case.language)
    signs = sorted({say(f"tactic.{finding.tactic}") for finding in version.findings if finding.tactic})
    return {
        "head": say("version", number=version.number, at=at) if len(message.versions) > 1 else "",
        "erased": say("erased") if version.text is None else "",
        "parts": segments(version.text, version.findings) if version.text else [],
        "signs": ", ".join(signs),
    }
