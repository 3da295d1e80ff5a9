"""What was said, by whom and where, as the vault holds it; what the law made us erase is told as erased."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.conf import settings

from chat.models import Message, Room
from community.models import AuditEvent, Member
from safeguarding.dossier import frozen
from safeguarding.dossier.times import day, zone_of
from safeguarding.dossier.words import words_in
from safeguarding.models import Appeal, Decision, Evidence

from .freezer import Freezer

_AGE_CLAIMS = frozenset({"says_minor", "says_adult"})  # tactics of the engine: somebody speaks of their own age


class SaidAndSeen(Freezer):
    """Messages, persons and rooms, from evidence alone."""

    def messages(self, pointed: set[str]) -> tuple[frozen.Message, ...]:
        pieces = self.pieces[Evidence.Kind.MESSAGE]
        erased = [ref for ref, (_evidence, content) in pieces.items() if content is None]
        living = {m.public_id: m for m in Message.objects.filter(public_id__in=erased).select_related("room", "author")}
        told: list[tuple[tuple[dt.datetime, int, str], frozen.Message]] = []
        for ref, (evidence, content) in pieces.items():
            if content is not None:
                message = self.message(evidence, content, context=ref not in pointed)
                first = min((event["seq"] for event in content["events"]), default=0)
            elif ref in living:
                message, first = self.erased(evidence, living[ref]), 0
            else:
                continue
            told.append(((message.sent_at, first, message.id), message))
        return tuple(message for _order, message in sorted(told, key=lambda pair: pair[0]))

    def message(self, evidence: Evidence, content: Mapping[str, Any], *, context: bool) -> frozen.Message:
        versions = []
        for revision in content["revisions"]:
            check = revision["check"] or {"findings": []}
            length = len(revision["body"])
            found = {
                (finding.code, finding.rule, finding.start, finding.end): finding
                for finding in (_finding(raw, length) for raw in [*revision["findings"], *check["findings"]])
            }
            versions.append(
                frozen.Version(
                    number=revision["number"],
                    text=revision["body"],
                    written_at=_certain(revision["written_at"]),
                    verdict=check.get("verdict") or revision["verdict"],
                    findings=tuple(found[key] for key in sorted(found)),
                )
            )
        deleted = content["visibility"] == "removed" and content["removed_by_author"]
        self.places.setdefault(content["room"])
        return frozen.Message(
            id=content["id"],
            room=content["room"],
            author=self.person(content["author"]),
            sent_at=_certain(content["sent_at"]),
            state="deleted" if deleted else content["visibility"],
            versions=tuple(versions),
            shown_version=content["shown_revision"],
            reply_to=content["reply_to"] or "",
            mentions=tuple(self.person(mentioned) for mentioned in content["mentions"]),
            context=context and not any(version.findings for version in versions),
            sealed=_sealed(evidence),
        )

    def erased(self, evidence: Evidence, message: Message) -> frozen.Message:
        self.places.setdefault(message.room.public_id)
        return frozen.Message(
            id=message.public_id,
            room=message.room.public_id,
            author=self.person(message.author.public_id),
            sent_at=message.created_at,
            state="deleted" if message.removed_by_author else cast(Any, message.visibility),
            versions=(frozen.Version(number=1, text=None, written_at=message.created_at),),
            sealed=_sealed(evidence),
        )

    def persons(self, messages: Sequence[frozen.Message]) -> tuple[frozen.Person, ...]:
        claims = self.claims(messages)
        profiles = self.pieces[Evidence.Kind.PROFILE]
        members = {member.public_id: member for member in Member.objects.filter(public_id__in=list(self.people))}
        decided: dict[int, int] = defaultdict(int)
        for pk in (
            Decision.objects.filter(member__in=members.values(), takes_effect_at__isnull=False)
            .exclude(case=self.of)
            .exclude(appeal__state=Appeal.State.OVERTURNED)
            .values_list("member_id", flat=True)
        ):
            decided[pk or 0] += 1
        persons = []
        for public_id in self.people:
            content = profiles[public_id][1] if public_id in profiles else None
            member = members.get(public_id)
            roles: tuple[frozen.Role, ...] = tuple(self.roles[public_id]) or ("other",)
            if content is None:
                since = member.joined_at if member else self.of.opened_at
                name = member.pseudonym if member else public_id
                persons.append(
                    frozen.Person(id=public_id, roles=roles, pseudonyms=(frozen.Pseudonym(name=name, since=since),))
                )
                continue
            persons.append(
                frozen.Person(
                    id=public_id,
                    roles=roles,
                    pseudonyms=tuple(
                        frozen.Pseudonym(name=name["name"], since=_certain(name["since"]))
                        for name in content["pseudonyms"]
                    ),
                    age=_age(content),
                    joined_at=_moment(content["joined_at"]),
                    closed_at=_moment(content["closed_at"]),
                    language=content["language"],
                    declared_age="\n".join(text for text, _tactic in claims[public_id]),
                    age_disagrees=_disagrees(content["band"], {tactic for _text, tactic in claims[public_id]}),
                    past_decisions=decided[member.pk] if member else 0,
                )
            )
        return tuple(persons)

    def claims(self, messages: Sequence[frozen.Message]) -> dict[str, list[tuple[str, str]]]:
        """What people said of their own age, word for word: (quotation with its day, tactic), each once a person."""
        claims: dict[str, list[tuple[str, str]]] = defaultdict(list)
        quoted = words_in(self.language)
        for message in messages:
            for version in message.versions:
                for found in version.findings:
                    if found.tactic not in _AGE_CLAIMS or version.text is None:
                        continue
                    said = quoted("quote", text=version.text[found.start : found.end].strip() or version.text)
                    when = day(message.sent_at.astimezone(zone_of(settings.TIME_ZONE)), self.language)
                    if (claim := (f"{said} ({when})", found.tactic)) not in claims[message.author]:
                        claims[message.author].append(claim)
        return claims

    def notified(self) -> tuple[frozen.Person, ...]:
        """Labels alone; the pseudonym behind each in an unredacted copy, which takes two officers."""
        named = Member.objects.in_bulk(list(self.notifiers)) if self.export.unredacted else {}
        return tuple(
            frozen.Person(
                id=label,
                roles=("notifier",),
                pseudonyms=(frozen.Pseudonym(name=named[pk].pseudonym, since=named[pk].joined_at),)
                if pk in named
                else (),
            )
            for pk, label in self.notifiers.items()
        )

    def rooms(self) -> tuple[frozen.Room, ...]:
        stays: dict[str, list[frozen.Stay]] = defaultdict(list)
        for _evidence, content in self.pieces[Evidence.Kind.MEMBERSHIP].values():
            for stay in content["stays"] if content else ():
                stays[content["room"]].append(  # type: ignore[index]  # the loop is empty without content
                    frozen.Stay(
                        person=self.person(content["member"]),  # type: ignore[index]  # as above
                        joined_at=_certain(stay["joined_at"]),
                        left_at=_moment(stay["left_at"]),
                    )
                )
        frozen_rooms = self.pieces[Evidence.Kind.ROOM]
        living = {room.public_id: room for room in Room.objects.filter(public_id__in=list(self.places))}
        rooms = []
        for public_id in self.places:
            content = frozen_rooms[public_id][1] if public_id in frozen_rooms else None
            if content is None:
                room = living[public_id]
                content = {
                    "name": room.name,
                    "topic": room.topic,
                    "language": room.language,
                    "at_least": room.at_least,
                    "under": room.under,
                }
            rooms.append(
                frozen.Room(
                    id=public_id,
                    name=content["name"],
                    # Members of a band that was checked may enter, nobody else: neither public nor private.
                    audience="restricted",
                    at_least=content["at_least"],
                    under=content["under"],
                    topic=content["topic"],
                    language=content["language"],
                    stays=tuple(stays[public_id]),
                )
            )
        return tuple(rooms)

    def blocks(self) -> tuple[frozen.Block, ...]:
        """Who of the parties refused whose contact, as the log has it: lifting a block takes nothing away."""
        parties = {party.member_id: party.member.public_id for party in self.of.parties.select_related("member")}
        told = AuditEvent.objects.filter(action="member.blocked", actor__in=parties).select_related("payload")
        return tuple(
            frozen.Block(by=parties[event.actor_id], against=event.payload.data["blocked"], at=event.at)
            for event in told.exclude(payload=None).order_by("pk")
            if event.actor_id is not None and event.payload.data.get("blocked") in parties.values()
        )


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _certain(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _finding(found: Mapping[str, Any], length: int) -> frozen.Finding:
    start, end = (min(max(0, edge), length) for edge in found["span"])
    return frozen.Finding(
        code=found["code"],
        rule=found["rule"],
        version=str(found["version"]),
        start=start,
        end=end,
        tactic=found.get("tactic") or "",
    )


def _disagrees(band: str, said: set[str]) -> bool:
    """Whether what somebody said of their age cannot be true of the band that was checked."""
    return (band == "adult" and "says_minor" in said) or (band.startswith("teen") and "says_adult" in said)


def _sealed(evidence: Evidence) -> frozen.Sealed:
    return frozen.Sealed(id=evidence.public_id, frozen_at=evidence.frozen_at, commitment=evidence.commitment)


def _age(profile: Mapping[str, Any]) -> frozen.AssuredAge:
    current = [fact for fact in profile["age_facts"] if not (fact["superseded_at"] or fact["revoked_at"])]
    latest = max(current, key=lambda fact: fact["verified_on"], default=None)
    if latest is None:
        return frozen.AssuredAge(band=profile["band"])
    return frozen.AssuredAge(
        band=profile["band"],
        method=latest["method"],
        level=latest["level"],
        verified_on=dt.date.fromisoformat(latest["verified_on"]),
    )
