"""What is wrong with a rule file, in the language of whoever reads it: the engine is pure and says it in English."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_FAULTS: tuple[tuple[str, str | Promise], ...] = (
    (r"is not YAML: (?P<what>.+)", _("it is not YAML: %(what)s")),
    (r"is not a mapping", _("it is not a mapping of keys to values")),
    (r"'rules' is not a list of mappings", _("“rules” is not a list of rules")),
    (r"unknown key \[?'(?P<what>.+?)'\]?", _("unknown key “%(what)s”")),
    (r"vocabulary of (?P<what>\w+): unknown key", _("unknown key in the words of “%(what)s”")),
    (r"is nested too deeply", _("too much stands inside one another in it")),
    (
        r"the key '(?P<what>.+)' stands twice \(line (?P<line>\d+)\)",
        _("the key “%(what)s” stands twice (line %(line)s)"),
    ),
    (r"a character that cannot be read in (?P<what>.+)", _("there is a character that cannot be read in %(what)s")),
    (r"a rule has no id", _("a rule has no id")),
    (r"an id is at most 80 .+", _("its id is not made of at most 80 letters, digits, dots, dashes and underscores")),
    (r"ids that begin with '(?P<what>.+)' .+", _("ids that begin with “%(what)s” are those of watched expressions")),
    (r"the id is already used in (?P<what>.+)", _("its id is already used in %(what)s")),
    (r"no code", _("it has no code")),
    (
        r"unknown code '(?P<what>.*)'",
        _("there is no code “%(what)s”: a code is written as in the list of incidents (M1, V1…)"),
    ),
    (
        r"unknown tactic '(?P<what>.*)' for the code (?P<code>\w+)",
        _("there is no tactic “%(what)s” for the code %(code)s"),
    ),
    (r"a rule of the code (?P<code>\w+) needs a tactic", _("a rule of the code %(code)s needs a tactic")),
    (
        r"the action of the code (?P<code>\w+) can only be flag",
        _("a rule of the code %(code)s holds and refuses nothing: its action can only be flag"),
    ),
    (r"the scope name is .+", _("the scope “name” is that of the code ROOM, and of no other")),
    (r"lang must be fr, en or any", _("lang must be fr, en or any")),
    (r"weight must be a number from 0 to 1", _("weight must be a number from 0 to 1")),
    (r"(?P<what>\w+) must be (?:one of|among) (?P<these>.+)", _("%(what)s must be among %(these)s")),
    (r"(?P<what>\w+) must be a list of (?:words|quoted patterns)", _("%(what)s must be a list of quoted words")),
    (r"a rule needs patterns", _("it needs patterns")),
    (r"a parenthesis is never closed in (?P<what>.+)", _("a parenthesis is never closed in %(what)s")),
    (
        r"a parenthesis closes that was never opened in (?P<what>.+)",
        _("a parenthesis closes that was never opened in %(what)s"),
    ),
    (r"an empty alternative in (?P<what>.+)", _("an alternative is empty in %(what)s")),
    (r"unknown class (?P<these>\S+) in \w+: (?P<what>.+)", _("unknown class %(these)s in %(what)s")),
    (r"unexpected (?P<these>.+) in (?P<what>.+)", _("the sign %(these)s means nothing in %(what)s")),
    (r"a rule needs an example that must fire", _("it has no sentence that must be met")),
    (r"an example is empty", _("one of its sentences is empty")),
    (r"an example stands twice: (?P<what>.+)", _("the same sentence stands twice: %(what)s")),
    (
        r"an example must fire and must not: (?P<what>.+)",
        _("the same sentence must be met and must not be met: %(what)s"),
    ),
    (
        r"the band or the room of an example is unknown: (?P<what>.+)",
        _("the age band or the room of this sentence is unknown: %(what)s"),
    ),
    (r"fewer must_not_fire.*", _("it has fewer sentences that must not be met than sentences that must be met")),
)


def in_words(reason: str) -> str:
    """The reason in the language in force; one that is not known here stays as the engine says it."""
    for pattern, words in _FAULTS:
        if match := re.fullmatch(pattern, reason):
            return str(words) % match.groupdict() if match.groupdict() else str(words)
    return reason
