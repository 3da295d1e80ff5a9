"""Words written by ear, as in SMS and chats: "koman", "bi1", "2m1", "kestu", "jtenvoi", "tjr", "wearin", "l8", "4get".

The sounds of a word are written down, and a spelling of chat is that of the known word that sounds the same: silent
letters fall, "er", "ez", "ais" and "et" are one, digits are their names. Beside that: small words run together with
what they lean on ("jtaime", "keske"), vowels left out ("slt"), and the two halves of a word swapped (verlan, "golri").

It is a guess, so an `Ear` answers only with the words it was made of, of those that sound alike with the most used.
Which words may be guessed, and which are never to be taken for others, is for `lexicon` to say.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from string import ascii_lowercase

LONGEST = 16  # letters of a word written by ear
_MOST_DIGITS = 3
_MUCH_USED = 10  # times a word must stand in the rules to be known without its vowels
_LEAST_ALIKE = 4  # letters of a word without digits that is heard as another: three sound like too many

# French spellings and their sounds, the first that fits at each place. Capitals are sounds that take several letters
# (A an, I in, O on, E é, Q eu, U ou, W oi, C ch, N gn); "_" is an ending that is not heard but softens a c or a g.
_GRAPHEMES = (
    ("100", "sA"), ("10", "dis"), ("1", "I"), ("2", "dE"), ("6", "si"), ("7", "sEt"), ("8", "Uit"), ("9", "nQf"),
    ("tion", "siO"), ("ien(?![aeiouynE_])", "iI"), ("sch|ch|sh", "C"), ("ph", "f"), ("gn", "N"), ("eau|au", "o"),
    ("oeu|eu", "Q"), ("oua|oi|oy|wa", "W"), ("ou|oo|w", "U"),
    ("(?:ai|ei|i|y|u)[nm](?![aeiouyhnmE_])", "I"), ("[ae][nm](?![aeiouyhnmE_])", "A"),
    ("o[nm](?![aeiouyhnmE_])", "O"), ("ill(?=[aeiouE_]|$)|(?<=[aeou])il$", "i"), ("ai|ei|e", "E"),
    ("qu|q|ck|cc(?![eiyE_])|c(?![eiyE_])|k", "k"), ("gu(?=[eiyE_])", "g"), ("ge(?=[aou])|g(?=[eiyE_])|j", "j"),
    ("ss|sc(?=[eiyE_])|c", "s"), ("(?<=[aeiouy])s(?=[aeiouyE_])", "z"), ("x", "ks"), ("h|_", ""), ("y", "i"),
)  # fmt: skip
# What one of them may begin with is looked for first: most letters are heard as they are written.
_GRAPHEME = re.compile(f"(?=[a1-9ceghijkopqstuwxy_])(?:{'|'.join(f'({spelling})' for spelling, _ in _GRAPHEMES)})")
_SOUNDS = ("", *(sound for _, sound in _GRAPHEMES))
# Endings, each with letters at the end of which it is quicker to look for first.
_AS_E_ACUTE = re.compile(r"(?<=..)(?:er|ez|ee|ees|ets?|ai[st]?|aient)$")
_E_ACUTE_ENDS = ("er", "ez", "ee", "s", "t", "i")
_MUTE_E = re.compile(r"(?<=.)es?$")
_MUTE_ENDS = ("e", "es")
_SOUNDED_ENDS = ("ss", "z")
_SILENT = re.compile(r"(?<=..)[tdspxz]+$")
_SILENT_ENDS = tuple("tdspxz")
_BY_EAR = re.compile("[kw]|(?<=[b-df-hj-np-tv-z])oua(?!i)")  # what French hardly has and chats are full of
_ONLY_SILENT = re.compile("[tdspxz]+|e?s?")
_TWICE = re.compile(r"(.)\1+")

# English spellings and their sounds, in turn; each with letters one of which it needs: quicker to look for first.
_ENGLISH = tuple(
    (frozenset(letters), re.compile(spelling), sound)
    for letters, spelling, sound in (
        ("n", "ing?$", "in"), ("h", "ight", "ite"), ("h", "sch", "sk"), ("cq", "ck|q|c(?![eiyh])", "k"),
        ("h", "ph", "f"), ("h", "wh", "w"), ("z", "z", "s"), ("x", "x", "ks"),
        ("ra", "(?<=..)(?:er|or|ar|ah?)$", "A"), ("eyi", "(?<=..)(?:ie|ey|ee|y|i)$", "i"),
        (ascii_lowercase, r"([a-z])\1+", r"\1"),
    )
)  # fmt: skip
_NO_SOUND = frozenset("345")  # figures that no French word is written with by ear
_NO_NAME = frozenset("035679")  # figures that no English word is
_ENGLISH_DIGITS = {"1": ("one", "won"), "2": ("to", "too"), "4": ("for", "fore"), "8": ("ate", "eat")}

# Small words run together with the next one, the longest first; "v" before a vowel only, "c" before a consonant with
# which they begin no word ("s" has more of these).
_CLITICS = (
    ("keske", "que est ce que", ""), ("kesk", "que est ce que", ""), ("qeske", "que est ce que", ""),
    ("kes", "que est ce que", "c"), ("jte", "je te", ""), ("jme", "je me", ""), ("jle", "je le", ""),
    ("jla", "je la", ""), ("jles", "je les", ""), ("tme", "tu me", ""), ("jt", "je te", ""), ("jm", "je me", "v"),
    ("jl", "je le", "v"), ("jn", "je", "v"), ("tm", "tu me", "v"), ("tn", "tu", "v"), ("j", "je", ""), ("t", "te", "v"),
    ("t", "tu", "c"), ("m", "me", "v"), ("s", "se", "v"), ("s", "se", "s"), ("d", "de", ""), ("c", "ce est", "c"),
    ("k", "que", "v"), ("k", "que", "c"), ("2", "de", ""),
)  # fmt: skip
_CLITICS_BY_LETTER: dict[str, list[tuple[str, str, str]]] = {}
for _clitic in _CLITICS:
    _CLITICS_BY_LETTER.setdefault(_clitic[0][0], []).append(_clitic)
_BEFORE = {
    "": "abcdefghijklmnopqrstuvwxyz0123456789",
    "v": "aeiouyh",
    "c": "bcdfgjkmnpqstvwxz0123456789",
    "s": "bdfgjrv",
}
_SURE = "jtk2"  # no French word begins with them and a small word's next letter: what follows may be heard too
_LEANT_ON = frozenset("tu te il elle on je ce ta va fai fais".split())  # noqa: SIM905 - heard after a small word
_HALF = re.compile(r"(?<=[aeiouynmlrsc])(?=[bcdfgjklmnpqrstvz][aeiouyhrl])")
_TO_BONES = str.maketrans("cqzxg", "kkssj", "aeiouyh")
_TO_FRAME = str.maketrans("ckqxzgmeiouy", "sssssjnaaaaa", "h")
_CONSONANTS = re.compile(r"[aeiouy]+")
_NASAL = re.compile(r"[nm](?=[bcdfgjklpqrstvz])")


@lru_cache(maxsize=40_000)  # a lexicon is made anew for each rule set, of nearly the same words
def french_sounds(word: str) -> tuple[str, ...]:
    """How a folded word may sound: one way, or two where its ending does not tell ("fe" is fé, "frer" is frère)."""
    return tuple(map(_written, _endings(word)))


def _likeliest_sound(word: str) -> str:
    """The first of its `french_sounds`."""
    return _written(_endings(word)[0])


def _endings(word: str) -> tuple[str, ...]:
    """A French word with its ending written as it may sound."""
    if word.endswith(_SOUNDED_ENDS) and not word.endswith("ez"):  # heard at an end: "efass", "choz"
        word += "e"
    if word.endswith(_E_ACUTE_ENDS):
        said, ending = _AS_E_ACUTE.subn("E", word)
        if ending:
            return (said, word) if word.endswith("er") else (said,)
    if word.endswith(_MUTE_ENDS):
        said, ending = _MUTE_E.subn("_", word)
        if ending:
            return said, said[:-1] + "E"
    return (_without_silent(word),)


def _without_silent(word: str) -> str:
    return _SILENT.sub("", word) if word.endswith(_SILENT_ENDS) else word


def _written(said: str) -> str:
    return _TWICE.sub(r"\1", _GRAPHEME.sub(lambda found: _SOUNDS[found.lastindex or 0], said))


@lru_cache(maxsize=40_000)
def english_sounds(word: str) -> tuple[str, ...]:
    """How a folded word sounds, as far as its spelling tells."""
    for letters, spelling, sound in _ENGLISH:
        if not letters.isdisjoint(word):
            word = spelling.sub(sound, word)
    return (word,)


def _bones(word: str) -> str:
    """The consonants of a word in no order, those that may sound alike as one: cheaper than its sounds."""
    return "".join(sorted(_TWICE.sub(r"\1", word).translate(_TO_BONES)))


def _frame(word: str) -> str:
    """The consonants of a word in their order and where vowels part them, a mute end left out: words that sound alike
    have the same.
    """
    return _TWICE.sub(r"\1", _without_silent(word).replace("ph", "f").translate(_TO_FRAME)).rstrip("ar")


def without_vowels(word: str) -> str:
    """The consonants of a word, without those that only make a vowel nasal ("bonjour": bjr)."""
    return _CONSONANTS.sub("", _NASAL.sub("", word))


class Ear:
    """What is heard in one language.

    `words`: folded words and how much each is used. `every`: these and words that are heard only whole, after a small
    word or with their halves swapped. Nothing else is ever answered. Pure; a word costs some tens of microseconds.
    """

    def __init__(self, words: Mapping[str, int], lang: str, *, every: Collection[str] = ()) -> None:
        self._french = lang == "fr"
        self._sounds = french_sounds if self._french else english_sounds
        self._words, self._every = words, every
        self._alike: dict[str, str] = {}
        self._shortened: dict[str, str] = {}
        self._halved: dict[str, str] = {}
        self._halved_bones: set[str] = set()
        self._halved_frames: set[str] = set()
        for word in sorted(words, key=lambda word: (-words[word], word)):
            if not word.isalpha() or not word.isascii():
                continue
            self._alike.setdefault(self._sounds(word)[0], word)
            bare = without_vowels(word)
            if words[word] >= _MUCH_USED and len(bare) > 2 and bare[0] == word[0] and not _TWICE.search(bare):
                self._shortened.setdefault(bare, word)
        if self._french:
            for word in sorted(every):
                if len(word) > 4 and word.isalpha():
                    self._halved.setdefault(self._sounds(word)[0], word)
                    self._halved_bones.add(_bones(_without_silent(word)))
                    self._halved_frames.add(_frame(word))

    def hear(self, token: str) -> str | None:
        """The words that an unknown folded token sounds like, parted by spaces; None where it sounds like none."""
        if not 2 <= len(token) <= LONGEST or not token.isalnum() or not token.isascii():
            return None
        digits = 0 if token.isalpha() else sum(map(str.isdigit, token))
        if digits > _MOST_DIGITS or digits == len(token):
            return None
        short = self._french and len(token) < _LEAST_ALIKE  # "kon" leans ("qu'on") before it is like another
        heard = self._leaning(token) if short else None
        if heard is None:
            heard = self._like(token, digits)
        if heard is None and self._french and not short:
            heard = self._leaning(token)
        if heard is None and not digits:
            heard = self._short(token)
        if heard is None and not digits and self._french:
            heard = self._swapped(token)
        return heard

    def _like(self, token: str, digits: int) -> str | None:
        short = not digits and len(token) < _LEAST_ALIKE
        if short and len(token) < _LEAST_ALIKE - 1:
            return None
        if short and not self._french and token + token[-1] in self._every:
            return token + token[-1]  # "kil", "tel"
        for spelling in self._spellings(token) if digits else (token,):
            if spelling in self._words:
                return spelling
            if digits and self._french and not _NO_SOUND.isdisjoint(token):
                return None
            alike = [self._alike[sounds] for sounds in self._sounds(spelling) if sounds in self._alike]
            if not digits and not _BY_EAR.search(token):
                alike = [word for word in alike if self._simpler(token, word)]
            if short:
                alike = [word for word in alike if self._hardly_changed(token, word)]
            if alike and len(spelling) > 1:
                return max(alike, key=lambda word: self._words[word])
        return None

    def _simpler(self, token: str, word: str) -> bool:
        """Who writes by ear writes less, and not what is merely another form of the word ("parlais" and "parlait")."""
        ending = _AS_E_ACUTE.search(token) if self._french else None
        stem = token[: ending.start()] if ending else token[:-1]
        other_form = (ending or len(word) == len(token)) and word.startswith(stem)
        return len(word) >= len(token) and not other_form

    def _hardly_changed(self, token: str, word: str) -> bool:
        """Of three letters too many words sound alike: only silent ones may be missing, or it shows a k."""
        only_silent = word.startswith(token) and _ONLY_SILENT.fullmatch(word, 3)
        return self._french and bool(_BY_EAR.search(token) or only_silent)

    def named(self, token: str) -> str | None:
        """The English word that a digit's name completes ("2day"); None in French, where "2jours" is a number."""
        if self._french or len(token) > LONGEST or sum(map(str.isdigit, token)) > _MOST_DIGITS:
            return None
        return next((spelling for spelling in self._spellings(token) if spelling in self._words), None)

    def _spellings(self, token: str) -> Iterator[str]:
        if self._french:
            yield token
            return
        if not _NO_NAME.isdisjoint(token):
            return
        for names in itertools.product(*(_ENGLISH_DIGITS.get(char, (char,)) for char in token)):
            spelling = "".join(names)
            if spelling.isalpha():
                yield spelling

    def _leaning(self, token: str) -> str | None:
        for small, meant, before in _CLITICS_BY_LETTER.get(token[0], ()):
            rest = token[len(small) :]
            if len(rest) < 2 or not token.startswith(small) or rest[0] not in _BEFORE[before]:
                continue
            if rest in _LEANT_ON or (len(rest) > 2 and (rest in self._words or rest in self._every)):
                return f"{meant} {rest}"
            heard = self._like(rest, sum(map(str.isdigit, rest))) if small[0] in _SURE else None
            if heard is not None:
                return f"{meant} {heard}"
        return None

    def _short(self, token: str) -> str | None:
        """Vowels left out: all of them, and the word begins and ends with the same consonants."""
        return self._shortened.get(token) if len(token) > 2 and not _CONSONANTS.search(token) else None

    def _swapped(self, token: str) -> str | None:
        """Verlan: the second half of a word before the first."""
        if not 4 <= len(token) <= 10 or _bones(token) not in self._halved_bones:
            return None
        for half in _HALF.finditer(token):
            at = half.start()
            first, second = token[:at].replace("eu", "e"), token[at:].replace("eu", "e")
            if len(first) < 2 or len(second) < 2 or _frame(second + first) not in self._halved_frames:
                continue
            for turned in (second + first, second + first + "e"):
                word = self._halved.get(_likeliest_sound(turned))
                if word is not None and abs(len(word) - len(token)) < 3:
                    return word
        return None
