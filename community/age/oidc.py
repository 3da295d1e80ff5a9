"""A small OpenID Connect relying party for proofs of age: code, PKCE, state, nonce, and an id_token that is verified.

OpenID Connect Core 1.0 sections 3.1.2 and 3.1.3.7, RFC 7636 (S256). Nothing is linked to an account: of the token come
`age_over_NN` booleans (EU AV profile, brokers such as Signaturgruppen's) and a keyed hash of issuer and subject; the
token itself is dropped where it was read.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings

from community.keyed import keyed_hash, keyed_token, same

from .http import Unreachable, call_json, is_safe_url

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

ALGORITHMS = ("ES256", "ES384", "PS256", "RS256")  # asymmetric alone: a shared secret would let anybody sign
LEEWAY = 60  # seconds of difference between two clocks
OLDEST = 600  # seconds since the token was made
TOKEN_BYTES = 16 * 1024
KEEP = 3600.0


class Rejected(Exception):
    """The answer proves nothing. `reason` is a code for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Client:
    """What the operator set up with the age provider (settings.OIDC_AGE)."""

    issuer: str
    client_id: str
    client_secret: str
    scope: str  # "{age}" stands for each threshold: "openid age_over:{age}"
    level: str
    name: str


@dataclass(frozen=True, slots=True)
class Metadata:
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


def client() -> Client | None:
    """The configured client; None where none is."""
    return Client(**settings.OIDC_AGE) if settings.OIDC_AGE else None


# -- asking ----------------------------------------------------------------------------------------------------------


def state_of(check_id: str) -> str:
    """The state of a check's request, worked out anew each time like its nonce and verifier, and stored nowhere."""
    return keyed_token("oidc state", check_id)


def nonce_of(check_id: str) -> str:
    return keyed_token("oidc nonce", check_id)


def verifier_of(check_id: str) -> str:
    """43 characters or more (RFC 7636 section 4.1)."""
    return keyed_token("oidc verifier 1", check_id) + keyed_token("oidc verifier 2", check_id)


def authorization_url(*, check_id: str, redirect_uri: str, thresholds: Sequence[int]) -> str:
    """Where the person goes to prove these thresholds. Raises Unreachable, Rejected."""
    one = _configured()
    challenge = hashlib.sha256(verifier_of(check_id).encode()).digest()
    words = [
        word.replace("{age}", str(age))
        for word in one.scope.split()
        for age in (thresholds if "{age}" in word else thresholds[:1])
    ]
    scope = " ".join(dict.fromkeys(words))
    query = {
        "response_type": "code",
        "client_id": one.client_id,
        "redirect_uri": redirect_uri,
        "scope": scope,
        "state": state_of(check_id),
        "nonce": nonce_of(check_id),
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "claims": json.dumps({"id_token": {f"age_over_{age}": {"essential": True} for age in thresholds}}),
    }
    endpoint = metadata().authorization_endpoint
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"


# -- the answer ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proved:
    """What is left of a token: thresholds that were asked, and a keyed hash that knows the same person again."""

    facts: Mapping[int, bool]
    tag: str


def redeem(*, check_id: str, code: str, redirect_uri: str, thresholds: Sequence[int], now: dt.datetime) -> Proved:
    """Exchange the code and verify what comes back. Raises Unreachable, Rejected."""
    one = _configured()
    if not code or len(code) > 2048:
        raise Rejected("bad_code")
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": one.client_id,
        "code_verifier": verifier_of(check_id),
    }
    if one.client_secret:
        form["client_secret"] = one.client_secret
    token = call_json("POST", metadata().token_endpoint, form=form).get("id_token")
    claims = verify_id_token(token, nonce=nonce_of(check_id), now=now)
    facts = {}
    for age in thresholds:
        value = claims.get(f"age_over_{age}")
        if not isinstance(value, bool):
            raise Rejected("claim_missing")
        facts[age] = value
    return Proved(facts, keyed_hash("oidc proof", f"{claims['iss']}|{claims['sub']}"))


def verify_id_token(token: object, *, nonce: str, now: dt.datetime) -> dict[str, Any]:
    """The claims of an id_token (OpenID Connect Core 3.1.3.7): signature by the issuer's key and a permitted
    algorithm, issuer, audience, times, nonce. Raises Rejected with a code, Unreachable; never anything else."""
    one = _configured()
    if not isinstance(token, str) or not token.isascii() or len(token) > TOKEN_BYTES or token.count(".") != 2:
        raise Rejected("bad_token")
    claims = _signed_claims(token)
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if claims.get("iss") != one.issuer:
        raise Rejected("wrong_issuer")
    if not isinstance(audiences, list) or one.client_id not in audiences:
        raise Rejected("wrong_audience")
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != one.client_id:
        raise Rejected("wrong_party")
    at = now.timestamp()
    expires, issued = _seconds(claims.get("exp")), _seconds(claims.get("iat"))
    if expires is None or expires <= at - LEEWAY:
        raise Rejected("expired")
    if issued is None or not at - OLDEST <= issued <= at + LEEWAY:
        raise Rejected("bad_time")
    if "nbf" in claims and not ((begins := _seconds(claims["nbf"])) is not None and begins <= at + LEEWAY):
        raise Rejected("bad_time")
    given = claims.get("nonce")
    if not isinstance(given, str) or not same(given, nonce):
        raise Rejected("wrong_nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise Rejected("no_subject")
    return claims


def _signed_claims(token: str) -> dict[str, Any]:
    from joserfc import jwt  # heavy, and only a process that is given a token needs it
    from joserfc.errors import JoseError

    for fresh in (False, True):  # an issuer that rolled its keys over is asked again, once
        try:
            return dict(jwt.decode(token, _keys(fresh=fresh), algorithms=list(ALGORITHMS)).claims)
        except Unreachable:
            raise
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
            if fresh or not _may_ask_again():
                raise Rejected("bad_signature") from error
    raise AssertionError("unreachable")


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e11:
        return None
    return float(value)


def _configured() -> Client:
    one = client()
    if one is None:
        raise Rejected("not_configured")
    return one


# -- what the issuer publishes ---------------------------------------------------------------------------------------

_kept: dict[str, tuple[float, Any]] = {}
_asked_again = -KEEP


def metadata() -> Metadata:
    """The issuer's endpoints (OpenID Connect Discovery 1.0), kept for an hour. Raises Unreachable, Rejected."""
    one = _configured()
    found = _recall("metadata")
    if found is None:
        told = call_json("GET", f"{one.issuer.rstrip('/')}/.well-known/openid-configuration")
        if told.get("issuer") != one.issuer:
            raise Rejected("wrong_issuer")
        endpoints = [told.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        if not all(isinstance(url, str) and is_safe_url(url) for url in endpoints):
            raise Rejected("bad_metadata")
        found = _keep("metadata", Metadata(*map(str, endpoints)))
    assert isinstance(found, Metadata)
    return found


def forget() -> None:
    """Ask the issuer anew next time (tests, and a changed configuration)."""
    global _asked_again
    _kept.clear()
    _asked_again = -KEEP


def _keys(*, fresh: bool) -> KeySet:
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    found = None if fresh else _recall("keys")
    if found is None:
        told = call_json("GET", metadata().jwks_uri)
        try:
            found = _keep("keys", KeySet.import_key_set(told))  # type: ignore[arg-type]  # whatever was told: it raises
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Rejected("bad_keys") from error
    assert isinstance(found, KeySet)
    return found


def _may_ask_again() -> bool:
    """Once a minute at most: whoever sends us forged tokens must not make us call the issuer each time."""
    global _asked_again
    now = time.monotonic()
    if now - _asked_again < 60:
        return False
    _asked_again = now
    return True


def _recall(name: str) -> Any:
    at, value = _kept.get(name, (-KEEP, None))
    return value if time.monotonic() - at < KEEP else None


def _keep(name: str, value: Any) -> Any:
    _kept[name] = (time.monotonic(), value)
    return value
