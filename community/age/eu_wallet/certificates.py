"""From the certificate in a presentation to a trusted provider's (RFC 5280, as far as ISO/IEC 18013-5 Annex B goes).

cryptography's own path validation is made for the web and refuses the EU's certificates; links are checked here one
by one with its primitives. The Commission's test certificates carry an issuerAltName that no parser accepts: that
one extension is left out, where it is not critical, and everything else is read as strictly as ever.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, SignatureAlgorithmOID

from .profile import SIGNER_USAGES
from .refusals import Reason, Refusal

MAX_CERTIFICATE = 8 * 1024
MAX_CHAIN = 4
_SIGNATURES = frozenset(
    {
        SignatureAlgorithmOID.ECDSA_WITH_SHA256,
        SignatureAlgorithmOID.ECDSA_WITH_SHA384,
        SignatureAlgorithmOID.ECDSA_WITH_SHA512,
        SignatureAlgorithmOID.RSA_WITH_SHA256,
        SignatureAlgorithmOID.RSA_WITH_SHA384,
        SignatureAlgorithmOID.RSA_WITH_SHA512,
    }
)
_UNDERSTOOD = frozenset(
    {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE}
)  # fmt: skip
_UNREADABLE = (ValueError, TypeError, x509.DuplicateExtension, x509.InvalidVersion, UnsupportedAlgorithm)


@dataclass(frozen=True)
class Certificate:
    """A certificate all of which could be read: cryptography reads most parts only when they are asked for."""

    parsed: x509.Certificate
    extensions: x509.Extensions
    subject: bytes  # DER
    issuer: bytes
    not_before: dt.datetime
    not_after: dt.datetime

    @classmethod
    def load(cls, der: Any) -> Certificate:
        """From DER; Refusal(CERTIFICATE_MALFORMED) where any of it but an issuerAltName cannot be read."""
        if not isinstance(der, bytes) or len(der) > MAX_CERTIFICATE:
            raise Refusal(Reason.CERTIFICATE_MALFORMED)
        try:
            certificate = x509.load_der_x509_certificate(der)
            if _children(_children(der)[0].content)[-1].content[:1] != b"\x00":
                raise ValueError("a signature is whole bytes")  # else it would have a second spelling
            return cls(
                certificate,
                _extensions(certificate, der),
                subject=certificate.subject.public_bytes(),
                issuer=certificate.issuer.public_bytes(),
                not_before=certificate.not_valid_before_utc,
                not_after=certificate.not_valid_after_utc,
            )
        except _UNREADABLE as error:
            raise Refusal(Reason.CERTIFICATE_MALFORMED) from error

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the DER, in hex."""
        return hashlib.sha256(self.parsed.public_bytes(Encoding.DER)).hexdigest()

    def value(self, kind: type[Any]) -> Any:
        """One extension's value, or None."""
        try:
            return self.extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            return None

    def require_in_force(self, now: dt.datetime) -> None:
        if not self.not_before <= now <= self.not_after:
            raise Refusal(Reason.CERTIFICATE_EXPIRED)

    def require_no_unknown_critical(self) -> None:
        if any(extension.critical and extension.oid not in _UNDERSTOOD for extension in self.extensions):
            raise Refusal(Reason.CRITICAL_EXTENSION)

    def require_issuer(self, issuer: Certificate, *, failing: Reason) -> None:
        """Name and signature; the algorithm must be on the list (no SHA-1)."""
        if self.parsed.signature_algorithm_oid not in _SIGNATURES:
            raise Refusal(Reason.ALGORITHM)
        try:
            self.parsed.verify_directly_issued_by(issuer.parsed)
        except (InvalidSignature, *_UNREADABLE) as error:
            raise Refusal(failing) from error

    def require_authority(self, *, below: int) -> None:
        """A CA that may sign certificates, with at most `below` other CAs between it and the signer."""
        constraints = self.value(x509.BasicConstraints)
        if constraints is None or not constraints.ca:
            raise Refusal(Reason.NOT_A_CA)
        usage = self.value(x509.KeyUsage)
        if usage is not None and not usage.key_cert_sign:
            raise Refusal(Reason.NOT_A_CA)
        if constraints.path_length is not None and below > constraints.path_length:
            raise Refusal(Reason.PATH_TOO_LONG)


class Anchors:
    """The providers' certificates this community trusts, found by name."""

    def __init__(self, certificates: Sequence[Certificate]) -> None:
        self._by_name: dict[bytes, list[Certificate]] = {}
        for certificate in certificates:
            self._by_name.setdefault(certificate.subject, []).append(certificate)
        self.fingerprints = frozenset(certificate.fingerprint for certificate in certificates)

    @classmethod
    def from_pem(cls, text: str) -> Anchors:
        """Every certificate of a PEM text. Raises Refusal(CERTIFICATE_MALFORMED)."""
        return cls(load_pem(text))

    def __len__(self) -> int:
        return len(self.fingerprints)

    def issuer_of(self, certificate: Certificate) -> Certificate:
        """The anchor that issued `certificate`; Refusal(UNTRUSTED_ISSUER) where none did."""
        for anchor in self._by_name.get(certificate.issuer, ()):
            try:
                certificate.require_issuer(anchor, failing=Reason.UNTRUSTED_ISSUER)
            except Refusal as refusal:
                if refusal.reason is Reason.UNTRUSTED_ISSUER:
                    continue
                raise
            return anchor
        raise Refusal(Reason.UNTRUSTED_ISSUER)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed an attestation: the key, the anchor above it, and when its certificate holds."""

    key: ec.EllipticCurvePublicKey
    anchor: str  # SHA-256 fingerprint
    not_before: dt.datetime
    not_after: dt.datetime


def load_pem(text: str) -> list[Certificate]:
    """Every certificate of a PEM text, at least one."""
    try:
        loaded = x509.load_pem_x509_certificates(text.encode())
    except (*_UNREADABLE, UnicodeEncodeError) as error:
        raise Refusal(Reason.CERTIFICATE_MALFORMED) from error
    return [Certificate.load(certificate.public_bytes(Encoding.DER)) for certificate in loaded]


def signer_of(x5chain: Any, anchors: Anchors, now: dt.datetime) -> Signer:
    """Follow the chain (RFC 9360: one DER or a list, the signer first) up to an anchor.

    Every link is checked: name, signature, dates at `now`, unknown critical extensions, CA and path length above the
    signer, key usage of the signer. Raises Refusal.
    """
    ders = [x5chain] if isinstance(x5chain, bytes) else x5chain
    if not isinstance(ders, list) or not 1 <= len(ders) <= MAX_CHAIN:
        raise Refusal(Reason.X5CHAIN)
    chain = [Certificate.load(der) for der in ders]
    if len(chain) > 1 and chain[-1].fingerprint in anchors.fingerprints:
        chain.pop()  # the anchor itself need not be sent, and some send it
    for certificate, issuer in itertools.pairwise(chain):
        certificate.require_issuer(issuer, failing=Reason.UNTRUSTED_ISSUER)
    anchor = anchors.issuer_of(chain[-1])
    for certificate in (*chain, anchor):
        certificate.require_in_force(now)
        certificate.require_no_unknown_critical()
    for below, authority in enumerate((*chain[1:], anchor)):
        authority.require_authority(below=below)
    return _signer(chain[0], anchor)


def _signer(leaf: Certificate, anchor: Certificate) -> Signer:
    constraints = leaf.value(x509.BasicConstraints)
    usage = leaf.value(x509.KeyUsage)
    if usage is None or not usage.digital_signature or (constraints is not None and constraints.ca):
        raise Refusal(Reason.KEY_USAGE)
    purposes = leaf.value(x509.ExtendedKeyUsage)
    if purposes is not None and not SIGNER_USAGES & {purpose.dotted_string for purpose in purposes}:
        raise Refusal(Reason.EXTENDED_KEY_USAGE)
    try:
        key = leaf.parsed.public_key()
    except _UNREADABLE as error:
        raise Refusal(Reason.CERTIFICATE_MALFORMED) from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise Refusal(Reason.ALGORITHM)
    return Signer(key, anchor.fingerprint, leaf.not_before, leaf.not_after)


# -- the one leniency ------------------------------------------------------------------------------------------------

_ISSUER_ALT_NAME = bytes.fromhex("0603551d12")  # the OID 2.5.29.18 as DER
_SEQUENCE, _BOOLEAN, _EXTENSIONS = 0x30, 0x01, 0xA3


def _extensions(certificate: x509.Certificate, der: bytes) -> x509.Extensions:
    try:
        return certificate.extensions
    except ValueError:
        # A copy without its issuerAltName is read in its place; it is used for nothing else.
        return x509.load_der_x509_certificate(_without_issuer_alt_name(der)).extensions


def _without_issuer_alt_name(der: bytes) -> bytes:
    """The certificate less a non-critical issuerAltName; ValueError where it has none. Its signature no longer fits."""
    (outer,) = _children(der)
    tbs, *rest = _children(outer.content)
    fields = _children(tbs.content)
    for index, part in enumerate(fields):
        if part.tag != _EXTENSIONS:
            continue
        (listing,) = _children(part.content)
        extensions = _children(listing.content)
        kept = [extension for extension in extensions if not _is_issuer_alt_name(extension.content)]
        if len(kept) == len(extensions):
            break
        fields[index] = _Tlv.of(_EXTENSIONS, _Tlv.of(_SEQUENCE, b"".join(one.der for one in kept)).der)
        slim = _Tlv.of(_SEQUENCE, b"".join(one.der for one in fields))
        return _Tlv.of(_SEQUENCE, b"".join(one.der for one in (slim, *rest))).der
    raise ValueError("no issuerAltName to leave out")


def _is_issuer_alt_name(content: bytes) -> bool:
    if not content.startswith(_ISSUER_ALT_NAME):
        return False
    critical = _children(content)[1]
    return not (critical.tag == _BOOLEAN and critical.content != b"\x00")


@dataclass(frozen=True, slots=True)
class _Tlv:
    tag: int
    content: bytes
    der: bytes

    @classmethod
    def of(cls, tag: int, content: bytes) -> _Tlv:
        length = len(content)
        if length < 0x80:
            head = bytes([tag, length])
        else:
            size = length.to_bytes((length.bit_length() + 7) // 8, "big")
            head = bytes([tag, 0x80 | len(size)]) + size
        return cls(tag, content, head + content)


def _children(data: bytes) -> list[_Tlv]:
    """The DER elements that make up `data`, all of it; ValueError otherwise."""
    found, at = [], 0
    while at < len(data):
        begun, tag = at, data[at]
        at += 1
        if at >= len(data) or tag & 0x1F == 0x1F:
            raise ValueError("not DER")
        length = data[at]
        at += 1
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 3 or at + size > len(data):
                raise ValueError("not DER")
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > len(data):
            raise ValueError("not DER")
        found.append(_Tlv(tag, data[at : at + length], data[begun : at + length]))
        at += length
    return found
