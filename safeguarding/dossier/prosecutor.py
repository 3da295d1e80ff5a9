"""The letter to the procureur de la République. French, whatever the language of the case.

A public body and its agents report under CPP art. 40 al. 2; anybody else writes as a citizen does, and says so: a
host is bound by DSA art. 18, and everybody by CP art. 434-1 and 434-3. It qualifies nothing: that is the prosecutor's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from safeguarding.incidents import LAW

from .frozen import FrozenCase
from .letters import Block, Letter, letter_pdf
from .quotes import telling

_PUBLIC = "Signalement (article 40, alinéa 2, du code de procédure pénale)"
_CITIZEN = "Signalement de faits susceptibles de constituer une infraction"
_DUTY = (
    "L’organisme n’est pas une autorité constituée au sens de l’article 40 du code de procédure pénale : il écrit "
    "comme peut le faire toute personne, et comme y est tenu un hébergeur lorsque la vie ou la sécurité d’une "
    "personne est menacée (règlement (UE) 2022/2065, article 18)."
)
_MINOR = (
    "Une personne mineure paraît en danger : copie est à adresser à la cellule de recueil des informations "
    "préoccupantes du département (article L226-4 du code de l’action sociale et des familles)."
)


def prosecutor_pdf(case: FrozenCase) -> bytes:
    """The letter as the bytes of a PDF/A-2a file. Same case, same bytes."""
    return letter_pdf(prosecutor_view(case), dataclasses.replace(case, language="fr"))


def prosecutor_view(case: FrozenCase) -> Block:
    """What the letter says, as plain JSON for the template."""
    return _ToTheProsecutor(dataclasses.replace(case, language="fr")).whole()


class _ToTheProsecutor(Letter):
    def whole(self) -> Block:
        handover = self.case.handover
        named = handover.recipient_name if handover.recipient == "prosecutor" else ""
        title = _PUBLIC if self.case.platform.public_body else _CITIZEN
        return self.laid_out(
            title=title,
            to=named or "Procureur de la République près le tribunal judiciaire",
            about=f"{self.name} ({self.case.code}), soupçon à vérifier",
            sections=(
                ("Qui écrit, à quel titre", self._standing()),
                ("Les faits", self._facts()),
                ("Les propos, mot pour mot", self._quoted(telling(self.case), none="Aucun message n’est joint.")),
                ("La personne à protéger", self._protected()),
                ("La personne visée", self._subjects()),
                ("Ce qui identifie le compte", self._located()),
                ("Ce qui fait craindre un danger", self._danger()),
                ("Qualifications envisagées, sous réserve de votre appréciation", self._law()),
                ("Qui est informé", self._informed()),
                ("Ce qui a été fait", self._measures()),
                ("Pièces jointes", self._enclosed()),
            ),
        )

    def _standing(self) -> Iterator[Block]:
        yield from self._writer()
        if not self.case.platform.public_body:
            yield {"kind": "note", "text": _DUTY}

    def _protected(self) -> Iterator[Block]:
        for person in self.case.with_role("to_protect"):
            yield from self._described(person)
        if self.case.names_minor:
            yield {"kind": "note", "text": _MINOR}

    def _law(self) -> Iterator[Block]:
        yield from self._rows(*([reference, LAW[reference].fr] for reference in self.incident.law))

    def _enclosed(self) -> Iterator[Block]:
        text = (
            f"Dossier {self.case.reference} au format BagIt (RFC 8493) : rapport, messages, décisions, journal chaîné, "
            "signature, programme de vérification hors ligne."
        )
        yield {"kind": "text", "text": text}
