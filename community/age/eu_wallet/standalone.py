"""A presentation judged from JSON: for vectors kept elsewhere, and for whoever wants to check the verifier.

The same verifier as in the flow, without a database, a secret or a clock. Two things differ, because a vector tells
less than a request of ours does. Ages beyond the claims may have been disclosed (a band asks for two). And under
bare issuer keys, which stand for published vectors that belong to no age profile, whatever else was disclosed is
left aside instead of refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cbor2 import CBORTag
from cryptography.hazmat.primitives.asymmetric import ec

from .cbor import EMBEDDED, decode
from .certificates import Anchors, load_pem
from .claims import answers, facts_of
from .cose import point
from .mdoc import Question, verify
from .profile import DOCTYPE, MAX_RESPONSE, NAMESPACE, element_of
from .refusals import Reason, Refusal
from .transcripts import (
    dcapi_oid4vp_transcript,
    dcapi_transcript,
    from_b64url,
    jwk_thumbprint,
    redirect_transcript,
)

_MDL, _MDL_NAMESPACE = "org.iso.18013.5.1.mDL", "org.iso.18013.5.1"
_CURVES: Mapping[str, type[ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1,
    "P-384": ec.SECP384R1,
    "P-521": ec.SECP521R1,
}


class BadInput(ValueError):
    """The question itself cannot be read: says which part, and what it should be."""


def verify_json(asked: Any) -> dict[str, Any]:
    """{"verdict": "met" | "not_met" | "refused", "facts": {"18": true}, "reason": a code or None}.

    Raises BadInput where the question, not the presentation, is at fault.
    """
    if not isinstance(asked, dict):
        raise BadInput("the input must be a JSON object")
    claims = asked.get("claims")
    if not isinstance(claims, dict) or not claims:
        raise BadInput('claims must be an object such as {"age_over_18": true}')
    trust, bare = _trust(asked)
    transcript = transcript_of(asked.get("transcript"))
    now = _moment(asked.get("now"))
    question = _question(asked, claims, bare=bare)
    response = _text(asked, "device_response")
    try:
        try:
            data = from_b64url(response)
        except ValueError as error:
            raise Refusal(Reason.MALFORMED) from error
        if len(data) > MAX_RESPONSE:
            raise Refusal(Reason.TOO_LARGE)
        presented = verify(data, transcript=transcript, question=question, trust=trust, now=now)
        elements = {name: _plain(value) for name, value in presented.elements.items()}
        met = answers(elements, claims)
    except Refusal as refusal:
        return {"verdict": "refused", "facts": {}, "reason": refusal.reason.value}
    facts = {str(years): value for years, value in sorted(facts_of(elements, claims).items())}
    return {"verdict": "met" if met else "not_met", "facts": facts, "reason": None}


def _question(asked: Mapping[str, Any], claims: Mapping[str, Any], *, bare: bool) -> Question:
    doctype = _text(asked, "doctype", DOCTYPE)
    known = {DOCTYPE: NAMESPACE, _MDL: _MDL_NAMESPACE}
    namespace = _text(asked, "namespace", known.get(doctype, "")) or None
    return Question(doctype, namespace, None if bare else {*claims, *map(element_of, range(100))})


def _trust(asked: Mapping[str, Any]) -> tuple[Anchors | list[ec.EllipticCurvePublicKey], bool]:
    keys, pems = asked.get("issuer_keys"), asked.get("trust_anchors")
    if keys and pems:
        raise BadInput("give trust_anchors or issuer_keys, not both")
    if keys:
        if not isinstance(keys, list):
            raise BadInput('issuer_keys must be a list of {"x_hex": ..., "y_hex": ...}')
        return [_issuer_key(key) for key in keys], True
    if isinstance(pems, str):
        pems = [pems]
    if pems is not None and not (isinstance(pems, list) and all(isinstance(pem, str) for pem in pems)):
        raise BadInput("trust_anchors must be a list of PEM texts")
    try:
        return Anchors([certificate for pem in pems or () for certificate in load_pem(pem)]), False
    except Refusal as refusal:
        raise BadInput("trust_anchors has something that is no PEM certificate") from refusal


def _issuer_key(key: Any) -> ec.EllipticCurvePublicKey:
    try:
        curve = _CURVES[key.get("crv", "P-256")]()
        return point(curve, bytes.fromhex(key["x_hex"]), bytes.fromhex(key["y_hex"]))
    except (AttributeError, KeyError, TypeError, ValueError, Refusal) as error:
        raise BadInput("an issuer key has x_hex and y_hex, a point of P-256 (or of crv)") from error


def _moment(value: Any) -> dt.datetime:
    """ISO 8601, UTC where it names no zone, or seconds since 1970."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return dt.datetime.fromtimestamp(value, dt.UTC)
        if isinstance(value, str):
            moment = dt.datetime.fromisoformat(value)
            return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadInput("now is not a moment") from error
    raise BadInput('now must be an ISO 8601 text such as "2026-01-15T12:00:00Z", or seconds since 1970')


# -- transcripts -----------------------------------------------------------------------------------------------------


def transcript_of(described: Any) -> bytes:
    """The SessionTranscript (CBOR) that is given in hex, or by the inputs of its kind. Raises BadInput."""
    if not isinstance(described, dict):
        raise BadInput('transcript must be an object: {"kind": "raw", "hex": ...} or a kind with its inputs')
    if described.get("hex") is not None:
        return _raw(_text(described, "hex"))
    kind = described.get("kind")
    make = _KINDS.get(kind) if isinstance(kind, str) else None
    if make is None:
        raise BadInput(f"transcript.kind must be one of: {', '.join(sorted([*_KINDS, 'raw']))} (raw takes hex)")
    inputs = dict(described)
    for nested in ("inputs", "request"):
        if isinstance(inputs.get(nested), dict):
            inputs |= inputs[nested]
    return make(inputs)


def _raw(text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        raise BadInput("transcript.hex is not hexadecimal") from error
    try:
        item = decode(data)
    except Refusal:
        return data  # it goes in as it stands; no device will have signed it
    # SessionTranscriptBytes, the same wrapped in tag 24.
    return item.value if isinstance(item, CBORTag) and item.tag == EMBEDDED else data


def _redirect(inputs: Mapping[str, Any]) -> bytes:
    return redirect_transcript(
        client_id=_text(inputs, "client_id"),
        nonce=_text(inputs, "nonce"),
        response_uri=_text(inputs, "response_uri"),
        jwk_thumbprint=_thumbprint(inputs),
    )


def _dcapi_oid4vp(inputs: Mapping[str, Any]) -> bytes:
    return dcapi_oid4vp_transcript(
        origin=_text(inputs, "origin"), nonce=_text(inputs, "nonce"), jwk_thumbprint=_thumbprint(inputs)
    )


def _dcapi(inputs: Mapping[str, Any]) -> bytes:
    name = "encryption_info_b64u" if "encryption_info_b64u" in inputs else "encryption_info"
    return dcapi_transcript(encryption_info=_text(inputs, name), origin=_text(inputs, "origin"))


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], bytes]] = {
    "redirect": _redirect,
    "dcapi": _dcapi,
    "dcapi_oid4vp": _dcapi_oid4vp,
}


def _thumbprint(inputs: Mapping[str, Any]) -> bytes | None:
    """Of the key the answer was encrypted to, if it was: a JWK, or its thumbprint in hex or base64url."""
    for name in ("response_encryption_jwk", "jwk"):
        if inputs.get(name) is not None:
            try:
                return jwk_thumbprint(inputs[name])
            except (KeyError, TypeError) as error:
                raise BadInput(f"transcript.{name} is not an EC key") from error
    for name in ("jwk_thumbprint_sha256_hex", "jwk_thumbprint_hex", "jwk_thumbprint"):
        if inputs.get(name) is not None:
            return _digest(name, _text(inputs, name))
    return None


def _digest(name: str, text: str) -> bytes:
    try:
        data = bytes.fromhex(text) if len(text) == 64 else from_b64url(text)
    except ValueError as error:
        raise BadInput(f"transcript.{name} is neither hexadecimal nor base64url") from error
    if len(data) != 32:
        raise BadInput(f"transcript.{name} is not a SHA-256 digest")
    return data


def _text(source: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value: object = source.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise BadInput(f"{name} must be a text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadInput(f"{name} has half a character in it (a lone surrogate)") from error
    return value


def _plain(value: Sequence[Any] | Any) -> Any:
    """A disclosed value as JSON would write it, so that a claim can be compared with it."""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value
