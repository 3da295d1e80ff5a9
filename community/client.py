"""Who is at the other end of a connection: address and source port, behind a stated number of proxies."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

# nginx: proxy_set_header X-Client-Port $remote_port;  A proxy in front of it may write address:port instead.
PORT_HEADER = "X-Client-Port"


@dataclass(frozen=True, slots=True)
class Client:
    """`address` is an IP address or "" where it cannot be told; `port` is the source port or None."""

    address: str
    port: int | None


def client_of(request: HttpRequest) -> Client:
    """The client as the first of our TRUSTED_PROXIES saw it; without proxies no header is believed."""
    return resolve_client(
        peer=(request.META.get("REMOTE_ADDR", ""), request.META.get("REMOTE_PORT")),
        forwarded_for=request.headers.get("X-Forwarded-For", ""),
        forwarded_port=request.headers.get(PORT_HEADER, ""),
        proxies=settings.TRUSTED_PROXIES,
    )


def resolve_client(*, peer: tuple[str, object], forwarded_for: str, forwarded_port: str, proxies: int) -> Client:
    """`client_of` on plain values, for sockets too.

    Each proxy appends to X-Forwarded-For the address it was called from: the entry our outermost proxy wrote is
    the `proxies`-th from the right, and everything left of it is whatever the client chose to send. A chain that is
    too short did not come through our proxies; then the peer itself is the client.
    """
    entry = _from_right(forwarded_for, proxies) if proxies else ""
    address, port = _split(entry)
    if not address:
        address, _unused = _split(str(peer[0]))
        return Client(address, _port(peer[1]))
    return Client(address, port or _port(_from_right(forwarded_port, proxies)) or _port(forwarded_port.strip()))


def _from_right(header: str, position: int) -> str:
    entries = [entry.strip() for entry in header.split(",")] if header else []
    return entries[-position] if 0 < position <= len(entries) else ""


def _split(entry: str) -> tuple[str, int | None]:
    """Address and port of "192.0.2.1:4711", "[2001:db8::1]:4711" or an address alone; ("", None) from no address."""
    host, port = entry, ""
    if entry.startswith("["):
        host, _bracket, port = entry[1:].partition("]")
        port = port.removeprefix(":")
    elif entry.count(":") == 1:
        host, _colon, port = entry.partition(":")
    try:
        return str(ipaddress.ip_address(host.strip())), _port(port)
    except ValueError:
        return "", None


def _port(value: object) -> int | None:
    text = str(value if value is not None else "")
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 65536 else None
