"""The dossier for forensic tools: JSON-LD of CASE/UCO 1.4 (caseontology.org).

Accounts, rooms as message threads, every version of every message, the sealed pieces with their SHA-256, connections
where the dossier has them, who handed over what and when. Identifiers are UUIDs derived from the public ids, so that
the same case gives the same graph.
"""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import rfc8785

from safeguarding.incidents import INCIDENTS

from .codec import utc_text
from .frozen import Connection, FrozenCase, Message, Person, Piece, Room, Version
from .words import words_in

CONTEXT = {
    "co": "http://purl.org/co/",
    "core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "investigation": "https://ontology.caseontology.org/case/investigation/",
    "observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

Node = dict[str, Any]

_EVIDENCE = ("observable:Message", "observable:MessageThread", "observable:ContentData", "observable:NetworkConnection")


def case_jsonld(case: FrozenCase) -> bytes:
    """The graph as canonical JSON (RFC 8785). Same case, same bytes."""
    return rfc8785.dumps(_Graph(case).whole())


class _Graph:
    def __init__(self, case: FrozenCase) -> None:
        self.case = case
        self.messages = {message.id for message in case.messages}
        self.base = f"{case.platform.url.rstrip('/')}/dossier/{case.reference}/"

    def whole(self) -> dict[str, Any]:
        items = list(self._items())
        evidence = [_ref(item) for item in items if item["@type"] in _EVIDENCE]
        handed_over = [*self._handover(evidence)]
        everything = [*items, *handed_over]
        return {
            "@context": {**CONTEXT, "kb": self.base},
            "@graph": [self._investigation(everything), *everything],
        }

    def _id(self, kind: str, name: str) -> str:
        return f"kb:{kind}-{uuid.uuid5(uuid.NAMESPACE_URL, f'{self.base}{kind}/{name}')}"

    def _node(self, kind: str, type_: str, name: str, **properties: Any) -> Node:
        return {"@id": self._id(kind, name), "@type": type_, **properties}

    def _investigation(self, everything: list[Node]) -> Node:
        case = self.case
        suspected = INCIDENTS[case.code].words.in_language(case.language)
        described = words_in(case.language)("pair", a=words_in(case.language)("suspected_of"), b=suspected)
        return self._node(
            "investigation",
            "investigation:Investigation",
            case.id,
            **{
                "core:name": case.reference,
                "core:description": [described],
                "core:startTime": _time(case.opened_at),
                "investigation:investigationForm": "incident",
                "investigation:focus": [case.code],
                # A thread’s list of items is no object of its own to the ontology.
                "core:object": [_ref(item) for item in everything if item["@type"] != "types:Thread"],
            },
        )

    def _items(self) -> Iterator[Node]:
        case = self.case
        facet = self._node("facet", "observable:ApplicationFacet", "application")
        facet["observable:applicationIdentifier"] = case.platform.url
        yield self._node(
            "application",
            "observable:Application",
            case.platform.url,
            **{"core:name": case.platform.name, "core:hasFacet": [facet]},
        )
        for person in case.persons:
            if "notifier" not in person.roles:
                yield self._account(person)
        for room in case.rooms:
            yield from self._thread(room)
        for message in case.messages:
            yield from self._versions(message)
        for piece in case.pieces:
            yield from self._piece(piece)
        for address in dict.fromkeys(connection.address for connection in case.connections):
            yield self._address(address)
        for number, connection in enumerate(case.connections):
            yield from self._connection(f"connection/{number}", connection)

    def _application(self) -> Node:
        return {"@id": self._id("application", self.case.platform.url)}

    def _account(self, person: Person) -> Node:
        account = self._node("facet", "observable:AccountFacet", f"account/{person.id}")
        account["observable:accountIdentifier"] = person.id
        if person.joined_at:
            account["observable:observableCreatedTime"] = _time(person.joined_at)
        digital = self._node("facet", "observable:DigitalAccountFacet", f"digital/{person.id}")
        digital["observable:displayName"] = person.name
        used = self._node("facet", "observable:ApplicationAccountFacet", f"used/{person.id}")
        used["observable:application"] = self._application()
        say = words_in(self.case.language)
        roles = ", ".join(say(f"role.{role}") for role in person.roles)
        return self._node(
            "account",
            "observable:ApplicationAccount",
            person.id,
            **{
                "core:description": [f"{roles} ; {say(f'band.{person.band}')}"],
                "core:hasFacet": [account, digital, used],
            },
        )

    def _thread(self, room: Room) -> Iterator[Node]:
        said = [message for message in self.case.messages if message.room == room.id]
        people = list(dict.fromkeys([stay.person for stay in room.stays] + [message.author for message in said]))
        bag = self._node("thread-items", "types:Thread", room.id)
        bag["co:element"] = [{"@id": self._id("message", self._name(one, one.versions[-1]))} for one in said]
        facet = self._node("facet", "observable:MessageThreadFacet", f"thread/{room.id}")
        facet["observable:messageThread"] = {"@id": bag["@id"]}
        facet["observable:participant"] = [{"@id": self._id("account", person)} for person in people]
        yield bag
        yield self._node(
            "thread",
            "observable:MessageThread",
            room.id,
            **{"core:name": room.name, "core:hasFacet": [facet]},
        )

    def _name(self, message: Message, version: Version) -> str:
        """The latest version carries the message's own id, an earlier one its number behind it."""
        return message.id if version is message.versions[-1] else f"{message.id}/{version.number}"

    def _versions(self, message: Message) -> Iterator[Node]:
        for version in message.versions:
            name = self._name(message, version)
            facet = self._node("facet", "observable:MessageFacet", f"message/{name}")
            facet.update(
                {
                    "observable:application": self._application(),
                    "observable:from": {"@id": self._id("account", message.author)},
                    "observable:to": [{"@id": self._id("account", person)} for person in message.mentions],
                    "observable:sentTime": _time(version.written_at),
                    "observable:messageID": name,
                    "observable:messageType": message.state,
                    "observable:sessionID": message.room,
                }
            )
            if version.text is not None:
                facet["observable:messageText"] = version.text
            yield self._node("message", "observable:Message", name, **{"core:hasFacet": [facet]})
            if name != message.id:
                yield self._related(name, "message", message.id, "message", name, "Derived_From")

    def _piece(self, piece: Piece) -> Iterator[Node]:
        """A sealed piece: the SHA-256 it was frozen under, which covers a salt too."""
        digest = self._node("hash", "types:Hash", f"piece/{piece.id}")
        digest["types:hashMethod"] = "SHA256"
        digest["types:hashValue"] = {"@type": "xsd:hexBinary", "@value": piece.commitment}
        facet = self._node("facet", "observable:ContentDataFacet", f"piece/{piece.id}")
        facet["observable:hash"] = [digest]
        yield self._node(
            "piece",
            "observable:ContentData",
            piece.id,
            **{
                "core:name": piece.id,
                "core:description": [words_in(self.case.language)("salted_piece", kind=piece.kind)],
                "core:objectCreatedTime": _time(piece.frozen_at),
                "core:hasFacet": [facet],
            },
        )
        if piece.kind == "message" and piece.source in self.messages:
            yield self._related(f"piece/{piece.id}", "piece", piece.id, "message", piece.source, "Derived_From")

    def _address(self, address: str) -> Node:
        version = ipaddress.ip_address(address).version
        facet = self._node("facet", f"observable:IPv{version}AddressFacet", f"address/{address}")
        facet["observable:addressValue"] = address
        return self._node("address", f"observable:IPv{version}Address", address, **{"core:hasFacet": [facet]})

    def _connection(self, name: str, connection: Connection) -> Iterator[Node]:
        facet = self._node("facet", "observable:NetworkConnectionFacet", name)
        facet["observable:src"] = [{"@id": self._id("address", connection.address)}]
        facet["observable:startTime"] = _time(connection.at)
        if connection.port is not None:
            facet["observable:sourcePort"] = connection.port
        yield self._node(
            "connection",
            "observable:NetworkConnection",
            name,
            **{"core:name": connection.kind, "core:hasFacet": [facet]},
        )
        yield self._related(name, "connection", name, "account", connection.person, "Connected_To")

    def _related(self, name: str, kind: str, source: str, to_kind: str, target: str, how: str) -> Node:
        return self._node(
            "relationship",
            "observable:ObservableRelationship",
            name,
            **{
                "core:source": {"@id": self._id(kind, source)},
                "core:target": {"@id": self._id(to_kind, target)},
                "core:kindOfRelationship": how,
                "core:isDirectional": True,
            },
        )

    def _handover(self, evidence: list[Node]) -> Iterator[Node]:
        case = self.case
        yield self._node(
            "sender", "identity:Organization", case.platform.operator, **{"core:name": case.platform.operator}
        )
        yield self._node(
            "tool",
            "tool:Tool",
            case.platform.software,
            **{"core:name": case.platform.software, "tool:version": case.platform.software_version},
        )
        yield self._node(
            "provenance",
            "investigation:ProvenanceRecord",
            case.id,
            **{"investigation:exhibitNumber": case.reference, "core:object": evidence},
        )
        officer = case.handover.exported_by
        yield self._node(
            "handover",
            "investigation:InvestigativeAction",
            case.id,
            **{
                "core:name": "export",
                "core:description": [f"{officer.name} ({officer.role}) ; {case.handover.legal_basis}"],
                "action:startTime": _time(case.handover.exported_at),
                "action:performer": {"@id": self._id("sender", case.platform.operator)},
                "action:instrument": [{"@id": self._id("tool", case.platform.software)}],
                "action:result": [{"@id": self._id("provenance", case.id)}],
            },
        )


def _ref(node: Node) -> Node:
    return {"@id": node["@id"]}


def _time(moment: datetime) -> Node:
    return {"@type": "xsd:dateTime", "@value": utc_text(moment)}
