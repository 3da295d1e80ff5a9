"""The case as a given recipient may read it: third parties become P1, P2 ..., and a log says what was masked and why.

Names are found wherever people wrote them, whatever the case of their letters. A nickname nobody registered, or a
description, is not: that is why a person reads the preview before anything is sent.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar, cast

import rfc8785

from safeguarding.incidents import Words

from .codec import hints
from .frozen import (
    Access,
    Alert,
    Appeal,
    Block,
    Circumstance,
    Connection,
    Decision,
    FrozenCase,
    FrozenCaseError,
    Handover,
    Measure,
    Message,
    Opinion,
    Order,
    Person,
    Piece,
    Pseudonym,
    Redaction,
    Report,
    Role,
    Room,
    Situation,
    Statement,
    Stay,
    Version,
)
from .revealing import REVEALING, hate_is_the_ground, reveals

T = TypeVar("T")
_SHORTEST = 3  # a name of one or two letters is masked where it is a name, not inside sentences
_LIKE_A_LABEL = re.compile(r"\W*[NPR]?[0-9]*\W*", re.IGNORECASE)  # "[P1": masking it would mask our own labels
_DISTINCT = 5  # from here on a name is masked inside longer words too


@dataclass(frozen=True, slots=True)
class Profile:
    """Whom a recipient learns of. `masked`: roles that become labels. A person with any other role stays named."""

    masked: frozenset[Role]
    rooms: bool  # whether every room is masked; those that reveal an orientation are in any case
    connections: bool  # whether addresses may be handed over at all
    why: Words


_THIRD_PARTIES = frozenset[Role]({"witness", "other"})
_ON_REQUEST = Words(
    "Les tiers ne sont pas nommés d’emblée : une copie intégrale se demande à l’expéditeur, par deux signatures.",
    "Third parties are not named at once: ask the sender for an unredacted copy, which two officers sign.",
)
_ABROAD = Words(
    "Le destinataire n’a pas besoin du nom des tiers.", "The recipient does not need the names of third parties."
)
PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "police": Profile(_THIRD_PARTIES, False, True, _ON_REQUEST),
        "prosecutor": Profile(_THIRD_PARTIES, False, True, _ON_REQUEST),
        "ncmec": Profile(_THIRD_PARTIES, False, True, _ABROAD),
        "nca": Profile(_THIRD_PARTIES, False, True, _ABROAD),
        "child_protection": Profile(
            _THIRD_PARTIES,
            False,
            False,
            Words(
                "La protection de l’enfant ne demande pas le nom des tiers.",
                "Protecting the child does not need the names of third parties.",
            ),
        ),
        "regulator": Profile(
            frozenset({"subject", "to_protect", "witness", "other"}),
            True,
            False,
            Words("Une autorité de régulation n’a besoin d’aucun nom.", "A regulator needs nobody’s name."),
        ),
    }
)
NOBODY: Mapping[str, str] = MappingProxyType({})
_NOBODY_IS_OUTED = Words(
    "Ce que l’on sait de l’orientation ou de l’identité de genre ne se communique que si c’est le mobile des faits.",
    "What is known of an orientation or a gender identity is told only where it is the motive.",
)
_MASKED = Words("masqué", "masked")


@dataclass(frozen=True, slots=True)
class Redacted:
    """The masked case, and the key (label to public id or room name) that stays with the sender, sealed."""

    case: FrozenCase
    key: Mapping[str, str]


def redact(case: FrozenCase, *, notifiers: Mapping[str, str] = NOBODY) -> Redacted:
    """`case` as the profile of its recipient allows; an unredacted copy (see `Handover`) stays as it is.

    Third parties become P1, P2 ...; rooms and words that tell an orientation are masked unless hate is the ground.
    `notifiers` are the pseudonyms of those who reported, with their labels ({"Violette": "N1"}): the case itself does
    not know them, and they are masked wherever somebody wrote them, unless they are of a person who stays named.
    Idempotent; the masked case names its redactions. Raises FrozenCaseError if a masked name still stands anywhere,
    rather than hand it over.
    """
    if case.handover.unredacted:
        return Redacted(case, MappingProxyType({}))
    profile = PROFILES[case.handover.recipient]
    hides_words = not hate_is_the_ground(case)
    labels = _labels(case, profile)
    taken = {redaction.label for redaction in case.redactions}
    rooms = {
        room.id: f"R{index}"
        for index, room in enumerate(case.rooms, 1)
        if room.name not in taken and (profile.rooms or (hides_words and reveals(room)))
    }
    names = {
        **{
            name.name: labels[person.id] for person in case.persons if person.id in labels for name in person.pseudonyms
        },
        **{room.name: rooms[room.id] for room in case.rooms if room.id in rooms},
    }
    named = {name.name for person in case.persons if person.id not in labels for name in person.pseudonyms}
    names.update({name: label for name, label in notifiers.items() if name not in named and name not in names})
    mask = _Mask(names, labels, _MASKED.in_language(case.language) if hides_words else "")
    why = profile.why.in_language(case.language)
    hides_connections = bool(case.connections) and not profile.connections
    masked = mask.of(case)
    outed = mask.words_masked
    closed = "subject" in profile.masked
    result = dataclasses.replace(
        masked,
        persons=tuple(_bare(person) if person.id in labels.values() else person for person in masked.persons),
        rooms=tuple(
            dataclasses.replace(room, name=rooms[room.id], topic="") if room.id in rooms else room
            for room in masked.rooms
        ),
        # What the engine explains, and an opened link of the chain, may hold anybody’s name or number: told where it
        # holds none that is masked, and to nobody who may learn no name at all.
        alerts=tuple(
            dataclasses.replace(alert, explanation=None) if closed or mask.names_in(alert.explanation) else alert
            for alert in masked.alerts
        ),
        custody=tuple(
            dataclasses.replace(entry, event=None, salt="") if closed or mask.names_in(entry.event) else entry
            for entry in masked.custody
        ),
        connections=()
        if hides_connections
        else tuple(one for one in masked.connections if one.person not in labels.values()),
        redactions=(
            *case.redactions,
            *(Redaction(label=label, kind="person", why=why) for label in labels.values()),
            *(
                Redaction(
                    label=label, kind="room", why=why if profile.rooms else _NOBODY_IS_OUTED.in_language(case.language)
                )
                for label in rooms.values()
            ),
            *((Redaction(label="", kind="connections", why=why),) if hides_connections else ()),
            *(
                (
                    Redaction(
                        label=_MASKED.in_language(case.language),
                        kind="orientation",
                        why=_NOBODY_IS_OUTED.in_language(case.language),
                        count=outed,
                    ),
                )
                if outed
                else ()
            ),
        ),
    )
    if mask.of(result) != result:
        raise FrozenCaseError("redaction: a masked name still stands in the case")
    key = {label: identity for identity, label in labels.items()}
    key.update({rooms[room.id]: room.name for room in case.rooms if room.id in rooms})
    return Redacted(result, MappingProxyType(key))


def _labels(case: FrozenCase, profile: Profile) -> dict[str, str]:
    """{public id: "P1"} of those all of whose roles are masked, in the order handed over; nobody is masked twice."""
    taken = {redaction.label for redaction in case.redactions}
    hidden = [person for person in case.persons if set(person.roles) <= profile.masked and person.id not in taken]
    return {person.id: f"P{index}" for index, person in enumerate(hidden, 1)}


def _bare(person: Person) -> Person:
    """A masked person keeps label, role and band: what a qualification turns on."""
    names = tuple(Pseudonym(name=person.id, since=name.since) for name in person.pseudonyms[:1])
    return Person(id=person.id, roles=person.roles, pseudonyms=names, age=person.age)


# Where words of people stand, and where a person is referred to. Every other text field holds a key of ours.
FREE_TEXT: Mapping[type, frozenset[str]] = MappingProxyType(
    {
        Access: frozenset({"reason"}),
        Appeal: frozenset({"text", "answer"}),
        Circumstance: frozenset({"detail"}),
        Handover: frozenset({"request"}),
        Measure: frozenset({"reason"}),
        Opinion: frozenset({"text"}),
        Order: frozenset({"about", "refused"}),
        Person: frozenset({"declared_age"}),
        Pseudonym: frozenset({"name"}),
        Report: frozenset({"text"}),
        Room: frozenset({"name", "topic"}),
        Situation: frozenset({"danger_why", "summary", "family_note"}),
        Statement: frozenset({"body"}),
    }
)
REFERENCES: Mapping[type, frozenset[str]] = MappingProxyType(
    {
        Alert: frozenset({"subject", "protects"}),
        Block: frozenset({"by", "against"}),
        Connection: frozenset({"person"}),
        Decision: frozenset({"person", "counterpart"}),
        Measure: frozenset({"person"}),
        Message: frozenset({"author", "mentions"}),
        Person: frozenset({"id"}),
        Piece: frozenset({"source"}),
        Report: frozenset({"subject"}),
        Stay: frozenset({"person"}),
    }
)


class _Mask:
    """Masks names and references, and, where `masked` says what stands instead, words that tell an orientation."""

    def __init__(self, names: Mapping[str, str], labels: Mapping[str, str], masked: str = "") -> None:
        self._labels = labels
        self._masked = masked
        self.words_masked = 0
        self._names = {
            name.casefold(): label
            for name, label in names.items()
            if len(name) >= _SHORTEST and not _LIKE_A_LABEL.fullmatch(name)
        }
        found = [
            re.escape(name) if len(name) >= _DISTINCT else rf"(?<!\w){re.escape(name)}(?!\w)"
            for name in sorted(self._names, key=lambda name: (-len(name), name))
        ]
        self._named = re.compile("|".join(found), re.IGNORECASE) if found else None
        either = ([f"(?:{'|'.join(found)})"] if found else []) + ([f"(?P<word>{REVEALING.pattern})"] if masked else [])
        self._pattern = re.compile("|".join(either), re.IGNORECASE) if either else None

    def names_in(self, value: Any) -> bool:
        """Whether plain JSON holds a masked name or public id anywhere."""
        if value is None:
            return False
        text = rfc8785.dumps(value).decode()
        return any(identity in text for identity in self._labels) or bool(self._named and self._named.search(text))

    def of(self, value: T) -> T:
        """`value` (a part, or a tuple of parts) with every name and reference masked."""
        if isinstance(value, tuple):
            return cast(T, tuple(self.of(item) for item in value))
        kind = type(value)
        if isinstance(value, Version):
            return cast(T, self._version(value))
        if not dataclasses.is_dataclass(kind):
            return value
        changes = {}
        for name in hints(kind):
            part = getattr(value, name)
            if name in REFERENCES.get(kind, ()):
                changes[name] = self._reference(part)
            elif name in FREE_TEXT.get(kind, ()):
                # A pseudonym is what an account is found by: it is a name, whatever it says.
                changes[name] = self._text(part, words=kind is not Pseudonym)[0]
            else:
                changes[name] = self.of(part)
        return cast(T, kind(**changes))

    def _reference(self, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if isinstance(value, tuple):
            return tuple(self._labels.get(one, one) for one in value)
        # The source of a piece may be of two: "room:member".
        return ":".join(self._labels.get(one, one) for one in value.split(":"))

    def _text(self, text: str, *, words: bool = True) -> tuple[str, Callable[[int], int]]:
        """The masked text, and where each place of the original now is."""
        pieces: list[str] = []
        moves: list[tuple[int, int, int]] = []  # start and end in the original, change of length after it
        done = 0
        pattern = self._pattern if words else self._named
        for met in pattern.finditer(text) if pattern else ():
            if met.lastgroup == "word":
                label = f"[{self._masked}]"
                self.words_masked += 1
            else:
                label = f"[{self._names.get(met.group().casefold(), '…')}]"
            pieces += (text[done : met.start()], label)
            done = met.end()
            moves.append((met.start(), met.end(), len(label) - (met.end() - met.start())))
        pieces.append(text[done:])

        def moved(place: int) -> int:
            shift = 0
            for start, end, change in moves:
                if place >= end:
                    shift += change
                elif place > start:  # inside a name: the end of its label
                    return end + shift + change
            return place + shift

        return "".join(pieces), moved

    def _version(self, version: Version) -> Version:
        if version.text is None:
            return version
        text, moved = self._text(version.text)
        findings = tuple(
            dataclasses.replace(one, start=moved(one.start), end=moved(one.end)) for one in version.findings
        )
        return dataclasses.replace(version, text=text, findings=findings)
