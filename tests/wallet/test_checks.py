"""Each check of the verifier, broken alone: everything else about the presentation is as it should be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from cbor2 import CBORTag
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from community.age.eu_wallet.certificates import Anchors
from community.age.eu_wallet.claims import answers, facts_of
from community.age.eu_wallet.mdoc import Presentation, Question, verify
from community.age.eu_wallet.refusals import Reason, Refusal
from community.age.eu_wallet.transcripts import redirect_transcript

from .issuer import AV, DAY, NOW, Provider, certificate, der, new_key, present, public_numbers, sha256, sign1, tdate

TRANSCRIPT = redirect_transcript(
    client_id="redirect_uri:https://havre.example/r", nonce="n" * 43, response_uri="https://havre.example/r"
)
CLAIMS = {"age_over_18": True}
QUESTION = Question(AV, AV, ["age_over_18"])


@pytest.fixture(scope="module")
def provider() -> Provider:
    return Provider()


@pytest.fixture(scope="module")
def holder() -> ec.EllipticCurvePrivateKey:
    return new_key()


Show = Callable[..., bytes]


@pytest.fixture
def show(provider: Provider, holder: ec.EllipticCurvePrivateKey) -> Show:
    """A presentation that is sound but for what the test says."""

    def make(by: Provider = provider, *, claims: dict[str, Any] = CLAIMS, **changes: Any) -> bytes:
        showing = {
            name: changes.pop(name) for name in ("change", "device_items", "disclose", "transcript") if name in changes
        }
        doctype = changes.get("doctype", AV)
        issued = by.issue(claims, holder=changes.pop("bound_to", holder), **changes)
        return present(issued, holder=holder, doctype=doctype, **{"transcript": TRANSCRIPT, **showing})

    return make


@pytest.fixture
def judged(provider: Provider) -> Callable[..., Presentation]:
    def judge(response: bytes, **changes: Any) -> Presentation:
        asked: dict[str, Any] = {
            "transcript": TRANSCRIPT, "question": QUESTION, "trust": Anchors.from_pem(provider.pem), "now": NOW,
        }  # fmt: skip
        return verify(response, **asked | changes)

    return judge


Judge = Callable[..., Presentation]


def refused(judge: Judge, response: bytes, reason: Reason, **changes: Any) -> None:
    with pytest.raises(Refusal) as refusal:
        judge(response, **changes)
    assert refusal.value.reason is reason


def trusting(provider: Provider) -> dict[str, Anchors]:
    return {"trust": Anchors.from_pem(provider.pem)}


def test_a_sound_presentation_is_accepted(show: Show, judged: Judge, provider: Provider) -> None:
    presented = judged(show())
    assert presented.elements == CLAIMS
    assert {presented.anchor} == Anchors.from_pem(provider.pem).fingerprints
    assert presented.valid_until == NOW + 90 * DAY


def test_the_same_attestation_is_known_again_and_another_is_not(
    provider: Provider, holder: ec.EllipticCurvePrivateKey, judged: Judge
) -> None:
    issued = provider.issue(CLAIMS, holder=holder)
    elsewhere = redirect_transcript(client_id="c", nonce="m", response_uri="u")
    one = judged(present(issued, holder=holder, transcript=TRANSCRIPT))
    again = judged(present(issued, holder=holder, transcript=elsewhere), transcript=elsewhere)
    other = judged(present(provider.issue(CLAIMS, holder=holder), holder=holder, transcript=TRANSCRIPT))
    assert one.signed_object == again.signed_object != other.signed_object


# -- the response and its one document -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [10, 20, True, None, "0", 0.0])
def test_a_status_other_than_zero(status: object, show: Show, judged: Judge) -> None:
    refused(judged, show(change=lambda r: r.update(status=status)), Reason.STATUS)


def test_a_missing_status(show: Show, judged: Judge) -> None:
    refused(judged, show(change=lambda r: r.pop("status")), Reason.STATUS)


@pytest.mark.parametrize("version", ["1.1", "", 1, None])
def test_a_response_of_another_version(version: object, show: Show, judged: Judge) -> None:
    refused(judged, show(change=lambda r: r.update(version=version)), Reason.MALFORMED)


@pytest.mark.parametrize("count", [0, 2])
def test_not_exactly_one_document(count: int, show: Show, judged: Judge) -> None:
    response = show(change=lambda r: r.update(documents=r["documents"] * count))
    refused(judged, response, Reason.NOT_ONE_DOCUMENT)


def test_documents_that_failed_beside_one(show: Show, judged: Judge) -> None:
    response = show(change=lambda r: r.update(documentErrors=[{AV: 10}]))
    refused(judged, response, Reason.NOT_ONE_DOCUMENT)


def test_a_document_of_another_type(show: Show, judged: Judge) -> None:
    refused(judged, show(doctype="org.iso.18013.5.1.mDL"), Reason.DOCTYPE)


def test_a_type_that_the_issuer_did_not_sign(show: Show, judged: Judge) -> None:
    refused(judged, show(change_mso=lambda mso: mso.update(docType="org.example")), Reason.DOCTYPE)


def test_a_type_put_over_another_one(show: Show, judged: Judge) -> None:
    response = show(doctype="org.example", change=lambda r: r["documents"][0].update(docType=AV))
    refused(judged, response, Reason.DOCTYPE)


# -- who signed ------------------------------------------------------------------------------------------------------


def test_a_provider_that_is_not_trusted(show: Show, judged: Judge) -> None:
    refused(judged, show(Provider(name="Somebody else")), Reason.UNTRUSTED_ISSUER)


def test_a_provider_that_takes_a_trusted_name(show: Show, judged: Judge) -> None:
    refused(judged, show(Provider()), Reason.UNTRUSTED_ISSUER)


def test_nobody_is_trusted_where_no_anchor_was_imported(show: Show, judged: Judge) -> None:
    refused(judged, show(), Reason.UNTRUSTED_ISSUER, trust=Anchors([]))


def test_no_certificate_at_all(show: Show, judged: Judge) -> None:
    refused(judged, show(change_auth=lambda auth: auth[1].clear()), Reason.X5CHAIN)


@pytest.mark.parametrize("chain", [[], [b"x"] * 5, "text", None])
def test_a_chain_that_is_none(chain: object, show: Show, judged: Judge) -> None:
    refused(judged, show(change_auth=lambda auth: auth[1].update({33: chain})), Reason.X5CHAIN)


@pytest.mark.parametrize("chain", [b"", b"0", bytes(9000), [7]])
def test_a_certificate_that_is_none(chain: object, show: Show, judged: Judge) -> None:
    refused(judged, show(change_auth=lambda auth: auth[1].update({33: chain})), Reason.CERTIFICATE_MALFORMED)


@pytest.mark.parametrize(
    "about", [{"ends": NOW - DAY}, {"begins": NOW + DAY, "ends": NOW + 2 * DAY}], ids=["over", "not begun"]
)
@pytest.mark.parametrize("whose", ["about_signer", "about_ca"])
def test_a_certificate_out_of_its_time(whose: str, about: dict[str, Any], show: Show, judged: Judge) -> None:
    provider = Provider(**{whose: about})
    refused(judged, show(provider), Reason.CERTIFICATE_EXPIRED, **trusting(provider))


@pytest.mark.parametrize(
    "about_ca",
    [{"ca": False, "path_length": None}, {"usages": ["digital_signature"]}],
    ids=["no CA", "may not sign certificates"],
)
def test_an_anchor_that_is_no_authority(about_ca: dict[str, Any], show: Show, judged: Judge) -> None:
    provider = Provider(about_ca=about_ca)
    refused(judged, show(provider), Reason.NOT_A_CA, **trusting(provider))


def test_a_signer_that_may_not_sign_documents(show: Show, judged: Judge) -> None:
    for usages in (["key_encipherment"], []):
        provider = Provider(about_signer={"usages": usages})
        refused(judged, show(provider), Reason.KEY_USAGE, **trusting(provider))


def test_an_authority_that_signs_an_attestation_itself(show: Show, judged: Judge) -> None:
    about = {"ca": True, "usages": ["digital_signature", "key_cert_sign"]}
    provider = Provider(about_signer=about)
    refused(judged, show(provider), Reason.KEY_USAGE, **trusting(provider))


def test_a_certificate_for_web_servers(show: Show, judged: Judge) -> None:
    provider = Provider(about_signer={"purposes": ["1.3.6.1.5.5.7.3.1"]})
    refused(judged, show(provider), Reason.EXTENDED_KEY_USAGE, **trusting(provider))


@pytest.mark.parametrize("purposes", [["1.0.18013.5.1.2"], []], ids=["driving licences", "not limited"])
def test_other_signers_that_are_accepted(purposes: list[str], show: Show, judged: Judge) -> None:
    provider = Provider(about_signer={"purposes": purposes})
    assert judged(show(provider), **trusting(provider)).elements == CLAIMS


@pytest.mark.parametrize("whose", ["about_signer", "about_ca"])
def test_a_critical_extension_that_nobody_here_understands(whose: str, show: Show, judged: Judge) -> None:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    provider = Provider(**{whose: {"extra": [(unknown, True)]}})
    refused(judged, show(provider), Reason.CRITICAL_EXTENSION, **trusting(provider))
    harmless = Provider(**{whose: {"extra": [(unknown, False)]}})
    assert judged(show(harmless), **trusting(harmless)).elements == CLAIMS


def malformed_name(critical: bool) -> tuple[x509.ExtensionType, bool]:
    """An issuerAltName as in the Commission's test certificates: an OID where names belong."""
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.18"), bytes.fromhex("30050603551d12")), critical


def test_a_malformed_issuer_alt_name_is_the_one_thing_forgiven(show: Show, judged: Judge) -> None:
    provider = Provider(about_signer={"extra": [malformed_name(False)]}, about_ca={"extra": [malformed_name(False)]})
    assert judged(show(provider), **trusting(provider)).elements == CLAIMS


@pytest.mark.parametrize(
    "extra",
    [
        [malformed_name(True)],
        [malformed_name(False), (x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), b"\x06\x00"), False)],
        [(x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), bytes.fromhex("30050603551d12")), False)],
    ],
    ids=["critical", "and another", "another name"],
)
def test_nothing_else_malformed_is_forgiven(extra: list[Any], show: Show, judged: Judge) -> None:
    provider = Provider(about_signer={"extra": extra})
    refused(judged, show(provider), Reason.CERTIFICATE_MALFORMED, **trusting(provider))


def below(top: Provider, *, about: dict[str, Any]) -> Provider:
    """A provider whose signer hangs below an authority below `top`."""
    middle_key = new_key()
    options = {"ca": True, "path_length": 0, **about}
    middle = certificate("Middle", middle_key, issuer=top.ca, issuer_key=top.ca_key, **options)
    provider = Provider(name="unused")
    provider.signer = certificate("Signer", provider.signer_key, issuer=middle, issuer_key=middle_key)
    provider.chain = [der(provider.signer), der(middle)]
    return provider


def test_an_authority_between_signer_and_anchor(show: Show, judged: Judge) -> None:
    top = Provider(about_ca={"path_length": 1})
    provider = below(top, about={})
    assert judged(show(provider), **trusting(top)).elements == CLAIMS
    provider.chain.append(der(top.ca))  # the anchor sent along changes nothing
    assert judged(show(provider), **trusting(top)).elements == CLAIMS


def test_a_chain_longer_than_its_anchor_allows(show: Show, judged: Judge, provider: Provider) -> None:
    refused(judged, show(below(provider, about={})), Reason.PATH_TOO_LONG)


def test_a_link_that_is_no_authority(show: Show, judged: Judge) -> None:
    top = Provider(about_ca={"path_length": 1})
    response = show(below(top, about={"ca": False, "path_length": None}))
    refused(judged, response, Reason.NOT_A_CA, **trusting(top))


def test_a_link_out_of_its_time(show: Show, judged: Judge) -> None:
    top = Provider(about_ca={"path_length": 1})
    refused(judged, show(below(top, about={"ends": NOW - DAY})), Reason.CERTIFICATE_EXPIRED, **trusting(top))


def test_certificates_in_the_wrong_order(show: Show, judged: Judge) -> None:
    top = Provider(about_ca={"path_length": 1})
    provider = below(top, about={})
    provider.chain.reverse()
    refused(judged, show(provider), Reason.UNTRUSTED_ISSUER, **trusting(top))


def test_a_certificate_signed_with_rsa_above_is_fine_and_a_signer_with_rsa_is_not(show: Show, judged: Judge) -> None:
    key: Any = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    provider = Provider(ca_key=key)
    assert judged(show(provider), **trusting(provider)).elements == CLAIMS
    provider.signer = certificate("RSA", key, issuer=provider.ca, issuer_key=key)
    provider.chain = [der(provider.signer)]
    refused(judged, show(provider), Reason.ALGORITHM, **trusting(provider))


def test_a_weak_hash_under_a_certificate(show: Show, judged: Judge) -> None:
    provider = Provider(about_signer={"hashing": hashes.SHA224()})
    refused(judged, show(provider), Reason.ALGORITHM, **trusting(provider))


# -- the signature ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [{1: -8}, {1: -257}, {1: 5}, {1: None}, {}, {1: -7, 2: [1]}, {1: -7.0}],
    ids=["EdDSA", "RSA", "HMAC", "null", "none", "critical header", "a float"],
)
def test_an_algorithm_that_is_not_on_the_list(header: dict[Any, Any], show: Show, judged: Judge) -> None:
    def change(auth: list[Any]) -> None:
        auth[0] = cbor2.dumps(header)

    refused(judged, show(change_auth=change), Reason.ALGORITHM)


def test_an_algorithm_named_outside_the_signature(show: Show, judged: Judge) -> None:
    refused(judged, show(change_auth=lambda auth: auth[1].update({1: -7})), Reason.ALGORITHM)


@pytest.mark.parametrize(("curve", "alg"), [(ec.SECP384R1(), -7), (ec.SECP256R1(), -35), (ec.SECP256K1(), -7)])
def test_an_algorithm_on_the_curve_of_another(curve: ec.EllipticCurve, alg: int, show: Show, judged: Judge) -> None:
    provider = Provider(signer_key=new_key(curve))
    refused(judged, show(provider, alg=alg), Reason.ALGORITHM, **trusting(provider))


@pytest.mark.parametrize(("curve", "alg"), [(ec.SECP384R1(), -35), (ec.SECP521R1(), -36)])
def test_the_larger_curves_with_their_own_algorithms(
    curve: ec.EllipticCurve, alg: int, show: Show, judged: Judge
) -> None:
    provider = Provider(signer_key=new_key(curve))
    assert judged(show(provider, alg=alg), **trusting(provider)).elements == CLAIMS


@pytest.mark.parametrize("size", [0, 63, 65, 128])
def test_a_signature_of_another_length(size: int, show: Show, judged: Judge) -> None:
    def change(auth: list[Any]) -> None:
        auth[3] = (auth[3] * 2)[:size]

    refused(judged, show(change_auth=change), Reason.ISSUER_SIGNATURE)


@pytest.mark.parametrize("part", [2, 3], ids=["payload", "signature"])
def test_one_bit_of_what_the_issuer_signed(part: int, show: Show, judged: Judge) -> None:
    def change(auth: list[Any]) -> None:
        auth[part] = auth[part][:-1] + bytes([auth[part][-1] ^ 1])

    refused(judged, show(change_auth=change), Reason.ISSUER_SIGNATURE)


@pytest.mark.parametrize("r_and_s", [bytes(64), b"\xff" * 64, bytes(63) + b"\x01"])
def test_a_signature_that_no_key_makes(r_and_s: bytes, show: Show, judged: Judge) -> None:
    def change(auth: list[Any]) -> None:
        auth[3] = r_and_s

    refused(judged, show(change_auth=change), Reason.ISSUER_SIGNATURE)


# -- when ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (NOW - dt.timedelta(seconds=1), Reason.NOT_YET_VALID),
        (NOW + 90 * DAY, Reason.EXPIRED),
        (NOW + 200 * DAY, Reason.EXPIRED),
    ],
)
def test_an_attestation_out_of_its_time(now: dt.datetime, reason: Reason, show: Show, judged: Judge) -> None:
    refused(judged, show(), reason, now=now)


def test_an_attestation_is_good_from_its_first_moment_to_its_last(show: Show, judged: Judge) -> None:
    for now in (NOW, NOW + 90 * DAY - dt.timedelta(seconds=1)):
        assert judged(show(), now=now).elements == CLAIMS


def test_an_attestation_signed_in_the_future(show: Show, judged: Judge) -> None:
    response = show(change_mso=lambda mso: mso["validityInfo"].update(signed=tdate(NOW + DAY)))
    refused(judged, response, Reason.NOT_YET_VALID)


def test_an_attestation_signed_before_its_signer_could(show: Show, judged: Judge) -> None:
    response = show(change_mso=lambda mso: mso["validityInfo"].update(signed=tdate(NOW - 31 * DAY)))
    refused(judged, response, Reason.SIGNED_OUTSIDE_CERTIFICATE)


@pytest.mark.parametrize("value", ["2026-01-15T12:00:00Z", 1768478400, CBORTag(0, "yesterday"), CBORTag(1, 5), None])
def test_times_that_are_no_tdate(value: object, show: Show, judged: Judge) -> None:
    refused(judged, show(change_mso=lambda mso: mso["validityInfo"].update(validUntil=value)), Reason.MALFORMED)


# -- every item of every namespace -----------------------------------------------------------------------------------


def forged(response: dict[str, Any], **item: Any) -> CBORTag:
    entry = {"digestID": 0, "random": bytes(32), "elementIdentifier": "age_over_18", "elementValue": True} | item
    return CBORTag(24, cbor2.dumps(entry))


def items_of(response: dict[str, Any]) -> dict[str, Any]:
    name_spaces: dict[str, Any] = response["documents"][0]["issuerSigned"]["nameSpaces"]
    return name_spaces


def test_a_value_put_in_the_place_of_the_signed_one(show: Show, judged: Judge) -> None:
    response = show(claims={"age_over_18": False}, change=lambda r: items_of(r)[AV].__setitem__(0, forged(r)))
    refused(judged, response, Reason.DIGEST_MISMATCH)


def test_an_item_that_no_digest_covers(show: Show, judged: Judge) -> None:
    extra = {"digestID": 7, "elementIdentifier": "age_over_21"}
    response = show(change=lambda r: items_of(r)[AV].append(forged(r, **extra)))
    refused(judged, response, Reason.DIGEST_MISSING)


def test_a_namespace_that_no_digest_covers(show: Show, judged: Judge) -> None:
    response = show(change=lambda r: items_of(r).update({"org.example": [forged(r)]}))
    refused(judged, response, Reason.DIGEST_MISSING)


def test_one_digest_for_two_items(show: Show, judged: Judge) -> None:
    response = show(change=lambda r: items_of(r)[AV].append(items_of(r)[AV][0]))
    refused(judged, response, Reason.DUPLICATE_DIGEST_ID)


def test_one_name_for_two_items(show: Show, judged: Judge) -> None:
    response = show(
        claims={"age_over_18": True, "age_over_21": False},
        change_item=lambda item: item.update(elementIdentifier="age_over_18"),
    )
    refused(judged, response, Reason.DUPLICATE_ELEMENT)


@pytest.mark.parametrize("size", [0, 15])
def test_a_salt_that_could_be_guessed(size: int, show: Show, judged: Judge) -> None:
    refused(judged, show(change_item=lambda item: item.update(random=bytes(size))), Reason.SALT_TOO_SHORT)


@pytest.mark.parametrize("name", ["SHA-1", "MD5", "sha-256"])
def test_a_digest_algorithm_that_is_not_on_the_list(name: str, show: Show, judged: Judge) -> None:
    refused(judged, show(change_mso=lambda mso: mso.update(digestAlgorithm=name)), Reason.DIGEST_ALGORITHM)


@pytest.mark.parametrize("missing", ["digestID", "random", "elementIdentifier", "elementValue"])
def test_an_item_with_a_part_missing(missing: str, show: Show, judged: Judge) -> None:
    refused(
        judged,
        show(change=lambda r: items_of(r)[AV].__setitem__(0, _without(missing))),
        Reason.MALFORMED,
    )


def _without(name: str) -> CBORTag:
    entry = {"digestID": 0, "random": bytes(32), "elementIdentifier": "age_over_18", "elementValue": True}
    del entry[name]
    return CBORTag(24, cbor2.dumps(entry))


@pytest.mark.parametrize("version", ["1.1", "2.0", 1])
def test_a_signed_object_of_another_version(version: object, show: Show, judged: Judge) -> None:
    refused(judged, show(change_mso=lambda mso: mso.update(version=version)), Reason.MALFORMED)


# -- the device ------------------------------------------------------------------------------------------------------


def device(response: dict[str, Any]) -> dict[str, Any]:
    signed: dict[str, Any] = response["documents"][0]["deviceSigned"]
    return signed


def test_an_attestation_without_its_device(show: Show, judged: Judge) -> None:
    for change in (
        lambda r: r["documents"][0].pop("deviceSigned"),
        lambda r: device(r)["deviceAuth"].clear(),
    ):
        refused(judged, show(change=change), Reason.DEVICE_SIGNATURE_MISSING)


def test_a_code_in_the_place_of_a_signature(show: Show, judged: Judge) -> None:
    def change(response: dict[str, Any]) -> None:
        auth = device(response)["deviceAuth"]
        auth["deviceMac"] = auth.pop("deviceSignature")

    refused(judged, show(change=change), Reason.DEVICE_MAC)


def test_a_code_beside_the_signature(show: Show, judged: Judge) -> None:
    response = show(change=lambda r: device(r)["deviceAuth"].update(deviceMac=[b"", {}, None, b""]))
    refused(judged, response, Reason.DEVICE_MAC)


def test_another_device_than_the_attestation_is_bound_to(show: Show, judged: Judge) -> None:
    refused(judged, show(bound_to=new_key()), Reason.DEVICE_SIGNATURE)


@pytest.mark.parametrize(
    "changed",
    [{"nonce": "m" * 43}, {"response_uri": "https://elsewhere.example/r"}, {"client_id": "Verifier"}],
    ids=["another request", "another address", "another verifier"],
)
def test_a_signature_made_for_another_exchange(changed: dict[str, str], show: Show, judged: Judge) -> None:
    ours = {
        "client_id": "redirect_uri:https://havre.example/r",
        "nonce": "n" * 43,
        "response_uri": "https://havre.example/r",
    }
    response = show(transcript=redirect_transcript(**ours | changed))
    refused(judged, response, Reason.DEVICE_SIGNATURE)


def test_a_signature_over_what_it_brings_along(show: Show, judged: Judge, holder: ec.EllipticCurvePrivateKey) -> None:
    own = sign1(holder, b"something else", {})
    response = show(change=lambda r: device(r)["deviceAuth"].update(deviceSignature=own))
    refused(judged, response, Reason.DEVICE_SIGNATURE)


def test_an_age_that_the_holder_asserts(show: Show, judged: Judge) -> None:
    response = show(claims={"age_over_18": False}, device_items={AV: {"age_over_18": True}})
    refused(judged, response, Reason.DEVICE_NAMESPACES)


@pytest.mark.parametrize("nothing", [b"\xa0", b"\xb8\x00", b"\xb9\x00\x00"])
def test_nothing_asserted_however_it_is_spelt(nothing: bytes, show: Show, judged: Judge) -> None:
    """Some encoders write every map's size in three bytes."""
    assert judged(show(device_items=nothing)).elements == CLAIMS


@pytest.mark.parametrize("something", [b"\x80", b"\xf6", b"\xa1\x00\x00"])
def test_something_else_than_nothing(something: bytes, show: Show, judged: Judge) -> None:
    refused(judged, show(device_items=something), Reason.DEVICE_NAMESPACES)


def test_anything_that_the_holder_asserts(show: Show, judged: Judge) -> None:
    refused(judged, show(device_items={"org.example": {}}), Reason.DEVICE_NAMESPACES)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ({1: 2, -1: 1, -2: bytes(32), -3: bytes(32)}, Reason.MALFORMED),
        ({1: 2, -1: 1, -2: bytes(31), -3: bytes(32)}, Reason.MALFORMED),
        ({1: 2, -1: 1, -2: bytes(32), -3: True}, Reason.MALFORMED),
        ({1: 1, -1: 6, -2: bytes(32)}, Reason.ALGORITHM),
        ({1: 2, -1: 8, -2: bytes(32), -3: bytes(32)}, Reason.ALGORITHM),
    ],
    ids=["off the curve", "short", "compressed", "Ed25519", "secp256k1"],
)
def test_a_device_key_that_is_none(key: dict[int, Any], reason: Reason, show: Show, judged: Judge) -> None:
    refused(judged, show(change_mso=lambda mso: mso.update(deviceKeyInfo={"deviceKey": key})), reason)


# -- what was asked --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [1, "true", None, 1.0, b"\xf5", [True], CBORTag(24, b"\xf5")])
def test_a_value_that_is_no_boolean(value: object, show: Show, judged: Judge) -> None:
    presented = judged(show(claims={"age_over_18": value}))
    with pytest.raises(Refusal) as refusal:
        answers(presented.elements, CLAIMS)
    assert refusal.value.reason is Reason.NOT_BOOLEAN
    assert facts_of(presented.elements, CLAIMS) == {}


def test_an_age_that_was_not_presented(show: Show, judged: Judge) -> None:
    presented = judged(show(claims={"age_over_18": True, "age_over_21": True}, disclose=["age_over_18"]))
    with pytest.raises(Refusal) as refusal:
        answers(presented.elements, {"age_over_21": True})
    assert refusal.value.reason is Reason.NOT_PRESENTED


@pytest.mark.parametrize(
    ("claims", "wanted", "met"),
    [
        ({"age_over_18": True}, {"age_over_18": True}, True),
        ({"age_over_18": False}, {"age_over_18": True}, False),
        ({"age_over_15": True, "age_over_18": False}, {"age_over_15": True, "age_over_18": False}, True),
        ({"age_over_15": True, "age_over_18": True}, {"age_over_15": True, "age_over_18": False}, False),
        ({"age_over_15": False, "age_over_18": False}, {"age_over_15": True, "age_over_18": False}, False),
    ],
    ids=["adult", "no adult", "teenager", "an adult in a minors' room", "a child in a teenagers' room"],
)
def test_the_signed_answer_decides(
    claims: dict[str, bool], wanted: dict[str, bool], met: bool, show: Show, judged: Judge
) -> None:
    presented = judged(show(claims=claims), question=Question(AV, AV, list(wanted)))
    assert answers(presented.elements, wanted) is met
    assert facts_of(presented.elements, wanted) == {int(name[-2:]): value for name, value in claims.items()}


@pytest.mark.parametrize("extra", ["age_over_21", "birth_date", "portrait"])
def test_a_wallet_that_tells_more_than_it_was_asked(extra: str, show: Show, judged: Judge) -> None:
    refused(judged, show(claims={"age_over_18": True, extra: True}), Reason.EXTRA_DISCLOSED)


def test_a_signed_namespace_that_was_not_asked_for(
    provider: Provider, holder: ec.EllipticCurvePrivateKey, judged: Judge
) -> None:
    other = CBORTag(24, cbor2.dumps({
        "digestID": 0, "random": bytes(32), "elementIdentifier": "name", "elementValue": "x",
    }))  # fmt: skip
    issued = provider.issue(
        CLAIMS,
        holder=holder,
        change_mso=lambda mso: mso["valueDigests"].update({"org.example": {0: sha256(cbor2.dumps(other))}}),
    )
    issued["nameSpaces"]["org.example"] = [other]
    refused(judged, present(issued, holder=holder, transcript=TRANSCRIPT), Reason.EXTRA_DISCLOSED)


# -- strict CBOR -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.MALFORMED),
        (b"\xa0\x00", Reason.MALFORMED),
        (b"\xbf\xff", Reason.MALFORMED),
        (bytes.fromhex("a2616101616102"), Reason.MALFORMED),
        (b"\x81" * 60_000, Reason.MALFORMED),
        (b"\xd8\x18" * 30_000, Reason.MALFORMED),
        (bytes.fromhex("9bffffffffffffffff"), Reason.MALFORMED),
        (bytes.fromhex("5bffffffffffffffff"), Reason.MALFORMED),
        (bytes.fromhex("c5821b7fffffffffffffff03"), Reason.MALFORMED),  # 3 times 2 to the power of 2^63
        (bytes.fromhex("d823655b612d7a5d2a"), Reason.MALFORMED),  # a regular expression
        (bytes.fromhex("d81c81d81d00"), Reason.MALFORMED),  # a list that contains itself
        (bytes.fromhex("6161ff"), Reason.MALFORMED),
        (bytes.fromhex("61ff"), Reason.MALFORMED),
        (bytes(64 * 1024 + 1), Reason.TOO_LARGE),
    ],
    ids=lambda value: value.hex()[:24] if isinstance(value, bytes) else str(value),
)
def test_bytes_that_are_no_response(data: bytes, reason: Reason, judged: Judge) -> None:
    refused(judged, data, reason)


def test_bytes_after_the_response(show: Show, judged: Judge) -> None:
    refused(judged, show() + b"\x00", Reason.MALFORMED)


def test_a_key_twice_inside_what_was_signed(show: Show, judged: Judge) -> None:
    def change(response: dict[str, Any]) -> None:
        item = items_of(response)[AV][0].value
        twice = bytes([item[0] + 1]) + item[1:] + cbor2.dumps("elementValue") + b"\xf4"
        items_of(response)[AV][0] = CBORTag(24, twice)

    refused(judged, show(change=change), Reason.MALFORMED)


def test_the_test_issuer_binds_to_the_holder(provider: Provider) -> None:
    """What the tests above break is really there."""
    holder = new_key()
    issued = provider.issue(CLAIMS, holder=holder)
    mso = cbor2.loads(cbor2.loads(issued["issuerAuth"][2]).value)
    assert (mso["deviceKeyInfo"]["deviceKey"][-2], mso["deviceKeyInfo"]["deviceKey"][-3]) == public_numbers(holder)
