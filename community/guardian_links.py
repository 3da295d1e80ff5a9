"""The links of a guardian's consent: made anew each time from the server's key, found again by a keyed hash."""

from __future__ import annotations

from .keyed import canonical_email, keyed_hash, keyed_token


def link_token(consent_id: str) -> str:
    """The token of the link that a child hands over. `consent_id` is the consent's public id."""
    return keyed_token("guardian link", consent_id)


def mail_token(consent_id: str, email_hash: str) -> str:
    """The token of the link mailed to the guardian: another for another address."""
    return keyed_token("guardian mail", f"{consent_id}:{email_hash}")


def link_hash(token: str) -> str:
    """What is stored of a token, to find its consent."""
    return keyed_hash("guardian link hash", token)


def guardian_proof_tag(replay_tag: str) -> str:
    """What is stored of a guardian's proof: not comparable with those of members but by who knows the proof's own."""
    return keyed_hash("guardian proof", replay_tag)


def address_hash(email: str) -> str:
    """What is stored of a guardian's address."""
    return keyed_hash("guardian address", canonical_email(email))
