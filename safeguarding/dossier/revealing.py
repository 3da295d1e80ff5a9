"""Words that tell an orientation or a gender identity: masked wherever they are not what the case is about.

A file on a child may be read by their parents (droit d’accès, CRPA art. L311-1 s.), a police file by lawyers: nobody
is outed by a dossier. Where hate is the ground, the same words are what makes the offence (CP 132-76, 132-77) and stay.
The list errs on the side of masking; an unredacted copy takes two officers.
"""

from __future__ import annotations

import re

from .frozen import FrozenCase, Room

_HATE = frozenset({"H1", "V1"})  # hate speech, and the ambush of people chosen for who they are

_STEMS = (
    r"lgbt\w*\+?",
    r"(?:homo|bi|pan|a|demi)[- ]?sexu(?:el|al|alit)\w*",
    r"homos?",
    r"gays?",
    r"lesb(?:ienne|ian|o)s?",
    r"bi(?:es?|s)?",
    r"trans(?:genre|gender|sexu\w+|identit\w+|masc\w*|fem\w*|f[ée]m\w*)?s?",
    r"non[- ]?binai?r\w+",
    r"enby",
    r"queers?",
    r"intersexe?s?",
    r"aro(?:mantique|mantic)s?",
    r"(?:gender|genre)[- ]?(?:fluid\w*|queer|dysphori\w+)",
    r"dysphori\w+ de genre",
    r"coming[- ]?out",
    r"(?:gay|lgbt\w*) ?pride",
    r"(?:marche|mois) des fiert[ée]s",
    r"pride",
    r"fiert[ée]s",
    r"arc[- ]en[- ]ciel",
    r"rainbow",
    r"drag(?:[- ]?(?:queen|king))?s?",
    r"orientation sexuelle",
    r"sexual orientation",
)
# "homo sapiens" and "bi-mensuel" are no one’s orientation; a hyphen or a word after them says so.
REVEALING = re.compile(rf"(?<![\w-])(?:{'|'.join(_STEMS)})(?![\w])(?!-\w)(?! sapiens)", re.IGNORECASE)


def hate_is_the_ground(case: FrozenCase) -> bool:
    """Whether orientation is what the case is about: a hate code, unless an officer said otherwise, or hate words."""
    said = next((one.answer for one in case.circumstances if one.key == "hate_words"), "unknown")
    return said == "yes" or (said == "unknown" and case.code in _HATE)


def reveals(room: Room) -> bool:
    """Whether being in the room says something of a person’s orientation or gender."""
    return bool(REVEALING.search(room.name) or REVEALING.search(room.topic))
