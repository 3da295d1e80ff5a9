"""From matched words to findings: who x predicate x polarity x quotation.

The rules say who and what (a group and an insult, "you" and a threat). This module says how it is meant, for the rules
that ask for it in `guards`:

- negated: a negation between the one spoken of and what is said of them, not undone by an idiom that affirms
  ("ne peut s'empêcher d'être"): the finding is dropped;
- quoted: inside quotation marks, with the speaker's own words around: kept, but it accuses nobody (`alerting` False),
  unless the author sides with what is quoted ("... and I stand by it");
- reported: governed by another's saying or by a denunciation ("il a dit que", "dire ... est raciste"), or a slur
  for people who are defended ("les ... ne sont pas des malades"): the same, unless the author sides with what is
  reported ("... et il a raison"); what a question asks about somebody's hate or a slur likewise, of nothing else;
  of what is done *to* somebody (lures, demands, threats) what counts is who asks whom: another's words to the author
  ("il me dit envoie ..."), what another wants of the author ("il veut que je ..."), and a warning of what others may
  ask ("n'envoie jamais ...") accuse nobody; what is asked of "you" is asked, whoever is said to have said it
  ("mon pote dit que tu devrais ..."), and so is what the author would gain ("tu n'es pas obligée de m'envoyer ...");
  what is told of for itself accuses nobody either, and no more than that: a slur that was shouted after the author
  or made their name, whom a grandfather hates, what is called a myth;
- reclaimed: a slur that speakers say of themselves: the same;
- attended: the same message has a parent, a teacher, a club or friends there or told of it ("bring your mum", "the
  whole club comes", "ask your dad first"): what lures somebody to be alone is dropped;
- yours: what people say of themselves, in a clause that speaks of "you" and not of the speaker ("they leave you alone
  at night?", "you're a burden"): dropped, for it tells of another, or is what somebody wishes them;
- anothers: the same, of somebody spoken about ("she has no will to live"): weighs less than half, so that who tells of
  it is looked at and nobody is woken.

A finding of a rule that never alerts is dropped when the words are another's: quoted or told of.

Whatever they ask for, a finding that lies in the other sense of a word (the pedal of a bicycle) is dropped.

What the idioms are is data too (rules of code GUARD).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator
from functools import cached_property

from .lexicon import Lexicon, lexicon_for
from .matcher import GUARD, Hit
from .patterns import CONTINUED
from .reading import Reading
from .rulesets import Ruleset
from .types import Finding

_OF_ANOTHER = 0.4
_PERSONS = {"speaker": ["speaker"], "mine": ["mine"], "you": ["you", "your"], "absent": ["absent"]}  # word classes
_CLAUSE_ENDS = frozenset(",;:\n")
_QUOTED = re.compile(r'"[^"\n]{2,500}+"|(?<![^\W_])\'[^\'\n]{6,500}+\'(?![^\W_])')
# A pasted dialogue: lines under somebody's name, beside those under the author's own.
_LINE = re.compile(
    r"(?<![^\s\])])(?<!dis )(?<!dit )(?<!tell )(?<!ask )"
    r"(?P<who>lui|elle|eux|him|her|moi|me|le mec|l'autre|the guy|mon ex|my ex) ?:(?! ?[)(/dp0-9])"
    r"|^(?P<name>[^\W\d_]{2,20}) ?:(?!//)",
    re.MULTILINE,
)
_MINE = frozenset({"moi", "me"})
_SUBJECTS = frozenset({"je", "on", "nous", "i", "we"})
_NEVER = frozenset({"jamais", "never"})
_SETS_OFF = frozenset(",;")
# What is done to somebody: who asks whom decides, and not whether a word of saying stands before it.
DONE_TO_SOMEBODY = frozenset({"M1", "M2", "M4", "M5", "C2", "C3", "S1", "V1", "V2", "X1"})
_ALSO_POLITE = DONE_TO_SOMEBODY - {"X1"}  # the rules of swindles say "vous" themselves, as shops and banks do
_GIVEN = frozenset({"image_request", "sexual"})
# "If anyone asks, you tell them that ..." instructs: of these only people are warned of ("who asks you to ...").
_OFTEN_INSTRUCTED = frozenset({"secrecy", "isolation", "no_trace", "age_bypass", "compliance", "age_dismissal"})
_CITED = 12  # words from "he says" to what he says
_WARNED = 7  # words from a warning to what it warns of


Span = tuple[int, int]
"""Tokens [first, last)."""


class _Guards:
    """The guards of one text: where they stand and how far they reach."""

    def __init__(self, lexicon: Lexicon, reading: Reading, hits: Iterable[Hit]) -> None:
        self.reading = reading
        self.negation = lexicon.marks.get("negations", 0)
        self.breaks = lexicon.marks.get("breaks", 0)
        self.slurs, self.you, self.me, self.speaker, self.mine, self.conveys, self.own, self.on = (
            lexicon.marks.get(name, 0)
            for name in ("slurs", "addressed", "author", "narrator", "of_author", "conveys", "own_word", "goes_on")
        )
        self.persons = {
            whom: frozenset(lexicon.marks[name] for name in names if name in lexicon.marks)
            for whom, names in _PERSONS.items()
        }
        spans: dict[str, list[Span]] = {}
        for hit in hits:
            if hit.rule.code == GUARD:
                spans.setdefault(hit.rule.tactic or "", []).append((hit.first, hit.last))
        self.affirmed = {index for first, last in spans.get("affirms", ()) for index in range(first, last)}
        self.told = spans.get("tells", [])
        self.witnessed, self.denounced = "witnesses" in spans, "denounces" in spans
        self.defended = spans.get("defends", [])
        self.reclaims, self.endorsed = spans.get("reclaims", []), spans.get("endorses", [])
        self.homonyms, self.attended = spans.get("homonym", []), "attends" in spans
        self.quotes = self._quotes() + self._dialogue()
        self._sentences: list[int] = []
        self._ends: list[int] = []
        start = 0
        for index, piece in enumerate(reading.pieces):
            self._sentences.append(start)
            if piece[1:2] in (b".", b"?"):
                start = index + 1
                self._ends.append(index)
        self.asked = {self.sentence(first) for first, _ in spans.get("asks", ())}  # sentences
        said_at = {hit.first for hit in hits if hit.rule.code != GUARD}
        opened = [span for span in spans.pop("opens", ()) if self._opens(span[1], said_at)]
        spans.setdefault("cites", []).extend(opened)
        self._by_sentence: dict[tuple[str, int], list[Span]] = {}
        for tactic, found in spans.items():
            for span in found:
                self._by_sentence.setdefault((tactic, self.sentence(span[0])), []).append(span)

    def _opens(self, last: int, said_at: Container[int]) -> bool:
        """Does what ends before a token open what somebody said: with a colon right after, or with the very thing that
        was found? "Got this, pay" says it for itself.
        """
        spans = self.reading.spans
        between = self.reading.source.text[spans[last - 1][1] : spans[last][0]] if last < len(spans) else ""
        return ":" in between or (last in said_at and between.isspace())

    def _beside(self, hit: Hit, *tactics: str) -> Iterator[Span]:
        """The guards of these kinds in the sentence of a hit: of a long text most stand elsewhere."""
        start = self.sentence(hit.first)
        for tactic in tactics:
            yield from self._by_sentence.get((tactic, start), ())

    def _quotes(self) -> list[tuple[int, int]]:
        folded = self.reading.source.text
        if '"' not in folded and folded.count("'") < 2:
            return []
        found = [match.span() for match in _QUOTED.finditer(folded)]
        outside = len(folded) - sum(end - start for start, end in found)
        return found if outside >= 12 else []

    def _dialogue(self) -> list[tuple[int, int]]:
        """The lines of others in a pasted dialogue; of somebody named only where the author has lines of their own."""
        folded = self.reading.source.text
        if ":" not in folded:
            return []
        lines = [*_LINE.finditer(folded)]
        mine = any(line["who"] in _MINE or line["name"] in _MINE for line in lines)
        ends = [*(line.start() for line in lines[1:]), len(folded)]
        found = []
        for line, end in zip(lines, ends, strict=False):
            if (line["who"] or line["name"]) not in _MINE and (line["who"] or mine):
                stop = folded.find("\n", line.end(), end)
                found.append((line.end(), end if stop < 0 else stop))
        return found

    def _marked(self, index: int, mark: int) -> bool:
        return mark in self.reading.pieces[index]

    def sentence(self, index: int) -> int:
        """The first token of the sentence that holds a token."""
        return self._sentences[index]

    @cached_property
    def _clauses(self) -> list[tuple[frozenset[str], int]]:
        """For each token its clause (a sentence, or what stands between commas and the like): of whom it speaks, and
        at which token somebody absent comes in.
        """
        pieces, spans, text = self.reading.pieces, self.reading.spans, self.reading.source.text
        found: list[tuple[frozenset[str], int]] = []
        start = 0
        for index, piece in enumerate(pieces):
            following = index + 1
            if following < len(pieces) and not (
                piece[1:2] in (b".", b"?") or not _CLAUSE_ENDS.isdisjoint(text[spans[index][1] : spans[following][0]])
            ):
                continue
            clause = b"".join(pieces[start:following])
            said = {name for name, marks in self.persons.items() if not marks.isdisjoint(clause)}
            absent = (at for at in range(start, following) if not self.persons["absent"].isdisjoint(pieces[at]))
            found += [(frozenset(said), next(absent, following))] * (following - start)
            start = following
        return found

    def yours(self, hit: Hit) -> bool:
        """Does the clause of a hit speak of "you", and nowhere of who says it?"""
        said = frozenset[str]().union(*(whom for whom, _absent in self._clauses[hit.first : hit.last]))
        return "you" in said and said.isdisjoint({"speaker", "mine"})

    def of_another(self, hit: Hit) -> bool:
        """Has the hit somebody spoken about for its subject, and does its clause never say "I"?"""
        said = frozenset[str]().union(*(whom for whom, _absent in self._clauses[hit.first : hit.last]))
        return self._clauses[hit.first][1] < hit.first and "speaker" not in said

    def negated(self, hit: Hit) -> bool:
        before = self.reading.word(hit.first - 1) if hit.first else ""
        # "t'inquiète pas je ...", not "jamais je ..."
        says_for_itself = self.reading.word(hit.first) in _SUBJECTS and before not in _NEVER
        begins = hit.first if says_for_itself else hit.first - 1
        start = max(self.sentence(hit.first), begins)
        odd = False
        for index in range(start, hit.last):
            if self._marked(index, self.breaks) and index > hit.first:
                odd = False
            elif (
                self._marked(index, self.negation)
                and index not in self.affirmed
                and not self._marked(index, CONTINUED)  # the "pas" of "aime pas": part of what is said
            ):
                odd = True
        return odd

    def quoted(self, hit: Hit) -> bool:
        spans = self.reading.spans
        start = spans[hit.first][0]
        return any(a <= start < b for a, b in self.quotes) and not (self.endorsed and self.sided_with(hit))

    def reported(self, hit: Hit) -> bool:
        defended = any(first <= hit.first and hit.last <= last for first, last in self.defended)
        return self._denounced(hit) or defended or self.only_asked(hit) or self.told_of_another(hit)

    def _denounced(self, hit: Hit) -> bool:
        """Does the author denounce it? A lure is not denounced by what is said elsewhere, nor where it is asked for."""
        if hit.rule.code not in DONE_TO_SOMEBODY:
            return self.denounced
        return not self._names((self.me,), hit.first, hit.last) and any(
            self._together(hit, first, last) for first, last in self._beside(hit, "denounces")
        )

    def _together(self, hit: Hit, first: int, last: int) -> bool:
        """Do two things of one sentence stand there with no comma between?"""
        return not any(map(self._is_set_off, range(min(last, hit.last), max(first, hit.first) + 1)))

    def only_asked(self, hit: Hit) -> bool:
        """Is hate, or a slur, what somebody is asked about? A question excuses nothing else: lures are questions."""
        if self.sentence(hit.first) not in self.asked:
            return False
        return hit.rule.code == "H1" or any(self._marked(index, self.slurs) for index in range(hit.first, hit.last))

    def sided_with(self, hit: Hit) -> bool:
        """Does the author side with it: just after, and with no "but" between, or in the same sentence before?"""
        start = self.sentence(hit.first)
        for first, last in self.endorsed:
            if last <= hit.first and self.sentence(first) == start:
                return True
            near = hit.last <= first and bisect_left(self._ends, first) - bisect_left(self._ends, hit.last) <= 1
            if near and not self._names((self.breaks,), hit.last, first):
                return True
        return False

    def told_of_another(self, hit: Hit) -> bool:
        """Is it somebody else's word that the author tells of, without making it theirs?"""
        if self.endorsed and self.sided_with(hit):
            return False
        to_somebody = hit.rule.code in DONE_TO_SOMEBODY
        if any(
            not (to_somebody and self._is_asked(hit, min(first, hit.first)))
            for first, _ in self._beside(hit, "encloses")
        ):
            return True
        if any(
            last <= hit.last and (first < hit.first or last <= hit.first + 1)
            for first, last in self._beside(hit, "reports")
            if not (to_somebody and self._is_asked(hit, first))
        ):
            return True
        if any(self._is_cited(hit, first, last) for first, last in self._beside(hit, "cites")):
            return True
        if hit.rule.action != "hold" and any(first < hit.last and hit.first < last for first, last in self.told):
            return True
        return (to_somebody and self._is_of_others(hit)) or (hit.rule.code == "V3" and self.witnessed)

    def _is_asked(self, hit: Hit, first: int) -> bool:
        """Is it asked of "you", or asked for "me", though a word of saying governs it? Whoever tells "you" of what you
        said about me does not ask.
        """
        if self._marked(first, self.you):
            return hit.rule.tactic in _GIVEN and not self._names((self.mine,), first, hit.last)
        return self._names((self.you, self.me), first, hit.last)

    def _is_cited(self, hit: Hit, first: int, last: int) -> bool:
        """Are these another's words to the author? What they say "that you should" is asked of you,
        and what they say that "I" do is the author's.
        """
        if not self._reaches(hit, first, last, after_comma=True):
            return False
        if not self._marked(min(last, hit.last - 1), self.conveys):
            return hit.first - last <= _CITED
        return not self._marked(hit.first, self.speaker) and not self._names((self.you,), last, hit.last)

    def _is_of_others(self, hit: Hit) -> bool:
        """Is it what another wants of the author, or a warning of what others may ask, from which the author gains
        nothing?
        """
        if any(
            self._reaches(hit, first, last) and not self._names((self.you,), last, hit.last)
            for first, last in self._beside(hit, "recounts")
        ):
            return True
        instructs = hit.rule.tactic in _OFTEN_INSTRUCTED
        warnings = ("warns_of",) if instructs else ("warns", "warns_of")
        return any(
            hit.first - last <= _WARNED
            and self._reaches(hit, first, last)
            and not self._names((self.me,), max(first - 2, 0), hit.last)
            and not self._names((self.speaker,), hit.first, hit.last)
            and not (instructs and self._names((self.you,), last, hit.last))
            for first, last in self._beside(hit, *warnings)
        )

    def _names(self, marks: tuple[int, ...], first: int, last: int) -> bool:
        return not frozenset(marks).isdisjoint(b"".join(self.reading.pieces[first:last]))

    def _reaches(self, hit: Hit, first: int, last: int, *, after_comma: bool = False) -> bool:
        """Does what is said from `first` on hold of a hit of its sentence: no word of the author's own between,
        and no comma, unless what follows it goes on ("or ..."), or opens what is cited (`after_comma`)?
        """
        if hit.first < first:
            return False
        for index in range(last, hit.first + 1):
            if self._marked(index, self.own):
                return False
            opens = after_comma and index == last
            if not opens and not self._marked(index, self.on) and self._is_set_off(index):
                return False
        return True

    def _is_set_off(self, index: int) -> bool:
        """Whether a comma or the like stands before a token."""
        spans = self.reading.spans
        return not _SETS_OFF.isdisjoint(self.reading.source.text[spans[index - 1][1] : spans[index][0]])

    def of_other_sense(self, hit: Hit) -> bool:
        return any(first < hit.last and hit.first < last for first, last in self.homonyms)

    def reclaimed(self, hit: Hit) -> bool:
        return any(first <= hit.last and hit.first <= last for first, last in self.reclaims)

    def anothers(self, hit: Hit, asked: tuple[str, ...]) -> bool:
        """Is what the hit says somebody else's word, quoted or told of?"""
        return ("quoted" in asked and self.quoted(hit)) or ("reported" in asked and self.told_of_another(hit))

    def turned(self, hit: Hit, asked: tuple[str, ...]) -> bool:
        """Is what the hit says not what its author says?"""
        return (
            ("quoted" in asked and self.quoted(hit))
            or ("reported" in asked and self.reported(hit))
            or ("reclaimed" in asked and self.reclaimed(hit))
        )


def scan(text: str, lang: str, ruleset: Ruleset, *, without: str = "") -> list[Finding]:
    """The findings of the rules of scope "text" in any text, in the order they appear, none of the code `without`.
    Pure and linear in its length.
    """
    lexicon = lexicon_for(ruleset, lang)
    reading = lexicon.read(text)
    found = judge(lexicon, reading, without=without)
    familiar = lexicon.familiar(reading)
    if familiar is not None:
        found = _once([*found, *(one for one in judge(lexicon, familiar) if one.code in _ALSO_POLITE)])
    return found


def judge(lexicon: Lexicon, reading: Reading, scope: str = "text", *, without: str = "") -> list[Finding]:
    """The findings of a reading: every match of the rules of a scope, as its guards let it stand."""
    hits = lexicon.hits(reading, scope, without=without)
    if not hits:
        return []
    guards: _Guards | None = None
    findings = []
    for hit in hits:
        rule = hit.rule
        if rule.code == GUARD:
            continue
        alerting, weight = rule.alerting, rule.weight
        if rule.guards:
            guards = guards or _Guards(lexicon, reading, hits)
            if ("negated" in rule.guards and guards.negated(hit)) or guards.of_other_sense(hit):
                continue
            if "attended" in rule.guards and guards.attended:
                continue
            if "yours" in rule.guards and guards.yours(hit):
                continue
            if "anothers" in rule.guards and guards.of_another(hit):
                weight *= _OF_ANOTHER
            if not alerting and guards.anothers(hit, rule.guards):
                continue  # a mere light is for the author's own words
            alerting = alerting and not guards.turned(hit, rule.guards)
        span = reading.original(hit.first, hit.last)
        findings.append(Finding(rule.code, rule.id, rule.version, span, rule.tactic, weight, rule.target, alerting))
    return _once(findings)


def _once(findings: list[Finding]) -> list[Finding]:
    """Of the findings of one rule that overlap, the one that alerts, else the longest."""
    findings.sort(key=lambda f: (not f.alerting, f.span[0] - f.span[1], f.span, f.rule))
    kept: dict[str, list[Finding]] = {}
    for finding in findings:
        start, end = finding.span
        mine = kept.setdefault(finding.rule, [])
        if not any(other.span[0] < end and start < other.span[1] for other in mine):
            mine.append(finding)
    return sorted((f for mine in kept.values() for f in mine), key=lambda finding: (finding.span, finding.rule))
