"""A test provider of age attestations and a test wallet, with a way to get each thing wrong.

They write what the verifier reads and share no code with it, but the words of the profile. pymdoccbor and @owf/mdoc
check in their own tests that what is made here is what others make.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cbor2
from cbor2 import CBORTag
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

AV = "eu.europa.ec.av.1"
NOW = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
EU_SIGNER = "1.3.130.2.0.0.1.2"
Key = ec.EllipticCurvePrivateKey
Change = Callable[[Any], object]


def new_key(curve: ec.EllipticCurve | None = None) -> Key:
    return ec.generate_private_key(curve or ec.SECP256R1())


def certificate(
    name: str,
    key: Any,
    *,
    issuer: x509.Certificate | None = None,
    issuer_key: Any = None,
    begins: dt.datetime = NOW - 30 * DAY,
    ends: dt.datetime = NOW + 365 * DAY,
    ca: bool = False,
    path_length: int | None = None,
    usages: Sequence[str] | None = None,
    purposes: Sequence[str] = (),
    extra: Sequence[tuple[x509.ExtensionType, bool]] = (),
    hashing: hashes.HashAlgorithm | None = None,
) -> x509.Certificate:
    """A certificate signed by its issuer, or by itself. `usages` are key usages by name, `purposes` extended ones."""
    subject = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    if ca or path_length is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    wanted = (["key_cert_sign"] if ca else ["digital_signature"]) if usages is None else usages
    if wanted:
        names = (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
            "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
        )  # fmt: skip
        builder = builder.add_extension(x509.KeyUsage(**{one: one in wanted for one in names}), critical=True)
    if purposes:
        usage = x509.ExtendedKeyUsage([ObjectIdentifier(one) for one in purposes])
        builder = builder.add_extension(usage, critical=True)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key or key, hashing or hashes.SHA256())


@dataclasses.dataclass
class Provider:
    """A provider of attestations: its CA, and the signer of documents below it."""

    ca_key: Key = dataclasses.field(default_factory=new_key)
    signer_key: Any = dataclasses.field(default_factory=new_key)
    name: str = "Test provider CA"
    now: dt.datetime = NOW
    ca: x509.Certificate = dataclasses.field(init=False)
    signer: x509.Certificate = dataclasses.field(init=False)
    chain: list[bytes] = dataclasses.field(init=False)
    about_ca: dict[str, Any] = dataclasses.field(default_factory=dict)
    about_signer: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        times = {"begins": self.now - 30 * DAY, "ends": self.now + 365 * DAY}
        self.ca = certificate(self.name, self.ca_key, **{"ca": True, "path_length": 0, **times, **self.about_ca})
        about = {"purposes": [EU_SIGNER], **times, **self.about_signer}
        self.signer = certificate("Test signer", self.signer_key, issuer=self.ca, issuer_key=self.ca_key, **about)
        self.chain = [der(self.signer)]

    @property
    def pem(self) -> str:
        return self.ca.public_bytes(Encoding.PEM).decode()

    def issue(
        self,
        claims: Mapping[str, Any],
        *,
        holder: Key,
        valid: dt.timedelta = 90 * DAY,
        doctype: str = AV,
        namespace: str = AV,
        change_item: Change = lambda item: None,
        change_mso: Change = lambda mso: None,
        change_auth: Change = lambda auth: None,
        alg: int = -7,
    ) -> dict[str, Any]:
        """IssuerSigned, signed. The changes are made before signing, `change_auth` after it."""
        items = []
        for number, (name, value) in enumerate(claims.items()):
            item = {"digestID": number, "random": os.urandom(32), "elementIdentifier": name, "elementValue": value}
            change_item(item)
            items.append(CBORTag(24, cbor2.dumps(item)))
        numbers = public_numbers(holder)
        mso = {
            "version": "1.0",
            "digestAlgorithm": "SHA-256",
            "docType": doctype,
            "valueDigests": {namespace: {n: sha256(cbor2.dumps(item)) for n, item in enumerate(items)}},
            "deviceKeyInfo": {"deviceKey": {1: 2, -1: 1, -2: numbers[0], -3: numbers[1]}},
            "validityInfo": {
                "signed": tdate(self.now),
                "validFrom": tdate(self.now),
                "validUntil": tdate(self.now + valid),
            },
        }
        change_mso(mso)
        payload = cbor2.dumps(CBORTag(24, cbor2.dumps(mso)))
        chain = self.chain[0] if len(self.chain) == 1 else self.chain
        auth = sign1(self.signer_key, payload, {33: chain}, alg=alg)
        change_auth(auth)
        return {"nameSpaces": {namespace: items}, "issuerAuth": auth}


def present(
    issued: Mapping[str, Any],
    *,
    holder: Key,
    transcript: bytes,
    doctype: str = AV,
    disclose: Sequence[str] | None = None,
    device_items: Mapping[str, Any] | bytes = b"\xa0",
    change: Change = lambda response: None,
) -> bytes:
    """A DeviceResponse with some of the items, signed for this exchange; `change` is made to the whole at the end."""
    name_spaces = {
        name: [item for item in items if disclose is None or cbor2.loads(item.value)["elementIdentifier"] in disclose]
        for name, items in issued["nameSpaces"].items()
    }
    device_name_spaces = CBORTag(24, device_items if isinstance(device_items, bytes) else cbor2.dumps(device_items))
    authentication = [
        "DeviceAuthentication", cbor2.loads(transcript), doctype, device_name_spaces,
    ]  # fmt: skip
    signature = sign1(holder, cbor2.dumps(CBORTag(24, cbor2.dumps(authentication))), {})
    signature[2] = None
    response = {
        "version": "1.0",
        "documents": [
            {
                "docType": doctype,
                "issuerSigned": {"nameSpaces": name_spaces, "issuerAuth": list(issued["issuerAuth"])},
                "deviceSigned": {"nameSpaces": device_name_spaces, "deviceAuth": {"deviceSignature": signature}},
            }
        ],
        "status": 0,
    }
    change(response)
    return cbor2.dumps(response)


def sign1(key: Any, payload: bytes, unprotected: dict[Any, Any], *, alg: int = -7) -> list[Any]:
    """A COSE_Sign1 with its payload."""
    protected = cbor2.dumps({1: alg})
    hashing = {-7: hashes.SHA256(), -35: hashes.SHA384(), -36: hashes.SHA512()}[alg]
    signature = key.sign(cbor2.dumps(["Signature1", protected, b"", payload]), ec.ECDSA(hashing))
    size = (key.curve.key_size + 7) // 8
    r, s = decode_dss_signature(signature)
    return [protected, unprotected, payload, r.to_bytes(size, "big") + s.to_bytes(size, "big")]


def tdate(moment: dt.datetime) -> CBORTag:
    return CBORTag(0, moment.strftime("%Y-%m-%dT%H:%M:%SZ"))


def der(one: x509.Certificate) -> bytes:
    return one.public_bytes(Encoding.DER)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def public_numbers(key: Key) -> tuple[bytes, bytes]:
    numbers = key.public_key().public_numbers()
    return numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
