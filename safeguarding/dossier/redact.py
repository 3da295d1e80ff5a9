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
from typing import TypeVar, cast

from safeguarding.incidents import Words

from .codec import hints
from .frozen import (
    Alert,
    Appeal,
    Circumstance,
    Connection,
    Decision,
    FrozenCase,
    FrozenCaseError,
    Handover,
    Measure,
    Message,
    Opinion,
    Person,
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

T = TypeVar("T")
_SHORTEST = 3  # a name of one or two letters is masked where it is a name, not inside sentences
_LIKE_A_LABEL = re.compile(r"\W*[PR]?[0-9]*\W*", re.IGNORECASE)  # "[P1": masking it would mask our own labels
_DISTINCT = 5  # from here on a name is masked inside longer words too


@dataclass(frozen=True, slots=True)
class Profile:
    """Whom a recipient learns of. `masked`: roles that become labels. A person with any other role stays named."""

    masked: frozenset[Role]
    rooms: bool  # whether names and topics of rooms are masked: they may reveal an orientation or a place
    connections: bool  # whether addresses may be handed over at all
    why: Words


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "police": Profile(frozenset(), False, True, Words("", "")),
        "prosecutor": Profile(frozenset(), False, True, Words("", "")),
        "child_protection": Profile(
            frozenset({"witness", "other"}),
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


# Who reads a case unmasked.
UNMASKED = frozenset(name for name, profile in PROFILES.items() if not profile.masked)


@dataclass(frozen=True, slots=True)
class Redacted:
    """The masked case, and the key (label to public id or room name) that stays with the sender, sealed."""

    case: FrozenCase
    key: Mapping[str, str]


def redact(case: FrozenCase) -> Redacted:
    """`case` as the profile of its recipient allows; police and prosecutor read it unmasked.

    Idempotent; the masked case names its redactions. Raises FrozenCaseError if a masked name still stands anywhere,
    rather than hand it over.
    """
    profile = PROFILES[case.handover.recipient]
    labels = _labels(case, profile)
    if not labels and not profile.rooms and (profile.connections or not case.connections):
        return Redacted(case, MappingProxyType({}))
    rooms = {room.id: f"R{index}" for index, room in enumerate(case.rooms, 1)} if profile.rooms else {}
    names = {
        **{
            name.name: labels[person.id] for person in case.persons if person.id in labels for name in person.pseudonyms
        },
        **{room.name: rooms[room.id] for room in case.rooms if room.id in rooms},
    }
    mask = _Mask(names, labels)
    why = profile.why.in_language(case.language)
    hides_connections = bool(case.connections) and not profile.connections
    masked = mask.of(case)
    result = dataclasses.replace(
        masked,
        persons=tuple(_bare(person) if person.id in labels.values() else person for person in masked.persons),
        rooms=tuple(
            dataclasses.replace(room, name=rooms[room.id], topic="") if room.id in rooms else room
            for room in masked.rooms
        ),
        # What the engine explains, and an opened link of the chain, may hold anybody’s number.
        alerts=tuple(dataclasses.replace(alert, explanation=None) for alert in masked.alerts),
        custody=tuple(dataclasses.replace(entry, event=None, salt="") for entry in masked.custody),
        connections=() if hides_connections else masked.connections,
        redactions=(
            *case.redactions,
            *(Redaction(label=label, kind="person", why=why) for label in labels.values()),
            *(Redaction(label=label, kind="room", why=why) for label in rooms.values()),
            *((Redaction(label="", kind="connections", why=why),) if hides_connections else ()),
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
        Appeal: frozenset({"text", "answer"}),
        Circumstance: frozenset({"detail"}),
        Handover: frozenset({"request"}),
        Measure: frozenset({"reason"}),
        Opinion: frozenset({"text"}),
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
        Connection: frozenset({"person"}),
        Decision: frozenset({"person", "counterpart"}),
        Measure: frozenset({"person"}),
        Message: frozenset({"author", "mentions"}),
        Person: frozenset({"id"}),
        Report: frozenset({"subject"}),
        Stay: frozenset({"person"}),
    }
)


class _Mask:
    def __init__(self, names: Mapping[str, str], labels: Mapping[str, str]) -> None:
        self._labels = labels
        self._names = {
            name.casefold(): label
            for name, label in names.items()
            if len(name) >= _SHORTEST and not _LIKE_A_LABEL.fullmatch(name)
        }
        found = [
            re.escape(name) if len(name) >= _DISTINCT else rf"(?<!\w){re.escape(name)}(?!\w)"
            for name in sorted(self._names, key=lambda name: (-len(name), name))
        ]
        self._pattern = re.compile("|".join(found), re.IGNORECASE) if found else None

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
                changes[name] = self._text(part)[0]
            else:
                changes[name] = self.of(part)
        return cast(T, kind(**changes))

    def _reference(self, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if isinstance(value, tuple):
            return tuple(self._labels.get(one, one) for one in value)
        return self._labels.get(value, value)

    def _text(self, text: str) -> tuple[str, Callable[[int], int]]:
        """The masked text, and where each place of the original now is."""
        pieces: list[str] = []
        moves: list[tuple[int, int, int]] = []  # start and end in the original, change of length after it
        done = 0
        for met in self._pattern.finditer(text) if self._pattern else ():
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
