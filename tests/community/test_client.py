from __future__ import annotations

import pytest

from community.client import Client, resolve_client

PEER = ("10.0.0.9", 50000)


def resolve(
    forwarded_for: str = "", forwarded_port: str = "", proxies: int = 0, peer: tuple[str, object] = PEER
) -> Client:
    return resolve_client(peer=peer, forwarded_for=forwarded_for, forwarded_port=forwarded_port, proxies=proxies)


def test_without_proxies_no_header_is_believed() -> None:
    assert resolve("192.0.2.1", "1234") == Client("10.0.0.9", 50000)


def test_behind_one_proxy_what_it_saw_counts_and_not_what_the_client_claims() -> None:
    assert resolve("6.6.6.6, 192.0.2.1", "1234", 1) == Client("192.0.2.1", 1234)


def test_behind_two_proxies_the_outermost_of_ours_counts() -> None:
    assert resolve("6.6.6.6, 192.0.2.1, 10.0.0.1", "4711, 99", 2) == Client("192.0.2.1", 4711)


def test_a_chain_that_is_too_short_did_not_come_through_our_proxies() -> None:
    assert resolve("192.0.2.1", "1234", 2) == Client("10.0.0.9", 50000)
    assert resolve("", "", 1) == Client("10.0.0.9", 50000)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("192.0.2.1:4711", Client("192.0.2.1", 4711)),
        ("[2001:db8::1]:4711", Client("2001:db8::1", 4711)),
        ("2001:db8::1", Client("2001:db8::1", None)),
        ("nonsense", Client("10.0.0.9", 50000)),
        ("192.0.2.1:99999", Client("192.0.2.1", None)),
    ],
)
def test_entries_are_read_in_every_form_proxies_write(entry: str, expected: Client) -> None:
    assert resolve(entry, "", 1) == expected


@pytest.mark.parametrize("port", ["", "0", "65536", "-1", "12a", "１２"])
def test_a_port_that_is_none_is_unknown(port: str) -> None:
    assert resolve("192.0.2.1", port, 1).port is None


def test_a_peer_without_an_address_is_nobody() -> None:
    assert resolve(peer=("", None)) == Client("", None)
