"""Rule files read: a document, the words of all documents, one rule. What they mean is documented in `rulesets`.

Whatever was stored once must stay readable, so no more is refused here than cannot be read; what a file that comes in
must be besides stands in `rule_checks`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import yaml

from .inflect import PARADIGMS, forms
from .normalise import normalise
from .patterns import MOST_CLASSES, PatternError, classes_of, filled, parsed, slots_of
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
    RulesetError,
    Vocabulary,
)
from .spelling import canonical


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen at run time
    """A safe loader for word lists: only true and false are truth values ("on", "no", "off" are words)."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("(?:true|false)$"), ["t", "f"])

_DEFAULTS = ("code", "lang", "tactic", "weight", "action", "target", "guards", "scope", "bands", "rooms", "alerting")
_RULE_KEYS = {"id", "patterns", "unless", "examples", "note", *_DEFAULTS}
_FILE_KEYS = {"rules", "vocabulary", "note", *_DEFAULTS}
_VOCABULARY_KEYS = {"classes", "spelling", "repair", "unheard", "fillers", "glue", "ordinary", "context", "slots"} | {
    "rare"  # of no use any more: files stored long ago name it
}
_DEEPEST = 30  # ours stand six deep
_SHOWN = 200  # letters of a pattern in what is said of it
_CONTEXT_KEYS = {"as", "before", "classes", "not_after", "after"}


def hash_of(content: object, length: int) -> str:
    """So many hex digits of the SHA-256 of plain data, whatever the order of its keys."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:length]


def read_document(name: str, source: str, *, check: Callable[[str, yaml.Node], None] | None = None) -> dict[str, Any]:
    """The mapping that a rule file holds, its shape checked. `check` sees it as it is written (see `rule_checks`).
    Raises RulesetError."""
    try:
        if _is_too_deep(source):
            raise RulesetError(name, "-", "is nested too deeply")
        loader = _Loader(source)
        node = loader.get_single_node()
        if check and node is not None:
            check(name, node)
        document = loader.construct_document(node) if node is not None else None
    except RulesetError:
        raise
    except (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        # a date that is none, a word tagged as a number: whatever PyYAML trips over
        raise RulesetError(name, "-", f"is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise RulesetError(name, "-", "is not a mapping")
    unknown = set(document) - _FILE_KEYS
    if unknown:
        raise RulesetError(name, "-", f"unknown key {sorted(map(str, unknown))[0]!r}")
    rules = document.get("rules")
    if rules is not None and not (isinstance(rules, list) and all(isinstance(rule, dict) for rule in rules)):
        raise RulesetError(name, "-", "'rules' is not a list of mappings")
    return document


def _is_too_deep(source: str) -> bool:
    """Whether so much stands inside one another that reading it would break the process."""
    depth = 0
    for event in yaml.parse(source, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            return True
    return False


def _fold(text: str) -> str:
    return normalise(text).text.strip()


def _strings(name: str, where: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str | int) for item in value):
        raise RulesetError(name, "-", f"{where} is not a list of words")
    if any(isinstance(item, bool) for item in value):
        raise RulesetError(name, "-", f"{where} holds true or false: quote the word")
    return [str(item) for item in value]


def read_vocabulary(documents: Mapping[str, dict[str, Any]], lang: str) -> Vocabulary:
    """The words of one language, of all documents. Raises RulesetError."""
    raw: dict[str, tuple[str, list[str]]] = {}
    spelling: dict[str, str] = {}
    context: dict[str, Context] = {}
    slots: dict[str, tuple[str, list[str]]] = {}
    named: dict[str, str] = {}  # classes that something else than a rule names, and the file it stands in
    sets: dict[str, set[str]] = {"repair": set(), "unheard": set(), "fillers": set(), "glue": set(), "ordinary": set()}
    for name, document in documents.items():
        section = document.get("vocabulary") or {}
        if not isinstance(section, dict) or set(section) - set(LANGS):
            raise RulesetError(name, "-", f"'vocabulary' must be by language ({', '.join(LANGS)})")
        words = section.get(lang) or {}
        if not isinstance(words, dict) or set(words) - _VOCABULARY_KEYS:
            raise RulesetError(name, "-", f"vocabulary of {lang}: unknown key")
        for key in ("classes", "slots", "spelling", "context"):
            if not isinstance(words.get(key) or {}, dict):
                raise RulesetError(name, "-", f"vocabulary of {lang}: {key} must be a mapping")
        for cls, entries in (words.get("classes") or {}).items():
            if cls in raw:
                raise RulesetError(name, "-", f"class {cls!r} is already defined in {raw[cls][0]}")
            raw[str(cls)] = (name, _strings(name, f"class {cls!r}", entries))
        for slot, entries in (words.get("slots") or {}).items():
            if slot in slots:
                raise RulesetError(name, "-", f"slot {slot!r} is already defined in {slots[slot][0]}")
            slots[str(slot)] = (name, _strings(name, f"slot {slot!r}", entries))
        for key, collected in sets.items():
            listed = _strings(name, f"{lang} {key}", words.get(key) or [])
            collected.update(listed if key in ("repair", "unheard") else map(_fold, listed))
            named |= dict.fromkeys(listed if key in ("repair", "unheard") else (), name)
        for seen_as, meant in (words.get("spelling") or {}).items():
            if not isinstance(seen_as, str) or not isinstance(meant, str):
                raise RulesetError(name, "-", f"spelling {seen_as!r}: both sides must be quoted words")
            spelling[_fold(seen_as)] = _fold(meant)
        for word, raw_context in (words.get("context") or {}).items():
            context[_fold(str(word))] = read = _context(name, str(word), raw_context)
            named |= dict.fromkeys(read.classes, name)
        if len(raw) > MOST_CLASSES:
            raise RulesetError(name, "-", f"more than {MOST_CLASSES} word classes in {lang}")
    classes = {cls: tuple(sorted(set(_members(cls, raw, lang, ())))) for cls in raw}
    for cls, name in named.items():
        if cls not in classes:
            raise RulesetError(name, "-", f"repair, unheard or context names an unknown class {cls!r} ({lang})")
    word_lists = {key: frozenset(collected) for key, collected in sets.items()}
    fillings: dict[str, str] = {}
    for slot in slots:
        _fill(slot, slots, fillings, ())
    return Vocabulary(classes=classes, spelling=spelling, context=context, slots=fillings, **word_lists)


def _fill(slot: str, raw: Mapping[str, tuple[str, list[str]]], fillings: dict[str, str], path: tuple[str, ...]) -> None:
    """Add what may stand in a slot, as one pattern, and in the slots inside it."""
    name, entries = raw[slot]
    if not entries:
        raise RulesetError(name, "-", f"slot {slot!r} is empty")
    for entry in entries:
        for other in slots_of(entry):
            if other not in raw or other in path or other == slot or len(path) > _DEEPEST:
                raise RulesetError(name, "-", f"slot {slot!r} includes {other!r}, which is unknown or circular")
            if other not in fillings:
                _fill(other, raw, fillings, (*path, slot))
    try:
        fillings[slot] = f"({'|'.join(filled(entry, fillings) for entry in entries)})"
    except PatternError as error:
        raise RulesetError(name, "-", f"slot {slot!r} holds {error}") from error


def _context(name: str, word: str, raw: object) -> Context:
    if not isinstance(raw, dict) or set(raw) - _CONTEXT_KEYS or not isinstance(raw.get("as"), str):
        raise RulesetError(name, "-", f"context {word!r} needs 'as', and before, classes, after or not_after")
    lists = {key: _strings(name, f"context {word!r}", raw.get(key) or []) for key in _CONTEXT_KEYS - {"as"}}
    return Context(
        _fold(raw["as"]),
        frozenset(map(_fold, lists["before"])),
        tuple(lists["classes"]),
        frozenset(map(_fold, lists["not_after"])),
        frozenset(map(_fold, lists["after"])),
    )


def _members(cls: str, raw: Mapping[str, tuple[str, list[str]]], lang: str, path: tuple[str, ...]) -> list[str]:
    name, entries = raw[cls]
    members: list[str] = []
    for entry in entries:
        if entry.startswith("@"):
            other = entry[1:]
            if other not in raw or other in path or other == cls or len(path) > _DEEPEST:
                raise RulesetError(name, "-", f"class {cls!r} includes {other!r}, which is unknown or circular")
            members += _members(other, raw, lang, (*path, cls))
            continue
        for alternative in entry.split("/"):
            word, _, paradigm = alternative.partition(":")
            folded = _fold(word)
            if not folded:
                raise RulesetError(name, "-", f"class {cls!r} holds an empty word ({entry!r})")
            if paradigm and paradigm not in PARADIGMS[lang]:
                raise RulesetError(name, "-", f"class {cls!r}: no paradigm {paradigm!r} in {lang} ({entry!r})")
            members += forms(folded, paradigm, lang) if paradigm else [folded]
    return members


def _examples(name: str, rule: str, raw: object) -> tuple[Example, ...]:
    if not isinstance(raw, list):
        raise RulesetError(name, rule, "examples must be lists")
    found = []
    for item in raw:
        if isinstance(item, str):
            found.append(Example(item))
        elif isinstance(item, dict) and isinstance(item.get("text"), str) and not set(item) - {"text", "band", "room"}:
            found.append(Example(item["text"], item.get("band"), item.get("room")))
        else:
            raise RulesetError(name, rule, f"an example is neither a text nor text/band/room: {item!r}")
    return tuple(found)


def _check(name: str, rule: str, condition: object, reason: str) -> None:
    if not condition:
        raise RulesetError(name, rule, reason)


def _listed(name: str, rule: str, key: str, value: object) -> tuple[str, ...]:
    """A list of words that may be left out."""
    listed = value or []
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise RulesetError(name, rule, f"{key} must be a list of words")
    return tuple(listed)


def read_rule(
    name: str, document: Mapping[str, Any], raw: Mapping[str, Any], vocabularies: Mapping[str, Vocabulary]
) -> Rule:
    """One rule of a file, validated against the words there are. Raises RulesetError."""
    rule_id = raw.get("id")
    if not isinstance(rule_id, str) or not rule_id:
        raise RulesetError(name, "-", "a rule has no id")
    unknown = set(raw) - _RULE_KEYS
    _check(name, rule_id, not unknown, f"unknown key {sorted(map(str, unknown))[:1]}")
    value = {key: raw.get(key, document.get(key)) for key in _DEFAULTS}
    _check(name, rule_id, isinstance(value["code"], str) and value["code"], "no code")
    _check(name, rule_id, value["lang"] in (*LANGS, "any"), "lang must be fr, en or any")
    _check(name, rule_id, value["tactic"] is None or isinstance(value["tactic"], str), "tactic must be a word")
    weight = 1.0 if value["weight"] is None else value["weight"]
    good_weight = isinstance(weight, int | float) and not isinstance(weight, bool) and 0 <= weight <= 1
    _check(name, rule_id, good_weight, "weight must be a number from 0 to 1")
    action = value["action"] or "flag"
    _check(name, rule_id, action in ACTIONS, f"action must be one of {', '.join(ACTIONS)}")
    _check(name, rule_id, value["target"] in TARGETS, "target must be you, group, third or self")
    guards = _listed(name, rule_id, "guards", value["guards"])
    _check(name, rule_id, set(guards) <= set(GUARDS), f"guards must be among {', '.join(GUARDS)}")
    scope = value["scope"] or "text"
    _check(name, rule_id, scope in SCOPES, f"scope must be one of {', '.join(SCOPES)}")
    bands = _listed(name, rule_id, "bands", value["bands"])
    _check(name, rule_id, set(bands) <= set(BANDS), f"bands must be among {', '.join(BANDS)}")
    rooms = _listed(name, rule_id, "rooms", value["rooms"])
    alerting = True if value["alerting"] is None else value["alerting"]
    _check(name, rule_id, isinstance(alerting, bool), "alerting must be true or false")

    listed: dict[str, tuple[str, ...]] = {}
    for key in ("patterns", "unless"):
        items = raw.get(key) or []
        well_formed = isinstance(items, list) and all(isinstance(item, str) for item in items)
        _check(name, rule_id, well_formed, f"{key} must be a list of quoted patterns")
        listed[key] = tuple(items)
    _check(name, rule_id, listed["patterns"], "a rule needs patterns")
    words: dict[str, Any] = {}
    for lang in LANGS if value["lang"] == "any" else (value["lang"],):
        vocabulary = vocabularies[lang]
        known, slots = vocabulary.classes, vocabulary.slots
        said = partial(canonical, lang=lang, spelling=vocabulary.spelling, fillers=vocabulary.fillers)
        for pattern in listed["patterns"] + listed["unless"]:
            try:
                whole = filled(pattern, slots)
                parsed(whole, said)
                named = classes_of(whole)
            except ValueError as error:  # a PatternError, or a number of five thousand digits
                raise RulesetError(name, rule_id, f"{error} in {pattern[:_SHOWN]!r}") from error
            for cls in named:
                _check(name, rule_id, cls in known, f"unknown class {{{cls}}} in {lang}: {pattern!r}")
                words[f"{lang}.{cls}"] = known[cls]
            for slot in slots_of(pattern):
                words[f"{lang}.<{slot}>"] = slots[slot]
    examples = raw.get("examples") or {}
    _check(name, rule_id, isinstance(examples, dict) and not set(examples) - {"must_fire", "must_not_fire"}, "examples")
    must_fire = _examples(name, rule_id, examples.get("must_fire") or [])
    must_not_fire = _examples(name, rule_id, examples.get("must_not_fire") or [])
    _check(name, rule_id, must_fire, "a rule needs an example that must fire")
    _check(name, rule_id, len(must_not_fire) >= len(must_fire), "fewer must_not_fire examples than must_fire")

    content = {
        "engine": ENGINE, "id": rule_id, "weight": float(weight), "action": action, "guards": guards, "scope": scope,
        "bands": bands, "alerting": alerting, "words": words, "code": value["code"], "lang": value["lang"],
        "tactic": value["tactic"], "target": value["target"], **listed,
    }  # fmt: skip
    if rooms:
        content["rooms"] = rooms
    return Rule(
        id=rule_id, code=value["code"], lang=value["lang"], patterns=listed["patterns"], unless=listed["unless"],
        version=hash_of(content, 12), file=name, tactic=value["tactic"], weight=float(weight), action=action,
        target=value["target"], alerting=alerting, guards=guards, scope=scope, bands=bands, rooms=rooms,
        must_fire=must_fire, must_not_fire=must_not_fire,
    )  # fmt: skip
