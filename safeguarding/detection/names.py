"""Names and topics of rooms, and pseudonyms: may they stand, need a person's eye, or be refused?

A room on Coco was called "lycéenne". A name is read like a text (leet, spaced letters and look-alikes included); the
rules of scope "name" say what it speaks of, and this module weighs it as a whole: minors with sex, money or adults who
seek them are refused; minors as persons ("lycéennes") with nothing else to talk about are refused too; what mixes
ages or speaks
of sex between adults goes to a person. Homework, sport and support stay free.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from dataclasses import dataclass

from .compose import judge, scan
from .contact import find_contacts
from .lexicon import lexicon_for
from .normalise import normalise
from .rulesets import LANGS, Ruleset, load_ruleset
from .types import Finding, Verdict

_SEXUAL = frozenset({"sexual", "paid"})
_MINORS = frozenset({"minors", "minor_person"})
_GRAVE_TEXT = frozenset({"H1", "V2", "V3"})
_SENTENCE_ENDS = re.compile(r"[.?!;\n…]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")


@dataclass(frozen=True, slots=True)
class NameVerdict:
    """`verdict`: ALLOW, HOLD (a person reviews it) or REFUSE. Spans of findings are in name, or in name + " - " +
    topic.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]

    @property
    def decision(self) -> str:
        """The word of the public interface: allow, review or refuse."""
        return {Verdict.ALLOW: "allow", Verdict.HOLD: "review", Verdict.REFUSE: "refuse"}[self.verdict]


@functools.cache
def _default() -> Ruleset:
    return load_ruleset()


def assess_room_name(name: str, topic: str = "", lang: str = "fr", ruleset: Ruleset | None = None) -> NameVerdict:
    """May a room be called so? Any text is judged; an empty name is for the forms to refuse."""
    rules = ruleset or _default()
    whole = f"{name} - {topic}" if topic else name
    found = _named(whole, lang, rules)
    spaced = _CAMEL.sub(" ", whole)
    if spaced != whole:  # "lycéenne13", "PlanCul": what runs together is read apart too
        met = {finding.rule for finding in found}
        apart = (finding for finding in _named(spaced, lang, rules) if finding.rule not in met)
        found += [dataclasses.replace(finding, span=(0, len(whole))) for finding in apart]
    speaks = {finding.tactic or "" for finding in found}
    return NameVerdict(_room_verdict(found, speaks), tuple(_telling(found, speaks)))


def speaks_of(name: str, topic: str = "", lang: str = "fr", ruleset: Ruleset | None = None) -> frozenset[str]:
    """What a room says it is about ("sexual", "dating", "minors"...), the harmless included; and what its name would
    speak of as a message ("speaks_drugs").
    """
    whole, rules = f"{name} - {topic}" if topic else name, ruleset or _default()
    said = [one for one in scan(whole, lang, rules) if one.code == "SIDE"]
    return frozenset(finding.tactic or "" for finding in (*_named(whole, lang, rules), *said))


def _named(text: str, lang: str, ruleset: Ruleset) -> list[Finding]:
    """What the name speaks of, in its language and in the other; with the texts' own rules of hate and threat."""
    flat = _SENTENCE_ENDS.sub(lambda match: "," * len(match.group()), text)
    found: dict[tuple[str, tuple[int, int]], Finding] = {}
    languages = [lang if lang in LANGS else LANGS[0]]
    languages += [other for other in LANGS if other not in languages]
    for order, language in enumerate(languages):
        lexicon = lexicon_for(ruleset, language)
        reading = lexicon.read(flat)
        for finding in judge(lexicon, reading, scope="name"):
            found.setdefault((finding.rule, finding.span), finding)
        if order == 0:
            for finding in judge(lexicon, reading, scope="text"):
                if finding.alerting and finding.code in _GRAVE_TEXT:
                    found.setdefault((finding.rule, finding.span), finding)
    for finding in find_contacts(text):
        found.setdefault((finding.rule, finding.span), finding)
    return sorted(found.values(), key=lambda finding: (finding.span, finding.rule))


def _room_verdict(found: list[Finding], speaks: set[str]) -> Verdict:
    if "refuse" in _actions(found) or any(finding.code in _GRAVE_TEXT for finding in found):
        return Verdict.REFUSE
    minors = speaks & _MINORS
    harmless = bool(speaks & {"harmless", "helping"})
    if minors and (speaks & _SEXUAL or ("abuse" in speaks and not harmless)):
        return Verdict.HOLD if harmless and "helping" in speaks else Verdict.REFUSE
    if "minor_person" in speaks and (not harmless or speaks & {"seeking", "dating", "adults"}):
        return Verdict.HOLD if harmless else Verdict.REFUSE
    if minors and "adults" in speaks and "mixed" not in speaks and speaks & {"seeking", "dating"} and not harmless:
        return Verdict.REFUSE
    if speaks & {"abuse", "non_consent"} and not (speaks & {"helping"}):
        return Verdict.REFUSE
    if "paid" in speaks and (speaks & {"sexual", "dating", "seeking", "tonight"}):
        return Verdict.REFUSE
    if "selfharm" in speaks and "helping" not in speaks:
        return Verdict.REFUSE
    doubtful = speaks & {"sexual", "mixed", "abuse", "non_consent", "insult", "paid", "contact_data", "vigilante"}
    if doubtful or "hold" in _actions(found):
        return Verdict.HOLD
    if minors and not harmless and speaks & {"dating", "adults"}:
        return Verdict.HOLD
    return Verdict.ALLOW


_ACTIONS = {"stolen_images": "refuse", "drugs": "refuse", "ambush": "refuse", "hateful": "refuse", "vigilante": "hold"}


def _actions(found: list[Finding]) -> set[str]:
    return {_ACTIONS[finding.tactic] for finding in found if finding.tactic in _ACTIONS}


_BACKGROUND = frozenset({"harmless", "helping", "seeking", "adults", "dating", "tonight"})


def _telling(found: list[Finding], speaks: set[str]) -> list[Finding]:
    """The findings worth showing: what is harmless by itself is shown only beside what is not."""
    grave = [finding for finding in found if finding.tactic not in _BACKGROUND and finding.tactic != "minors"]
    if not grave and not (speaks & _MINORS and speaks & {"seeking", "adults", "dating"}):
        return []
    return [finding for finding in found if finding.tactic not in {"harmless", "helping"}]


def pseudonym_is_refused(pseudonym: str, ruleset: Ruleset | None = None) -> bool:
    """Does a pseudonym carry contact data, an insult, hate, sex, or the age and sex of a child as a lure?"""
    rules = ruleset or _default()
    spaced = _CAMEL.sub(" ", pseudonym)
    spaced = re.sub(r"[_.\-·|~*]+", " ", spaced)
    for text in dict.fromkeys((pseudonym, spaced, normalise(pseudonym).text.replace("_", ""))):
        found = _named(text, "fr", rules)
        speaks = {finding.tactic or "" for finding in found}
        if any(finding.code in _GRAVE_TEXT for finding in found) or speaks & {
            "sexual", "abuse", "non_consent", "insult", "hateful", "ambush", "contact_data", "minor_person", "paid",
            "selfharm"
        }:  # fmt: skip
            return True
    return False
