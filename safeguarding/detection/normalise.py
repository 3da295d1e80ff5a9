"""Fold a text to plain lower-case Latin letters and remember where every letter came from.

`normalise` works letter by letter and never guesses: compatibility forms (NFKC), full-width, circled and mathematical
letters, accents, Cyrillic/Greek/Armenian/Cherokee/IPA look-alikes become the ASCII letter they show; invisible and
bidirectional characters and combining marks vanish. Only where a word wholly in Cyrillic or Greek has a letter like no
Latin one is it read by its sound ("фото": photo is meant, no look), and with it every other such word of the text,
which its author spells so too ("муа": moi). What needs a guess (leet, letters split by spaces,
stretched letters, misspellings) is left to `lexicon`, which tries it only where the result is a word it knows.

Linear in the length of the text; total (any `str` is accepted, lone surrogates included); idempotent.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

# Pairs: a letter of another alphabet (or a phonetic sign) and the ASCII letter it is read as.
_LOOKALIKES = """
аa бb вb гr дd еe жx зz иu йu кk лl мm нh оo пn рp сc тt уy фo хx цu чh шw щw ыb ьb эe юo яr ёe ѕs іi їi јj љl њn ќk
ўu џu ґr ѵv ѡw һh ӏl ԁd ԛq ԝw ҽe αa βb γy δd εe ζz ηn θo ιi κk λl μm νv ξx οo πn ρp ςs σo τt υu φo χx ψy ωw ϲc ϳj
աw եt զq թp իi լl հh յj նn ոn սu վy տs րr քp օo ցg գq դn ᎪA ᎳW ᎬE ᎠD ᎡR ᎢT ᎥI ᎩY ᎫJ ᎷM ᎻH ᏃZ ᏔW ᏙV ᏚS ᏞL ᏟC ᏢP ᏦK
ᏧD ᏨC ᏭG ᏴB ᏻG ıi ȷj ɑa ɐa ɒa ʌa ɓb ɃB ƀb ɕc ɖd ɗd đd ðd əe ɛe ɜe ɘe ɟj ɠg ɡg ɢg ʛg ɣy ɥh ɦh ʜh ħh ɨi ɪi ɩi ɫl ɬl ɭl
łl ʟl ɯm ɰm ɱm ɲn ɳn ɴn ŋn ɔo ɵo øo ɸo ʠq ɹr ɺr ɻr ɼr ɽr ɾr ʀr ʁr ʂs ʃs ſs ŧt ʈt ʉu ʊu ʋv ʍm ʎy ʏy ʐz ʑz ʒz ƶz ʙb ĸk
ƙk ƥp ƭt ƴy ȥz ⱥa ɇe ɉj ɍr ɏy ᴀa ᴃb ᴄc ᴅd ᴇe ᴊj ᴋk ᴌl ᴍm ɴn ᴎn ᴏo ᴐo ᴘp ᴙr ᴚr ᴛt ᴜu ᴠv ᴡw ᴢz ꜰf ꜱs ¢c ₵c ղn մu ժd
"""


def _lookalike_table() -> dict[str, str]:
    table = {pair[0]: pair[1].lower() for pair in _LOOKALIKES.split()}
    for offset in range(26):  # squared, circled and regional-indicator letters, which have no decomposition
        letter = chr(ord("a") + offset)
        for base in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6):
            table[chr(base + offset)] = letter
    return table


_LETTERS = _lookalike_table()
_SIGNS = {
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "′": "'", "ʹ": "'", "＇": "'", "‛": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "‹": '"', "›": '"', "＂": '"', "″": '"',
    "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "‒": "-", "―": "-", "…": "…", "•": ".", "·": ".", "∙": ".",
    "œ": "oe", "æ": "ae", "ß": "ss", "ĳ": "ij", "þ": "th",
    "\u2028": "\n", "\u2029": "\n", "\x0b": "\n", "\x0c": "\n", "\x85": "\n", "\r": "\n", "\t": " ", "\n": "\n",
}  # fmt: skip
# Words wholly of Greek or Cyrillic letters ("f", and "l" for others: see `_kind`) are spelt by sound where one of them
# has a letter that looks like no Latin one.
_FOREIGN_WORD = re.compile("(?<![fl])f+(?![fl])")
_LIKE_NONE = frozenset("бгджзийлпфцчшщъыэюяБГДЖЗИЙЛПФЦЧШЩЪЫЭЮЯγδθλξπσφψωΓΔΘΛΞΠΣΦΨΩ")
_SOUND_PAIRS = """
а:a б:b в:v г:g д:d е:e ё:eu ж:j з:z и:i й:y к:k л:l м:m н:n о:o п:p р:r с:s т:t у:ou ф:f х:h ц:c ч:ch ш:ch щ:ch ъ:i ы:y
ь:i э:e ю:u я:a і:i є:e ї:i ґ:g ў:u ј:j љ:l њ:n ћ:c ђ:d џ:j α:a β:b γ:g δ:d ε:e ζ:z η:i θ:t ι:i κ:k λ:l μ:m ν:n ξ:x
ο:o π:p ρ:r σ:s ς:s τ:t υ:u φ:f χ:h ψ:ps ω:o
"""
_SOUNDS = dict(pair.split(":") for pair in _SOUND_PAIRS.split())
_SHORT_SOUNDS = {"у": "u", "ё": "e"}  # where one letter is enough (see `_sound`)
_NO_RUSSIAN = frozenset("ѕіјѵһԁԛԝЅІЈѴҺԀԚԜ")  # who writes these among them writes look-alikes
_LEAST_SPELT = 3  # letters of a word that tells how its author spells
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5")
_DROPPED = frozenset({"Cf", "Mn", "Me", "Cc", "Cs", "Co", "Cn"})
_CACHE_LIMIT = 20_000
_cache: dict[str, str] = {}


def _fold(char: str) -> str:
    """One character to its plain form: "" for the invisible, several letters for a ligature."""
    if char in _SIGNS:
        return _SIGNS[char]
    if char in _BLANK_LETTERS:
        return " "
    category = unicodedata.category(char)
    if category in _DROPPED:
        return ""
    if category[0] == "Z":
        return " "
    if char in _LETTERS:
        return _LETTERS[char]
    if category == "Nd":
        return str(unicodedata.digit(char))
    plain = []
    for part in unicodedata.normalize("NFKD", char).casefold():
        if unicodedata.category(part) in _DROPPED:
            continue
        plain.append(_SIGNS.get(part) or _LETTERS.get(part, part))
    joined = "".join(plain)
    if joined.isascii():
        return joined.lower()
    # A letter of another script (Hangul, kana with marks...): keep it whole rather than in pieces.
    return char if len(joined) != 1 else joined


def _folded(char: str) -> str:
    known = _cache.get(char)
    if known is None:
        known = _fold(char)
        again = "".join(_fold(part) for part in known)
        while again != known:
            known, again = again, "".join(_fold(part) for part in again)
        if len(_cache) >= _CACHE_LIMIT:
            _cache.clear()
        _cache[char] = known
    return known


_PLAIN = bytes(range(ord("a"), ord("z") + 1))
_ONLY_LETTERS = bytes(code if code in _PLAIN else ord(" ") for code in range(256))


def letter_words(folded: str, without: bytes = b"") -> list[bytes]:
    """The runs of plain letters in a folded text, once the signs `without` are taken out: a fifth of a regex's time."""
    return folded.encode("ascii", "replace").translate(_ONLY_LETTERS, without).split()


_NOT_ONE = "\uffff"  # no character at all, so no fold gives it


class _OneForOne(dict[int, str]):
    """For `str.translate`: what a character folds to where that is one character; _NOT_ONE where it takes more care."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = _folded(char)
        if len(self) >= _CACHE_LIMIT:
            self.clear()
        self[code] = folded if len(folded) == 1 and _LIKE_NONE.isdisjoint(char + folded) else _NOT_ONE
        return self[code]


_one_for_one = _OneForOne()

# The same for the letters of western Europe, faster still.
_NOT_LATIN = 1
_LATIN = bytes(ord(plain) if (plain := _one_for_one[code]) < "\x80" else _NOT_LATIN for code in range(256))


def _sound(text: str, index: int, start: int) -> str | None:
    """What a letter of a word that starts at `start` sounds like, None where that is not known. French has two letters
    for what у and ё are ("ву": vous, "сёль": seul), but one after an о and in its shortest words ("жё": je, and yet
    "вё": veux).
    """
    letter, before = text[index].lower(), text[index - 1].lower() if index > start else ""
    after = text[index + 1 : index + 2].lower()
    if letter in "ьъ":  # silent but before a vowel ("рьен": rien)
        return _SOUNDS[letter] if after and after in "аеёиоуыэюя" else ""
    short = index == start + 1 and not after.isalpha()
    if (letter == "у" and before == "о") or (letter == "ё" and short and before not in "впф"):
        return _SHORT_SOUNDS[letter]
    return _SOUNDS.get(letter)


def _kind(letter: str) -> str:
    """ "f" for a Greek or Cyrillic letter, "l" for another, " " for what parts words."""
    if not _folded(letter).isalpha():
        return " "
    return "f" if "\u0370" <= letter <= "\u03ff" or "\u0400" <= letter <= "\u052f" else "l"


def _by_sound(text: str, pieces: list[str]) -> tuple[list[str], list[int]]:
    """The pieces of a text letter by letter, words spelt by sound as they sound, and where each came from.

    Where a word begins and ends is seen once all else is folded: what is invisible parts none, and what folds to an
    apostrophe does. So folding again finds no other words.
    """
    folded = [
        (letter, index)
        for index, (char, piece) in enumerate(zip(text, pieces, strict=True))
        for letter in (char if _kind(char) == "f" else piece)
    ]
    letters, origins = "".join(letter for letter, _ in folded), [index for _, index in folded]
    words = [word.span() for word in _FOREIGN_WORD.finditer("".join(map(_kind, letters)))]
    by_letter = [*map(_folded, letters)]
    if any(stop - start >= _LEAST_SPELT and not _LIKE_NONE.isdisjoint(letters[start:stop]) for start, stop in words):
        for start, stop in words:
            if _NO_RUSSIAN.isdisjoint(letters[start:stop]):
                for index in range(start, stop):
                    sound = _sound(letters, index, start)
                    by_letter[index] = by_letter[index] if sound is None else sound
    return by_letter, origins


class Normalised(NamedTuple):
    """A folded text. `offsets[i]` is the index in the original of the character that gave `text[i]`; None means i."""

    text: str
    offsets: tuple[int, ...] | None
    length: int  # of the original

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span [a, b) of the original that gave text[start:end], with what follows its last letter and folds
        to nothing (an accent over it); always inside the original."""
        if self.offsets is None or start >= end:
            return (min(start, self.length), min(max(start, end), self.length))
        following = self.offsets[end] if end < len(self.offsets) else self.length
        return (self.offsets[start], max(self.offsets[end - 1] + 1, following))


@lru_cache(maxsize=32)  # the parts of one check ask for the same few texts
def normalise(text: str) -> Normalised:
    """Fold `text`. `normalise(normalise(t).text).text == normalise(t).text` for every `t`."""
    if text.isascii() and text.isprintable() and "`" not in text:
        return Normalised(text.lower(), None, len(text))
    try:
        latin = text.encode("latin-1").translate(_LATIN)
    except UnicodeEncodeError:
        pass
    else:
        if _NOT_LATIN not in latin:
            return Normalised(latin.decode("latin-1"), None, len(text))
    folded = text.translate(_one_for_one)
    if _NOT_ONE not in folded:
        return Normalised(folded, None, len(text))
    cached = _cache.get
    pieces = [piece if (piece := cached(char)) is not None else _folded(char) for char in text]
    origins: Sequence[int] = range(len(text))
    if not _LIKE_NONE.isdisjoint("".join((text, *pieces))):
        pieces, origins = _by_sound(text, pieces)
    folded = "".join(pieces)
    if len(folded) == len(text) and all(pieces) and [*origins] == [*range(len(text))]:
        return Normalised(folded, None, len(text))
    offsets = tuple(origin for origin, piece in zip(origins, pieces, strict=True) for _ in piece)
    return Normalised(folded, offsets, len(text))
