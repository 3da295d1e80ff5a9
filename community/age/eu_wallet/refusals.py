"""Why a presentation is refused. The code goes into the log, never the bytes; people read one calm sentence."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """One code a check."""

    # what came is not what it should be
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    DECRYPTION = "decryption"  # the sealed answer does not open: another key, origin or request
    NOT_OUR_QUERY = "not_our_query"  # vp_token answers something else, or more than one thing
    # the transaction it belongs to
    UNKNOWN_TRANSACTION = "unknown_transaction"
    TRANSACTION_USED = "transaction_used"
    OTHER_BROWSER = "other_browser"
    WALLET_DECLINED = "wallet_declined"
    REPLAYED = "replayed"
    # the response
    STATUS = "status"
    NOT_ONE_DOCUMENT = "not_one_document"
    DOCTYPE = "doctype"
    # who signed it
    X5CHAIN = "x5chain"
    CERTIFICATE_MALFORMED = "certificate_malformed"
    CERTIFICATE_EXPIRED = "certificate_expired"
    UNTRUSTED_ISSUER = "untrusted_issuer"
    NOT_A_CA = "not_a_ca"
    PATH_TOO_LONG = "path_too_long"
    KEY_USAGE = "key_usage"
    EXTENDED_KEY_USAGE = "extended_key_usage"
    CRITICAL_EXTENSION = "critical_extension"
    ALGORITHM = "algorithm"
    ISSUER_SIGNATURE = "issuer_signature"
    # when
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    SIGNED_OUTSIDE_CERTIFICATE = "signed_outside_certificate"
    # what it says
    DIGEST_ALGORITHM = "digest_algorithm"
    DIGEST_MISSING = "digest_missing"
    DIGEST_MISMATCH = "digest_mismatch"
    DUPLICATE_DIGEST_ID = "duplicate_digest_id"
    DUPLICATE_ELEMENT = "duplicate_element"
    SALT_TOO_SHORT = "salt_too_short"
    # who holds it
    DEVICE_SIGNATURE_MISSING = "device_signature_missing"
    DEVICE_MAC = "device_mac"
    DEVICE_SIGNATURE = "device_signature"
    DEVICE_NAMESPACES = "device_namespaces"
    # what was asked
    NOT_PRESENTED = "not_presented"
    NOT_BOOLEAN = "not_boolean"
    EXTRA_DISCLOSED = "extra_disclosed"
    # zero knowledge
    CIRCUIT = "circuit"
    PROOF_TIME = "proof_time"
    PROOF = "proof"
    RESOURCES = "resources"


class Refusal(Exception):
    """The presentation is refused for `reason`. Carries no byte of what was presented."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
