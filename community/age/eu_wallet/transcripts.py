"""Session transcripts (ISO/IEC 18013-5 9.1.5.1): what binds a device's signature to one exchange of ours.

Three handovers, each a hash over what only the two ends of that exchange know: OpenID4VP 1.0 Appendix B.2.6.1
(redirect) and B.2.6.2 (over the Digital Credentials API), ISO/IEC TS 18013-7 Annex C (`org-iso-mdoc`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from cbor2 import dumps

_B64URL = re.compile(r"[A-Za-z0-9_-]*={0,2}")


def redirect_transcript(*, client_id: str, nonce: str, response_uri: str, jwk_thumbprint: bytes | None = None) -> bytes:
    """For an answer posted to `response_uri`; `client_id` with its prefix, as requested."""
    return _transcript("OpenID4VPHandover", [client_id, nonce, jwk_thumbprint, response_uri])


def dcapi_oid4vp_transcript(*, origin: str, nonce: str, jwk_thumbprint: bytes | None = None) -> bytes:
    """For OpenID4VP spoken over the Digital Credentials API."""
    return _transcript("OpenID4VPDCAPIHandover", [origin, nonce, jwk_thumbprint])


def dcapi_transcript(*, encryption_info: str, origin: str) -> bytes:
    """For `org-iso-mdoc` over the Digital Credentials API; `encryption_info` is the base64url text as it was sent."""
    return _transcript("dcapi", [encryption_info, origin])


def _transcript(name: str, info: list[Any]) -> bytes:
    return dumps([None, None, [name, hashlib.sha256(dumps(info)).digest()]])


def jwk_thumbprint(jwk: Mapping[str, Any]) -> bytes:
    """SHA-256 thumbprint of an EC key (RFC 7638)."""
    needed = {name: str(jwk[name]) for name in ("crv", "kty", "x", "y")}
    return hashlib.sha256(json.dumps(needed, sort_keys=True, separators=(",", ":")).encode()).digest()


def b64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64url(text: str) -> bytes:
    """The bytes of a base64url text, padded or not; ValueError for any other character, those of base64 among them."""
    if not _B64URL.fullmatch(text):
        raise ValueError("not base64url")
    bare = text.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
