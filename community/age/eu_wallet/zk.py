"""The same in zero knowledge (Longfellow, eprint 2024/2010): the answer is proved, the attestation is not shown.

Only over the Digital Credentials API, as `zkDocuments` of a DeviceResponse (ISO/IEC 18013-5 second edition; EU profile
A.11). The library that checks proofs is C++ before its first release and reads bytes of strangers: it runs in a
process of its own (`zk_worker`), with bounds of time and memory, and never in ours.

There is no nullifier: one adult's proofs cannot be told from another's, so one adult can open any number of accounts.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cbor2 import CBORTag, dumps

from .cbor import EMBEDDED, decode, embedded, field
from .certificates import Anchors, signer_of
from .mdoc import Question
from .profile import DOCTYPE, NAMESPACE
from .refusals import Reason, Refusal
from .transcripts import b64url

SYSTEM = "longfellow-libzk-v1"
MAX_RESPONSE = 1024 * 1024
SKEW = dt.timedelta(minutes=5)  # the prover says when it proved: our clock decides whether to believe it
SECONDS = 30  # for one proof, from the start of its process
_ROOT = Path(__file__).resolve().parent.parent.parent.parent
# Each takes a core for a second and a few hundred megabytes: two at a time in a process, others are sent away.
_slots = threading.BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class Circuit:
    """One allowed circuit, by the canonical id of its contents (SHA-256); the rest are parameters of its proofs."""

    id: str
    version: int
    attributes: int
    block_enc_hash: int
    block_enc_sig: int


# Version 7, reviewed and mended (Trail of Bits, August 2025; ISRG-01, October 2025), for one and for two elements.
# Proofs of an older one are not taken: an earlier version let a prover substitute fields.
CIRCUITS: Mapping[int, Circuit] = {
    1: Circuit("8d079211715200ff06c5109639245502bfe94aa869908d31176aae4016182121", 7, 1, 4151, 4096),
    2: Circuit("6a5810683e62b6d7766ebd0d7ca72518a2b8325418142adcadb10d51dbbcd5ad", 7, 2, 4265, 4096),
}


def is_installed() -> bool:
    """Whether requirements-zk.txt is."""
    return importlib.util.find_spec("pylongfellow") is not None


def circuit_file(folder: Path, circuit: Circuit) -> Path:
    return folder / f"{circuit.id}.circuit"


def zk_device_request(elements: Sequence[str]) -> str:
    """base64url(DeviceRequest) that takes nothing but a proof, by the allowed circuit for so many elements."""
    circuit = CIRCUITS[len(elements)]
    system = {
        "zkSystemId": circuit.id,
        "system": SYSTEM,
        "params": {
            "version": circuit.version,
            "circuit_hash": circuit.id,
            "num_attributes": circuit.attributes,
            "block_enc_hash": circuit.block_enc_hash,
            "block_enc_sig": circuit.block_enc_sig,
        },
    }
    items = {
        "docType": DOCTYPE,
        "nameSpaces": {NAMESPACE: dict.fromkeys(elements, False)},
        "requestInfo": {"zkRequest": {"systemSpecs": [system], "zkRequired": True}},
    }
    request = {"version": "1.1", "docRequests": [{"itemsRequest": CBORTag(EMBEDDED, dumps(items))}]}
    return b64url(dumps(request))


@dataclass(frozen=True, slots=True)
class ZkPresentation:
    """What a verified proof says. There is nothing in it to know it again by."""

    elements: Mapping[str, Any]
    anchor: str


def verify_zk(
    response: bytes, *, transcript: bytes, question: Question, trust: Anchors, now: dt.datetime, circuits: Path
) -> ZkPresentation:
    """Verify a DeviceResponse of exactly one zkDocument, for exactly the elements asked. Raises Refusal."""
    said, proof = _said(response)
    elements = _elements(said, question)
    circuit = CIRCUITS.get(len(elements))
    if circuit is None or said.get("zkSystemId") != circuit.id:
        raise Refusal(Reason.CIRCUIT)
    at = field(said, "timestamp", dt.datetime)
    if abs(now - at) > SKEW:
        raise Refusal(Reason.PROOF_TIME)
    if said.get("deviceSigned"):
        raise Refusal(Reason.DEVICE_NAMESPACES)
    signer = signer_of(said.get("msoX5chain"), trust, now)
    numbers = signer.key.public_numbers()
    _check(
        {
            "circuit": str(circuit_file(circuits, circuit)),
            "id": circuit.id,
            "version": circuit.version,
            "x": numbers.x.to_bytes(66, "big"),
            "y": numbers.y.to_bytes(66, "big"),
            "transcript": transcript,
            "namespace": question.namespace,
            "claims": {name: dumps(value) for name, value in elements.items()},
            "at": int(at.timestamp()),
            "proof": proof,
            "doctype": question.doctype,
        }
    )
    return ZkPresentation(elements, signer.anchor)


def _said(response: bytes) -> tuple[dict[Any, Any], bytes]:
    """What the one zkDocument says, and its proof."""
    item = decode(response, most=MAX_RESPONSE)
    if not isinstance(item, dict):
        raise Refusal(Reason.MALFORMED)
    if type(item.get("status")) is not int or item["status"] != 0:
        raise Refusal(Reason.STATUS)
    documents = item.get("zkDocuments")
    if not (isinstance(documents, list) and len(documents) == 1) or item.get("documents") or item.get("documentErrors"):
        raise Refusal(Reason.NOT_ONE_DOCUMENT)
    proof = field(documents[0], "proof", bytes)
    said = embedded(documents[0].get("documentData"))
    if not isinstance(said, dict):
        raise Refusal(Reason.MALFORMED)
    return said, proof


def _elements(said: dict[Any, Any], question: Question) -> dict[str, Any]:
    if said.get("docType") != question.doctype:
        raise Refusal(Reason.DOCTYPE)
    disclosed = field(said, "issuerSigned", dict)
    items = disclosed.get(question.namespace)
    if not isinstance(items, list) or len(disclosed) != 1:
        raise Refusal(Reason.EXTRA_DISCLOSED if len(disclosed) > 1 else Reason.NOT_PRESENTED)
    found: dict[str, Any] = {}
    for item in items:
        name = field(item, "elementIdentifier", str)
        if name in found:
            raise Refusal(Reason.DUPLICATE_ELEMENT)
        found[name] = field(item, "elementValue", bool)
    # In the order asked for: the proof is over a list.
    wanted = list(question.elements or ())
    if set(found) - set(wanted):
        raise Refusal(Reason.EXTRA_DISCLOSED)
    if set(wanted) - set(found):
        raise Refusal(Reason.NOT_PRESENTED)
    return {name: found[name] for name in wanted}


def _check(statement: Mapping[str, Any]) -> None:
    """Have a process of its own check the proof. Raises Refusal: PROOF, CIRCUIT, RESOURCES."""
    if not _slots.acquire(timeout=SECONDS / 3):
        raise Refusal(Reason.RESOURCES)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "community.age.eu_wallet.zk_worker"],
            input=dumps(dict(statement)), cwd=_ROOT, env={"PYTHONDONTWRITEBYTECODE": "1"}, timeout=SECONDS,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except (subprocess.TimeoutExpired, OSError) as error:
        raise Refusal(Reason.RESOURCES) from error
    finally:
        _slots.release()
    if ended.returncode:
        # The worker's own words, or how a process ends that was killed or crashed.
        raise Refusal({3: Reason.PROOF, 4: Reason.CIRCUIT}.get(ended.returncode, Reason.RESOURCES))
