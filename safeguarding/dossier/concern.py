"""The letter that passes on a concern about a child to the département (CRIP) or 119 (CASF art. L226-2-1).

French, whatever the language of the case, with the headings such forms share: who writes, which child, facts observed
or reported, the child's own words without comment, elements of danger, who knows, what was done, signature.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from .frozen import FrozenCase, Message
from .pdf import render
from .times import clock, day, zone_of
from .transcript import pseudonym_then
from .wording import Wording, capital, watermark

_CHILD_WORDS = 40  # messages of the child quoted; the rest is in the transcript
_UNKNOWN = (
    "Nom, prénom, sexe, date de naissance, domicile, scolarité et titulaires de l’autorité parentale : inconnus de la "
    "plateforme, qui ne recueille aucune identité civile."
)
_TITLE = "Transmission d’une information préoccupante"


def concern_pdf(case: FrozenCase) -> bytes:
    """The letter as the bytes of a PDF/A-2a file. Same case, same bytes."""
    return render("letter.typ", concern_view(case), dataclasses.replace(case, language="fr"))


def is_about_a_child(case: FrozenCase) -> bool:
    """Whether such a letter makes sense: somebody to protect is, or may be, under eighteen."""
    return any(person.is_minor or person.band == "none" for person in case.with_role("to_protect"))


def concern_view(case: FrozenCase) -> dict[str, Any]:
    """What the letter says, as plain JSON for the template."""
    return _Letter(dataclasses.replace(case, language="fr")).whole()


class _Letter(Wording):
    def whole(self) -> dict[str, Any]:
        case, say = self.case, self.say
        handover = case.handover
        named = handover.recipient_name if handover.recipient == "child_protection" else ""
        recipient = named or say("recipient.child_protection")
        return {
            "title": _TITLE,
            "reference": case.reference,
            "confidential": say("confidential"),
            "watermark": watermark(case),
            "page": say("page"),
            "of": say("of"),
            "suspected": say("pair", a=say("suspected_of"), b=self.name),
            "to": f"À : {recipient}",
            "date": f"Le {day(handover.exported_at.astimezone(self.zone), 'fr')}",
            "object": f"Objet : {_TITLE.lower()} (article L226-2-1 du code de l’action sociale et des familles)",
            "sections": [
                {"title": title, "blocks": list(blocks)}
                for title, blocks in (
                    ("Qui écrit", self._writer()),
                    ("L’enfant", self._children()),
                    ("Les faits", self._facts()),
                    ("La parole de l’enfant", self._words()),
                    ("La personne visée", self._subjects()),
                    ("Ce qui fait craindre un danger", self._danger()),
                    ("Qui est informé", self._informed()),
                    ("Ce qui a été fait", self._measures()),
                )
            ],
            "signature": f"{self._officer(handover.exported_by)}\nSignature :",
        }

    def _writer(self) -> Iterator[dict[str, Any]]:
        platform = self.case.platform
        contact = " · ".join(filter(None, (platform.contact_name, platform.contact_phone, platform.contact_email)))
        rows = [
            ["Organisme", f"{platform.operator} ({platform.name}, {platform.url})"],
            ["Adresse", platform.address],
            ["Contact", contact],
            ["Rédigé par", self._officer(self.case.handover.exported_by)],
        ]
        yield {"kind": "facts", "title": "", "rows": [row for row in rows if row[1]]}

    def _children(self) -> Iterator[dict[str, Any]]:
        for person in self.case.with_role("to_protect"):
            rows = [["Pseudonyme", person.name], ["Référence", person.id], ["Âge", self._age(person)]]
            yield {"kind": "facts", "title": "", "rows": rows}
        yield {"kind": "note", "text": _UNKNOWN}

    def _facts(self) -> Iterator[dict[str, Any]]:
        case = self.case
        if case.situation.summary:
            yield {"kind": "text", "text": case.situation.summary}
        rows = [["Soupçon", f"{self.name} ({case.code}), à vérifier"]]
        if case.messages:
            span = f"du {self._at(case.messages[0].sent_at)} au {self._at(case.messages[-1].sent_at)}"
            rows.append(["Constatés", f"{len(case.messages)} messages conservés par la plateforme, {span}"])
        rows += [["Lieu", f"Salon de discussion « {room.name} »"] for room in case.rooms]
        for report in case.reports:
            head = f"le {self._at(report.made_at)}, par {report.notifier} (identité protégée)"
            rows.append(["Rapportés", f"{head}\n« {report.text} »" if report.text else head])
        yield {"kind": "facts", "title": "", "rows": rows}

    def _words(self) -> Iterator[dict[str, Any]]:
        children = {person.id for person in self.case.with_role("to_protect")}
        said = [message for message in self.case.messages if message.author in children]
        for message in said[:_CHILD_WORDS]:
            yield {"kind": "saying", "head": self._heading(message), "text": _verbatim(message)}
        if not said:
            yield {"kind": "text", "text": "Aucun message de l’enfant n’est joint."}
        if len(said) > _CHILD_WORDS:
            yield {"kind": "note", "text": f"Les {len(said)} messages de l’enfant sont dans data/transcript.csv."}

    def _heading(self, message: Message) -> str:
        author = self.persons[message.author]
        return f"{pseudonym_then(author, message)} · {self._at(message.sent_at)} · {message.id}"

    def _subjects(self) -> Iterator[dict[str, Any]]:
        for person in self.case.with_role("subject"):
            rows = [
                ["Pseudonymes", ", ".join(name.name for name in person.pseudonyms)],
                ["Référence", person.id],
                ["Âge vérifié", self._age(person)],
                ["Âge déclaré", person.declared_age],
                ["Lien avec l’enfant", "inconnu"],
            ]
            yield {"kind": "facts", "title": "", "rows": [row for row in rows if row[1]]}
        if not self.case.with_role("subject"):
            yield {"kind": "text", "text": "Aucune personne n’est visée."}

    def _danger(self) -> Iterator[dict[str, Any]]:
        situation = self.case.situation
        rows = [["Danger en ce moment", self.say(f"danger.{situation.danger_now}")], ["", situation.danger_why]]
        rows += [
            [self.say(f"c.{one.key}"), one.detail or self.say("yes")]
            for one in self.case.circumstances
            if one.answer == "yes"
        ]
        yield {"kind": "facts", "title": "", "rows": [row for row in rows if row[1]]}

    def _informed(self) -> Iterator[dict[str, Any]]:
        situation = self.case.situation
        rows = [
            ["Les parents sont au courant", self.say(situation.family_knows)],
            ["Ils peuvent l’être", self.say(situation.family_may_know)],
            ["", situation.family_note],
        ]
        for one in self.case.transmissions:
            if one.state != "due":
                at = f", {clock(one.at, zone_of(self.case.platform.timezone), 'fr')}" if one.at else ""
                rows.append([self._channel(one.channel), f"{self.say(f'sent.{one.state}')}{at}"])
        yield {"kind": "facts", "title": "", "rows": [row for row in rows if row[1]]}

    def _measures(self) -> Iterator[dict[str, Any]]:
        done = "\n".join(map(capital, self._done()))
        yield {"kind": "text", "text": done or self.say("nothing_done")}


def _verbatim(message: Message) -> str:
    return "\n".join(
        f"« {version.text} »" if version.text is not None else "(texte effacé)" for version in message.versions
    )
