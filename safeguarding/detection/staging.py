"""A rule set made of another: some of its rules left out, others added. And the proof of a rule by its examples.

Rules come and go one at a time while a community talks. What is made is a rule set like any other, ready within a
second or two; whoever swaps it in does so when it is (see `safeguarding.rules`), so that no message waits for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from .compose import judge
from .context import read_message
from .lexicon import lexicon_for
from .matcher import GUARD
from .normalise import normalise
from .patterns import words_of
from .plain import Plain, plain_words
from .rulesets import LANGS, Example, Rule, Ruleset, RulesetError, Vocabulary, digest_of, read_rule
from .tactics import HELP_CODES
from .types import RoomInfo

# A word class that no pattern names: it only lets watched words be found misspelt. "~" sorts it behind all others, so
# that no other class changes its mark, and expressions compiled for the base serve here too.
WATCHED_WORDS = "~watched"
_SHORTEST_WORD = 4


def stage_ruleset(
    base: Ruleset, *, awake: Collection[str], added: Sequence[tuple[str, Mapping[str, Any]]] = (), watched: bool = True
) -> Ruleset:
    """`base` with only the rules whose version is in `awake`, and with those `added` as (file, rule as in a file).

    With `watched`, the words of added rules whose code allows it are also found misspelt. Raises RulesetError for an
    added rule that cannot be used, or one id twice; nothing is half made.
    """
    vocabularies = base.vocabularies
    rules = [rule for rule in base.rules if rule.version in awake]
    extra = [read_rule(file, {}, raw, vocabularies) for file, raw in added]
    seen = {rule.id: rule.file for rule in rules}
    for rule in extra:
        if rule.id in seen:
            raise RulesetError(rule.file, rule.id, f"the id is already used in {seen[rule.id]}")
        seen[rule.id] = rule.file
    rules += extra
    if watched:
        vocabularies = {
            lang: _with_words(words, _watched_words([rule for rule in extra if rule.lang in (lang, "any")], words))
            for lang, words in vocabularies.items()
        }
    return Ruleset(digest_of(rules, vocabularies), tuple(rules), vocabularies)


def is_watched(rule_id: str) -> bool:
    """Whether a rule is an expression that moderators watch for."""
    return rule_id.startswith("watch.")


def _watched_words(rules: Iterable[Rule], known: Vocabulary) -> tuple[str, ...]:
    """The words of watched expressions that no vocabulary holds yet: they may be found in leet, split, misspelt."""
    held = set(known.spelling) | known.fillers | known.glue | known.ordinary
    words = {
        folded
        for rule in rules
        if is_watched(rule.id)
        for pattern in rule.patterns
        for word in words_of(pattern)
        for folded in normalise(word).text.replace("-", " ").replace("'", " ").split()
    }
    return tuple(sorted(word for word in words - held if len(word) >= _SHORTEST_WORD and word.isalpha()))


def _with_words(vocabulary: Vocabulary, words: tuple[str, ...]) -> Vocabulary:
    if not words:
        return vocabulary
    return dataclasses.replace(
        vocabulary,
        classes={**vocabulary.classes, WATCHED_WORDS: words},
        repair=vocabulary.repair | {WATCHED_WORDS},
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Unproved:
    """An example that does not hold: `must_fire` says which of the two kinds it is."""

    rule: str
    text: str
    must_fire: bool


def unproved(ruleset: Ruleset, rule: Rule) -> list[Unproved]:
    """The examples of a rule of `ruleset` that do not hold when the engine reads them; empty when all do.

    A rule of both languages must fire in one of them and stay silent in both.
    """
    langs = LANGS if rule.lang == "any" else (rule.lang,)
    wrong = []
    for examples, expected in ((rule.must_fire, True), (rule.must_not_fire, False)):
        for example in examples:
            if any(_fires(ruleset, rule, lang, example) for lang in langs) is not expected:
                wrong.append(Unproved(rule.id, example.text, expected))
    return wrong


def plain_word_met(ruleset: Ruleset, rule: Rule) -> tuple[str, Plain] | None:
    """A word of every day, a name of a group or a word of a call for help that a rule of `ruleset` meets by itself,
    however its own words are spelt; the first of them by the alphabet."""
    lexicons = [lexicon_for(ruleset, lang) for lang in (LANGS if rule.lang == "any" else (rule.lang,))]
    for word, kind in sorted(plain_words(ruleset.vocabularies).items()):
        if any(lexicon.fires(rule, lexicon.read(word)) for lexicon in lexicons):
            return word, kind
    return None


def calls_met(ruleset: Ruleset, rule: Rule) -> list[str]:
    """The calls for help that a rule of `ruleset` meets, of those by which the rules that find them are proved."""
    langs = LANGS if rule.lang == "any" else (rule.lang,)
    calls = [
        (lang, example)
        for other in ruleset.rules
        if other.code in HELP_CODES
        for lang in langs
        if other.lang in (lang, "any")
        for example in other.must_fire
    ]
    bands = rule.bands or ("teen_15_17",)
    return [
        example.text
        for lang, example in calls
        if _fires(ruleset, rule, lang, dataclasses.replace(example, band=bands[0]))
    ]


def _fires(ruleset: Ruleset, rule: Rule, lang: str, example: Example) -> bool:
    lexicon = lexicon_for(ruleset, lang)
    if rule.code == GUARD:
        return lexicon.fires(rule, lexicon.read(example.text))
    if rule.scope == "name":
        found = judge(lexicon, lexicon.read(example.text), rule.scope)
    else:
        band = example.band or (rule.bands[0] if rule.bands else "adult")
        key = rule.rooms[0] if rule.rooms else "example"
        kind = "direct" if example.room == "direct" else "room"
        room = RoomInfo(key, kind, "", "", band, lang)  # type: ignore[arg-type]  # a band of the rule file, checked there
        found = list(read_message(example.text, room=room, recent=(), ruleset=ruleset))
    return any(finding.version == rule.version and finding.alerting == rule.alerting for finding in found)
