"""Read a text with the words of a rule set, and find which rules its words match.

A `Lexicon` is built once per process, rule set digest and language (`lexicon_for`), lazily. `read` turns a text into a
`Reading`: a row of canonical tokens, each with the word classes it belongs to and the span it came from. `hits`
finds every pattern of a scope in the row.

The words are those of `words`, with what unknown ones are taken for. Which letters are one word is decided here:
letters split by spaces or signs are the longest known word they spell.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TypeVar

from . import polite
from .matcher import Findable, Hit, Pattern, RuleMatcher, Translated
from .needed import ways_of
from .normalise import normalise
from .patterns import CONTINUED, END, Group, PatternError, filled, parsed, reach_of, to_regex, wavers, words_of
from .reading import Pieces, Place, Places, Reading, bare_word, with_mark
from .rulesets import LANGS, Context, Rule, Ruleset, RulesetError, Vocabulary
from .spelling import LEET, without_inclusive
from .words import Words

_Where = TypeVar("_Where")

_TOKEN = re.compile(
    # a plain word: the most frequent, the soonest told
    r"[a-z0-9]++(?![@$€*!|+'\w])|"
    # a word, with elisions and with signs read as letters
    r"[@$*]?[^\W_]+(?:'[^\W\d_]+|[@$€*!|+]+[^\W_]+)*+(?:\*+|[@$€](?![^\W_])|')?"
    # the end of a sentence, or any other sign that says something
    r"|[.?!;\n…]+|[^\w\s,:'\"()\[\]{}<>/\\\-–—=_~^#%&+|*@$€]"
)
# A word with a sign in it ("ph/oto"), whichever it is but those that a token may hold; the last stop of "P.D. James"
# ends no sentence.
_SIGN = r"[^a-z0-9 \n'@$€*!|+]"
_PARTED = re.compile(
    rf"(?<![a-z0-9'])[a-z]{{1,16}}(?:{_SIGN}[a-z]{{1,16}}){{1,3}}+(?![a-z0-9'])(?:(?<=[^a-z][a-z]\.[a-z])\.(?= [a-z]))?"
)
_SIGN_WITHIN = re.compile(rf"{_SIGN}(?=[a-z])(?<=[a-z].)")
_NO_LETTER = re.compile("[^a-z]")
# Single letters with any signs between them; one apostrophe is an elision ("il n'y a").
_SPLIT_LETTERS = re.compile(r"(?<![^\W_])[^\W\d_](?:(?!' ?[^\W_])[\W_]{1,6}+[^\W_](?!'?[^\W_])){2,40}+")
_ENDS_NO_SENTENCE = ".\n"  # between single letters
_LONGEST_ABBREVIATION = 6  # letters
# Figures as letters, among letters that are split ("g 4 y").
_FIGURES = str.maketrans({sign: letters[0] for sign, letters in LEET.items() if sign.isdecimal()})
_FEW_TEXTS = 4  # the parts of one check ask for the same text, alone and after what was said before


class Lexicon:
    """The words and rules of one language, compiled."""

    def __init__(self, ruleset: Ruleset, lang: str) -> None:
        self.lang = lang
        self.rules = [rule for rule in ruleset.rules if rule.lang in (lang, "any")]
        self.vocabulary: Vocabulary = ruleset.vocabularies[lang]
        self.words = Words(self.vocabulary, lang, self._literals())
        self.marks = self.words.marks
        self._context = self._compile_context()
        self._openings = self._index_expressions()
        self._readings = lru_cache(maxsize=_FEW_TEXTS)(self._read)
        self._matchers: dict[str, RuleMatcher] = {}
        self._alone: tuple[str, RuleMatcher] | None = None  # the rule last asked of `fires`

    # ---- building

    def _literals(self) -> Counter[str]:
        """The words that the rules name, folded."""
        return Counter(
            folded
            for rule in self.rules
            for pattern in rule.patterns + rule.unless
            for word in words_of(filled(pattern, self.vocabulary.slots))
            for folded in re.split(r"[-\s]", normalise(word).text)
        )

    def _index_expressions(self) -> dict[tuple[bytes, bytes], list[tuple[Pieces, int]]]:
        """Expressions of several words by their first two, the longest first."""
        table: dict[tuple[bytes, bytes], list[tuple[Pieces, int]]] = {}
        for entries in self.words.expressions.values():
            for words, mark in entries:
                pieces = tuple(self.words.piece(word) for word in words)
                table.setdefault((pieces[0], pieces[1]), []).append((pieces, mark))
        return table

    def _compile_context(self) -> dict[bytes, tuple[Pieces, Context, frozenset[int]]]:
        table = {}
        for word, context in self.vocabulary.context.items():
            pieces = tuple(self.words.piece(part) for part in context.meant.split())
            table[self.words.piece(word)] = (pieces, context, frozenset(self.marks[name] for name in context.classes))
        return table

    def _parsed(self, pattern: str) -> Group:
        return parsed(filled(pattern, self.vocabulary.slots), self.words.canonical)

    def _compiled(self, group: Group) -> Pattern:
        """A pattern over the lines of this lexicon. Raises PatternError."""
        reach = reach_of(group, self.words.longest.__getitem__)
        return Pattern(to_regex(group, self.marks.__getitem__), reach, wavers(group))

    def _matcher(self, scope: str) -> RuleMatcher:
        matcher = self._matchers.get(scope)
        if matcher is None:
            rules = [rule for rule in self.rules if rule.scope == scope]
            rows = (self.read(example.text).pieces for rule in rules for example in rule.must_not_fire)
            matcher = self._matchers[scope] = RuleMatcher(map(self._translated, rules), rows)
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
        runs = [*_SPLIT_LETTERS.finditer(folded)] if [*map(len, tokens)].count(1) > 2 else []
        if _SIGN_WITHIN.search(folded):
            runs += filter(self._is_parted, _PARTED.finditer(folded))
        if runs:
            placed = [*self._placed_tokens(folded, sorted(runs, key=re.Match.start))]
            places, tokens = tuple(place for place, _ in placed), [token for _, token in placed]
        known = map(self.words.known.get, tokens)
        found = [self.words.unknown(token) if one is None else one for token, one in zip(tokens, known, strict=True)]
        pieces = [*itertools.chain.from_iterable(found)]
        if not self._context.keys().isdisjoint(pieces):
            pieces, _ = self._in_context(pieces, [0] * len(pieces))

        def locate() -> Places:
            spans = self._spans(places or _places(folded, tokens), found)
            return spans if folded == source.text else tuple(_with_ending(span, folded, source.text) for span in spans)

        return Reading(source, self._row(pieces), locate)

    def _row(self, pieces: Iterable[bytes]) -> Pieces:
        row = tuple(pieces)
        if self._openings.keys().isdisjoint(itertools.pairwise(row)):
            return row
        return self._mark_expressions(row)

    def familiar(self, reading: Reading) -> Reading | None:
        """The same said to "tu" instead of "vous", its pieces in the same places; None where nobody says "vous"."""
        if self.lang != "fr" or not polite.may_be_in(reading.line):
            return None
        words = [*map(bare_word, reading.pieces)]
        said = [*polite.familiar(words, self.words.known)]
        if said == words:
            return None
        pieces = (
            piece if word == before else (self.words.known.get(word) or (self.words.piece(word),))[0]
            for piece, word, before in zip(reading.pieces, said, words, strict=True)
        )
        return Reading(reading.source, self._row(pieces), lambda: reading.spans)

    def _spans(self, places: Places, found: list[Pieces]) -> Places:
        """Where each piece came from, of tokens that were found to be these pieces."""
        spans = [place for place, said in zip(places, found, strict=True) for _ in said]
        pieces = [*itertools.chain.from_iterable(found)]
        if not self._context.keys().isdisjoint(pieces):
            _, spans = self._in_context(pieces, spans)
        return tuple(spans)

    def _placed_tokens(self, folded: str, runs: list[re.Match[str]]) -> Iterator[tuple[Place, str]]:
        """The tokens of a text with letters split by signs, and words that have signs in them: `runs` of these."""
        at = 0
        for run in runs:
            if run.start() < at:
                continue
            for match in _TOKEN.finditer(folded, at, run.start()):
                yield match.span(), match.group()
            if run.re is _PARTED:
                yield run.span(), _NO_LETTER.sub("", run.group())
            else:
                yield from self._spelt_out(folded, run.start(), run.end())
            at = run.end()
        for match in _TOKEN.finditer(folded, at):
            yield match.span(), match.group()

    def _is_parted(self, run: re.Match[str]) -> bool:
        """Is this one word with signs in it? One that the rules know, and its parts are no words."""
        parts = _NO_LETTER.split(run.group().rstrip("."))
        word = "".join(parts)
        if word in self.words.repairable and (len(word) > 3 or len(word) == len(parts) == 2):
            return True
        return len(word) > 4 and word in self.words.known and not all(map(self.words.known.__contains__, parts))

    def _spelt_out(self, folded: str, start: int, end: int) -> Iterator[tuple[Place, str]]:
        """Letters split by signs: the words they spell, else the letters themselves, and what signs among them say."""
        places = [index for index in range(start, end) if folded[index].isalnum()]
        at = 0
        for word in self._words_among(folded, places):
            last = at + len(word) - 1
            yield (places[at], places[last] + 1), word
            at = last + 1
            if at < len(places):
                for sign in _TOKEN.finditer(folded, places[last] + 1, places[at]):
                    if sign.group().strip(_ENDS_NO_SENTENCE):
                        yield sign.span(), sign.group()

    def _words_among(self, folded: str, places: list[int]) -> list[str]:
        """The words that the letters at these places spell from end to end; or, where some are set apart by spaces and
        others by signs, those between the spaces, if these leave fewer letters alone.
        """
        written = "".join(folded[place] for place in places)
        whole = [*self._spelt(written)]
        if _letters_alone(whole) == 0:
            return whole
        gaps = [folded[place + 1 : following] for place, following in itertools.pairwise(places)]
        apart = [index for index, gap in enumerate(gaps, 1) if " " in gap or "\n" in gap]
        if len(apart) == len(gaps):
            return whole
        bounds = [*itertools.pairwise((0, *apart, len(places)))]
        parts = [(written[start:stop], [*self._spelt(written[start:stop])]) for start, stop in bounds]
        if apart and sum(_letters_alone(words) for _, words in parts) >= _letters_alone(whole):
            return whole
        words = []
        for (start, stop), (letters, spelt) in zip(bounds, parts, strict=True):
            own = _letters_alone(spelt) and _is_abbreviation(letters, gaps[start : stop - 1])
            words += [letters] if own else spelt
        return words

    def _spelt(self, written: str) -> Iterator[str]:
        """The words that some letters spell one after another, and the letters that belong to none."""
        letters = written.translate(_FIGURES)
        whole = letters in (self.words.known if len(letters) > 2 else self.words.repairable)  # "a-t-il" is no "at"
        if whole and not written[0].isdecimal():
            yield letters
            return
        at, after_word = 0, False
        while at < len(letters):
            # two letters are a word only where they end the run, after another ("s a l e   p d", never "p d g")
            least = 2 if after_word and at + 2 == len(letters) else 3
            most = at if written[at].isdecimal() else min(len(letters), at + 20)  # no word begins with a figure
            for stop in range(most, at + least - 1, -1):
                word = letters[at:stop]
                if word[-1].isdecimal():  # nor ends with one
                    continue
                if word in self.words.repairable or (self.words.lookup(word) and stop - at > 4):
                    yield word
                    at, after_word = stop, True
                    break
            else:
                yield written[at]
                at, after_word = at + 1, False

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


def _letters_alone(words: list[str]) -> int:
    return sum(len(word) == 1 for word in words)


def _is_abbreviation(letters: str, gaps: list[str]) -> bool:
    """Letters that are words from end to end or else one of their own ("R.A.T.P."): a few, not all the same, after each
    the same sign (a stop where they are two: "y a-t-il").
    """
    same = len({*gaps}) == 1 and (len(letters) > 2 or gaps[0] == ".")
    return same and letters[0].isalpha() and len({*letters}) > 1 and len(letters) <= _LONGEST_ABBREVIATION


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


def _with_ending(place: Place, plain: str, folded: str) -> Place:
    """The place of a word with its inclusive ending, where the plain text has spaces ("gay.e.s")."""
    start, stop = place
    while stop < len(plain) and plain[stop] == " " != folded[stop]:
        stop += 1
    return start, stop


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
