"""Time stamps of an outside authority (RFC 3161): that something existed, as it is, at a moment nobody here decides.

Configured by settings.TSA_URL and settings.TSA_CA (a PEM file with the authority's root); without them nothing is
stamped. A qualified authority (eIDAS art. 41) gives a presumption of the date and of integrity. The libraries behind
it are heavy and imported where a stamp is asked for or read: most processes never do.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.x509 import Certificate, load_pem_x509_certificates
from django.conf import settings

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

TIMEOUT = (5, 15)  # seconds to connect, and for each piece of the answer
MOST = 64 << 10  # bytes of an answer


class NotStamped(Exception):
    """The authority gave no stamp that verifies; the message says why."""


def is_configured() -> bool:
    """Whether there is an authority to ask."""
    return bool(settings.TSA_URL)


def ask_authority(query: bytes) -> bytes:
    """Send a DER TimeStampReq, return the DER TimeStampResp as it came (section 3.4). Raises NotStamped."""
    import requests

    try:
        with requests.post(
            settings.TSA_URL,
            data=query,
            headers={"Content-Type": "application/timestamp-query"},
            timeout=TIMEOUT,
            stream=True,
            allow_redirects=False,
        ) as answer:
            if answer.status_code != 200:
                raise NotStamped(f"HTTP {answer.status_code}")
            raw: bytes = answer.raw.read(MOST + 1, decode_content=True)
    except requests.RequestException as error:
        raise NotStamped(type(error).__name__) from error
    if len(raw) > MOST:
        raise NotStamped("the answer is too long")
    return raw


def stamp(message: bytes) -> bytes:
    """A stamp (DER TimeStampResp) over SHA-256 of `message`, verified under TSA_CA before it is believed.

    Raises NotStamped where the authority cannot be reached, refuses, or answers something else than was asked.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    builder = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256)
    query = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    raw = ask_authority(query.as_bytes())
    response = _decoded(raw)
    if response.tst_info.nonce != query.nonce:
        raise NotStamped("the answer is to another question")
    _verified(response, message)
    return raw


def stamped_at(response: bytes, message: bytes) -> dt.datetime:
    """When the authority saw `message`, if the stamp is one of TSA_CA over it. Raises NotStamped."""
    decoded = _decoded(response)
    _verified(decoded, message)
    return decoded.tst_info.gen_time


def _decoded(raw: bytes) -> TimeStampResponse:
    from rfc3161_client import decode_timestamp_response

    try:
        response = decode_timestamp_response(_ordered(raw))
    except ValueError as error:
        raise NotStamped("the answer cannot be read") from error
    if response.status not in (0, 1):  # granted, granted with modifications
        raise NotStamped(f"refused with status {response.status}")
    return response


def _ordered(raw: bytes) -> bytes:
    """The answer with its certificates in the order of DER, which OpenSSL does not keep and the verifier insists on.
    No signature covers that order. Raises ValueError for what is no answer."""
    from asn1crypto import cms, tsp

    try:
        answer = tsp.TimeStampResp.load(raw, strict=True)
        token = answer["time_stamp_token"]
        if isinstance(token, cms.ContentInfo):
            token["content"]["certificates"] = list(token["content"]["certificates"])
        ordered: bytes = answer.dump(force=True)  # which sorts every set
    except (KeyError, TypeError, AttributeError) as error:  # another structure than an answer has
        raise ValueError("no time-stamp answer") from error
    return ordered


def _verified(response: TimeStampResponse, message: bytes) -> None:
    from rfc3161_client import VerificationError, VerifierBuilder

    builder = VerifierBuilder()
    for root in _roots():
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(response, message)
    except (VerificationError, ValueError) as error:
        raise NotStamped(f"the stamp does not verify: {error}") from error


def _roots() -> list[Certificate]:
    return load_pem_x509_certificates(Path(settings.TSA_CA).read_bytes())
