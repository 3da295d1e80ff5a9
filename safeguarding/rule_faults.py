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
    (r"a rule has no id", _("a rule has no id")),
    (r"the id is already used in (?P<what>.+)", _("its id is already used in %(what)s")),
    (r"no code", _("it has no code")),
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
    (r"fewer must_not_fire.*", _("it has fewer sentences that must not be met than sentences that must be met")),
)


def in_words(reason: str) -> str:
    """The reason in the language in force; one that is not known here stays as the engine says it."""
    for pattern, words in _FAULTS:
        if match := re.fullmatch(pattern, reason):
            return str(words) % match.groupdict() if match.groupdict() else str(words)
    return reason
