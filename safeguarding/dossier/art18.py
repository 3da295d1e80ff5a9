"""The notification of a suspected offence that threatens somebody's life or safety (DSA art. 18, recital 56).

What it must say: the content, when it was published and in which time zone, why it is suspected, what locates and
identifies the recipient of the service. To the authorities of the Member States concerned: where the offence, the
suspect or the victim is; where none is known, of the State of establishment, Europol, or both (art. 18(2)).
"""

from __future__ import annotations

from collections.abc import Iterator

from .codec import utc_text
from .frozen import FrozenCase
from .letters import Block, Letter, letter_pdf
from .quotes import telling
from .times import local_iso

_TITLE = ("Notification d’un soupçon d’infraction pénale", "Notification of suspicion of a criminal offence")
_PLACE_UNKNOWN = (
    "Le lieu des faits, de la personne visée et de la personne à protéger n’est pas connu de la plateforme : la "
    "notification va aux autorités de l’État d’établissement ({country}), ou à Europol (article 18, paragraphe 2).",
    "The platform does not know where the offence, the suspect or the victim is: the notification goes to the "
    "authorities of the Member State of establishment ({country}), or to Europol (Article 18(2)).",
)


def art18_pdf(case: FrozenCase) -> bytes:
    """The notification in the recipient's language, as the bytes of a PDF/A-2a file. Same case, same bytes."""
    return letter_pdf(art18_view(case), case)


def art18_view(case: FrozenCase) -> Block:
    """What the notification says, as plain JSON for the template."""
    return _Notification(case).whole()


class _Notification(Letter):
    def whole(self) -> Block:
        handover, either = self.case.handover, self.either
        return self.laid_out(
            title=either(*_TITLE),
            to=handover.recipient_name or self.say(f"recipient.{handover.recipient}"),
            about=either("règlement (UE) 2022/2065, article 18", "Regulation (EU) 2022/2065, Article 18"),
            sections=(
                (either("Qui notifie", "Who notifies"), self._writer()),
                (either("États concernés", "Member States concerned"), self._states()),
                (either("Pourquoi on le soupçonne", "Why it is suspected"), self._facts()),
                (either("Menace pour la vie ou la sécurité", "Threat to life or safety"), self._danger()),
                (
                    either("Le contenu en question, avec l’heure", "The content in question, with its time"),
                    self._content(),
                ),
                (either("La personne à protéger", "The person to protect"), self._protected()),
                (either("Le destinataire du service visé", "The recipient of the service"), self._suspect()),
                (either("Ce qui a été fait", "What has been done"), self._measures()),
            ),
        )

    def _states(self) -> Iterator[Block]:
        text = self.either(*_PLACE_UNKNOWN).format(country=self.case.platform.country)
        place = next((one.detail for one in self.case.circumstances if one.key == "place" and one.answer == "yes"), "")
        yield from self._rows([self.say("c.place"), place])
        yield {"kind": "text", "text": text}

    def _content(self) -> Iterator[Block]:
        messages = telling(self.case)
        if messages:
            first, last = messages[0].sent_at, messages[-1].sent_at
            yield from self._rows(
                ["UTC", f"{utc_text(first)} – {utc_text(last)}"],
                [self.case.platform.timezone, f"{local_iso(first, self.zone)} – {local_iso(last, self.zone)}"],
            )
        none = self.either("Aucun message n’est joint.", "No message is enclosed.")
        yield from self._quoted(messages, none=none)

    def _protected(self) -> Iterator[Block]:
        for person in self.case.with_role("to_protect"):
            yield from self._described(person)

    def _suspect(self) -> Iterator[Block]:
        yield from self._subjects()
        yield from self._located()
