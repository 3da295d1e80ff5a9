"""The one way a provider calls another server: https, short, small, and never wherever that server points.

Times out, caps what it reads, follows no redirect, checks certificates, uses no proxy of the environment, and logs
nothing of what was said. Plain http only to this machine, in development.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import certifi
import urllib3
from django.conf import settings

CONNECT, READ, WHOLE = 3.0, 5.0, 10.0  # seconds
MOST_BYTES = 64 * 1024
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_pool = urllib3.PoolManager(num_pools=8, cert_reqs="CERT_REQUIRED", ca_certs=certifi.where())


class Unreachable(Exception):
    """The other server gave no answer that can be used. `reason` is a code for the log, never what it said."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_safe_url(url: str) -> bool:
    """Whether `url` may be called at all: https with a host and no credentials in it; http to loopback in LOCAL."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _port = parts.port  # raises on nonsense
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and settings.LOCAL and host in _LOOPBACK)


def call_json(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The JSON object that the other server answers with 200 or 201. Raises Unreachable for anything else."""
    if not is_safe_url(url):
        raise Unreachable("unsafe_url")
    sent = {"Accept": "application/json", "User-Agent": "Havre", **(headers or {})}
    options: dict[str, Any] = {}
    if form is not None:
        options = {"fields": dict(form), "encode_multipart": False}
    elif body is not None:
        sent["Content-Type"] = "application/json"
        options = {"body": json.dumps(body).encode()}
    deadline = time.monotonic() + WHOLE
    try:
        answer = _pool.request(
            method,
            url,
            headers=sent,
            timeout=urllib3.Timeout(connect=CONNECT, read=READ),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
            **options,
        )
    except (urllib3.exceptions.HTTPError, ValueError, OSError) as error:
        raise Unreachable("no_answer") from error
    try:
        if answer.status not in (200, 201):
            raise Unreachable(f"status_{answer.status}")
        received = b""
        while chunk := answer.read(8192):
            received += chunk
            if len(received) > MOST_BYTES:
                raise Unreachable("too_large")
            if time.monotonic() > deadline:
                raise Unreachable("too_slow")
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise Unreachable("cut_off") from error
    finally:
        answer.close()
    try:
        read = json.loads(received)
    except (ValueError, RecursionError) as error:
        raise Unreachable("not_json") from error
    if not isinstance(read, dict):
        raise Unreachable("not_an_object")
    return read
