"""COSE_Sign1 and COSE_Key (RFC 9052, 9053), as far as mdocs use them: ECDSA on the curve of its algorithm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cbor2 import dumps
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from .cbor import decode
from .refusals import Reason, Refusal

ALG, CRIT, X5CHAIN = 1, 2, 33
KTY, CRV, X, Y = 1, -1, -2, -3
_EC2 = 2


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An allowed signature algorithm: its hash, the only curve it may be used on, and bytes of r and of s."""

    hash: hashes.HashAlgorithm
    curve: type[ec.EllipticCurve]
    size: int


ALGORITHMS = {
    -7: Algorithm(hashes.SHA256(), ec.SECP256R1, 32),
    -35: Algorithm(hashes.SHA384(), ec.SECP384R1, 48),
    -36: Algorithm(hashes.SHA512(), ec.SECP521R1, 66),
}
CURVES: dict[int, type[ec.EllipticCurve]] = {1: ec.SECP256R1, 2: ec.SECP384R1, 3: ec.SECP521R1}


@dataclass(frozen=True, slots=True)
class Sign1:
    """A signature not yet verified. `payload` is None where it is detached."""

    protected: bytes
    unprotected: dict[Any, Any]
    payload: bytes | None
    signature: bytes
    algorithm: Algorithm

    @classmethod
    def parse(cls, item: Any) -> Sign1:
        """Raises Refusal: MALFORMED, or ALGORITHM where that is not on the list, or in the unprotected header."""
        if not (isinstance(item, list) and len(item) == 4):
            raise Refusal(Reason.MALFORMED)
        protected, unprotected, payload, signature = item
        if not (
            isinstance(protected, bytes)
            and isinstance(unprotected, dict)
            and (payload is None or isinstance(payload, bytes))
            and isinstance(signature, bytes)
        ):
            raise Refusal(Reason.MALFORMED)
        header = decode(protected)
        if not isinstance(header, dict):
            raise Refusal(Reason.MALFORMED)
        number = header.get(ALG)
        # A header marked critical must be understood, and none is.
        if type(number) is not int or number not in ALGORITHMS or CRIT in header or ALG in unprotected:
            raise Refusal(Reason.ALGORITHM)
        return cls(protected, unprotected, payload, signature, ALGORITHMS[number])

    def verify(self, key: ec.EllipticCurvePublicKey, payload: bytes, *, failing: Reason) -> None:
        """Raise Refusal(`failing`) unless `key` signed `payload`, Refusal(ALGORITHM) where the curve does not fit."""
        if not isinstance(key.curve, self.algorithm.curve):
            raise Refusal(Reason.ALGORITHM)
        size = self.algorithm.size
        if len(self.signature) != 2 * size:
            raise Refusal(failing)
        r, s = (int.from_bytes(half, "big") for half in (self.signature[:size], self.signature[size:]))
        signed = dumps(["Signature1", self.protected, b"", payload])
        try:
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(self.algorithm.hash))
        except InvalidSignature as error:
            raise Refusal(failing) from error


def public_key(item: Any) -> ec.EllipticCurvePublicKey:
    """The point of a COSE_Key of two coordinates; Refusal(MALFORMED) for another kind or a point off its curve."""
    if not isinstance(item, dict):
        raise Refusal(Reason.MALFORMED)
    kind, number, x, y = item.get(KTY), item.get(CRV), item.get(X), item.get(Y)
    if kind != _EC2 or type(number) is not int or number not in CURVES:
        raise Refusal(Reason.ALGORITHM)
    if not (isinstance(x, bytes) and isinstance(y, bytes)):
        raise Refusal(Reason.MALFORMED)
    return point(CURVES[number](), x, y)


def point(curve: ec.EllipticCurve, x: bytes, y: bytes) -> ec.EllipticCurvePublicKey:
    """A public key from its coordinates."""
    size = (curve.key_size + 7) // 8
    if len(x) != size or len(y) != size:
        raise Refusal(Reason.MALFORMED)
    try:
        return ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), curve).public_key()
    except ValueError as error:
        raise Refusal(Reason.MALFORMED) from error


def cose_key(key: ec.EllipticCurvePublicKey) -> dict[int, Any]:
    """A P-256 key as a COSE_Key."""
    numbers = key.public_numbers()
    return {KTY: _EC2, CRV: 1, X: numbers.x.to_bytes(32, "big"), Y: numbers.y.to_bytes(32, "big")}
