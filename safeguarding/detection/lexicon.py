"""Read a text with the words of a rule set, and find which rules its words match.

A `Lexicon` is built once per process, rule set digest and language (`lexicon_for`), lazily. `read` turns a text into a
`Reading`: a row of canonical tokens, each with the word classes it belongs to and the span it came from. `hits`
finds every pattern of a scope in the row.

What a plain fold cannot decide is decided here, and only in favour of a known word: leet, stretched letters, letters
split by spaces or dots, words run together, one letter missing or two swapped, stars for letters. An ordinary word
is never
touched: a repair happens only to a token no vocabulary knows, and yields only words of the classes named in `repair`.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeVar

from .matcher import Findable, Hit, Pattern, RuleMatcher, Translated
from .needed import ways_of
from .normalise import normalise
from .patterns import (
    CONTINUED,
    END,
    FIRST_CLASS,
    LAST_CLASS,
    Group,
    PatternError,
    filled,
    parsed,
    reach_of,
    to_regex,
    wavers,
    words_of,
)
from .phonetic import Ear
from .reading import QUESTION, STOP, Pieces, Place, Places, Reading, bare_word, with_mark
from .rulesets import LANGS, Context, Rule, Ruleset, RulesetError, Vocabulary
from .spelling import STRETCHED, elisions, plainer_forms, slips, sound_of, token_name, unstretched, without_inclusive

_Where = TypeVar("_Where")

_TOKEN = re.compile(
    # a plain word: the most frequent, the soonest told
    r"[a-z0-9]++(?![@$€*!|+'\w])|"
    # a word, with elisions and with signs read as letters
    r"[@$*]?[^\W_]+(?:'[^\W\d_]+|[@$€*!|+]+[^\W_]+)*+(?:\*+|[@$€](?![^\W_])|')?"
    # the end of a sentence, or any other sign that says something
    r"|[.?!;\n…]+|[^\w\s,:'\"()\[\]{}<>/\\\-–—=_~^#%&+|*@$€]"
)
_SPLIT_LETTERS = re.compile(r"(?<![^\W_])[^\W\d_](?:[ \n.\-_*,/|+]{1,6}+[^\W\d_](?![^\W_])){2,40}+")
_QUANTITY = re.compile(r"\d+[a-z]{0,5}$|[a-z]?\d+$")  # 13ans, 22h30, b2: numbers, not leet
_SIGNS = (".", "?", "!", "...", "..", "!!", "??", "?!", ";", "\n", "…")
_NUMBERED = re.compile(r"(\d+)([a-z]+)$")  # 13ans: two words
_PLAIN = re.compile(r"[a-z0-9]+")
_NO_STARS = str.maketrans("", "", "*+|")
_LONGEST_REPAIR = 32
_MEMORY_LIMIT = 30_000
_FEW_TEXTS = 4  # the parts of one check ask for the same text, alone and after what was said before


class Lexicon:
    """The words and rules of one language, compiled."""

    def __init__(self, ruleset: Ruleset, lang: str) -> None:
        self.lang = lang
        self.rules = [rule for rule in ruleset.rules if rule.lang in (lang, "any")]
        self.vocabulary: Vocabulary = ruleset.vocabularies[lang]
        names = sorted(self.vocabulary.classes)
        if len(names) > LAST_CLASS - FIRST_CLASS + 1:
            raise RulesetError("vocabulary", "-", f"more than {LAST_CLASS - FIRST_CLASS + 1} word classes in {lang}")
        self.marks = {name: FIRST_CLASS + index for index, name in enumerate(names)}
        self._class_marks: dict[str, set[int]] = {}
        self._expressions: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        self._collect_classes()
        self._words: dict[str, Pieces] = {}
        self._repairable: set[str] = set()
        self._joinable: frozenset[str] = frozenset()
        self._beginnings: frozenset[str] = frozenset()
        self._slips: dict[str, Pieces] = {}  # misspelt, as what they are taken for
        self._sounds: dict[str, str] = {}
        self._starred: dict[tuple[str, int], list[str]] = {}
        self._index_words()
        self._context = self._compile_context()
        self._openings = self._index_expressions()
        self._memory: dict[str, Pieces] = {}
        self._readings = lru_cache(maxsize=_FEW_TEXTS)(self._read)
        self._matchers: dict[str, RuleMatcher] = {}
        self._alone: tuple[str, RuleMatcher] | None = None  # the rule last asked of `fires`

    # ---- building

    def canonical(self, word: str) -> list[str]:
        """A word as written to the words it is read as: elisions undone, spelling set right, fillers dropped."""
        found: list[str] = []
        for token in normalise(word).text.split():
            for part in re.split(r"[-_]", token):
                spelt = self.vocabulary.spelling.get(part)
                parts = spelt.split() if spelt is not None else [part]
                for piece in parts:
                    for bare in elisions(piece, self.lang) if "'" in piece else [piece]:
                        again = self.vocabulary.spelling.get(bare) if spelt is None else None
                        found += again.split() if again is not None else [bare]
        dropped = self.vocabulary.fillers
        return [token_name(word) for word in found if word and word != "ne" and word not in dropped]

    def _collect_classes(self) -> None:
        names = list(self.marks)
        for name, members in self.vocabulary.classes.items():
            mark = self.marks[name]
            for member in members:
                words = self.canonical(member)
                if len(words) == 1:
                    self._class_marks.setdefault(words[0], set()).add(mark)
                elif words:
                    self._expressions.setdefault(words[0], []).append((tuple(words), mark))
        self._longest = dict.fromkeys(self.marks, 1)
        for entries in self._expressions.values():
            entries.sort(key=lambda entry: -len(entry[0]))
            for entry, mark in entries:
                name = names[mark - FIRST_CLASS]
                self._longest[name] = max(self._longest[name], len(entry))

    def _piece(self, word: str) -> bytes:
        marks = self._class_marks.get(word)
        return b" " + word.encode("ascii") + END + (bytes(sorted(marks)) if marks else b"")

    def _pieces(self, word: str) -> Pieces:
        return tuple(self._piece(part) for part in self.canonical(word))

    def _index_words(self) -> None:
        vocabulary = self.vocabulary
        literals = Counter(
            folded
            for rule in self.rules
            for pattern in rule.patterns + rule.unless
            for word in words_of(filled(pattern, vocabulary.slots))
            for folded in re.split(r"[-\s]", normalise(word).text)
        )
        plain = {word for word in self._class_marks if "'" not in word}
        expression_words = {
            word for name in self._expressions for entry, _ in self._expressions[name] for word in entry
        }
        known = (
            plain | set(vocabulary.spelling) | vocabulary.fillers | vocabulary.glue | vocabulary.ordinary
            | set(literals) | expression_words
        )  # fmt: skip
        for word in known:
            if word and "*" not in word:
                self._words[word] = self._pieces(word)
        self._words |= {sign: self._resolve(sign) for sign in _SIGNS}
        repair_marks = {self.marks[name] for name in vocabulary.repair}
        self._repairable = {
            word for word, marks in self._class_marks.items() if marks & repair_marks and word.isalpha()
        }
        self._beginnings = frozenset(word[:4] for word in self._repairable)
        self._joinable = frozenset((vocabulary.glue | vocabulary.fillers | set(literals) | self._repairable) - {""})
        spoken = literals + Counter(plain | expression_words)
        unheard = {self.marks[name] for name in vocabulary.unheard}
        heard = {
            word: spoken[word]
            for word in spoken.keys() | vocabulary.spelling.keys()
            if len(word) > 2 and unheard.isdisjoint(self._class_marks.get(word, ()))
        }
        self._ear = Ear(heard, self.lang, every=spoken.keys())
        for word in sorted(self._repairable):
            self._starred.setdefault((word[0], len(word)), []).append(word)
            if len(word) < 4:
                continue
            if self.lang == "fr" and len(word) > 4:
                self._sounds.setdefault(sound_of(word), word)
            for slip in slips(word):
                self._slips.setdefault(slip, self._words[word])

    def _index_expressions(self) -> dict[tuple[bytes, bytes], list[tuple[Pieces, int]]]:
        """Expressions of several words by their first two, the longest first."""
        table: dict[tuple[bytes, bytes], list[tuple[Pieces, int]]] = {}
        for entries in self._expressions.values():
            for words, mark in entries:
                pieces = tuple(self._piece(word) for word in words)
                table.setdefault((pieces[0], pieces[1]), []).append((pieces, mark))
        return table

    def _compile_context(self) -> dict[bytes, tuple[Pieces, Context, frozenset[int]]]:
        table = {}
        for word, context in self.vocabulary.context.items():
            pieces = tuple(self._piece(part) for part in context.meant.split())
            table[self._piece(word)] = (pieces, context, frozenset(self.marks[name] for name in context.classes))
        return table

    def _parsed(self, pattern: str) -> Group:
        return parsed(filled(pattern, self.vocabulary.slots), self.canonical)

    def _compiled(self, group: Group) -> Pattern:
        """A pattern over the lines of this lexicon. Raises PatternError."""
        reach = reach_of(group, self._longest.__getitem__)
        return Pattern(to_regex(group, self.marks.__getitem__), reach, wavers(group))

    def _matcher(self, scope: str) -> RuleMatcher:
        matcher = self._matchers.get(scope)
        if matcher is None:
            rules = [rule for rule in self.rules if rule.scope == scope]
            lines = (self.read(example.text).line for rule in rules for example in rule.must_not_fire)
            matcher = self._matchers[scope] = RuleMatcher(map(self._translated, rules), lines)
        return matcher

    def _translated(self, rule: Rule) -> Translated:
        try:
            return Translated(rule, [*map(self._findable, rule.patterns)], [*map(self._findable, rule.unless)])
        except PatternError as error:
            raise RulesetError(rule.file, rule.id, str(error)) from error

    def _findable(self, pattern: str) -> Findable:
        group = self._parsed(pattern)
        return self._compiled(group), ways_of(group, self.marks.__getitem__)

    # ---- reading

    def read(self, text: str) -> Reading:
        """The reading of any text. Linear in its length; of the last few it is remembered."""
        return self._readings(text)

    def _read(self, text: str) -> Reading:
        source = normalise(text)
        folded = without_inclusive(source.text)
        tokens: list[str] = _TOKEN.findall(folded)
        places: Places | None = None  # worked out when asked for, where the tokens stand as they are written
        if [*map(len, tokens)].count(1) > 2 and _SPLIT_LETTERS.search(folded):
            placed = [*self._placed_tokens(folded)]
            places, tokens = tuple(place for place, _ in placed), [token for _, token in placed]
        known = map(self._words.get, tokens)
        found = [self._unknown(token) if one is None else one for token, one in zip(tokens, known, strict=True)]
        pieces = [*itertools.chain.from_iterable(found)]
        if not self._context.keys().isdisjoint(pieces):
            pieces, _ = self._in_context(pieces, [0] * len(pieces))
        row = tuple(pieces)
        if not self._openings.keys().isdisjoint(itertools.pairwise(row)):
            row = self._mark_expressions(row)
        return Reading(source, row, lambda: self._spans(places or _places(folded, tokens), found))

    def _spans(self, places: Places, found: list[Pieces]) -> Places:
        """Where each piece came from, of tokens that were found to be these pieces."""
        spans = [place for place, said in zip(places, found, strict=True) for _ in said]
        pieces = [*itertools.chain.from_iterable(found)]
        if not self._context.keys().isdisjoint(pieces):
            _, spans = self._in_context(pieces, spans)
        return tuple(spans)

    def _placed_tokens(self, folded: str) -> Iterator[tuple[Place, str]]:
        """The tokens of a text with letters split by signs."""
        at = 0
        for run in _SPLIT_LETTERS.finditer(folded):
            for match in _TOKEN.finditer(folded, at, run.start()):
                yield match.span(), match.group()
            yield from self._spelt_out(folded, run.start(), run.end())
            at = run.end()
        for match in _TOKEN.finditer(folded, at):
            yield match.span(), match.group()

    def _spelt_out(self, folded: str, start: int, end: int) -> Iterator[tuple[Place, str]]:
        """Letters split by signs: the longest known word they spell, else the letters themselves."""
        places = [index for index in range(start, end) if folded[index].isalpha()]
        letters = "".join(folded[index] for index in places)
        if letters in self._words:
            yield (places[0], places[-1] + 1), letters
            return
        at, after_word = 0, False
        while at < len(letters):
            # two letters are a word only where they end the run, after another ("s a l e   p d", never "p d g")
            least = 2 if after_word and at + 2 == len(letters) else 3
            for stop in range(min(len(letters), at + 20), at + least - 1, -1):
                if letters[at:stop] in self._repairable or (self._known(letters[at:stop]) and stop - at > 4):
                    yield (places[at], places[stop - 1] + 1), letters[at:stop]
                    at, after_word = stop, True
                    break
            else:
                yield (places[at], places[at] + 1), letters[at]
                at, after_word = at + 1, False

    def _unknown(self, token: str) -> Pieces:
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
        if "'" in token:
            parts = elisions(token, self.lang)
            return tuple(piece for part in parts for piece in self._simple(part))
        return self._simple(token)

    def _known(self, word: str) -> Pieces | None:
        """The pieces of a word of the vocabulary, or of one misspelt that is repaired."""
        known = self._words.get(word)
        return self._slips.get(word) if known is None else known

    def _simple(self, token: str) -> Pieces:
        """A token without apostrophes that may be unknown."""
        known = self._known(token)
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
                return (self._piece(number[1]), *(self._known(number[2]) or (self._piece(number[2]),)))
            return (self._piece(token),)
        if any(char.isascii() and char.isalnum() for char in token):  # "200€" is 200
            return tuple(piece for part in _PLAIN.findall(token) for piece in self._simple(part))
        return (self._piece(token_name(token)),)

    def _repair(self, token: str) -> Pieces | None:
        if len(token) == 1 or token.isdigit():
            return None
        if token.isalpha():
            return self._respelt(token) if token.isascii() else None
        plainer = [candidate for candidate in plainer_forms(token) if candidate != token]
        for candidate in plainer:
            if candidate in self._repairable:
                return self._words[candidate]
        by_ear = self._by_ear(token)
        if by_ear is not None:
            return by_ear
        if plainer and not _QUANTITY.match(token):
            for candidate in plainer:
                if len(candidate) > 2 and candidate in self._words:
                    return self._words[candidate]
        if "*" in token or "+" in token or "|" in token:
            letters = token.translate(_NO_STARS)
            if len(letters) * 2 - 1 <= len(token) and letters in self._repairable:
                return self._words[letters]
        return self._uncensored(token) if "*" in token else None

    def _respelt(self, token: str) -> Pieces | None:
        """A word of plain letters: written by ear, stretched, spelt as it sounds, or run together with others."""
        by_ear = self._by_ear(token)
        if by_ear is not None:
            return by_ear
        if STRETCHED.search(token):
            for candidate in unstretched(token):
                known = self._known(candidate)
                if known is not None:
                    return known
        sounded = self._sounds.get(sound_of(token)) if self._sounds and len(token) > 3 else None
        if sounded is not None:
            return self._words[sounded]
        return self._run_together(token) if len(token) >= 6 and self._holds_repairable(token) else None

    def _by_ear(self, token: str) -> Pieces | None:
        """What a word written by ear says ("bi1", "jtenvoi"); a number with its unit stays one."""
        quantity = (
            not token.isalpha()
            and _QUANTITY.match(token)
            and (token[-1].isdigit() or token.lstrip("0123456789") in self._words)
        )
        heard = self._ear.named(token) if quantity else self._ear.hear(token)
        if heard is None:
            return None
        return tuple(piece for word in heard.split() for piece in self._words.get(word) or self._pieces(word))

    def _uncensored(self, token: str) -> Pieces | None:
        """`p*te`, `s***`: a repairable word of that length whose other letters agree, at least one given."""
        bare = token.lstrip("*")
        for word in self._starred.get((bare[:1], len(bare)), ()):
            if all(sign in (letter, "*") for sign, letter in zip(bare, word, strict=True)):
                return self._words[word]
        return None

    def repairs(self, word: str) -> bool:
        """Would this word be taken for another?"""
        if word in self._class_marks:
            return False
        return word in self._slips or self._repair(word) is not None

    def _holds_repairable(self, token: str) -> bool:
        """Does a repairable word of four letters and more stand in a token?"""
        for at in range(len(token) - 3):
            if token[at : at + 4] in self._beginnings and any(
                token[at:stop] in self._repairable for stop in range(at + 4, min(len(token), at + 16) + 1)
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
        if words is None or len(words) < 2 or not any(len(w) >= 4 and w in self._repairable for w in words):
            return None
        return tuple(piece for word in words for piece in self._simple(word))

    def _in_context(self, pieces: list[bytes], spans: list[_Where]) -> tuple[list[bytes], list[_Where]]:
        """Spellings that only their neighbours settle: "tes con" is "tu es con", "tes amis" is not."""
        out: list[bytes] = []
        places: list[_Where] = []
        for index, piece in enumerate(pieces):
            rule = self._context.get(piece)
            if rule is not None:
                meant, context, marks = rule
                following = pieces[index + 1] if index + 1 < len(pieces) else b" $" + END
                bare = bare_word(following)
                previous = bare_word(out[-1]) if out else ""
                fits = "*" in context.before or bare in context.before
                fits = fits or (not marks.isdisjoint(following) and not bare.endswith(("s", "x")))
                if fits and previous not in context.not_after and (not context.after or previous in context.after):
                    out += meant
                    places += [spans[index]] * len(meant)
                    continue
            out.append(piece)
            places.append(spans[index])
        return out, places

    def _mark_expressions(self, row: Pieces) -> Pieces:
        marked = list(row)
        for index, pair in enumerate(itertools.pairwise(row)):
            for expression, mark in self._openings.get(pair, ()):
                size = len(expression)
                if row[index : index + size] == expression:
                    marked[index] = with_mark(marked[index], mark)
                    for follower in range(index + 1, index + size):
                        marked[follower] = with_mark(marked[follower], CONTINUED)
        return tuple(marked)

    def fires(self, rule: Rule, reading: Reading) -> bool:
        """Does one rule match, guards set aside? For proofs and previews; `hits` is the fast way."""
        if self._alone is None or self._alone[0] != rule.version:
            self._alone = rule.version, RuleMatcher([self._translated(rule)])
        return bool(self._alone[1].hits(reading, with_guards=True))

    def compile_all(self, scope: str = "text") -> None:
        """Compile now what is otherwise compiled when a rule is first met: half a millisecond for each pattern."""
        self._matcher(scope).compile_all()

    def hits(self, reading: Reading, scope: str = "text", *, without: str = "") -> list[Hit]:
        """Every match of every rule of the scope, in a fixed order; but not of the rules of the code `without`."""
        return self._matcher(scope).hits(reading, without=without)


def _places(folded: str, tokens: list[str]) -> Places:
    """Where the tokens of a text stand: each is the next occurrence of itself, for had it stood earlier, it would have
    been a token there.
    """
    places, at = [], 0
    for token in tokens:
        start = folded.index(token, at)
        at = start + len(token)
        places.append((start, at))
    return tuple(places)


_lexicons: dict[tuple[str, str], Lexicon] = {}
_KEPT = 8


def lexicon_for(ruleset: Ruleset, lang: str) -> Lexicon:
    """The compiled lexicon of a rule set and language, made once a process (a few rule sets are kept)."""
    key = (ruleset.digest, lang if lang in LANGS else "fr")
    lexicon = _lexicons.get(key)
    if lexicon is None:
        if len(_lexicons) >= _KEPT:
            _lexicons.pop(next(iter(_lexicons)))
        lexicon = _lexicons[key] = Lexicon(ruleset, key[1])
    return lexicon
