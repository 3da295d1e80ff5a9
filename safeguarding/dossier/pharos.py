"""The sheet an officer copies into PHAROS, in the order of its form. French, whatever the language of the case.

PHAROS takes no emergency, and only what was open to others: the sheet says so before anything else. There is no
interface to submit to; the field names are those of its public form, checked on service-public.fr.
"""

from __future__ import annotations

import textwrap

from safeguarding.incidents import INCIDENTS

from .codec import utc_text
from .frozen import FrozenCase, Message
from .glyphs import written_out
from .quotes import telling
from .times import local_iso, zone_of
from .transcript import pseudonym_then

_URGENT = "mise en danger des personnes"
_HEADINGS = {
    "M": "pédophilie ou corruption de mineur sur internet",
    "V": "menaces ou incitation à la violence",
    "H": "incitation à la haine ou provocation à la discrimination de personnes",
    "C": "menaces ou incitation à la violence",
    "S": "incitation à commettre des infractions",
    "D": _URGENT,
    "X": "escroquerie",
}
_QUOTED = 20  # messages; the rest is in the transcript


def pharos_txt(case: FrozenCase) -> bytes:
    """The sheet as UTF-8 text: category, facts with date, time and place, the words themselves, who reports."""
    incident = INCIDENTS[case.code]
    platform, zone = case.platform, zone_of(case.platform.timezone)
    subjects = case.with_role("subject")
    lines = ["FICHE POUR PHAROS (internet-signalement.gouv.fr)", f"Dossier {case.reference}", ""]
    if case.situation.danger_now == "yes" or case.severity == "P0":
        lines += ["PHAROS NE TRAITE PAS LES URGENCES. Appelez d’abord le 17 ou le 112 (SMS : 114).", ""]
    lines += ["ÉTAPE 1. RUBRIQUE", f"   {_HEADINGS[incident.family]}", "", "ÉTAPE 2. LES FAITS"]
    lines += [f"   Soupçon : {incident.words.fr} ({case.code}), à vérifier."]
    lines += [f"   Site : {platform.name}, {platform.url}"]
    lines += [f"   Salon : {_one_line(room.name)} (référence {room.id})" for room in case.rooms]
    for person in subjects:
        worn = ", ".join(_one_line(name.name) for name in person.pseudonyms)
        lines.append(f"   Compte visé : {worn or person.id} (référence {person.id})")
    if case.messages:
        first, last = case.messages[0].sent_at, case.messages[-1].sent_at
        lines.append(f"   Du {local_iso(first, zone)} au {local_iso(last, zone)} ({platform.timezone})")
    if case.situation.summary:
        lines += ["", *_wrapped(case.situation.summary, "   ")]
    lines += ["", "ÉTAPE 3. LES PROPOS, MOT POUR MOT"]
    lines += [line for message in telling(case)[:_QUOTED] for line in _quoted(case, message)] or [
        "   Aucun message joint."
    ]
    if len(case.messages) > _QUOTED:
        lines.append(f"   (les {len(case.messages)} messages sont dans data/transcript.csv)")
    lines += ["", "ÉTAPE 4. QUI SIGNALE", f"   {platform.operator}, hébergeur, {platform.address}".rstrip(", ")]
    lines += [f"   {platform.contact_name}, {platform.contact_email} {platform.contact_phone}".rstrip()]
    lines += [f"   Fondement : {_one_line(case.handover.legal_basis)}"]
    lines += ["", "ÉTAPE 5. VALIDER, puis noter la référence reçue dans le registre des transmissions.", ""]
    return "\n".join(lines).encode()


def _quoted(case: FrozenCase, message: Message) -> list[str]:
    person = next(person for person in case.persons if person.id == message.author)
    lines = [f"   {utc_text(message.sent_at)}  {_one_line(pseudonym_then(person, message))}  (message {message.id})"]
    for version in message.versions:
        lines += _wrapped(f"« {version.text} »" if version.text is not None else "(texte effacé)", "      ")
    return lines


def _one_line(text: str) -> str:
    return " ".join(written_out(text).split())


def _wrapped(text: str, indent: str) -> list[str]:
    """Lines of at most a hundred columns, each indented: no line of a message passes for one of the sheet."""
    return [
        indent + line
        for part in written_out(text).split("\n")
        for line in textwrap.wrap(part, 100 - len(indent), break_on_hyphens=False) or [""]
    ]
