"""The published vectors, and the complete exchanges made for this project. Every file of the folder, all of it."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import hmac
import json
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from community.age.eu_wallet.cbor import decode, embedded
from community.age.eu_wallet.certificates import Anchors, Certificate
from community.age.eu_wallet.cose import Sign1, point, public_key
from community.age.eu_wallet.dcapi import open_response
from community.age.eu_wallet.mdoc import device_authentication, disclosed_items
from community.age.eu_wallet.profile import DOCTYPE
from community.age.eu_wallet.refusals import Reason, Refusal
from community.age.eu_wallet.standalone import transcript_of, verify_json
from community.age.eu_wallet.transcripts import b64url, dcapi_transcript, from_b64url, jwk_thumbprint
from tests.conftest import shared_path

LONGFELLOW = (0, 1, 2, 3, 5, 7, 8, 10, 11, 13, 14, 16, 17, 18, 19, 20, 22, 23)


@functools.cache
def vectors(name: str) -> Any:
    return json.loads(shared_path("vectors", "age", name).read_text(encoding="utf-8"))


def pem() -> str:
    return shared_path("vectors", "age", "iaca_eu_test.pem").read_text(encoding="utf-8")


def b64(hexadecimal: str) -> str:
    return b64url(bytes.fromhex(hexadecimal))


# -- transcripts (OpenID4VP 1.0, Appendix B.2.6) ---------------------------------------------------------------------


@pytest.mark.parametrize(("number", "kind"), [(0, "redirect"), (1, "dcapi_oid4vp")])
def test_the_transcripts_of_openid4vp_are_equal_byte_for_byte(number: int, kind: str) -> None:
    vector = vectors("openid4vp_transcripts.json")["vectors"][number]
    expected = vector["expected"]
    transcript = transcript_of({"kind": kind, **vector["inputs"]})
    assert transcript.hex() == expected["session_transcript_hex"]
    assert cbor2.dumps(cbor2.loads(transcript)[2]).hex() == expected["handover_hex"]
    assert cbor2.loads(transcript)[2][1].hex() == expected["handover_info_sha256_hex"]
    assert jwk_thumbprint(vector["inputs"]["response_encryption_jwk"]).hex() == expected["jwk_thumbprint_sha256_hex"]
    assert (
        hashlib.sha256(bytes.fromhex(expected["handover_info_hex"])).hexdigest()
        == (expected["handover_info_sha256_hex"])
    )


# -- the exchange of the EU profile, Annex A -------------------------------------------------------------------------


def annex_exchange() -> dict[str, Any]:
    vector = vectors("eu_annex_a_example2.json")
    return {
        "device_response": b64(vector["device_response_hex"]),
        "transcript": {
            "kind": "dcapi",
            "encryption_info_b64u": vector["request"]["encryption_info_b64u"],
            "origin": vector["origin"],
        },
        "claims": {"age_over_18": True},
        "trust_anchors": [pem()],
        "now": vector["now"],
    }


def test_the_exchange_of_the_eu_profile_is_accepted() -> None:
    assert verify_json(annex_exchange()) == {"verdict": "met", "facts": {"18": True}, "reason": None}


def test_its_transcript_and_anchor_are_the_published_ones() -> None:
    vector = vectors("eu_annex_a_example2.json")
    made = dcapi_transcript(encryption_info=vector["request"]["encryption_info_b64u"], origin=vector["origin"])
    assert made.hex() == vector["session_transcript_hex"]
    assert Anchors.from_pem(pem()).fingerprints == {vector["expected"]["anchor_sha256_hex"]}


def test_its_signer_has_an_issuer_alt_name_that_nobody_can_read_and_is_read_all_the_same() -> None:
    der = bytes.fromhex(vectors("eu_annex_a_example2.json")["ds_certificate_der_hex"])
    certificate = Certificate.load(der)
    with pytest.raises(ValueError, match="issuer_alternative_name"):
        _ = certificate.parsed.extensions
    assert {extension.oid.dotted_string for extension in certificate.extensions} >= {"2.5.29.15", "2.5.29.37"}


def test_what_must_be_refused_of_it_is_refused() -> None:
    vector = vectors("eu_annex_a_example2.json")
    base = annex_exchange()
    found = []
    for entry in vector["must_refuse"]:
        change = entry["change"]
        asked = json.loads(json.dumps(base))
        if "now" in change:
            asked["now"] = change["now"]
        if "origin" in change:
            asked["transcript"]["origin"] = change["origin"]
        if "threshold" in change:
            asked["claims"] = {f"age_over_{change['threshold']}": True}
        if "anchor" in change:
            asked["trust_anchors"] = [vectors("dcapi_selfmade.json")["anchor_pem"]]
        if "encryption_info" in change:
            info = from_b64url(asked["transcript"]["encryption_info_b64u"])
            asked["transcript"]["encryption_info_b64u"] = b64url(info[:-1] + bytes([info[-1] ^ 1]))
        assert asked != base
        answer = verify_json(asked)
        assert answer["verdict"] == "refused", entry
        found.append(answer["reason"])
    assert found == ["expired", "device_signature", "not_presented", "untrusted_issuer", "device_signature"]


def test_the_attestation_of_the_other_example_is_sound_but_no_presentation() -> None:
    vector = vectors("eu_annex_a_example1.json")
    issued = decode(bytes.fromhex(vector["issuer_signed_hex"]))
    signature = Sign1.parse(issued["issuerAuth"])
    assert signature.payload is not None
    mso = embedded(decode(signature.payload))
    chain = signature.unprotected[33]
    signer = Certificate.load(chain if isinstance(chain, bytes) else chain[0])
    signature.verify(signer.parsed.public_key(), signature.payload, failing=Reason.ISSUER_SIGNATURE)
    assert disclosed_items(issued, mso) == {DOCTYPE: vector["expected"]["claims"]}

    response = {"version": "1.0", "documents": [{"docType": DOCTYPE, "issuerSigned": issued}], "status": 0}
    asked = {
        "device_response": b64url(cbor2.dumps(response)),
        "transcript": {"kind": "raw", "hex": "83f6f6f6"},
        "claims": {"age_over_18": True},
        "now": vector["now"],
    }
    assert verify_json(asked | {"trust_anchors": [pem()]})["reason"] == "untrusted_issuer"
    numbers = signer.parsed.public_key().public_numbers()
    keys = [{"x_hex": f"{numbers.x:064x}", "y_hex": f"{numbers.y:064x}"}]
    assert verify_json(asked | {"issuer_keys": keys}) == {
        "verdict": "refused", "facts": {}, "reason": "device_signature_missing",
    }  # fmt: skip


# -- the exchanges made for this project, sealed by pyhpke -----------------------------------------------------------


def exchanges() -> list[Any]:
    return vectors("dcapi_selfmade.json")["exchanges"]


@pytest.mark.parametrize("number", range(3))
def test_a_sealed_answer_opens_to_what_was_sealed(number: int) -> None:
    exchange = exchanges()[number]
    transcript = dcapi_transcript(
        encryption_info=exchange["request"]["encryption_info_b64u"], origin=exchange["origin"]
    )
    assert transcript.hex() == exchange["session_transcript_hex"]
    opened = open_response(exchange["response_b64u"], key=_key(exchange), transcript=transcript)
    assert opened.hex() == exchange["device_response_hex"]


@pytest.mark.parametrize("number", range(3))
def test_a_sealed_answer_opens_for_no_other_origin_and_no_other_key(number: int) -> None:
    exchange, other = exchanges()[number], exchanges()[number - 1]
    info = exchange["request"]["encryption_info_b64u"]
    elsewhere = dcapi_transcript(encryption_info=info, origin=exchange["origin"] + "x")
    here = dcapi_transcript(encryption_info=info, origin=exchange["origin"])
    for key, transcript in ((_key(exchange), elsewhere), (_key(other), here)):
        with pytest.raises(Refusal) as refused:
            open_response(exchange["response_b64u"], key=key, transcript=transcript)
        assert refused.value.reason is Reason.DECRYPTION


def _key(exchange: Any) -> ec.EllipticCurvePrivateKey:
    scalar = int.from_bytes(from_b64url(exchange["recipient_private_key"]["d"]), "big")
    return ec.derive_private_key(scalar, ec.SECP256R1())


@pytest.mark.parametrize("number", range(3))
def test_each_exchange_opens_the_rooms_it_should_and_no_other(number: int) -> None:
    exchange = exchanges()[number]
    rooms = {
        "verdict_for_adult_room": {"age_over_18": True},
        "verdict_for_13_17_room": {"age_over_13": True, "age_over_18": False},
    }
    judged = 0
    for room, claims in rooms.items():
        if room in exchange["expected"]:
            judged += 1
            verdict = verify_json(_selfmade(exchange) | {"claims": claims})["verdict"]
            assert (verdict == "met") == (exchange["expected"][room] == "accept"), (room, verdict)
    assert judged
    claims = exchange["expected"]["claims"]
    assert verify_json(_selfmade(exchange) | {"claims": claims})["facts"] == {
        name[-2:]: value for name, value in claims.items()
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"now": "2026-05-01T00:00:00Z"}, "expired"),
        ({"claims": {"age_over_21": True}}, "not_presented"),
        ({"trust_anchors": "the EU's"}, "untrusted_issuer"),
    ],
)
def test_what_must_be_refused_of_an_exchange_is_refused(change: dict[str, Any], reason: str) -> None:
    if "trust_anchors" in change:
        change = {"trust_anchors": [pem()]}
    assert verify_json(_selfmade(exchanges()[0]) | change)["reason"] == reason


def _selfmade(exchange: Any) -> dict[str, Any]:
    return {
        "device_response": b64(exchange["device_response_hex"]),
        "transcript": {"kind": "dcapi", "inputs": {**exchange["request"], "origin": exchange["origin"]}},
        "claims": {"age_over_18": True},
        "trust_anchors": [vectors("dcapi_selfmade.json")["anchor_pem"]],
        "now": vectors("dcapi_selfmade.json")["now"],
    }


# -- longfellow's mdocs, which come with a key instead of a certificate of ours --------------------------------------


def longfellow(index: int) -> dict[str, Any]:
    (vector,) = [one for one in vectors("longfellow_mdocs.json")["vectors"] if one["index"] == index]
    ((namespace, claims),) = vector["expected"]["claims"].items()
    return {
        "device_response": b64(vector["device_response_hex"]),
        "transcript": {"kind": "raw", "hex": vector["session_transcript_hex"]},
        "doctype": vector["doctype"],
        "namespace": namespace,
        "claims": claims,
        "issuer_keys": [vector["issuer_key"]],
        "now": vector["now"],
    }


def test_every_mdoc_of_the_file_is_tested() -> None:
    assert tuple(one["index"] for one in vectors("longfellow_mdocs.json")["vectors"]) == LONGFELLOW


@pytest.mark.parametrize("index", LONGFELLOW)
def test_a_published_mdoc_is_accepted_for_what_it_says(index: int) -> None:
    asked = longfellow(index)
    answer = verify_json(asked)
    assert (answer["verdict"], answer["reason"]) == ("met", None)
    assert answer["facts"] == ({"18": True} if asked["claims"].get("age_over_18") else {})


@pytest.mark.parametrize("index", LONGFELLOW)
def test_one_bit_of_transcript_or_response_refuses_it(index: int) -> None:
    asked = longfellow(index)
    transcript = asked["transcript"]["hex"]
    for change in (
        {"transcript": {"kind": "raw", "hex": transcript[:-1] + f"{int(transcript[-1], 16) ^ 1:x}"}},
        {"issuer_keys": longfellow(0 if index else 1)["issuer_keys"]},
        {"now": "2020-01-01T00:00:00Z"},
        {"now": "2035-01-01T00:00:00Z"},
        {"doctype": "org.example"},
    ):
        assert verify_json(asked | change)["verdict"] == "refused", change
    data = bytearray(from_b64url(asked["device_response"]))
    auth = decode(bytes(data))["documents"][0]["issuerSigned"]["issuerAuth"]
    data[data.index(auth[3]) + 5] ^= 1
    assert verify_json(asked | {"device_response": b64url(bytes(data))})["reason"] == "issuer_signature"


# -- ISO/IEC 18013-5, Annex D ----------------------------------------------------------------------------------------


def test_the_example_of_iso_annex_d_holds_in_all_its_parts() -> None:
    vector = vectors("iso_annex_d.json")
    values = vector["values"]
    document = decode(bytes.fromhex(values["device_response_hex"]))["documents"][0]
    signature = Sign1.parse(document["issuerSigned"]["issuerAuth"])
    assert signature.payload is not None
    signer = Certificate.load(bytes.fromhex(values["ds_cert_hex"]))
    signature.verify(signer.parsed.public_key(), signature.payload, failing=Reason.ISSUER_SIGNATURE)
    mso = embedded(decode(signature.payload))
    disclosed = disclosed_items(document["issuerSigned"], mso)["org.iso.18013.5.1"]
    assert sorted(disclosed) == sorted(vector["expected"]["claims_present"])
    assert disclosed["portrait"].hex() == values["device_response_portrait_data_hex"]

    device_key = public_key(mso["deviceKeyInfo"]["deviceKey"])
    x, y = (bytes.fromhex(values[f"static_device_key_{one}_hex"]) for one in "xy")
    assert device_key == point(ec.SECP256R1(), x, y)
    wrapped = bytes.fromhex(values["session_transcript_bytes_hex"])
    reader = ec.derive_private_key(int(values["ephemeral_reader_key_d_hex"], 16), ec.SECP256R1())
    key = HKDF(hashes.SHA256(), 32, hashlib.sha256(wrapped).digest(), b"EMacKey").derive(
        reader.exchange(ec.ECDH(), device_key)
    )
    protected, _unprotected, _detached, tag = document["deviceSigned"]["deviceAuth"]["deviceMac"]
    signed = device_authentication(cbor2.loads(wrapped).value, vector["doctype"])
    made = hmac.digest(key, cbor2.dumps(["MAC0", protected, b"", signed]), "sha256")
    assert made == tag


@pytest.mark.parametrize(("doctype", "reason"), [(DOCTYPE, "doctype"), ("org.iso.18013.5.1.mDL", "device_mac")])
def test_it_is_no_proof_of_age_here(doctype: str, reason: str) -> None:
    vector = vectors("iso_annex_d.json")
    values = vector["values"]
    signer = Certificate.load(bytes.fromhex(values["ds_cert_hex"])).parsed.public_key().public_numbers()
    answer = verify_json(
        {
            "device_response": b64(values["device_response_hex"]),
            "transcript": {"kind": "raw", "hex": values["session_transcript_bytes_hex"]},
            "doctype": doctype,
            "claims": {"issue_date": "2019-10-20"},
            "issuer_keys": [{"x_hex": f"{signer.x:064x}", "y_hex": f"{signer.y:064x}"}],
            "now": vector["now"],
        }
    )
    assert (answer["verdict"], answer["reason"]) == ("refused", reason)


def test_a_moment_may_be_written_as_a_number() -> None:
    at = dt.datetime.fromisoformat(annex_exchange()["now"]).timestamp()
    assert verify_json(annex_exchange() | {"now": at})["verdict"] == "met"
    assert verify_json(annex_exchange() | {"now": at + 100 * 86400})["reason"] == "expired"
