"""One line a thing that happened, in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from safeguarding.incidents import CHANNELS

from .frozen import FrozenCase
from .words import words_in


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` is the key of the words, `text` the line in the case's language, `reference` the id of what it is about.

    `routine` marks the coming and going that a short chronology leaves out first.
    """

    at: datetime
    kind: str
    text: str
    reference: str = ""
    routine: bool = False


def chronology(case: FrozenCase) -> list[Event]:
    """All that happened, oldest first; what happened at once stays in the order of the case."""
    return sorted((*_of_rooms(case), *_of_messages(case), *_of_the_case(case)), key=lambda event: event.at)


def _of_rooms(case: FrozenCase) -> Iterator[Event]:
    say, names = words_in(case.language), {person.id: person.name for person in case.persons}
    for room in case.rooms:
        for stay in room.stays:
            who = names[stay.person]
            yield Event(stay.joined_at, "joined", say("e.joined", who=who, room=room.name), room.id, routine=True)
            if stay.left_at:
                yield Event(stay.left_at, "left", say("e.left", who=who, room=room.name), room.id, routine=True)


def _of_messages(case: FrozenCase) -> Iterator[Event]:
    say, names = words_in(case.language), {person.id: person.name for person in case.persons}
    for message in case.messages[:1]:
        yield Event(message.sent_at, "first", say("e.first", who=names[message.author]), message.id)
    for message in case.messages:
        who = names[message.author]
        if message.state != "visible":
            text = say("e.message", id=message.id, who=who, state=say(f"state.{message.state}"))
            yield Event(message.sent_at, "message", text, message.id)
        for version in message.versions[1:]:
            yield Event(version.written_at, "edited", say("e.edited", who=who, id=message.id), message.id)
    for message in case.messages[-1:]:
        if len(case.messages) > 1:
            yield Event(message.sent_at, "last", say("e.last", who=names[message.author]), message.id)


def _of_the_case(case: FrozenCase) -> Iterator[Event]:
    say, names = words_in(case.language), {person.id: person.name for person in case.persons}
    yield Event(case.opened_at, "opened", say("e.opened_auto" if case.automated else "e.opened"), case.id)
    for block in case.blocks:
        yield Event(block.at, "blocked", say("e.blocked", who=names[block.by], other=names[block.against]))
    for report in case.reports:
        yield Event(report.made_at, "report", say("e.report", who=report.notifier), report.id)
    for alert in case.alerts:
        yield Event(alert.raised_at, "alert", say("e.alert", code=alert.code, severity=alert.severity))
        if alert.confirmed_by and alert.confirmed_at:
            text = say("e.confirmed", code=alert.code, who=alert.confirmed_by.name)
            yield Event(alert.confirmed_at, "confirmed", text)
    for measure in case.measures:
        what = say(f"measure.{measure.kind}")
        yield Event(measure.starts_at, "measure", say("e.measure", what=what), measure.message)
        if measure.ended_at:
            yield Event(measure.ended_at, "measure_end", say("e.measure_end", what=what), measure.message)
    for opinion in case.opinions:
        yield Event(opinion.at, "opinion", say("e.opinion", who=opinion.by.name))
    for decision in case.decisions:
        what = say(f"action.{decision.action}")
        text = say("e.decision", who=decision.decided_by.name, what=what)
        yield Event(decision.decided_at, "decision", text, decision.id)
        if decision.statement:
            who = names.get(decision.person, decision.person)
            yield Event(decision.statement.sent_at, "reasons", say("e.reasons", who=who), decision.id)
        if decision.appeal:
            yield Event(decision.appeal.lodged_at, "appeal", say("e.appeal"), decision.id)
            if decision.appeal.judged_at and decision.appeal.judged_by:
                outcome = say(f"appeal.{decision.appeal.state}")
                text = say("e.judged", who=decision.appeal.judged_by.name, what=outcome)
                yield Event(decision.appeal.judged_at, "judged", text, decision.id)
    for told in case.transmissions:
        if told.at:
            channel = CHANNELS[told.channel].in_language(case.language) if told.channel in CHANNELS else told.channel
            text = say("e.told", channel=channel, state=say(f"sent.{told.state}"))
            yield Event(told.at, "told", text, told.reference)
    if case.closed_at:
        yield Event(case.closed_at, "closed", say("e.closed"), case.id)
    text = say("e.export", who=case.handover.exported_by.name)
    yield Event(case.handover.exported_at, "export", text, case.id)
