"""A test wallet at the other end of a request: it reads the link or the browser's request and answers as told."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from .issuer import Change, Provider, new_key, present, sha256


@dataclasses.dataclass
class Wallet:
    """Holds one attestation about its person, and shows of it what it is asked for."""

    provider: Provider
    claims: Mapping[str, Any]
    attestation: dict[str, Any] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.key = new_key()
        self.attestation = self.provider.issue(self.claims, holder=self.key)

    def answer(self, link: str, *, change: Change = lambda response: None) -> tuple[str, dict[str, str]]:
        """Where to post the answer to an `av://` link, and the form."""
        asked = read(link)
        info = [asked["client_id"], asked["nonce"], None, asked["response_uri"]]
        transcript = cbor2.dumps([None, None, ["OpenID4VPHandover", sha256(cbor2.dumps(info))]])
        (query,) = json.loads(asked["dcql_query"])["credentials"]
        elements = [claim["path"][1] for claim in query["claims"]]
        shown = present(self.attestation, holder=self.key, transcript=transcript, disclose=elements, change=change)
        return asked["response_uri"], {
            "state": asked["state"],
            "vp_token": json.dumps({query["id"]: [b64(shown)]}),
        }

    def answer_browser(self, request: Mapping[str, str], *, origin: str, elements: list[str]) -> str:
        """The sealed answer to a request of the Digital Credentials API."""
        info = request["encryptionInfo"]
        handover = ["dcapi", sha256(cbor2.dumps([info, origin]))]
        transcript = cbor2.dumps([None, None, handover])
        shown = present(self.attestation, holder=self.key, transcript=transcript, disclose=elements)
        return self.seal(info, shown, transcript)

    def seal(self, info: str, response: bytes, transcript: bytes) -> str:
        """A response sealed to whoever asked with this encryptionInfo."""
        key = cbor2.loads(base64.urlsafe_b64decode(info + "=="))[1]["recipientPublicKey"]
        point = ec.EllipticCurvePublicNumbers(
            int.from_bytes(key[-2], "big"), int.from_bytes(key[-3], "big"), ec.SECP256R1()
        ).public_key()
        suite = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
        sealed = suite.encrypt(response, point, info=transcript)
        return b64(cbor2.dumps(["dcapi", {"enc": sealed[:65], "cipherText": sealed[65:]}]))


def read(link: str) -> dict[str, str]:
    """The parameters of a request by value, each once."""
    assert link.startswith("av://")
    parameters = parse_qs(urlsplit(link).query, strict_parsing=True)
    assert all(len(values) == 1 for values in parameters.values())
    return {name: values[0] for name, values in parameters.items()}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
