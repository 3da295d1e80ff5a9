"""The graph for forensic tools conforms to CASE/UCO 1.4 by the ontology's own shapes, and tells every version."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from safeguarding.dossier.case_uco import case_jsonld
from safeguarding.dossier.frozen import FrozenCase, Piece, Version
from tests.safeguarding.dossier.cases import grooming_case


def graph_of(case: FrozenCase) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = json.loads(case_jsonld(case))["@graph"]
    return nodes


def messages_of(case: FrozenCase) -> dict[str, dict[str, Any]]:
    facets = [node["core:hasFacet"][0] for node in graph_of(case) if node["@type"] == "observable:Message"]
    return {facet["observable:messageID"]: facet for facet in facets}


def validate(path: Path) -> subprocess.CompletedProcess[str]:
    """Judge a file by the shapes of the ontology, in a process of its own (the program keeps state)."""
    program = "from case_utils.case_validate import main; main()"
    command = [sys.executable, "-c", program, "--built-version", "case-1.4.0", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def connected_case() -> FrozenCase:
    """Connections of both kinds of addresses, two from one address, and two pieces."""
    case = grooming_case()
    (login,) = case.connections
    another = dataclasses.replace(login, port=51235)
    sixth = dataclasses.replace(login, address="2001:db8::7", port=None)
    message = case.messages[0]
    pieces = tuple(
        Piece(
            id=f"p{number}",
            kind=kind,
            source=source,
            frozen_at=message.sent_at,
            commitment=hashlib.sha256(source.encode()).hexdigest(),
        )
        for number, (kind, source) in enumerate([("message", message.id), ("profile", "bob")])
    )
    return dataclasses.replace(case, connections=(login, another, sixth), pieces=pieces)


def bare_case() -> FrozenCase:
    return grooming_case(
        messages=(), alerts=(), reports=(), decisions=(), measures=(), connections=(), rooms=(), persons=()
    )


@pytest.mark.parametrize("case", [connected_case(), bare_case()], ids=["whole", "bare"])
def test_shapes_of_the_ontology_accept_the_graph(case: FrozenCase, tmp_path: Path) -> None:
    path = tmp_path / "case.jsonld"
    path.write_bytes(case_jsonld(case))
    out = validate(path)
    assert out.returncode == 0, out.stdout + out.stderr
    assert "Conforms: True" in out.stdout
    assert "undefined" not in (out.stdout + out.stderr).lower()


def test_shapes_of_the_ontology_would_notice_a_slip(tmp_path: Path) -> None:
    path = tmp_path / "case.jsonld"
    path.write_bytes(case_jsonld(grooming_case()).replace(b'"xsd:dateTime"', b'"xsd:string"'))
    out = validate(path)
    assert out.returncode != 0
    assert "Conforms: False" in out.stdout


def test_graph_tells_every_version_word_for_word() -> None:
    case = grooming_case()
    told = messages_of(case)
    assert len(told) == sum(len(message.versions) for message in case.messages)
    assert told["m00000"]["observable:messageText"] == "Salut ! Tu as l’air sympa."
    assert told["m00000/1"]["observable:messageText"] == "Salut ! Tu as l’air plus mûre que les autres ici."
    assert told["m00009"]["observable:sentTime"]["@value"] == "2026-03-28T20:21:00.250Z"
    assert told["m00009"]["observable:messageType"] == "held"


def test_every_reference_in_the_graph_leads_to_a_node_and_no_id_stands_twice() -> None:
    nodes = graph_of(grooming_case())
    ids = [node["@id"] for node in nodes]
    assert len(ids) == len(set(ids))

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["@id"]] if set(value) == {"@id"} else []
            return own + [one for item in value.values() for one in references(item)]
        if isinstance(value, list):
            return [one for item in value for one in references(item)]
        return []

    assert set(references(nodes)) <= set(ids)


def test_the_notifier_is_not_in_the_graph() -> None:
    raw = case_jsonld(grooming_case()).decode()
    assert '"N1"' not in raw
    assert sum(node["@type"] == "observable:ApplicationAccount" for node in graph_of(grooming_case())) == 3


def test_a_connection_has_its_address_port_and_time_and_leads_to_its_account() -> None:
    nodes = {node["@id"]: node for node in graph_of(connected_case())}
    made = [node for node in nodes.values() if node["@type"] == "observable:NetworkConnection"]
    told = []
    for connection in made:
        (facet,) = connection["core:hasFacet"]
        address = nodes[facet["observable:src"][0]["@id"]]["core:hasFacet"][0]
        told.append((address["@type"], address["observable:addressValue"], facet.get("observable:sourcePort")))
    assert told == [
        ("observable:IPv4AddressFacet", "203.0.113.7", 51234),
        ("observable:IPv4AddressFacet", "203.0.113.7", 51235),
        ("observable:IPv6AddressFacet", "2001:db8::7", None),
    ]
    accounts = {
        nodes[node["core:target"]["@id"]]["core:hasFacet"][0]["observable:accountIdentifier"]
        for node in nodes.values()
        if node.get("core:kindOfRelationship") == "Connected_To"
    }
    assert accounts == {"bob"}


def test_a_dossier_without_connections_has_no_address_in_its_graph() -> None:
    raw = case_jsonld(grooming_case(connections=())).decode()
    assert "203.0.113.7" not in raw
    assert "AddressFacet" not in raw


def test_every_sealed_piece_has_its_sha_256() -> None:
    case = connected_case()
    hashes = [
        node["core:hasFacet"][0]["observable:hash"][0]
        for node in graph_of(case)
        if node["@type"] == "observable:ContentData"
    ]
    assert [one["types:hashValue"]["@value"] for one in hashes] == [piece.commitment for piece in case.pieces]
    assert {one["types:hashMethod"] for one in hashes} == {"SHA256"}


def test_erased_version_has_no_text() -> None:
    case = grooming_case()
    gone = dataclasses.replace(
        case.messages[1], versions=(Version(number=1, text=None, written_at=case.messages[1].sent_at),)
    )
    told = messages_of(dataclasses.replace(case, messages=(case.messages[0], gone, *case.messages[2:])))
    assert "observable:messageText" not in told["m00001"]
