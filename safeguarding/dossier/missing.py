"""What a dossier for one recipient still lacks, told before it is built, field by field, in the officer's language.

Pure: a page shows it while a dossier is prepared. What is `blocking` would make a file wrong or be refused by whoever
receives it; the rest is what a duty officer would ask on the telephone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from safeguarding.incidents import INCIDENTS, Words

from .channels import THREATENS
from .concern import is_about_a_child
from .cybertip import INCIDENT_TYPES
from .cybertip import LENGTHS as CYBERTIP_LENGTHS
from .dsa import check_statement, dsa_statements
from .frozen import UNREDACTED, FrozenCase
from .parts import CircumstanceKey, Recipient
from .revealing import hate_is_the_ground
from .words import WORDS

# The facts that a qualification of each family turns on first.
_TURNS_ON: Mapping[str, tuple[CircumstanceKey, ...]] = MappingProxyType(
    {
        "M": ("meeting", "images_asked", "images_sent", "money_or_gifts", "secrecy"),
        "V": ("meeting", "place", "threat", "hate_words"),
        "H": ("hate_words", "threat"),
        "C": ("threat", "images_sent"),
        "S": ("money_or_gifts",),
    }
)


@dataclass(frozen=True, slots=True)
class Missing:
    """`field` is its path in the frozen case; `label` and `reason` are words for the officer."""

    field: str
    label: str
    reason: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class _Lack:
    field: str
    label: Words
    reason: Words
    blocking: bool


_IS_MISSING = Words("manque", "is missing")
_NOBODY_ANSWERED = Words("personne n’a répondu", "nobody has answered")
_LABELS: Mapping[str, Words] = MappingProxyType(
    {
        "handover.legal_basis": Words("Fondement juridique", "Legal basis"),
        "handover.recipient_name": Words("Destinataire précis", "Which recipient exactly"),
        "handover.request": Words("Ce qui est demandé", "What is asked"),
        "handover.unredacted": Words("Copie intégrale", "Unredacted copy"),
        "handover.approved_by": Words("Seconde signature", "Second officer"),
        "handover.order": Words("Demande de l’autorité", "Order of the authority"),
        "situation.danger_now": Words("Danger en ce moment", "Danger now"),
        "situation.danger_why": Words("Pourquoi il y a danger", "Why there is danger"),
        "situation.summary": Words("Ce que l’on soupçonne, en quelques mots", "What is suspected, in a few words"),
        "situation.family_may_know": Words("Les parents peuvent-ils l’être ?", "May the parents be told?"),
        "platform.name": Words("Nom de la plateforme", "Name of the platform"),
        "platform.address": Words("Adresse de l’organisme", "Address of the organisation"),
        "platform.contact_phone": Words("Téléphone où répondre", "Telephone to call back"),
        "platform.contact_email": Words("Adresse électronique où répondre", "Mail address to write back"),
        "rooms": Words("Nom du salon", "Name of the room"),
        "persons": Words("Personnes", "Persons"),
        "messages": Words("Messages", "Messages"),
        "alerts": Words("Regard humain sur l’alerte", "A person’s look at the alert"),
        "decisions": Words("Décisions", "Decisions"),
        "code": Words("Nature des faits", "Kind of incident"),
    }
)


def missing_pieces(case: FrozenCase, recipient: Recipient, language: str) -> list[Missing]:
    """What is missing, wrong or too long in `case` for `recipient`, blocking things first; empty when nothing is.

    `case` is as it would be handed over; `recipient` counts, whatever its handover says. `language`: "fr" or "en".
    """
    told = [
        Missing(lack.field, lack.label.in_language(language), lack.reason.in_language(language), lack.blocking)
        for lack in (*_for_anybody(case, recipient), *_FOR[recipient](case))
    ]
    return sorted(dict.fromkeys(told), key=lambda one: not one.blocking)


def _lack(field: str, reason: Words = _IS_MISSING, *, blocking: bool = False) -> _Lack:
    return _Lack(field, _LABELS[field], reason, blocking)


def _for_anybody(case: FrozenCase, recipient: Recipient) -> Iterator[_Lack]:
    handover, situation = case.handover, case.situation
    if not handover.legal_basis.strip():
        yield _lack("handover.legal_basis", blocking=True)
    if handover.unredacted and recipient not in UNREDACTED:
        told = Words("réservée à la police et au parquet", "for police and prosecutors alone")
        yield _lack("handover.unredacted", told, blocking=True)
    if not situation.summary.strip():
        yield _lack("situation.summary", blocking=recipient in ("prosecutor", "child_protection"))
    if situation.danger_now == "unknown":
        yield _lack("situation.danger_now", _NOBODY_ANSWERED)
    if situation.danger_now == "yes" and not situation.danger_why.strip():
        yield _lack("situation.danger_why")
    if not case.platform.contact_phone:
        yield _lack("platform.contact_phone")
    if not case.platform.contact_email:
        yield _lack("platform.contact_email", blocking=True)
    if not case.platform.address.strip() and recipient != "regulator":
        yield _lack("platform.address", blocking=recipient == "prosecutor")  # a letter has one
    if not case.messages:
        yield _lack("messages", Words("aucun n’est joint", "none is enclosed"))
    if not case.with_role("to_protect"):
        yield _lack("persons", Words("aucune personne à protéger n’est désignée", "no person to protect is named"))
    if case.alerts and not (case.decisions or any(alert.confirmed_by for alert in case.alerts)):
        told = Words("personne n’a confirmé ce que la machine a vu", "nobody has confirmed what the machine saw")
        yield _lack("alerts", told)
    if case.names_minor and handover.approved_by is None:
        yield _lack("handover.approved_by", Words("une personne mineure est nommée", "a minor is named"))
    if case.names_minor and situation.family_may_know == "unknown":
        told = Words(
            "personne n’a répondu : rien ne dirait de ne pas leur révéler",
            "nobody has answered: nothing would say not to tell them",
        )
        yield _lack("situation.family_may_know", told)
    answered = {one.key for one in case.circumstances if one.answer != "unknown"}
    for key in _TURNS_ON.get(INCIDENTS[case.code].family, ()):
        if key not in answered:
            reason = _hate_words(case) if key == "hate_words" else _NOBODY_ANSWERED
            yield _Lack(f"circumstances.{key}", WORDS[f"c.{key}"], reason, blocking=False)


def _hate_words(case: FrozenCase) -> Words:
    if hate_is_the_ground(case):
        return Words(
            "personne n’a répondu ; les mots sur l’orientation restent lisibles",
            "nobody has answered; words on orientation stay readable",
        )
    return Words(
        "personne n’a répondu ; les mots sur l’orientation sont masqués",
        "nobody has answered; words on orientation are masked",
    )


def _for_law(case: FrozenCase) -> Iterator[_Lack]:
    if not case.handover.request.strip():
        yield _lack("handover.request")
    if THREATENS in INCIDENTS[case.code].tell and not case.with_role("subject"):
        yield _lack("persons", Words("aucun compte visé n’est désigné", "no account is pointed at"))
    order = case.handover.order
    if order is None:
        return
    if not order.authority.strip() or not order.file_number.strip():
        yield _lack("handover.order", Words("autorité ou référence", "authority or file number"), blocking=True)
    if order.authentic_by is None:
        told = Words("son authenticité n’a pas été vérifiée", "its authenticity was not checked")
        yield _lack("handover.order", told, blocking=True)
    if not order.categories and not order.refused:
        told = Words("aucune catégorie de données n’est dite", "no category of data is stated")
        yield _lack("handover.order", told, blocking=True)
    if "identification" in order.categories and not case.connections and not order.refused:
        told = Words("les données de connexion ne sont pas jointes", "the connection data are not enclosed")
        yield _lack("handover.order", told)


def _for_prosecutor(case: FrozenCase) -> Iterator[_Lack]:
    yield from _for_law(case)
    if not case.handover.recipient_name.strip():
        yield _lack("handover.recipient_name", Words("quel tribunal judiciaire ?", "which court?"))


def _for_child_protection(case: FrozenCase) -> Iterator[_Lack]:
    if not is_about_a_child(case):
        yield _lack("persons", Words("aucun enfant n’est à protéger", "there is no child to protect"), blocking=True)
    if not case.handover.recipient_name.strip():
        yield _lack("handover.recipient_name", Words("quel département ?", "which département?"))


def _for_regulator(case: FrozenCase) -> Iterator[_Lack]:
    statements = dsa_statements(case)
    for statement in statements:
        for problem in check_statement(statement):
            label = Words(f"Exposé des motifs, {problem.field}", f"Statement of reasons, {problem.field}")
            yield _Lack(f"dsa.{problem.field}", label, problem.reason, blocking=True)
    if not statements:
        told = Words("aucune restriction en vigueur : rien à déclarer", "no restriction in effect: nothing to state")
        yield _lack("decisions", told)


def _for_ncmec(case: FrozenCase) -> Iterator[_Lack]:
    if case.code not in INCIDENT_TYPES:
        yield _lack("code", Words("le NCMEC ne traite pas ces faits", "NCMEC does not handle this"), blocking=True)
    lengths = [
        ("platform", "platform.name", f"{case.platform.name} ({case.platform.url})"),
        ("chatClient", "platform.name", case.platform.name),
        ("escalateToHighPriority", "situation.danger_why", case.situation.danger_why),
        *(("chatRoomName", "rooms", room.name) for room in case.rooms),
    ]
    for element, field, text in lengths:
        limit = CYBERTIP_LENGTHS[element]
        if len(text) > limit:
            yield _lack(field, Words(f"plus de {limit} signes", f"more than {limit} characters"), blocking=True)


def _for_nca(case: FrozenCase) -> Iterator[_Lack]:
    if "nca" not in INCIDENTS[case.code].tell:
        yield _lack("code", Words("la NCA ne traite pas ces faits", "the NCA does not handle this"), blocking=True)


_FOR: Mapping[Recipient, Callable[[FrozenCase], Iterator[_Lack]]] = MappingProxyType(
    {
        "police": _for_law,
        "prosecutor": _for_prosecutor,
        "child_protection": _for_child_protection,
        "regulator": _for_regulator,
        "ncmec": _for_ncmec,
        "nca": _for_nca,
    }
)
