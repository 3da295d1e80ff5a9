"""The words of one language: which are known, of which classes, and what one is taken for that no vocabulary knows.

What a plain fold cannot decide is decided here, and only in favour of a known word: leet, stretched letters, words run
together, one letter missing or two swapped, stars for letters, spelling by ear. An ordinary word is never touched: a
repair happens only to a token no vocabulary knows, and yields only words of the classes named in `repair`.
"""

from __future__ import annotations

import re
from collections import Counter

from .patterns import END, FIRST_CLASS
from .phonetic import Ear
from .reading import QUESTION, STOP, Pieces
from .rulesets import Vocabulary
from .spelling import STRETCHED, canonical, elisions, plainer_forms, slips, sound_of, token_name, unstretched

_QUANTITY = re.compile(r"\d+[a-z]{0,5}$|[a-z]?\d+$")  # 13ans, 22h30, b2: numbers, not leet
_SIGNS = (".", "?", "!", "...", "..", "!!", "??", "?!", ";", "\n", "…")
_NUMBERED = re.compile(r"(\d+)([a-z]+)$")  # 13ans: two words
_PLAIN = re.compile(r"[a-z0-9]+")
_SIGNED = re.compile(r"[a-z0-9](?:[@$€*!|+']+[a-z0-9]){2,}+\*?|[a-z]\*+[a-z]\*?")  # a sign after every letter
_NO_LETTER = re.compile(r"[^a-z0-9]+")
_LONGEST_REPAIR = 32
_MEMORY_LIMIT = 30_000


class Words:
    """The words of a language, compiled. `known` tells what each is read as, `unknown` what any other is."""

    def __init__(self, vocabulary: Vocabulary, lang: str, literals: Counter[str]) -> None:
        """`literals`: folded words that rules name, and how often."""
        self.lang = lang
        self.vocabulary = vocabulary
        names = sorted(vocabulary.classes)
        self.marks = {name: FIRST_CLASS + index for index, name in enumerate(names)}
        self._class_marks: dict[str, set[int]] = {}
        self.expressions: dict[str, list[tuple[tuple[str, ...], int]]] = {}  # of several words, by the first
        self.longest = dict.fromkeys(names, 1)  # of each class, the words of its longest expression
        self._collect_classes()
        self.known: dict[str, Pieces] = {}
        self.repairable: set[str] = set()
        self._joinable: frozenset[str] = frozenset()
        self._beginnings: frozenset[str] = frozenset()
        self._slips: dict[str, Pieces] = {}  # misspelt, as what they are taken for
        self._sounds: dict[str, str] = {}
        self._starred: dict[tuple[str, int], list[str]] = {}
        self._index(literals)
        self._memory: dict[str, Pieces] = {}

    # ---- building

    def canonical(self, word: str) -> list[str]:
        """A word as written to the words it is read as."""
        return canonical(word, self.lang, self.vocabulary.spelling, self.vocabulary.fillers)

    def _collect_classes(self) -> None:
        names = list(self.marks)
        for name, members in self.vocabulary.classes.items():
            mark = self.marks[name]
            for member in members:
                words = self.canonical(member)
                if len(words) == 1:
                    self._class_marks.setdefault(words[0], set()).add(mark)
                elif words:
                    self.expressions.setdefault(words[0], []).append((tuple(words), mark))
        for entries in self.expressions.values():
            entries.sort(key=lambda entry: -len(entry[0]))
            for entry, mark in entries:
                name = names[mark - FIRST_CLASS]
                self.longest[name] = max(self.longest[name], len(entry))

    def piece(self, word: str) -> bytes:
        marks = self._class_marks.get(word)
        return b" " + word.encode("ascii") + END + (bytes(sorted(marks)) if marks else b"")

    def _pieces(self, word: str) -> Pieces:
        return tuple(self.piece(part) for part in self.canonical(word))

    def _index(self, literals: Counter[str]) -> None:
        vocabulary = self.vocabulary
        plain = {word for word in self._class_marks if "'" not in word}
        expression_words = {word for name in self.expressions for entry, _ in self.expressions[name] for word in entry}
        known = (
            plain | set(vocabulary.spelling) | vocabulary.fillers | vocabulary.glue | vocabulary.ordinary
            | set(literals) | expression_words
        )  # fmt: skip
        for word in known:
            if word and "*" not in word:
                self.known[word] = self._pieces(word)
        self.known |= {sign: self._resolve(sign) for sign in _SIGNS}
        repair_marks = {self.marks[name] for name in vocabulary.repair}
        self.repairable = {word for word, marks in self._class_marks.items() if marks & repair_marks and word.isalpha()}
        self._beginnings = frozenset(word[:4] for word in self.repairable)
        self._joinable = frozenset((vocabulary.glue | vocabulary.fillers | set(literals) | self.repairable) - {""})
        spoken = literals + Counter(plain | expression_words)
        unheard = {self.marks[name] for name in vocabulary.unheard}
        heard = {
            word: spoken[word]
            for word in spoken.keys() | vocabulary.spelling.keys()
            if len(word) > 2 and unheard.isdisjoint(self._class_marks.get(word, ()))
        }
        self._ear = Ear(heard, self.lang, every=spoken.keys())
        for word in sorted(self.repairable):
            self._starred.setdefault((word[0], len(word)), []).append(word)
            if len(word) < 4:
                continue
            if self.lang == "fr" and len(word) > 4:
                self._sounds.setdefault(sound_of(word), word)
            for slip in slips(word):
                self._slips.setdefault(slip, self.known[word])

    # ---- what is said

    def unknown(self, token: str) -> Pieces:
        """What a token is read as that is no known word. Remembered."""
        found = self._memory.get(token)
        if found is None:
            if len(self._memory) >= _MEMORY_LIMIT:
                self._memory.clear()
            found = self._memory[token] = self._resolve(token)
        return found

    def _resolve(self, token: str) -> Pieces:
        if not token[0].isalnum() and len(token.lstrip(".?!;\n…")) == 0:
            if "?" in token:
                return (QUESTION,)
            return () if not token.strip(".…") and (len(token) > 1 or token in {"…"}) else (STOP,)
        if token.count("'") > 2 and (spelt := self._without_signs(token)):  # "p'u't'e"
            return spelt
        if "'" in token:
            parts = elisions(token, self.lang)
            return tuple(piece for part in parts for piece in self._simple(part))
        return self._simple(token)

    def lookup(self, word: str) -> Pieces | None:
        """The pieces of a word of the vocabulary, or of one misspelt that is repaired."""
        known = self.known.get(word)
        return self._slips.get(word) if known is None else known

    def _simple(self, token: str) -> Pieces:
        """A token without apostrophes that may be unknown."""
        known = self.lookup(token)
        if known is not None:
            return known
        if token in {"ne"}:
            return ()
        if len(token) <= _LONGEST_REPAIR:
            repaired = self._repair(token)
            if repaired is not None:
                return repaired
        if token.isalnum() and token.isascii():
            number = _NUMBERED.match(token)
            if number:
                return (self.piece(number[1]), *(self.lookup(number[2]) or (self.piece(number[2]),)))
            return (self.piece(token),)
        if any(char.isascii() and char.isalnum() for char in token):  # "200€" is 200
            return tuple(piece for part in _PLAIN.findall(token) for piece in self._simple(part))
        return (self.piece(token_name(token)),)

    def _repair(self, token: str) -> Pieces | None:
        if len(token) == 1 or token.isdigit():
            return None
        if token.isalpha():
            return self._respelt(token) if token.isascii() else None
        plainer = [candidate for candidate in plainer_forms(token) if candidate != token]
        for candidate in plainer:
            if candidate in self.repairable:
                return self.known[candidate]
        by_ear = self._by_ear(token)
        if by_ear is not None:
            return by_ear
        if plainer and not _QUANTITY.match(token):
            for candidate in plainer:
                if len(candidate) > 2 and candidate in self.known:
                    return self.known[candidate]
        return self._without_signs(token) or (self._uncensored(token) if "*" in token else None)

    def _without_signs(self, token: str) -> Pieces | None:
        """The known word whose letters have each a sign after them ("p*u*t*e", "e$n$v$o$i$e")."""
        letters = _NO_LETTER.sub("", token) if _SIGNED.fullmatch(token) else ""
        worth_it = letters in self.repairable or (len(letters) > 3 and letters in self.known)
        return self.known[letters] if worth_it else None

    def _respelt(self, token: str) -> Pieces | None:
        """A word of plain letters: written by ear, stretched, spelt as it sounds, or run together with others."""
        by_ear = self._by_ear(token)
        if by_ear is not None:
            return by_ear
        if STRETCHED.search(token):
            for candidate in unstretched(token):
                known = self.lookup(candidate)
                if known is not None:
                    return known
        sounded = self._sounds.get(sound_of(token)) if self._sounds and len(token) > 3 else None
        if sounded is not None:
            return self.known[sounded]
        return self._run_together(token) if len(token) >= 6 and self._holds_repairable(token) else None

    def _by_ear(self, token: str) -> Pieces | None:
        """What a word written by ear says ("bi1", "jtenvoi"); a number with its unit stays one."""
        quantity = (
            not token.isalpha()
            and _QUANTITY.match(token)
            and (token[-1].isdigit() or token.lstrip("0123456789") in self.known)
        )
        heard = self._ear.named(token) if quantity else self._ear.hear(token)
        if heard is None:
            return None
        return tuple(piece for word in heard.split() for piece in self.known.get(word) or self._pieces(word))

    def _uncensored(self, token: str) -> Pieces | None:
        """`p*te`, `s***`: a repairable word of that length whose other letters agree, at least one given."""
        bare = token.lstrip("*")
        for word in self._starred.get((bare[:1], len(bare)), ()):
            if all(sign in (letter, "*") for sign, letter in zip(bare, word, strict=True)):
                return self.known[word]
        return None

    def repairs(self, word: str) -> bool:
        """Would this word be taken for another?"""
        return word not in self.known and self._simple(word) != (self.piece(word),)

    def _holds_repairable(self, token: str) -> bool:
        """Does a repairable word of four letters and more stand in a token?"""
        for at in range(len(token) - 3):
            if token[at : at + 4] in self._beginnings and any(
                token[at:stop] in self.repairable for stop in range(at + 4, min(len(token), at + 16) + 1)
            ):
                return True
        return False

    def _run_together(self, token: str) -> Pieces | None:
        """`justepitoyables`: known words without spaces, at least one of them repairable and of four letters."""
        size = len(token)
        best: list[tuple[str, ...] | None] = [None] * (size + 1)
        best[0] = ()
        for at in range(size):
            so_far = best[at]
            if so_far is None:
                continue
            for stop in range(at + 1, min(size, at + 16) + 1):
                if token[at:stop] in self._joinable and (stop - at > 1 or token[at] in "ay"):
                    held = best[stop]
                    if held is None or len(held) > len(so_far) + 1:
                        best[stop] = (*so_far, token[at:stop])
        words = best[size]
        if words is None or len(words) < 2 or not any(len(w) >= 4 and w in self.repairable for w in words):
            return None
        return tuple(piece for word in words for piece in self._simple(word))
