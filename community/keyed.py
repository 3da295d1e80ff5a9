"""Keyed hashes and tokens: what lets something be recognised again, and is worth nothing without the server's key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata

from django.conf import settings

# Providers that deliver every spelling with dots to one mailbox.
_DOTLESS = frozenset({"gmail.com"})
_SAME_DOMAIN = {"googlemail.com": "gmail.com"}


def keyed_hash(purpose: str, text: str) -> str:
    """HMAC-SHA256 (hex) of a text for one purpose: the same text for another purpose has nothing in common with it."""
    return hmac.new(settings.HASH_KEY, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


def keyed_token(purpose: str, text: str) -> str:
    """192 bits for a link or a parameter, worked out anew each time and stored nowhere."""
    digest = hmac.digest(settings.HASH_KEY, f"{purpose}:{text}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:24]).decode()


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def canonical_email(address: str) -> str:
    """The mailbox behind an address: case, +tags, and dots where the provider ignores them make no difference."""
    local, _at, domain = unicodedata.normalize("NFKC", address).strip().casefold().rpartition("@")
    domain = _SAME_DOMAIN.get(domain, domain)
    local = local.partition("+")[0] or local
    return f"{local.replace('.', '') if domain in _DOTLESS else local}@{domain}"
