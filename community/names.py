"""Pseudonyms, purely: what may be one, and when two of them look alike. No query, no clock."""

from __future__ import annotations

import re
import unicodedata

from .errors import BadText, PseudonymRefused

LEAST, MOST = 2, 30
SEPARATORS = " -_.’'"

# Letters of other alphabets that read as Latin ones (a selection of Unicode UTS 39), and digits that stand for letters.
_LOOKALIKES = str.maketrans(
    {
        **dict(zip("абвгеёзикмнорстухьѕіјԁԛԝһ", "abbreezukmhopctyxbsijdqwh", strict=True)),
        **dict(zip("αβγεηικνορτυχω", "abyenlkvoptuxw", strict=True)),
        **dict(zip("0134578$@|!", "oleastbsall", strict=True)),
        **dict(zip("ıłøđħŧ", "llodht", strict=True)),
        "i": "l",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
    }
)
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))

# What would let somebody pass for those who run the place, or for an authority.
_RESERVED = (
    "admin", "administrateur", "administrator", "moderateur", "moderatrice", "moderation", "moderator", "officer",
    "havre", "support", "police", "gendarmerie", "staff", "system", "systeme", "root", "3018", "119",
)  # fmt: skip
_CONTACT = re.compile(
    r"""(?ix)
    \d(?:[\s._’'-]*\d){5,}                                    # six digits or more: a telephone number, a code, an id
    | @ | https? | www
    | (?:\.|\bdot\b|\bpoint\b)\s*(?:com|fr|net|org|io|gg|me|be|ch|tv|app)\b
    | \b(?:snap|insta|instagram|whatsapp|telegram|discord|tiktok|kik|wickr|signal)\b
    """
)


def check_readable(text: str) -> None:
    """Raise BadText where a text holds NUL, other control characters or a lone surrogate."""
    for character in text:
        if unicodedata.category(character) in {"Cs", "Cc"} and character not in "\n\r\t":
            raise BadText


def pseudonym_key(pseudonym: str) -> str:
    """The skeleton of a pseudonym: two that a reader may take for one another have the same.

    NFKC, letters without their marks, look-alikes folded onto Latin letters, case and separators dropped.
    """
    folded = unicodedata.normalize("NFKC", pseudonym).casefold()
    bare = "".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c))
    letters = "".join(c for c in bare.translate(_LOOKALIKES) if c.isalnum())
    for pair, single in _PAIRS:
        letters = letters.replace(pair, single)
    return letters[:120]


_RESERVED_KEYS = frozenset(pseudonym_key(name) for name in _RESERVED)


def clean_pseudonym(text: str) -> str:
    """The pseudonym as it will be shown (NFC, single spaces), or a refusal that says nothing about why in detail.

    Letters of one alphabet, digits and a few separators; no contact data; nobody's role. Raises BadText or
    PseudonymRefused.
    """
    check_readable(text)
    shown = " ".join(unicodedata.normalize("NFC", text).split())
    if not LEAST <= len(shown) <= MOST or shown[0] in SEPARATORS or shown[-1] in SEPARATORS:
        raise PseudonymRefused
    if any(not (c.isalnum() or c in SEPARATORS) for c in shown):
        raise PseudonymRefused
    alphabets = {unicodedata.name(c, "?").split()[0] for c in shown if c.isalpha()}
    if len(alphabets) != 1 or sum(c.isalpha() for c in shown) < 2:
        raise PseudonymRefused
    key = pseudonym_key(shown)
    if len(key) < LEAST - 1 or _CONTACT.search(unicodedata.normalize("NFKC", text)) or key in _RESERVED_KEYS:
        raise PseudonymRefused
    return shown
