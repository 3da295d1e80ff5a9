"""What vouches for a bag: the installation's Ed25519 key (RFC 8032), and what may be put on it besides."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED_BYTES = 32


def fingerprint_of(public_key: bytes) -> str:
    """SHA-256 (64 hexadecimal digits) of the raw public key: what a recipient is given by another way."""
    return hashlib.sha256(public_key).hexdigest()


@dataclass(frozen=True, slots=True)
class Seals:
    """What makes a bag more than its case and key: PDFs signed, the signature stamped. None of it: the same bytes.

    `pdf` signs a PDF; `stamp` returns a DER TimeStampResp (RFC 3161) over SHA-256 of what it is given, or None where
    the authority of that address gave none.
    """

    pdf: Callable[[bytes], bytes] | None = None
    stamp: Callable[[bytes], bytes | None] | None = None
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Signer:
    """Holds the key; deterministic: the same message has the same signature. Its repr shows no secret."""

    _key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> Signer:
        """From the 32 bytes of settings.SIGNING_KEY. Raises ValueError for any other length."""
        if len(seed) != SEED_BYTES:
            raise ValueError("an Ed25519 seed has 32 bytes")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public_key(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> str:
        """See `fingerprint_of`."""
        return fingerprint_of(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """The detached signature, 64 bytes."""
        return self._key.sign(message)
