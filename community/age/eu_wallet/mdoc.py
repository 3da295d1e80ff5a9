"""A presented mdoc (ISO/IEC 18013-5 8.3.2.1.2.2), check by check. Whatever is not exactly right is refused."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cbor2 import CBORTag, dumps
from cryptography.hazmat.primitives.asymmetric import ec

from .cbor import EMBEDDED, decode, embedded, embedded_bytes, field
from .certificates import Anchors, signer_of
from .cose import X5CHAIN, Sign1, public_key
from .refusals import Reason, Refusal

SALT_BYTES = 16
_DIGESTS: Mapping[str, Callable[[bytes], Any]] = {
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}
_NO_ITEMS = b"\xa0"  # an empty map


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked for: `elements` of one namespace of one type of document.

    `elements` None asks for nothing in particular: what comes is kept for the caller to choose from. `namespace`
    None takes the only one that was disclosed. Otherwise whatever was not asked for is refused, for a wallet that
    tells more than it was asked to is no wallet to trust with the rest.
    """

    doctype: str
    namespace: str | None
    elements: Collection[str] | None


@dataclass(frozen=True, slots=True)
class Presentation:
    """What a verified presentation says. `signed_object` are the bytes the issuer signed: the same attestation gives
    the same, shown to whomever. `anchor` is the fingerprint of the trusted certificate, "" under a bare key."""

    elements: Mapping[str, Any]
    anchor: str
    valid_until: dt.datetime
    signed_object: bytes


def verify(
    response: bytes,
    *,
    transcript: bytes,
    question: Question,
    trust: Anchors | Sequence[ec.EllipticCurvePublicKey],
    now: dt.datetime,
) -> Presentation:
    """Verify a DeviceResponse (CBOR) against the SessionTranscript (CBOR) that we built for this exchange.

    `trust` are providers' certificates; for vectors that come without one, bare issuers' keys, and then no
    certificate is looked at. Raises Refusal, with a reason for each check; returns only what holds in every respect.
    """
    document = _only_document(decode(response), question.doctype)
    issuer_signed = field(document, "issuerSigned", dict)
    signature = Sign1.parse(issuer_signed.get("issuerAuth"))
    if signature.payload is None:
        raise Refusal(Reason.MALFORMED)
    anchor, signed_within = _verify_issuer(signature, signature.payload, trust, now)
    mso = embedded(decode(signature.payload))
    if field(mso, "version", str) != "1.0":
        raise Refusal(Reason.MALFORMED)
    if field(mso, "docType", str) != question.doctype:
        raise Refusal(Reason.DOCTYPE)
    valid_until = _require_in_force(mso, now, signed_within)
    disclosed = disclosed_items(issuer_signed, mso)
    _verify_device(document, mso, question.doctype, transcript)
    return Presentation(_answer(disclosed, question), anchor, valid_until, signature.payload)


def _only_document(response: Any, doctype: str) -> dict[Any, Any]:
    if not isinstance(response, dict):
        raise Refusal(Reason.MALFORMED)
    if type(response.get("status")) is not int or response["status"] != 0:
        raise Refusal(Reason.STATUS)
    if field(response, "version", str) != "1.0":
        raise Refusal(Reason.MALFORMED)
    documents = response.get("documents")
    beside = response.get("documentErrors") or response.get("zkDocuments")
    if not (isinstance(documents, list) and len(documents) == 1) or beside:
        raise Refusal(Reason.NOT_ONE_DOCUMENT)
    document = documents[0]
    if not isinstance(document, dict):
        raise Refusal(Reason.MALFORMED)
    if document.get("docType") != doctype:
        raise Refusal(Reason.DOCTYPE)
    return document


def _verify_issuer(
    signature: Sign1, payload: bytes, trust: Anchors | Sequence[ec.EllipticCurvePublicKey], now: dt.datetime
) -> tuple[str, tuple[dt.datetime, dt.datetime] | None]:
    """The anchor's fingerprint and when the signer's certificate holds."""
    if isinstance(trust, Anchors):
        if X5CHAIN not in signature.unprotected:
            raise Refusal(Reason.X5CHAIN)
        signer = signer_of(signature.unprotected[X5CHAIN], trust, now)
        signature.verify(signer.key, payload, failing=Reason.ISSUER_SIGNATURE)
        return signer.anchor, (signer.not_before, signer.not_after)
    refusal = Refusal(Reason.UNTRUSTED_ISSUER)
    for key in trust:
        try:
            signature.verify(key, payload, failing=Reason.ISSUER_SIGNATURE)
        except Refusal as failed:
            refusal = failed
        else:
            return "", None
    raise refusal


def _require_in_force(
    mso: dict[Any, Any], now: dt.datetime, signed_within: tuple[dt.datetime, dt.datetime] | None
) -> dt.datetime:
    validity = field(mso, "validityInfo", dict)
    signed, begins, ends = (field(validity, name, dt.datetime) for name in ("signed", "validFrom", "validUntil"))
    if now < begins or now < signed:
        raise Refusal(Reason.NOT_YET_VALID)
    if now >= ends:
        raise Refusal(Reason.EXPIRED)
    if signed_within and not signed_within[0] <= signed <= signed_within[1]:
        raise Refusal(Reason.SIGNED_OUTSIDE_CERTIFICATE)
    return ends


def disclosed_items(issuer_signed: dict[Any, Any], mso: dict[Any, Any]) -> dict[str, dict[str, Any]]:
    """Every item of every namespace, each covered by a digest that the issuer signed."""
    hashing = _DIGESTS.get(field(mso, "digestAlgorithm", str))
    if hashing is None:
        raise Refusal(Reason.DIGEST_ALGORITHM)
    digests = field(mso, "valueDigests", dict)
    found: dict[str, dict[str, Any]] = {}
    for namespace, items in field(issuer_signed, "nameSpaces", dict).items():
        if not (isinstance(namespace, str) and isinstance(items, list) and items):
            raise Refusal(Reason.MALFORMED)
        signed = digests.get(namespace)
        if not isinstance(signed, dict):
            raise Refusal(Reason.DIGEST_MISSING)
        found[namespace] = _items(items, signed, hashing)
    return found


def _items(items: list[Any], signed: dict[Any, Any], hashing: Callable[[bytes], Any]) -> dict[str, Any]:
    seen: set[int] = set()
    values: dict[str, Any] = {}
    for wrapped in items:
        item = embedded(wrapped)
        number = field(item, "digestID", int)
        name = field(item, "elementIdentifier", str)
        if "elementValue" not in item:
            raise Refusal(Reason.MALFORMED)
        if number in seen:
            raise Refusal(Reason.DUPLICATE_DIGEST_ID)
        if name in values:
            raise Refusal(Reason.DUPLICATE_ELEMENT)
        if len(field(item, "random", bytes)) < SALT_BYTES:
            raise Refusal(Reason.SALT_TOO_SHORT)
        digest = signed.get(number)
        if not isinstance(digest, bytes):
            raise Refusal(Reason.DIGEST_MISSING)
        if not hmac.compare_digest(digest, hashing(dumps(wrapped)).digest()):
            raise Refusal(Reason.DIGEST_MISMATCH)
        seen.add(number)
        values[name] = item["elementValue"]
    return values


def _verify_device(document: dict[Any, Any], mso: dict[Any, Any], doctype: str, transcript: bytes) -> None:
    """The holder's key signed this very exchange, and asserts nothing by itself."""
    signed = document.get("deviceSigned")
    if not isinstance(signed, dict):
        raise Refusal(Reason.DEVICE_SIGNATURE_MISSING)
    device_auth = field(signed, "deviceAuth", dict)
    if "deviceMac" in device_auth:  # it needs a reader's key, and no transport here has one
        raise Refusal(Reason.DEVICE_MAC)
    if "deviceSignature" not in device_auth:
        raise Refusal(Reason.DEVICE_SIGNATURE_MISSING)
    name_spaces = embedded_bytes(signed.get("nameSpaces"))
    if decode(name_spaces) != {}:  # however it is spelt: the signature is over the bytes as they came
        raise Refusal(Reason.DEVICE_NAMESPACES)
    signature = Sign1.parse(device_auth["deviceSignature"])
    if signature.payload is not None:  # detached, or it signs something of its own choosing
        raise Refusal(Reason.DEVICE_SIGNATURE)
    key = public_key(field(field(mso, "deviceKeyInfo", dict), "deviceKey", dict))
    signature.verify(key, device_authentication(transcript, doctype, name_spaces), failing=Reason.DEVICE_SIGNATURE)


def device_authentication(transcript: bytes, doctype: str, name_spaces: bytes = _NO_ITEMS) -> bytes:
    """DeviceAuthenticationBytes (9.1.3.4): the transcript goes in byte for byte as it stands."""
    parts = (dumps("DeviceAuthentication"), transcript, dumps(doctype), dumps(CBORTag(EMBEDDED, name_spaces)))
    return dumps(CBORTag(EMBEDDED, b"\x84" + b"".join(parts)))


def _answer(disclosed: dict[str, dict[str, Any]], question: Question) -> dict[str, Any]:
    if question.namespace is None:
        if len(disclosed) != 1:
            raise Refusal(Reason.EXTRA_DISCLOSED if disclosed else Reason.NOT_PRESENTED)
        return next(iter(disclosed.values()))
    answer = disclosed.get(question.namespace, {})
    if question.elements is None:
        return answer
    if set(disclosed) - {question.namespace} or set(answer) - set(question.elements):
        raise Refusal(Reason.EXTRA_DISCLOSED)
    return answer
