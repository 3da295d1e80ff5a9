"""The answer to an authority: a European production or preservation order, or a national requisition.

Regulation (EU) 2023/1543: data within ten days, within eight hours in an emergency (art. 10); preservation for sixty
days, which may be extended by thirty (art. 11); confidentiality towards the user unless the order lets them be
informed (art. 13). What was refused, and on which ground, is said as plainly as what is handed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import rfc8785

from .codec import encode, utc_text
from .frozen import FrozenCase, FrozenCaseError, Order
from .letters import Block, Letter, letter_pdf
from .parts import DataCategory, OrderKind

_TITLES: dict[OrderKind, tuple[str, str]] = {
    "production": ("Réponse à une injonction européenne de production", "Answer to a European Production Order"),
    "emergency": (
        "Réponse à une injonction européenne de production, en urgence",
        "Answer to a European Production Order, in an emergency",
    ),
    "preservation": (
        "Réponse à une injonction européenne de conservation",
        "Answer to a European Preservation Order",
    ),
    "requisition": ("Réponse à une réquisition", "Answer to a requisition"),
}
_CATEGORIES: dict[DataCategory, tuple[str, str]] = {
    "subscriber": ("données relatives à l’abonné", "subscriber data"),
    "identification": (
        "données demandées à seule fin d’identifier l’utilisateur",
        "data requested for the sole purpose of identifying the user",
    ),
    "traffic": ("données relatives au trafic", "traffic data"),
    "content": ("données relatives au contenu", "content data"),
}


def order_json(case: FrozenCase) -> bytes:
    """The answer for machines, canonical JSON: the order, and for each category asked for what is handed over."""
    order = _order_of(case)
    document = {"order": encode(order), "answered_at": utc_text(case.handover.exported_at), "data": {}}
    if not order.refused:
        document["data"] = {category: _data(case, order, category) for category in order.categories}
    return rfc8785.dumps(document)


def order_pdf(case: FrozenCase) -> bytes:
    """The answer as a letter in the recipient's language, as the bytes of a PDF/A-2a file."""
    return letter_pdf(order_view(case), case)


def order_view(case: FrozenCase) -> Block:
    """What the letter says, as plain JSON for the template."""
    return _Answer(case).whole()


def _order_of(case: FrozenCase) -> Order:
    if case.handover.order is None:
        raise FrozenCaseError("handover.order: there is no order to answer")
    return case.handover.order


def _within(order: Order, moment: datetime) -> bool:
    day = moment.date()
    return (order.period_from is None or day >= order.period_from) and (
        order.period_to is None or day <= order.period_to
    )


def _data(case: FrozenCase, order: Order, category: DataCategory) -> list[Any]:
    """What is handed over under one category: nothing beyond the subjects and the period of the order."""
    subjects = case.with_role("subject")
    ids = {person.id for person in subjects}
    match category:
        case "subscriber":
            return [encode(person) for person in subjects]
        case "identification":
            return [
                {**encode(one), "pseudonym": next(person.name for person in subjects if person.id == one.person)}
                for one in case.connections
                if one.person in ids and _within(order, one.at)
            ]
        case "traffic":
            return [
                {"message": one.id, "room": one.room, "author": one.author, "sent_at": utc_text(one.sent_at)}
                for one in case.messages
                if one.author in ids and _within(order, one.sent_at)
            ]
        case "content":
            return [encode(one) for one in case.messages if _within(order, one.sent_at)]


class _Answer(Letter):
    def whole(self) -> Block:
        order, either = _order_of(self.case), self.either
        return self.laid_out(
            title=either(*_TITLES[order.kind]),
            to=order.authority,
            about=f"{order.file_number} · {self.case.reference}",
            sections=(
                (either("Qui répond", "Who answers"), self._writer()),
                (either("Ce qui est demandé", "What is asked"), self._asked(order)),
                (either("Ce qui est remis", "What is handed over"), self._given(order)),
                (either("Confidentialité", "Confidentiality"), self._confidentiality(order)),
            ),
        )

    def _asked(self, order: Order) -> Iterator[Block]:
        checked = ""
        if order.authentic_by:
            checked = " · ".join(filter(None, (self._officer(order.authentic_by), order.authentic_how)))
        period = " – ".join(one.isoformat() if one else "…" for one in (order.period_from, order.period_to))
        yield from self._rows(
            [self.either("Autorité", "Authority"), order.authority],
            [self.either("Référence", "Reference"), order.file_number],
            [self.either("Reçue", "Received"), self._at(order.received_at)],
            [self.either("À exécuter avant", "To be executed by"), self._at(order.due_at)],
            [self.either("Concerne", "About"), order.about],
            [self.either("Données", "Data"), ", ".join(self.either(*_CATEGORIES[one]) for one in order.categories)],
            [self.either("Période", "Period"), period if order.period_from or order.period_to else ""],
            [self.either("Authenticité vérifiée", "Authenticity checked"), checked],
        )

    def _given(self, order: Order) -> Iterator[Block]:
        if order.refused:
            yield from self._rows([self.either("Non exécutée", "Not executed"), order.refused])
            return
        if order.kind == "preservation":
            kept = self.either(
                f"Conservé jusqu’au {self._at(order.due_at)} : {len(self.case.pieces)} pièces.",
                f"Preserved until {self._at(order.due_at)}: {len(self.case.pieces)} pieces.",
            )
            yield {"kind": "text", "text": kept}
            return
        yield from self._rows(
            *(
                [self.either(*_CATEGORIES[one]), str(len(_data(self.case, order, one))) or "0"]
                for one in order.categories
            )
        )
        if missing := [one for one in order.categories if not _data(self.case, order, one)]:
            text = self.either(
                "La plateforme ne détient rien de plus dans : ", "The platform holds nothing more under: "
            ) + ", ".join(self.either(*_CATEGORIES[one]) for one in missing)
            yield {"kind": "note", "text": text}
        where = self.either(
            "Les données sont dans data/channels/order-answer.json.", "The data are in data/channels/order-answer.json."
        )
        yield {"kind": "note", "text": where}

    def _confidentiality(self, order: Order) -> Iterator[Block]:
        told = self.either(
            "L’utilisateur peut être informé, selon l’ordre reçu.", "The user may be informed, as the order says."
        )
        silent = self.either("L’utilisateur n’est pas informé (article 13).", "The user is not informed (Article 13).")
        yield {"kind": "text", "text": told if order.may_inform else silent}
