"""Rules as data: the format of `rules/*.yaml`, its validation, and content-addressed versions.

Use:  `ruleset = load_ruleset()` then `scan(text, lang, ruleset)` of `compose` gives the findings with their spans in
the original text. A file with any error is refused whole (`RulesetError(file, rule, reason)`). How they are read
stands in `rule_reading`, what is checked besides in `rule_checks`, what comes of them in `rule_values`.

A file is a mapping. All keys but `rules` are optional; `fr`/`en` vocabularies may be spread over files.

    code: M1                  # default for the rules of this file (also: lang, tactic, weight, action, target, guards,
    lang: fr                  #   scope, bands, alerting)           lang: fr, en or any (any: compiled for both)
    vocabulary:               # words for every file
      fr:
        classes:              # {name} in patterns; entries are "lemma", "lemma:paradigm" (see inflect: t n a x v1
        v2...),
          schools: [college:n, lycee:n, la seconde, "prof/profs/professeur"]   # "a/b/c", several words, "@otherclass"
        spelling: {jsuis: je suis, koi: quoi}     # read as if written so, everywhere
        context: {tes: {as: tu es, before: [pas, un, une], classes: [insults], not_after: [de]}}   # by its neighbours
        repair: [schools]     # classes whose words are also found misspelt, joined, in leet, stretched or spaced
        slots:                # <name> in patterns: phrases that fill one place of a sentence, itself made of patterns
          audience: ["{everyone}", "(ton|ta|tes) {roles}", "tous ceux que tu ~1 (suis|connais)"]   # may name slots
        unheard: [insults]    # classes whose words nothing is taken for by its sound alone (see phonetic)
        glue: [le, la, de]    # words that may be run together with those; ordinary: [...] are never repaired
    rules:
      - id: m1.fr.secret
        tactic: isolation     # one that `incidents.tactics` has words for, or our own rules use
        weight: 0.6           # 0 to 1, default 1
        action: flag          # flag | hold | refuse (default flag)
        target: you           # you, group, third, self; default none
        patterns:             # any of them
          - "(ça|tout ça) reste (entre nous|notre secret)"
          - "(dis|parle) ~2 pas à (personne|{relatives})"
        unless:               # any of these in the same sentence: no finding (set off by a comma it may count for
                              # nothing, see matcher)
          - "{surprise} d'anniversaire"
        guards: [negated, quoted, reported]   # see compose: default [] (none); negated drops, others unset `alerting`
        bands: [teen_13_14, teen_15_17]       # room bands where it applies; data for the engine, `scan` ignores it
        rooms: [r1]           # keys of the rooms where it applies, default all; the same
        examples:
          must_fire: ["ça reste entre nous", {text: "...", band: teen_15_17, room: direct}]
          must_not_fire: ["...", "..."]       # at least as many as must_fire

Pattern syntax, over the *canonical* reading of the text (no accents, lower case, elisions undone, see below):

    word        that word; accents, case and elisions in the pattern do not matter ("t'es" is read as "tu es")
    word?       perhaps that whole word      word*   any word that begins so ("insult*")
                ("nudes?" is "perhaps the word nudes": write (nude|nudes) for the two forms)
    (a b|c d)   either; (..)? perhaps        {c}     a word or expression of class c;  {c|d} of either; {c}? {c}*
    _           any one word; _?             ~  ~5   0 to 3 (0 to 5) words, never across the end of a sentence
    ~~          any number of words of the same sentence
    <s>         what fills the slot s; <s>? perhaps. Rules say who does what to whom; slots, how it is said
    {number}    digits; {12..17} a number in that range        ^ $  start, end of a sentence       {qmark} a question
    mark        {amount}  digits, two or more: a sum of money, not "need 2 go" or "3 of us"

Rules with the code GUARD are no findings: their tactic (affirms, reports, encloses, cites, opens, recounts, tells,
warns, warns_of, witnesses, endorses, denounces, defends, asks, reclaims, attends, homonym) tells `compose` how to take
the findings around them.

The reading: "ne", fillers (vocabulary `fillers`: juste, vraiment, really...) and commas are *dropped* before
matching, so
write "tu es pas", and never rely on an intensifier. j' t' d' l' qu' m' s' c' are "je te de le que me se ce" ("t'es",
"t'as" are "tu es", "tu as"; "c'est" is "ce est"); I'm, don't, can't, gonna are "i am", "do not", "can not", "going to".
"13ans" is "13 ans"; an emoji is a word of its own and can be written as such in a pattern. Patterns go through
the same reading, so it is enough to write ordinary language. Sentence ends (. ! ? newline) stop every pattern.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .rule_checks import check_node, check_rule, check_words
from .rule_reading import hash_of, read_document, read_rule, read_vocabulary
from .rule_values import (
    ACTIONS,
    BANDS,
    ENGINE,
    GUARDS,
    LANGS,
    SCOPES,
    TARGETS,
    Context,
    Example,
    Rule,
    Ruleset,
    RulesetError,
    Vocabulary,
)

__all__ = [
    "ACTIONS", "BANDS", "ENGINE", "GUARDS", "LANGS", "SCOPES", "TARGETS", "Context", "Example", "Rule", "Ruleset",
    "RulesetError", "Vocabulary", "build_ruleset", "default_paths", "digest_of", "load_ruleset", "parse_ruleset",
    "read_document", "read_rule", "reread_ruleset",
]  # fmt: skip


def default_paths() -> list[Path]:
    """The rule files that ship with the package, in a fixed order."""
    return sorted((Path(__file__).parent / "rules").glob("*.yaml"))


def load_ruleset(paths: Iterable[Path | str] | None = None) -> Ruleset:
    """Read and validate rule files (all of `rules/` by default). Raises RulesetError; nothing is half loaded."""
    sources: dict[str, str] = {}
    for path in [Path(p) for p in paths] if paths is not None else default_paths():
        try:
            sources[path.name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RulesetError(path.name, "-", f"cannot be read: {error}") from error
    return parse_ruleset(sources)


def parse_ruleset(sources: Mapping[str, str], *, ours: Ruleset | None = None) -> Ruleset:
    """As `load_ruleset`, from file name -> YAML text: readable, and with nothing wrong in it (`rule_checks`). `ours`:
    rules that the engine is known to understand, where those of the files may be others."""
    documents = {name: read_document(name, sources[name], check=check_node) for name in sources}
    ruleset = build_ruleset(documents)
    check_words(documents)
    for rule in ruleset.rules:
        check_rule(rule, known=(ours or ruleset).rules)
    return ruleset


def reread_ruleset(sources: Mapping[str, str]) -> Ruleset:
    """Files that were taken in once, as they were then: a check thought of since puts nothing out of force."""
    return build_ruleset({name: read_document(name, sources[name]) for name in sources})


def build_ruleset(documents: Mapping[str, dict[str, Any]]) -> Ruleset:
    """From file name -> the mapping that the file holds. Raises RulesetError for what cannot be read."""
    documents = {name: documents[name] for name in sorted(documents)}
    vocabularies = {lang: read_vocabulary(documents, lang) for lang in LANGS}
    rules: list[Rule] = []
    seen: dict[str, str] = {}
    for name, document in documents.items():
        for raw in document.get("rules") or ():
            rule = read_rule(name, document, raw, vocabularies)
            if rule.id in seen:
                raise RulesetError(name, rule.id, f"the id is already used in {seen[rule.id]}")
            seen[rule.id] = name
            rules.append(rule)
    return Ruleset(digest_of(rules, vocabularies), tuple(rules), vocabularies)


def digest_of(rules: Iterable[Rule], vocabularies: Mapping[str, Vocabulary]) -> str:
    """SHA-256 (hex) of everything that decides what is found, whatever file it came from and in whatever order."""
    content = {
        "engine": ENGINE,
        "rules": sorted(rule.id + "@" + rule.version for rule in rules),
        "words": {
            lang: {
                "classes": {k: list(v) for k, v in sorted(words.classes.items())},
                "spelling": dict(sorted(words.spelling.items())),
                "context": {
                    k: [v.meant, sorted(v.before), v.classes, sorted(v.not_after), sorted(v.after)]
                    for k, v in sorted(words.context.items())
                },
                "slots": dict(sorted(words.slots.items())),
                **{k: sorted(getattr(words, k)) for k in ("repair", "unheard", "fillers", "glue", "ordinary")},
            }
            for lang, words in vocabularies.items()
        },
    }
    return hash_of(content, 64)
