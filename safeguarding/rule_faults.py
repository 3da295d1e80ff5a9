"""What is wrong with a rule file, in the language of whoever reads it: the engine is pure and says it in English."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .in_words import Sentences

RULE_FAULTS: Sentences = (
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
    (r"cannot be read: (?P<what>.+)", _("it cannot be read: %(what)s")),
    (r"(?P<what>.+) is not a list of words", _("“%(what)s” is not a list of words")),
    (r"(?P<what>.+) holds true or false: quote the word", _("“%(what)s” holds true or false: the word needs quotes")),
    (r"'vocabulary' must be by language .+", _("“vocabulary” is not by language (fr, en)")),
    (
        r"vocabulary of (?P<what>\w+): (?P<key>\S+) must be a mapping",
        _("“%(key)s”, in the words of “%(what)s”, is not a mapping"),
    ),
    (
        r"(?P<what>class|slot) '(?P<these>.+)' is already defined in (?P<file>.+)",
        _("“%(these)s” (%(what)s) is already defined in %(file)s"),
    ),
    (
        r"spelling '(?P<what>.+)': both sides must be quoted words",
        _("the spelling “%(what)s” needs quoted words on both sides"),
    ),
    (
        r"more than (?P<what>\d+) word classes in (?P<lang>\w+)",
        _("there are more than %(what)s word classes in “%(lang)s”"),
    ),
    (
        r"repair, unheard or context names an unknown class '(?P<what>.+)' .+",
        _("repair, unheard or context names the unknown class “%(what)s”"),
    ),
    (r"slot '(?P<what>.+)' is empty", _("the slot “%(what)s” is empty")),
    (
        r"(?P<what>class|slot) '(?P<these>.+)' includes '(?P<other>.+)', which is unknown or circular",
        _("“%(these)s” (%(what)s) includes “%(other)s”, which is unknown or includes it in turn"),
    ),
    (
        r"slot '(?P<what>.+)' is not named in small letters and underscores",
        _("the name of the slot “%(what)s” is not made of small letters and underscores"),
    ),
    (
        r"slot '(?P<what>.+)' holds more than (?P<these>\d+) letters",
        _("the slot “%(what)s” holds more than %(these)s letters"),
    ),
    (r"slot '(?P<what>.+)' holds (?P<these>.+)", _("the slot “%(what)s” holds what no pattern may: %(these)s")),
    (
        r"context '(?P<what>.+)' needs 'as', .+",
        _("the context “%(what)s” needs “as”, and before, classes, after or not_after"),
    ),
    (r"class '(?P<what>.+)' holds an empty word .+", _("the class “%(what)s” holds an empty word")),
    (
        r"class '(?P<what>.+)': no paradigm '(?P<these>.+)' in \w+ .+",
        _("the class “%(what)s” names the unknown paradigm “%(these)s”"),
    ),
    (
        r"(?P<key>\S+) '(?P<what>.+)' is read as '(?P<these>.+)' of (?P<file>.+)",
        _("“%(what)s” (%(key)s) is read as “%(these)s”, which stands in %(file)s"),
    ),
    (r"examples(?: must be lists)?", _("“examples” is not the two lists must_fire and must_not_fire")),
    (
        r"an example is neither a text nor text/band/room: (?P<what>.+)",
        _("a sentence is neither a text nor a text with its age band and room: %(what)s"),
    ),
    (r"tactic must be a word", _("the tactic is no word")),
    (r"target must be (?P<what>.+)", _("target must be among %(what)s")),
    (r"alerting must be true or false", _("alerting must be true or false")),
    (r"a gap of (?P<these>\S+) words .+? in (?P<what>.+)", _("a gap of %(these)s words is too wide in %(what)s")),
    (r"empty pattern in (?P<what>.+)", _("a pattern is empty: %(what)s")),
    (r"unknown slot (?P<these>\S+) in (?P<what>.+)", _("unknown slot %(these)s in %(what)s")),
    (r"more than (?P<these>\d+) letters in (?P<what>.+)", _("there are more than %(these)s letters in %(what)s")),
    (r"a class without a name in (?P<what>.+)", _("a class has no name in %(what)s")),
    (
        r"a range of numbers that is empty or too wide: (?P<these>\S+) in (?P<what>.+)",
        _("the range of numbers %(these)s is empty or too wide in %(what)s"),
    ),
    (
        r"too many parentheses inside one another in (?P<what>.+)",
        _("too many parentheses stand inside one another in %(what)s"),
    ),
    (r"a prefix must be one word: (?P<these>\S+) in (?P<what>.+)", _("%(these)s is no single word in %(what)s")),
    (r"a slot that cannot be named so in (?P<what>.+)", _("a slot cannot be named so in %(what)s")),
    (r"fewer must_not_fire.*", _("it has fewer sentences that must not be met than sentences that must be met")),
)
