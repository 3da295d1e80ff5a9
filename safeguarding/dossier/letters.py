"""What letters share: to whom, when, about what, the blocks they are made of, a place to sign."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .frozen import FrozenCase, Message, Person
from .pdf import render
from .times import day
from .transcript import pseudonym_then
from .wording import Wording, capital, watermark
from .words import spaced

Block = dict[str, Any]
_QUOTED = 40  # messages a letter quotes; the rest is in the transcript


def letter_pdf(view: dict[str, Any], case: FrozenCase) -> bytes:
    """A letter (see `Letter.laid_out`) as the bytes of a PDF/A-2a file. Same case, same bytes."""
    return render("letter.typ", view, case)


class Letter(Wording):
    """The blocks of a letter in the case's language; a letter that is French by nature takes a case that is."""

    def laid_out(self, *, title: str, to: str, about: str, sections: Iterable[tuple[str, Iterable[Block]]]) -> Block:
        """The whole letter as plain JSON for the template; an empty section is left out."""
        case, say = self.case, self.say
        built = [{"title": heading, "blocks": list(blocks)} for heading, blocks in sections]
        moment = case.handover.exported_at.astimezone(self.zone)
        return {
            "title": title,
            "reference": case.reference,
            "confidential": say("confidential"),
            "watermark": watermark(case),
            "page": say("page"),
            "of": say("of"),
            "suspected": say("pair", a=say("suspected_of"), b=self.name),
            "warning": say("not_family") if case.situation.family_may_know == "no" else "",
            "to": say("pair", a=self.either("À", "To"), b=to),
            "date": f"Le {day(moment, 'fr')}" if case.language == "fr" else day(moment, "en"),
            "object": say("pair", a=self.either("Objet", "Subject"), b=about),
            "sections": [section for section in built if section["blocks"]],
            "signature": f"{self._officer(case.handover.exported_by)}\n{self.either('Signature :', 'Signature:')}",
        }

    def either(self, fr: str, en: str) -> str:
        """Words of this letter alone, in its language."""
        return spaced(fr) if self.case.language == "fr" else en

    def _rows(self, *rows: list[str], title: str = "") -> Iterator[Block]:
        """A list of label and text, without the lines that have no text."""
        told = [row for row in rows if row[1]]
        if told:
            yield {"kind": "facts", "title": title, "rows": told}

    def _writer(self) -> Iterator[Block]:
        platform = self.case.platform
        contact = " · ".join(filter(None, (platform.contact_name, platform.contact_phone, platform.contact_email)))
        yield from self._rows(
            [self.either("Organisme", "Organisation"), f"{platform.operator} ({platform.name}, {platform.url})"],
            [self.either("Adresse", "Address"), platform.address],
            ["Contact", contact],
            [self.either("Rédigé par", "Written by"), self._officer(self.case.handover.exported_by)],
        )

    def _facts(self) -> Iterator[Block]:
        case = self.case
        if case.situation.summary:
            yield {"kind": "text", "text": case.situation.summary}
        rows = [
            [
                self.say("suspected_of"),
                f"{self.name} ({case.code}), {self.either('à vérifier', 'to be checked')}",
            ]
        ]
        if case.messages:
            first, last = self._at(case.messages[0].sent_at), self._at(case.messages[-1].sent_at)
            kept = self.either(
                f"{len(case.messages)} messages conservés par la plateforme, du {first} au {last} "
                f"({case.platform.timezone})",
                f"{len(case.messages)} messages kept by the platform, from {first} to {last} "
                f"({case.platform.timezone})",
            )
            rows.append([self.either("Constatés", "Observed"), kept])
        for room in case.rooms:
            where = self.say("quote", text=room.name)
            rows.append([self.either("Lieu", "Place"), f"{self.either('Salon de discussion', 'Chat room')} {where}"])
        for report in case.reports:
            at = self._at(report.made_at)
            head = self.either(
                f"le {at}, par {report.notifier} (identité protégée)",
                f"{at}, by {report.notifier} (identity protected)",
            )
            said = f"{head}\n{self.say('quote', text=report.text)}" if report.text else head
            rows.append([self.either("Rapportés", "Reported"), said])
        yield from self._rows(*rows)

    def _quoted(self, messages: list[Message], *, none: str) -> Iterator[Block]:
        """Messages word for word, every version, without comment."""
        for message in messages[:_QUOTED]:
            author = self.persons[message.author]
            head = f"{pseudonym_then(author, message)} · {self._at(message.sent_at)} · {message.id}"
            if message.state != "visible":
                head += f" · {self.say(f'state.{message.state}')}"
            yield {"kind": "saying", "head": head, "text": self._verbatim(message)}
        if not messages:
            yield {"kind": "text", "text": none}
        if len(messages) > _QUOTED:
            left = self.either(
                f"Les {len(messages)} messages sont dans data/transcript.csv.",
                f"All {len(messages)} messages are in data/transcript.csv.",
            )
            yield {"kind": "note", "text": left}

    def _verbatim(self, message: Message) -> str:
        return "\n".join(
            self.say("quote", text=version.text)
            if version.text is not None
            else self.either("(texte effacé)", "(text erased)")
            for version in message.versions
        )

    def _described(self, person: Person, *extra: list[str]) -> Iterator[Block]:
        yield from self._rows(
            [self.say("pseudonyms"), ", ".join(name.name for name in person.pseudonyms)],
            [self.either("Référence", "Reference"), person.id],
            [self.say("assured_age"), self._age(person)],
            [self.say("declared_age"), person.declared_age],
            [self.say("discrepancy"), self.say("discrepancy_said") if person.age_disagrees else ""],
            *extra,
        )

    def _subjects(self, *extra: list[str]) -> Iterator[Block]:
        for person in self.case.with_role("subject"):
            yield from self._described(person, *extra)
        if not self.case.with_role("subject"):
            yield {"kind": "text", "text": self.either("Aucune personne n’est visée.", "Nobody is suspected.")}

    def _danger(self) -> Iterator[Block]:
        situation = self.case.situation
        yield from self._rows(
            [self.either("Danger en ce moment", "Danger now"), self.say(f"danger.{situation.danger_now}")],
            ["", situation.danger_why],
            *(
                [self.say(f"c.{one.key}"), one.detail or self.say("yes")]
                for one in self.case.circumstances
                if one.answer == "yes"
            ),
        )

    def _informed(self) -> Iterator[Block]:
        situation = self.case.situation
        rows = [
            [self.either("Les parents sont au courant", "The parents know"), self.say(situation.family_knows)],
            [self.either("Ils peuvent l’être", "They may be told"), self.say(situation.family_may_know)],
            ["", situation.family_note],
        ]
        for one in self.case.transmissions:
            if one.state != "due":
                at = f", {self._at(one.at)}" if one.at else ""
                rows.append([self._channel(one.channel), f"{self.say(f'sent.{one.state}')}{at}"])
        yield from self._rows(*rows)

    def _measures(self) -> Iterator[Block]:
        yield {"kind": "text", "text": "\n".join(map(capital, self._done())) or self.say("nothing_done")}

    def _located(self) -> Iterator[Block]:
        """What locates an account: when it was opened, and its connections where they are handed over."""
        for person in self.case.with_role("subject"):
            opened = self._at(person.joined_at) if person.joined_at else ""
            closed = self._at(person.closed_at) if person.closed_at else ""
            origin = [
                f"{one.address}{f' : {one.port}' if one.port else ''}, {self._at(one.at)}"
                for one in self.case.connections
                if one.person == person.id
            ]
            yield from self._rows(
                [self.either("Compte", "Account"), f"{person.name} ({person.id})"],
                [self.either("Ouvert le", "Opened on"), opened],
                [self.either("Fermé le", "Closed on"), closed],
                [self.either("Connexions", "Connections"), "\n".join(origin[-20:])],
            )
        if not self.case.connections:
            yield {
                "kind": "note",
                "text": self.either(
                    "Les données de connexion sont conservées un an et remises sur réquisition.",
                    "Connection data are kept for a year and handed over on an order.",
                ),
            }
