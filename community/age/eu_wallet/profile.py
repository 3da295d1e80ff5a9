"""The EU age verification profile, version 1.0.8 (10 November 2025), Annex A, in one place: it will move."""

from __future__ import annotations

DOCTYPE = "eu.europa.ec.av.1"
NAMESPACE = "eu.europa.ec.av.1"
QUERY_ID = "proof_of_age"
SCHEME = "av"

# What a signer's certificate may be for, where it says so at all: EUDI attestations, and mobile driving licences
# (ISO/IEC 18013-5 B.1.4), whose profile early providers follow. A certificate for a web server signs no age.
SIGNER_USAGES = frozenset({"1.3.130.2.0.0.1.2", "1.0.18013.5.1.2"})

MAX_RESPONSE = 64 * 1024  # bytes of a DeviceResponse; an attestation of one age takes two thousand


def element_of(threshold: int) -> str:
    """The data element that says whether somebody is over so many years."""
    return f"age_over_{threshold:02d}"


def threshold_of(element: str) -> int | None:
    """The years of an age_over_NN element; None for any other."""
    digits = element.removeprefix("age_over_")
    return int(digits) if digits != element and len(digits) == 2 and digits.isascii() and digits.isdigit() else None
