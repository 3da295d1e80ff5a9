"""What the report says, in words of one language and in order: plain JSON that the template only lays out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, get_args

from safeguarding.incidents import INCIDENTS, LAW, SEVERITIES, citation

from .chronology import chronology
from .codec import utc_text
from .frozen import FrozenCase
from .parts import CircumstanceKey, Person
from .quotes import quotes
from .times import day
from .wording import Wording, capital, watermark

CIRCUMSTANCES: tuple[CircumstanceKey, ...] = get_args(CircumstanceKey)
LINES = 120  # of the chronology; all are in the dossier

Block = dict[str, Any]


def report_view(case: FrozenCase) -> dict[str, Any]:
    """The whole report: head, the five lines a duty officer acts on, and the sections."""
    return _View(case).whole()


class _View(Wording):
    def whole(self) -> dict[str, Any]:
        case, say = self.case, self.say
        return {
            "title": say("title"),
            "reference": case.reference,
            "confidential": say("confidential"),
            "watermark": watermark(case),
            "page": say("page"),
            "of": say("of"),
            "suspected": say("pair", a=say("suspected_of"), b=self.name),
            "head": self._head(),
            "warning": say("not_family") if case.situation.family_may_know == "no" else "",
            "lines": [{"question": say(f"q.{key}"), "answer": answer} for key, answer in self._five()],
            "urgent": case.situation.danger_now == "yes",
            "provisional": say("provisional", zone=case.platform.timezone),
            "sections": [
                {"title": say(f"h.{key}"), "blocks": list(blocks)}
                for key, blocks in (
                    ("persons", self._persons()),
                    ("words", self._words()),
                    ("chronology", self._chronology()),
                    ("detection", self._detection()),
                    ("decisions", self._decisions()),
                    ("law", self._law()),
                    ("transmissions", self._transmissions()),
                    ("record", self._record()),
                )
            ],
        }

    # -------------------------------------------------------------------------------------------- first page

    def _head(self) -> list[list[str]]:
        case, say, handover = self.case, self.say, self.case.handover
        severity = SEVERITIES[case.severity].words.in_language(case.language)
        recipient = say(f"recipient.{handover.recipient}")
        contact = " · ".join(filter(None, (case.platform.contact_phone, case.platform.contact_email)))
        second = say("no_second_officer" if case.names_minor else "second_not_needed")
        if handover.approved_by:
            second = self._officer(handover.approved_by)
        return [
            [say("for"), f"{recipient}, {handover.recipient_name}" if handover.recipient_name else recipient],
            [say("from"), f"{case.platform.operator} ({case.platform.name}, {case.platform.url})\n{contact}"],
            [say("legal_basis"), handover.legal_basis],
            [say("case_opened"), f"{self._at(case.opened_at)} · {say('severity')} {case.severity} ({severity})"],
            [say("prepared"), f"{self._officer(handover.exported_by)}, {say('on')} {self._at(handover.exported_at)}"],
            [say("second_officer"), second],
        ]

    def _five(self) -> Iterator[tuple[str, str]]:
        case, say, situation = self.case, self.say, self.case.situation
        yield "danger", "\n".join(filter(None, (say(f"danger.{situation.danger_now}"), situation.danger_why)))
        protected = case.with_role("to_protect")
        yield "protect", "\n".join(map(self._who, protected)) or say("nobody_to_protect")
        yield "suspected", "\n".join(filter(None, (capital(f"{self.name} ({case.code})"), situation.summary)))
        yield "asked", case.handover.request or say("nothing_asked")
        yield "done", "\n".join(dict.fromkeys(map(capital, self._done()))) or say("nothing_done")

    # ---------------------------------------------------------------------------------------------- sections

    def _persons(self) -> Iterator[Block]:
        say = self.say
        for person in self.case.persons:
            title = say("pair", a=person.name, b=self._roles(person))
            if "notifier" in person.roles:
                told = [[say("identifier"), person.id], ["", say("notifier_masked")]]
                if person.pseudonyms:
                    worn = ", ".join(name.name for name in person.pseudonyms)
                    told = [[say("identifier"), person.id], [say("pseudonyms"), worn], ["", say("notifier_named")]]
                yield {"kind": "facts", "title": title, "rows": told}
                continue
            names = [
                f"{one.name} ({say('since')} {day(one.since.astimezone(self.zone), self.case.language)})"
                for one in person.pseudonyms
            ]
            account = [f"{say('registered')} {self._at(person.joined_at)}"] if person.joined_at else []
            account += [f"{say('closed')} {self._at(person.closed_at)}"] if person.closed_at else []
            account += [say("pair", a=say("past_decisions"), b=person.past_decisions)] if person.past_decisions else []
            rows = [
                [say("identifier"), person.id],
                [say("pseudonyms"), "\n".join(names)],
                [say("assured_age"), self._age(person)],
                [say("declared_age"), person.declared_age],
                [say("discrepancy"), say("discrepancy_said") if person.age_disagrees else ""],
                [say("refused_contact"), "\n".join(self._blocked(person))],
                [say("account"), "\n".join(account)],
            ]
            yield {"kind": "facts", "title": title, "rows": [row for row in rows if row[1]]}
        situation = self.case.situation
        if self.case.names_minor or situation.family_note:
            family = [
                [say("family_knows"), say(situation.family_knows)],
                [say("family_may_know"), say(situation.family_may_know)],
                ["", situation.family_note],
            ]
            yield {"kind": "facts", "title": say("family"), "rows": [row for row in family if row[1]]}

    def _words(self) -> Iterator[Block]:
        say, case = self.say, self.case
        quoted = list(quotes(case))
        yield {"kind": "subtitle", "text": say("h.observed")}
        if quoted:
            count = sum(one["kind"] == "message" for one in quoted)
            yield {"kind": "note", "text": say("quoted", quoted=count, total=len(case.messages))}
            yield {"kind": "quotes", "items": quoted}
        else:
            yield {"kind": "text", "text": say("nothing_kept")}
        yield {"kind": "subtitle", "text": say("h.reported")}
        for report in case.reports:
            head = [
                self._at(report.made_at),
                say("by_notifier", who=report.notifier),
                say(f"category.{report.category}"),
            ]
            head += [say("says_danger")] if report.danger_now else []
            head += [say("about_message", id=report.message)] if report.message else []
            yield {"kind": "saying", "head": " · ".join(head), "text": report.text}
        if not case.reports:
            yield {"kind": "text", "text": say("no_report")}
        yield {"kind": "subtitle", "text": say("h.opinion")}
        for opinion in case.opinions:
            head_line = f"{self._at(opinion.at)} · {self._officer(opinion.by)}"
            yield {"kind": "saying", "head": head_line, "text": opinion.text}
        if not case.opinions:
            yield {"kind": "text", "text": say("no_opinion")}

    def _chronology(self) -> Iterator[Block]:
        events = chronology(self.case)
        kept = events if len(events) <= LINES else [event for event in events if not event.routine]
        rows = [[self._at(event.at), event.text] for event in kept[:LINES]]
        if len(events) > len(rows):
            rows.append(["", self.say("shortened", count=len(events) - len(rows))])
        yield {"kind": "lines", "rows": rows}

    def _detection(self) -> Iterator[Block]:
        say = self.say
        if not self.case.alerts:
            yield {"kind": "text", "text": say("no_alert")}
        else:
            yield {"kind": "note", "text": say("detection_note")}
        for alert in self.case.alerts:
            confirmed = say("not_confirmed")
            if alert.confirmed_by and alert.confirmed_at:
                confirmed = f"{self._officer(alert.confirmed_by)}, {self._at(alert.confirmed_at)}"
            name = INCIDENTS[alert.code].words.in_language(self.case.language) if alert.code in INCIDENTS else ""
            rows = [
                [say("score"), f"{alert.score:g}"],
                [say("signs"), ", ".join(say(f"tactic.{tactic}") for tactic in alert.tactics)],
                [say("when"), self._at(alert.raised_at)],
                [say("human"), confirmed],
            ]
            title = f"{alert.code} {name}, {alert.severity}"
            yield {"kind": "facts", "title": title, "rows": [row for row in rows if row[1]]}
        met = Counter(
            (finding.rule, finding.version)
            for message in self.case.messages
            for version in message.versions
            for finding in version.findings
        )
        if met:
            rows = [
                [rule, version, str(count)]
                for (rule, version), count in sorted(met.items(), key=lambda one: (-one[1], one[0]))[:LINES]
            ]
            head = [say("rule"), say("rule_version"), say("times")]
            yield {"kind": "table", "title": say("rules_met"), "head": head, "rows": rows}

    def _said(self, text: str) -> str:
        """Words as a quotation, or that they are gone: their term was over."""
        return self.say("quote", text=text) if text else self.say("term_over")

    def _decisions(self) -> Iterator[Block]:
        say = self.say
        for decision in self.case.decisions:
            second = f" {say('with_second')} {self._officer(decision.second_person)}" if decision.second_person else ""
            rows = [
                [say("when"), self._at(decision.decided_at)],
                [say("decided_by"), f"{self._officer(decision.decided_by)}{second}"],
                [say("law_cited"), "\n".join(citation(key).in_language(self.case.language) for key in decision.laws)],
                [say("clauses"), ", ".join(decision.clauses)],
            ]
            if decision.effective_at is None:
                rows.append(["", say("waiting")])
            if decision.statement:
                statement = decision.statement
                answer = say("yes" if statement.automated_detection else "no")
                rows.append([say("reasons_sent"), f"{self._said(statement.body)}\n{self._at(statement.sent_at)}"])
                rows.append(["", say("automated_detection", answer=answer)])
            if decision.appeal:
                appeal = decision.appeal
                told = f"{self._said(appeal.text)}\n{self._at(appeal.lodged_at)} · {say(f'appeal.{appeal.state}')}"
                rows.append([say("appeal"), told])
                if appeal.answer:
                    rows.append([say("answer"), say("quote", text=appeal.answer)])
            yield {"kind": "facts", "title": self._decision_words(decision), "rows": [row for row in rows if row[1]]}
        if not self.case.decisions:
            yield {"kind": "text", "text": say("no_decision")}
        written: set[str] = set()  # towards several people at once, a measure is taken once for each
        for measure in self.case.measures:
            who = f" ({self.persons[measure.person].name})" if measure.person else ""
            title = capital(f"{say(f'measure.{measure.kind}')}{who}, {say('measure_auto')}")
            until = self._at(measure.ended_at or measure.ends_at)
            rows = [
                [say("when"), f"{self._at(measure.starts_at)}, {say('until')} {until}"],
                [say("what"), measure.reason],
            ]
            if (block := f"{title}\n{rows}") not in written:
                written.add(block)
                yield {"kind": "facts", "title": title, "rows": rows}

    def _law(self) -> Iterator[Block]:
        say, case = self.say, self.case
        yield {"kind": "note", "text": say("law_note")}
        rows = [[reference, LAW[reference].in_language(case.language)] for reference in self.incident.law]
        yield {"kind": "facts", "title": "", "rows": rows}
        subjects = case.with_role("subject")
        ids = {subject.id for subject in subjects}
        grown = {"adult": "yes", "none": "unknown"}
        facts = [
            [say("f.band"), self._each(case.with_role("to_protect"), lambda person: say(f"band.{person.band}"))],
            [say("f.adult"), self._each(subjects, lambda person: say(grown.get(person.band, "no")))],
            [
                say("f.audience"),
                ", ".join(say("pair", a=room.name, b=say(f"audience.{room.audience}")) for room in case.rooms),
            ],
            [say("f.authors"), str(len(subjects))],
            [say("f.repetition"), str(sum(message.author in ids for message in case.messages))],
        ]
        known = {one.key: one for one in case.circumstances}
        facts += [
            [say(f"c.{key}"), f"{say(one.answer)}{f', {one.detail}' if one.detail else ''}"]
            for key, one in known.items()
            if one.answer != "unknown"
        ]
        yield {"kind": "facts", "title": say("facts"), "rows": [[row[0], row[1] or say("unknown")] for row in facts]}
        answered = {key for key, one in known.items() if one.answer != "unknown"}
        missing = [say(f"c.{key}") for key in CIRCUMSTANCES if key not in answered]
        if missing:
            yield {"kind": "facts", "title": "", "rows": [[say("unknown_list"), ", ".join(missing)]]}

    def _each(self, people: Sequence[Person], tell: Callable[[Person], str]) -> str:
        """What is so of one person; of several, each by name."""
        if len(people) == 1:
            return tell(people[0])
        return "\n".join(self.say("pair", a=person.name, b=tell(person)) for person in people)

    def _transmissions(self) -> Iterator[Block]:
        say = self.say
        told = {one.channel for one in self.case.transmissions}
        rows = [
            [
                self._channel(one.channel),
                " · ".join(
                    filter(
                        None,
                        (
                            say(f"sent.{one.state}"),
                            self._at(one.at) if one.at else "",
                            one.recipient,
                            one.reference,
                            self._officer(one.by) if one.by else "",
                        ),
                    )
                ),
            ]
            for one in self.case.transmissions
        ]
        rows += [[self._channel(key), say("nothing_recorded")] for key in self.incident.tell if key not in told]
        yield {"kind": "facts", "title": "", "rows": rows}

    def _record(self) -> Iterator[Block]:
        say, case = self.say, self.case
        yield {"kind": "text", "text": say("record_note")}
        yield {"kind": "text", "text": say("custody_note", count=len(case.custody))}
        yield {"kind": "text", "text": say("pieces_note", count=len(case.pieces))}
        yield {"kind": "text", "text": say("accesses_note", count=len(case.accesses))}
        if case.handover.unredacted:
            yield {"kind": "text", "text": say("unredacted_note")}
        if case.redactions:
            masked = ", ".join(f"{say(f'masked.{one.kind}')} {one.label}".strip() for one in case.redactions)
            yield {"kind": "text", "text": say("redactions_note", labels=masked)}
        if case.connections:
            yield {"kind": "text", "text": say("connections_note", count=len(case.connections))}
        yield {"kind": "note", "text": f"{case.reference} · {utc_text(case.handover.exported_at)}"}
