"""The Digital Credentials API with protocol `org-iso-mdoc` (ISO/IEC TS 18013-7 Annex C): the browser asks its wallet.

The answer is sealed to a key of this one exchange (HPKE, RFC 9180: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256,
AES-128-GCM), bound to the page's origin by the session transcript.
"""

from __future__ import annotations

from collections.abc import Sequence

from cbor2 import CBORTag, dumps
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from .cbor import EMBEDDED, decode, field
from .cose import cose_key
from .profile import DOCTYPE, MAX_RESPONSE, NAMESPACE
from .refusals import Reason, Refusal
from .transcripts import b64url, from_b64url

PROTOCOL = "org-iso-mdoc"
_WRAPPING = 1024  # bytes around what is sealed, at most
_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
_POINT = 65  # bytes of an uncompressed point, the encapsulated key


def device_request(elements: Sequence[str]) -> str:
    """base64url(DeviceRequest) for these elements, none of which is to be retained."""
    items = {"docType": DOCTYPE, "nameSpaces": {NAMESPACE: dict.fromkeys(elements, False)}}
    request = {"version": "1.0", "docRequests": [{"itemsRequest": CBORTag(EMBEDDED, dumps(items))}]}
    return b64url(dumps(request))


def encryption_info(nonce: bytes, key: ec.EllipticCurvePrivateKey) -> str:
    """base64url(EncryptionInfo): our nonce, and the key to seal the answer to."""
    return b64url(dumps(["dcapi", {"nonce": nonce, "recipientPublicKey": cose_key(key.public_key())}]))


def longest_text(most: int = MAX_RESPONSE) -> int:
    """The characters that a sealed answer of `most` bytes takes in base64url."""
    return (most + _WRAPPING) * 4 // 3 + 4


def open_response(text: str, *, key: ec.EllipticCurvePrivateKey, transcript: bytes, most: int = MAX_RESPONSE) -> bytes:
    """The DeviceResponse, of `most` bytes, sealed in base64url(["dcapi", {enc, cipherText}]).

    Raises Refusal: TOO_LARGE, MALFORMED, DECRYPTION.
    """
    if len(text) > longest_text(most):
        raise Refusal(Reason.TOO_LARGE)
    try:
        item = decode(from_b64url(text), most=most + _WRAPPING)
    except ValueError as error:
        raise Refusal(Reason.MALFORMED) from error
    if not (isinstance(item, list) and len(item) == 2 and item[0] == "dcapi"):
        raise Refusal(Reason.MALFORMED)
    encapsulated, sealed = field(item[1], "enc", bytes), field(item[1], "cipherText", bytes)
    if len(encapsulated) != _POINT:
        raise Refusal(Reason.MALFORMED)
    try:
        return bytes(_SUITE.decrypt(encapsulated + sealed, key, info=transcript))
    except (InvalidTag, ValueError) as error:
        raise Refusal(Reason.DECRYPTION) from error
