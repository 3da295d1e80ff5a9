"""The phrases that documents share: a person with their age, a decision, what has been done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from safeguarding.incidents import CHANNELS, INCIDENTS

from .frozen import Decision, FrozenCase, Officer, Person
from .times import clock, day, zone_of
from .words import words_in


def capital(text: str) -> str:
    """`text` with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def watermark(case: FrozenCase) -> str:
    """What every page of every document says across it: for whom this copy is, who hands it over, which copy it is."""
    say, handover = words_in(case.language), case.handover
    recipient = handover.recipient_name or say(f"recipient.{handover.recipient}")
    by = say("copy_by", who=handover.exported_by.name)
    return " · ".join(filter(None, (say("copy_for", who=recipient), by, handover.reference or case.reference)))


class Wording:
    """A case and the words to speak of it in its language."""

    def __init__(self, case: FrozenCase) -> None:
        self.case = case
        self.say: Callable[..., str] = words_in(case.language)
        self.zone = zone_of(case.platform.timezone)
        self.persons = {person.id: person for person in case.persons}
        self.incident = INCIDENTS[case.code]
        self.name = self.incident.words.in_language(case.language)

    def _done(self) -> Iterator[str]:
        for decision in self.case.decisions:
            if decision.effective_at:
                yield f"{self._decision_words(decision)}, {self._at(decision.effective_at)}"
        for measure in self.case.measures:
            who = f" ({self.persons[measure.person].name})" if measure.person else ""
            what = f"{self.say(f'measure.{measure.kind}')}{who}"
            yield f"{what}, {self._at(measure.starts_at)} ({self.say('measure_auto')})"
        for told in self.case.transmissions:
            if told.state != "due":
                yield self.say("pair", a=self._channel(told.channel), b=self.say("told"))

    def _at(self, moment: datetime) -> str:
        return clock(moment, self.zone, self.case.language)

    def _officer(self, officer: Officer) -> str:
        return f"{officer.name} ({officer.role})" if officer.role else officer.name

    def _channel(self, key: str) -> str:
        return CHANNELS[key].in_language(self.case.language) if key in CHANNELS else key

    def _roles(self, person: Person) -> str:
        return ", ".join(self.say(f"role.{role}") for role in person.roles)

    def _age(self, person: Person) -> str:
        if person.age is None or person.age.band == "none":
            return self.say("age_unknown")
        told = [self.say(f"band.{person.age.band}")]
        if person.age.method:
            told.append(self.say(f"method.{person.age.method}"))
        if person.age.verified_on:
            told.append(f"{self.say('verified_on')} {day(person.age.verified_on, self.case.language)}")
        return ", ".join(told)

    def _blocked(self, person: Person) -> Iterator[str]:
        for block in self.case.blocks:
            if block.by == person.id:
                yield f"{self.persons[block.against].name}, {self._at(block.at)}"

    def _who(self, person: Person) -> str:
        return f"{person.name} ({self._age(person)})"

    def _decision_words(self, decision: Decision) -> str:
        words = capital(self.say(f"action.{decision.action}"))
        if decision.person:
            words += f" ({self.persons[decision.person].name})"
        if decision.ends_at:
            words += f", {self.say('until')} {self._at(decision.ends_at)}"
        return words
