"""The letter that passes on a concern about a child to the département (CRIP) or 119 (CASF art. L226-2-1).

French, whatever the language of the case, with the headings such forms share: who writes, which child, facts observed
or reported, the child's own words without comment, elements of danger, who knows, what was done, signature.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from .frozen import FrozenCase
from .letters import Block, Letter, letter_pdf

_UNKNOWN = (
    "Nom, prénom, sexe, date de naissance, domicile, scolarité et titulaires de l’autorité parentale : inconnus de la "
    "plateforme, qui ne recueille aucune identité civile."
)
_TITLE = "Transmission d’une information préoccupante"


def concern_pdf(case: FrozenCase) -> bytes:
    """The letter as the bytes of a PDF/A-2a file. Same case, same bytes."""
    return letter_pdf(concern_view(case), dataclasses.replace(case, language="fr"))


def is_about_a_child(case: FrozenCase) -> bool:
    """Whether such a letter makes sense: somebody to protect is, or may be, under eighteen."""
    return any(person.is_minor or person.band == "none" for person in case.with_role("to_protect"))


def concern_view(case: FrozenCase) -> Block:
    """What the letter says, as plain JSON for the template."""
    return _Concern(dataclasses.replace(case, language="fr")).whole()


class _Concern(Letter):
    def whole(self) -> Block:
        handover = self.case.handover
        named = handover.recipient_name if handover.recipient == "child_protection" else ""
        return self.laid_out(
            title=_TITLE,
            to=named or self.say("recipient.child_protection"),
            about=f"{_TITLE.lower()} (article L226-2-1 du code de l’action sociale et des familles)",
            sections=(
                ("Qui écrit", self._writer()),
                ("L’enfant", self._children()),
                ("Les faits", self._facts()),
                ("La parole de l’enfant", self._child_words()),
                ("La personne visée", self._subjects(["Lien avec l’enfant", "inconnu"])),
                ("Ce qui fait craindre un danger", self._danger()),
                ("Qui est informé", self._informed()),
                ("Ce qui a été fait", self._measures()),
            ),
        )

    def _children(self) -> Iterator[Block]:
        for person in self.case.with_role("to_protect"):
            yield from self._rows(["Pseudonyme", person.name], ["Référence", person.id], ["Âge", self._age(person)])
        yield {"kind": "note", "text": _UNKNOWN}

    def _child_words(self) -> Iterator[Block]:
        children = {person.id for person in self.case.with_role("to_protect")}
        said = [message for message in self.case.messages if message.author in children]
        yield from self._quoted(said, none="Aucun message de l’enfant n’est joint.")
