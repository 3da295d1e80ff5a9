"""Agreement and conjugation, so that word lists hold lemmas and no form is forgotten.

An entry of a word class is written `lemma` or `lemma:paradigm`; `forms` gives all its forms, accents folded.

French: `n` (-s), `a` (-e -s -es), `x` (-eux/-euse), `eur` (-eur/-euse), `teur` (-teur/-trice), `if` (-if/-ive),
`el` (doubled: -el/-elle, -en/-enne, -on/-onne, -et/-ette), `al` (-al/-ale/-aux), `er` (-er/-ere), `s` (feminine -se,
invariable masculine plural),
`ard` same as `a`, `v1` (verbs in -er), `v2` (verbs in -ir, -issant), `inv` (nothing).
English: `n` (-s/-es/-ies), `v` (-s, -ed, -ing, with doubling left to `vv`), `vv` (doubled consonant), `adj` (-er,
-est).
"""

from __future__ import annotations

from collections.abc import Callable

_V1 = [
    "er",
    "e",
    "es",
    "ons",
    "ez",
    "ent",
    "ais",
    "ait",
    "ions",
    "iez",
    "aient",
    "erai",
    "eras",
    "era",
    "erons",
    "erez",
    "eront",
    "erais",
    "erait",
    "erions",
    "eriez",
    "eraient",
    "asse",
    "ant",
    "ee",
    "s",
    "ees",
    "a",
]
_V2 = [
    "ir",
    "is",
    "it",
    "issons",
    "issez",
    "issent",
    "issais",
    "issait",
    "issions",
    "issiez",
    "issaient",
    "irai",
    "iras",
    "ira",
    "irons",
    "irez",
    "iront",
    "irais",
    "irait",
    "irions",
    "iriez",
    "iraient",
    "isse",
    "isses",
    "issant",
    "i",
    "ie",
    "ies",
]


def _french_noun(word: str) -> list[str]:
    if word.endswith(("s", "x", "z")):
        return [word]
    if word.endswith(("eau", "eu")):
        return [word, word + "x", word + "s"]
    return [word, word + "s"]


def _english_noun(word: str) -> list[str]:
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return [word, word + "es"]
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return [word, word[:-1] + "ies"]
    if word.endswith("man"):
        return [word, word[:-3] + "men"]
    return [word, word + "s"]


def _english_verb(word: str) -> list[str]:
    if word.endswith("e"):
        return [word, word + "s", word + "d", word[:-1] + "ing", word[:-1] + "in"]
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return [word, word[:-1] + "ies", word[:-1] + "ied", word + "ing", word + "in"]
    third = word + "es" if word.endswith(("s", "x", "z", "ch", "sh")) else word + "s"
    return [word, third, word + "ed", word + "ing", word + "in"]


def _english_doubling(word: str) -> list[str]:
    return [word, word + "s", word + word[-1] + "ed", word + word[-1] + "ing", word + word[-1] + "in"]


def _comparative(word: str) -> list[str]:
    if word.endswith("e"):
        return [word, word + "r", word + "st"]
    if word.endswith("y"):
        return [word, word[:-1] + "ier", word[:-1] + "iest"]
    return [word, word + "er", word + "est"]


def _ends(cut: int, *endings: str) -> Callable[[str], list[str]]:
    return lambda word: [word[: len(word) - cut] + ending for ending in endings]


def _first_group(word: str) -> list[str]:
    stem = word[:-2]
    forms = [stem + ending for ending in _V1]
    if stem.endswith("g"):  # mangeons, mangeait
        forms += [stem + "e" + ending for ending in ("ons", "ais", "ait", "aient", "ant", "a")]
    if stem.endswith(("oy", "uy", "ay")):  # nettoie, essaie
        forms += [stem[:-1] + "i" + ending for ending in ("e", "es", "ent", "era", "eras", "erai", "eront")]
    return forms


_FRENCH: dict[str, Callable[[str], list[str]]] = {
    "n": _french_noun,
    "a": lambda w: [w, w + "e", w + "s", w + "es"],  # of "handicapé" too, whose accent is folded
    "s": lambda w: [w, w + "e", w + "es"],
    "x": _ends(1, "x", "se", "ses"),
    "eur": _ends(3, "eur", "eurs", "euse", "euses"),
    "teur": _ends(4, "teur", "teurs", "trice", "trices"),
    "if": _ends(1, "f", "fs", "ve", "ves"),
    "el": lambda w: [w, w + "s", w + w[-1] + "e", w + w[-1] + "es"],
    "al": _ends(1, "l", "le", "les", "ux"),
    "er": _ends(2, "er", "ers", "ere", "eres"),
    "v1": _first_group,
    "v2": lambda w: [w[:-2] + ending for ending in _V2],
    "inv": lambda w: [w],
}
_ENGLISH: dict[str, Callable[[str], list[str]]] = {
    "n": _english_noun,
    "v": _english_verb,
    "vv": _english_doubling,
    "adj": _comparative,
    "inv": lambda w: [w],
}
PARADIGMS = {"fr": _FRENCH, "en": _ENGLISH}


def forms(word: str, paradigm: str, lang: str) -> list[str]:
    """All forms of `word` (folded). Raises KeyError for a paradigm the language does not have."""
    return list(dict.fromkeys(PARADIGMS[lang][paradigm](word)))
