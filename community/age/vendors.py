"""Hosted vendors of age checks: what Havre needs of one, and one in the shape of Yoti's age verification API.

Not verified against the vendor: there is no way to from here. What is proved is the contract, against a fake server in
the tests that says that it is one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from community.policies import Ask, Level

from .http import call_json

WINDOW = 300  # seconds by which a webhook's time may differ from ours
BODY_BYTES = 64 * 1024
_SESSION = re.compile(r"[A-Za-z0-9_-]{8,100}")


@dataclass(frozen=True, slots=True)
class Account:
    """What the operator set up with the vendor (settings.HOSTED_AGE)."""

    vendor: str
    url: str
    account: str
    key: str
    secrets: Sequence[str]
    methods: Sequence[str]


def account() -> Account | None:
    """The configured account; None where none is."""
    configured: Any = settings.HOSTED_AGE
    return Account(**configured) if configured else None


class BadWebhook(Exception):
    """Not from the vendor, not now, or not readable. `reason` is a code for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Result:
    """What a finished session says: whether it is so, and how strong that is. `over` is None while it runs."""

    over: bool | None
    level: Level = Level.STANDARD


class Vendor(ABC):
    """A vendor's API, with the result of a session fetched and never taken from a webhook."""

    @abstractmethod
    def supports(self, ask: Ask) -> bool: ...

    @abstractmethod
    def create(self, *, ask: Ask, reference: str, return_url: str, webhook_url: str, seconds: int) -> str:
        """Open a session; return its id. `reference` is random and of no account."""

    @abstractmethod
    def address(self, session: str) -> str:
        """Where the person goes."""

    @abstractmethod
    def fetch(self, session: str) -> Result: ...


class YotiVendor(Vendor):
    """OVER a threshold alone: an estimate of being *under* an age would be worth nothing in a minors' room."""

    def __init__(self, one: Account) -> None:
        self._one = one

    _STRENGTH = {"DOC_SCAN": Level.ENHANCED, "DIGITAL_ID": Level.ENHANCED}  # noqa: RUF012  a table

    def supports(self, ask: Ask) -> bool:
        return tuple(ask.at_least) == (18,) and not ask.under

    def create(self, *, ask: Ask, reference: str, return_url: str, webhook_url: str, seconds: int) -> str:
        (threshold,) = ask.at_least
        # An estimate is wrong by years: it must say clearly more than what is asked.
        buffer = 7
        body: dict[str, Any] = {
            "type": "OVER",
            "ttl": max(60, seconds),
            "reference_id": reference,
            "callback": {"auto": True, "url": return_url},
            "cancel_url": return_url,
            "notification_url": webhook_url,
        }
        for method in ("digital_id", "doc_scan", "age_estimation"):
            allowed = method in self._one.methods
            more = buffer if method == "age_estimation" else 0
            body[method] = {"allowed": allowed, "threshold": threshold + more}
        body["doc_scan"] |= {"authenticity": "AUTO", "level": "PASSIVE"}
        body["age_estimation"] |= {"level": "PASSIVE"}
        session = call_json("POST", f"{self._base}/api/v1/sessions", headers=self._headers, body=body).get("id")
        if not isinstance(session, str) or not _SESSION.fullmatch(session):
            raise BadWebhook("bad_session")
        return session

    def address(self, session: str) -> str:
        return f"{self._base}?{urlencode({'sessionId': session, 'sdkId': self._one.account})}"

    def fetch(self, session: str) -> Result:
        told = call_json("GET", f"{self._base}/api/v1/sessions/{session}/result", headers=self._headers)
        match told.get("status"):
            case "COMPLETE":
                return Result(True, self._STRENGTH.get(str(told.get("method")), Level.STANDARD))
            case "FAIL" | "CANCELLED" | "EXPIRED" | "ERROR":
                return Result(False)
        return Result(None)

    @property
    def _base(self) -> str:
        return self._one.url.rstrip("/")

    @property
    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._one.key}",
            "Yoti-SDK-Id": self._one.account,
        }


def vendor() -> Vendor | None:
    """The configured vendor; None where none is."""
    one = account()
    return YotiVendor(one) if one else None


def session_of_webhook(*, signature: str, body: bytes, now: float, secrets: Sequence[str]) -> str:
    """The session a webhook rings for. Raises BadWebhook; the raw body is verified before anything reads it.

    `signature` is "t=<unix seconds>,v1=<hex>[,v1=<hex>]": HMAC-SHA256 over "<t>." and the raw body, in constant time,
    under any of `secrets` (two while they are rotated), within five minutes.
    """
    if len(body) > BODY_BYTES:
        raise BadWebhook("too_large")
    pairs = [part.partition("=")[::2] for part in signature.split(",", 20)]
    times = [value for key, value in pairs if key.strip() == "t"]
    given = [value.strip() for key, value in pairs if key.strip() == "v1"]
    if len(times) != 1 or not re.fullmatch(r"[0-9]{1,12}", times[0]) or not given:
        raise BadWebhook("bad_signature")
    if abs(now - int(times[0])) > WINDOW:
        raise BadWebhook("stale")
    signed = times[0].encode() + b"." + body
    wanted = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    matches = [hmac.compare_digest(one.encode(), other.encode("utf-8", "replace")) for one in wanted for other in given]
    if not any(matches):
        raise BadWebhook("bad_signature")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadWebhook("not_json") from error
    session = told.get("id") if isinstance(told, dict) else None
    if not isinstance(session, str) or not _SESSION.fullmatch(session):
        raise BadWebhook("bad_session")
    return session
