"""French said to "vous", as it would be said to "tu": "ne dites rien à vos parents" is "dis rien à tes parents".

Rules of what is done to somebody name the familiar form, in which nearly all of it is said. Who asks the same politely
asks the same: `familiar` turns each word into one, so that places stay. It is a guess of forms, no grammar: what it
gets wrong no rule knows.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from .patterns import END

_OWN = {"votre": "ton", "vos": "tes"}
_AFTER_WHICH_TOI = frozenset("pour a chez avec de et entre sur devant contre que comme sans vers".split())  # noqa: SIM905
_NO_VERBS = frozenset({"chez", "assez", "nez", "rez", "allez"})  # "allez" hurries as a rule
_NOUNS = frozenset({"rendez"})  # before "vous"
_IRREGULAR = {
    "dites": "dis", "redites": "redis", "faites": "fais", "etes": "es", "avez": "as", "ayez": "aie", "soyez": "sois",
    "venez": "viens", "revenez": "reviens", "tenez": "tiens", "prenez": "prends", "comprenez": "comprends",
    "mettez": "mets", "promettez": "promets", "pouvez": "peux", "voulez": "veux", "devez": "dois", "savez": "sais",
    "voyez": "vois", "croyez": "crois", "envoyez": "envoie", "appelez": "appelle", "rappelez": "rappelle",
    "ecrivez": "ecris", "lisez": "lis", "suivez": "suis", "sortez": "sors", "partez": "pars", "dormez": "dors",
    "ouvrez": "ouvre", "connaissez": "connais", "recevez": "recois", "buvez": "bois", "achetez": "achete",
    "enlevez": "enleve", "amenez": "amene", "jetez": "jette", "essayez": "essaie", "payez": "paye", "vivez": "vis",
    "attendez": "attends", "repondez": "reponds", "descendez": "descends", "entendez": "entends", "rendez": "rends",
}  # fmt: skip
_FORMS = "|".join(["vous", *_OWN, *(verb for verb in _IRREGULAR if not verb.endswith("ez"))])
_IN_LINE = re.compile(rf" (?:{_FORMS}|(?!(?:{'|'.join(sorted(_NO_VERBS))})\x80)[a-z]+ez)".encode() + END)
_FUTURE = (("riez", "rais"), ("rez", "ras"))  # "pourriez", "viendrez"


def may_be_in(line: bytes) -> bool:
    """May a reading's line hold a polite form? Asked first, as most hold none."""
    return _IN_LINE.search(line) is not None


def is_polite(word: str) -> bool:
    """May this be a verb in the polite form?"""
    return word in _IRREGULAR or (word.endswith("ez") and len(word) > 3 and word not in _NO_VERBS)


def familiar(words: Sequence[str], known: Container[str]) -> Iterator[str]:
    """The words (folded) as they would be said to "tu", one for one; `known` tells which forms are words."""
    around = ["", *words, ""]
    for before, word, after in zip(around, words, around[2:], strict=False):
        if word in _OWN:
            yield _OWN[word]
        elif word == "vous":
            if before in _NOUNS:
                yield word
            elif is_polite(after) or is_polite(before):
                yield "tu"
            else:
                yield "toi" if before in _AFTER_WHICH_TOI else "te"
        elif is_polite(word) and not (word in _NOUNS and after == "vous"):
            yield _verb(word, "vous" in (before, after), known)
        else:
            yield word


def _verb(word: str, is_told: bool, known: Container[str]) -> str:
    """A verb as said to "tu"; `is_told`: of what they do, not of what they are to do."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, familiar_ending in _FUTURE:
        made = word.removesuffix(ending) + familiar_ending
        if word.endswith(ending) and made in known:
            return made
    stem = word[:-2]
    regular = stem + ("es" if is_told else "e")
    return next((form for form in (regular, stem + "e", stem + "s") if form in known), regular)
