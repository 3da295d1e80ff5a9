"""Names and topics of rooms, and pseudonyms: may they stand, need a person's eye, or be refused?

A room on Coco was called "lycéenne". A name is read like a text (leet, spaced letters and look-alikes included); the
rules of scope "name" say what it speaks of, and this module weighs it as a whole: minors with sex, money or adults who
seek them are refused; minors as persons ("lycéennes", "jf 15") with nothing else to talk about are refused too, and a
pastime beside them ("cuisine") only brings a person to look, for anybody can write it. What mixes ages, seeks minors,
asks them for pictures, names an age and nothing else (but a band of the house), or speaks of sex between adults goes
to a person. Homework, sport and support stay free.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
from dataclasses import dataclass

from .compose import judge, scan
from .contact import find_contacts
from .lexicon import Lexicon, lexicon_for
from .normalise import normalise
from .rulesets import BANDS, LANGS, Ruleset, load_ruleset
from .types import Finding, Verdict

_SEXUAL = frozenset({"sexual", "paid"})
_MINORS = frozenset({"minors", "minor_person"})
_DRAWS = frozenset({"seeking", "meant_for", "dating", "adults"})
# "lycéens gay": whom a room is for, and nothing that anybody wants of them
_WHO_THEY_ARE = frozenset({"minor_person", "minors", "identity"})
_GRAVE_TEXT = frozenset({"H1", "V2", "V3"})
_HOUSE_AGES = [re.findall(r"\d+", band) for band in BANDS if band.startswith("teen_")]
_SENTENCE_ENDS = re.compile(r"[.?!;\n…]+")
# "-18", "<16": under that age, and not "U16", the teams of a club. What it is read as is as long, so that spans hold.
_UNDER = re.compile(r"(?<![^\s/(])[-−–<](?=1[0-8](?![\d°%]))")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_LETTERS = re.compile(r"[^\W\d_]+")
_RUNS = re.compile(r"\d+|[^\W\d_]+")
_OF_AGES = frozenset(
    ("an", "ans", "a", "yo", "y", "o", "year", "years", "old", "et", "ou", "and", "or", "to", "de", "of", "plus",
     "moins", "under", "over", "only", "u", "les", "the", "s")
)  # fmt: skip


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
    # what runs together is read apart too ("lycéenne13", "PlanCul"), and what is torn apart together ("lyc éenne")
    for otherwise in dict.fromkeys((_CAMEL.sub(" ", whole), _mended(whole, rules))):
        if otherwise != whole:
            met = {finding.rule for finding in found}
            new = [finding for finding in _named(otherwise, lang, rules) if finding.rule not in met]
            found += [dataclasses.replace(finding, span=(0, len(whole))) for finding in new]
    speaks = {finding.tactic or "" for finding in found}
    runs = _RUNS.findall(normalise(whole).text)
    ages = [run for run in runs if run.isdigit()]
    of_the_house = ages in _HOUSE_AGES  # what every room of that band says of itself
    if "minors" in speaks and not of_the_house and all(run.isdigit() or run in _OF_AGES for run in runs):
        speaks.add("only_age")
    return NameVerdict(_room_verdict(found, speaks), tuple(_telling(found, speaks)))


def _mended(text: str, ruleset: Ruleset) -> str:
    """The text with torn words put together: a scrap that is no word of either language and its neighbour, where both
    are a word that rules look for however it is written.
    """
    languages = [lexicon_for(ruleset, lang).words for lang in LANGS]
    kept, at = [], 0
    for left, right in itertools.pairwise(_LETTERS.finditer(text)):
        if left.start() < at or right.start() - left.end() != 1:
            continue
        both = [normalise(piece.group()).text for piece in (left, right)]
        scrap = any(all(words.lookup(one) is None for words in languages) for one in both)
        if scrap and any("".join(both) in words.repairable for words in languages):
            kept.append(text[at : left.end()])
            at = right.start()
    return "".join((*kept, text[at:]))


def speaks_of(name: str, topic: str = "", lang: str = "fr", ruleset: Ruleset | None = None) -> frozenset[str]:
    """What a room says it is about ("sexual", "dating", "minors"...), the harmless included; and what its name would
    speak of as a message ("speaks_drugs").
    """
    whole, rules = f"{name} - {topic}" if topic else name, ruleset or _default()
    said = [one for one in scan(whole, lang, rules) if one.code == "SIDE"]
    return frozenset(finding.tactic or "" for finding in (*_named(whole, lang, rules), *said))


def _named(text: str, lang: str, ruleset: Ruleset) -> list[Finding]:
    """What the name speaks of, in its language and in the other; with the texts' own rules of hate and threat."""
    flat = _UNDER.sub("≤", _SENTENCE_ENDS.sub(lambda match: "," * len(match.group()), text))
    home = lexicon_for(ruleset, lang)
    other = lexicon_for(ruleset, next(one for one in LANGS if one != home.lang))
    reading = home.read(flat)
    said = judge(home, reading, scope="name")
    grave = [one for one in judge(home, reading, scope="text") if one.alerting and one.code in _GRAVE_TEXT]
    minors = {one.span for one in said if one.tactic == "minors"}
    abroad = [
        one
        for one in judge(other, other.read(flat), scope="name")
        if not (one.tactic == "adults" and one.span in minors)  # a "collège" is no college
        and not _is_misread(flat[slice(*one.span)], home, other)
    ]
    found: dict[tuple[str, tuple[int, int]], Finding] = {}
    for finding in (*said, *grave, *abroad, *find_contacts(text)):
        found.setdefault((finding.rule, finding.span), finding)
    return sorted(found.values(), key=lambda finding: (finding.span, finding.rule))


def _is_misread(said: str, home: Lexicon, other: Lexicon) -> bool:
    """Does what the other language reads here rest on a word of the room's own ("annonces", read as "an nonces")?"""
    words = _LETTERS.findall(normalise(said).text)
    return any(
        word in home.words.known and word not in other.words.known and other.words.repairs(word) for word in words
    )


def _room_verdict(found: list[Finding], speaks: set[str]) -> Verdict:
    if "refuse" in _actions(found) or any(finding.code in _GRAVE_TEXT for finding in found):
        return Verdict.REFUSE
    minors = speaks & _MINORS
    excused = bool(speaks & {"schooling", "helping"})
    harmless = excused or "harmless" in speaks
    if minors and (speaks & _SEXUAL or ("abuse" in speaks and not harmless)):
        return Verdict.HOLD if harmless and "helping" in speaks else Verdict.REFUSE
    if "minor_person" in speaks and (not excused or speaks & _DRAWS or "images" in speaks):
        return Verdict.HOLD if harmless or (speaks <= _WHO_THEY_ARE and "identity" in speaks) else Verdict.REFUSE
    if minors and "adults" in speaks and "mixed" not in speaks and speaks & _DRAWS - {"adults"} and not harmless:
        return Verdict.REFUSE
    if speaks & {"abuse", "non_consent"} and not (speaks & {"helping"}):
        return Verdict.REFUSE
    if "paid" in speaks and (speaks & {"sexual", "dating", "seeking", "meant_for", "tonight"}):
        return Verdict.REFUSE
    if "selfharm" in speaks and "helping" not in speaks:
        return Verdict.REFUSE
    doubtful = speaks & {"sexual", "mixed", "abuse", "non_consent", "insult", "paid", "contact_data", "vigilante"}
    if doubtful or "hold" in _actions(found):
        return Verdict.HOLD
    if minors and not harmless and speaks & {"dating", "adults", "seeking", "tonight", "only_age"}:
        return Verdict.HOLD
    if "sought" in speaks and not excused:
        return Verdict.HOLD
    return Verdict.ALLOW


_ACTIONS = {"stolen_images": "refuse", "drugs": "refuse", "ambush": "refuse", "hateful": "refuse", "vigilante": "hold"}


def _actions(found: list[Finding]) -> set[str]:
    return {_ACTIONS[finding.tactic] for finding in found if finding.tactic in _ACTIONS}


_BACKGROUND = frozenset(
    {"harmless", "schooling", "helping", "identity", "seeking", "meant_for", "adults", "dating", "tonight", "images"}
)


def _telling(found: list[Finding], speaks: set[str]) -> list[Finding]:
    """The findings worth showing: what is harmless by itself is shown only beside what is not."""
    grave = [finding for finding in found if finding.tactic not in _BACKGROUND and finding.tactic != "minors"]
    if not grave and not (speaks & _MINORS and speaks & {"seeking", "adults", "dating", "tonight", "only_age"}):
        return []
    return [finding for finding in found if finding.tactic not in {"harmless", "schooling", "helping"}]


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
