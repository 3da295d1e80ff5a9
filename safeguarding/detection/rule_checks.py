"""What a rule file must be besides readable before anybody is judged by it: nothing in it is a slip of the pen.

A code or a tactic that nobody knows would be met and come to nothing; a key that stands twice hides the first; an
example that is empty or said twice proves nothing. Rules that were stored before a check was thought of are not asked:
they stay in force as they are (see `rulesets.reread_ruleset`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import yaml

from safeguarding.incidents import INCIDENTS, TACTICS

from .normalise import normalise
from .patterns import is_slot_name
from .rule_values import BANDS, Example, Rule, RulesetError
from .tactics import HELP_CODES

# The codes that are no incidents: their rules tell how others are taken, who does what to whom, what a room is about.
HELPERS = ("GUARD", "SIDE", "ROOM")
WATCHED = "watch."  # how the ids of watched expressions begin, which are written on a form
_ID = re.compile(r"[A-Za-z0-9_.\-]{1,80}")
_SLOT_CALLED = re.compile("<([^<>]*)>")
_LAYOUT = frozenset("\n\r\t")


def check_node(name: str, top: yaml.Node) -> None:
    """Check a document as it is written: no key twice, no character that cannot be read. Raises RulesetError."""
    owners = dict(_rules_of(top))
    seen: set[int] = set()  # a document may name a part of itself again
    waiting = [(top, "-")]
    while waiting:
        node, rule = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        rule = owners.get(id(node), rule)
        if isinstance(node, yaml.ScalarNode):
            _check_text(name, rule, node.value)
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(item, rule) for item in reversed(node.value)]
        elif isinstance(node, yaml.MappingNode):
            _check_keys(name, rule, node)
            waiting += [(part, rule) for pair in reversed(node.value) for part in reversed(pair)]


def _rules_of(top: yaml.Node) -> Iterable[tuple[int, str]]:
    """The mappings that are rules (by `id()`), with what the rule calls itself."""
    for listed in _values(top, "rules"):
        for rule in listed.value if isinstance(listed, yaml.SequenceNode) else ():
            for named in _values(rule, "id"):
                if isinstance(named, yaml.ScalarNode):
                    yield id(rule), named.value if not _unreadable(named.value) else "-"
                    break


def _values(node: yaml.Node, key: str) -> list[yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [value for name, value in node.value if isinstance(name, yaml.ScalarNode) and name.value == key]


def _check_keys(name: str, rule: str, node: yaml.MappingNode) -> None:
    seen: set[tuple[str, str]] = set()
    for key, _value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        if (key.tag, key.value) in seen:
            raise RulesetError(name, rule, f"the key {key.value!r} stands twice (line {key.start_mark.line + 1})")
        seen.add((key.tag, key.value))


def _check_text(name: str, rule: str, text: str) -> None:
    if _unreadable(text):
        shown = "".join("\N{REPLACEMENT CHARACTER}" if _unreadable(char) else char for char in text[:60])
        raise RulesetError(name, rule, f"a character that cannot be read in {shown!r}")


def _unreadable(text: str) -> bool:
    return any(unicodedata.category(char) in ("Cc", "Cs") and char not in _LAYOUT for char in text)


def check_words(documents: Mapping[str, Mapping[str, Any]]) -> None:
    """Check the words of readable documents: slots have names that a pattern can call, and no two spellings of a
    language are one once folded ("teubé", "teube"), where one would hide the other. Raises RulesetError."""
    for name, document in documents.items():
        for words in (document.get("vocabulary") or {}).values():
            for slot in map(str, (words or {}).get("slots") or ()):
                if not is_slot_name(slot):
                    raise RulesetError(name, "-", f"slot {slot!r} is not named in small letters and underscores")
    for key in ("spelling", "context"):
        seen: dict[tuple[str, str], tuple[str, str]] = {}
        for name, document in documents.items():
            for lang, words in (document.get("vocabulary") or {}).items():
                for written in map(str, (words or {}).get(key) or ()):
                    folded = lang, normalise(written).text.strip()
                    if folded in seen:
                        other, where = seen[folded]
                        raise RulesetError(name, "-", f"{key} {written!r} is read as {other!r} of {where}")
                    seen[folded] = written, name


def check_rule(rule: Rule, *, known: Collection[Rule]) -> None:
    """Check one rule of a file. A tactic is one that there are words for, or that one of the rules `known` to mean
    something tells under the same code. Raises RulesetError."""
    reason = _fault(rule, known) or _fault_of_examples(rule)
    if reason:
        raise RulesetError(rule.file, rule.id, reason)


def _fault(rule: Rule, known: Collection[Rule]) -> str:
    if not _ID.fullmatch(rule.id):
        return "an id is at most 80 letters, digits, dots, dashes and underscores"
    if rule.id.startswith(WATCHED):
        return f"ids that begin with {WATCHED!r} are those of watched expressions"
    if rule.code not in INCIDENTS and rule.code not in HELPERS:
        return f"unknown code {rule.code!r}"
    if rule.tactic is None and rule.code in HELPERS:
        return f"a rule of the code {rule.code} needs a tactic"
    has_words = rule.tactic is None or (rule.tactic in TACTICS and rule.code not in HELPERS)
    if not has_words and not any((rule.code, rule.tactic) == (other.code, other.tactic) for other in known):
        return f"unknown tactic {rule.tactic!r} for the code {rule.code}"
    if rule.action != "flag" and (rule.code in HELP_CODES or rule.code in ("GUARD", "SIDE")):
        return f"the action of the code {rule.code} can only be flag"
    for pattern in rule.patterns + rule.unless:
        if not all(map(is_slot_name, _SLOT_CALLED.findall(pattern))):
            return f"a slot that cannot be named so in {pattern!r}"
    if (rule.scope == "name") != (rule.code == "ROOM"):
        return "the scope name is that of the code ROOM, and of no other"
    return ""


def _fault_of_examples(rule: Rule) -> str:
    for examples in (rule.must_fire, rule.must_not_fire):
        said: set[tuple[str, str | None, str | None]] = set()
        for example in examples:
            if not example.text.strip():
                return "an example is empty"
            if example.band not in (None, *BANDS) or example.room not in (None, "room", "direct"):
                return f"the band or the room of an example is unknown: {example.text!r}"
            if _said(example) in said:
                return f"an example stands twice: {example.text!r}"
            said.add(_said(example))
    both = {_said(example) for example in rule.must_fire} & {_said(example) for example in rule.must_not_fire}
    if both:
        return f"an example must fire and must not: {min(text for text, _band, _room in both)!r}"
    return ""


def _said(example: Example) -> tuple[str, str | None, str | None]:
    return same_said(example.text), example.band, example.room


def same_said(text: str) -> str:
    """Equal for two sentences that differ in nothing but capitals and spaces."""
    return " ".join(text.casefold().split())
