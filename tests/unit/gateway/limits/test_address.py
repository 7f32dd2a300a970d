"""Whose request it is, where nobody says who they are."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.connections import network_of_peer
from gateway.limits.address import UNKNOWN, Addresses

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


def address(peer: str | None, *forwarded: str) -> str:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope = {"type": "http", "client": None if peer is None else (peer, 1), "headers": headers}
    return Addresses(PROXIES).of(scope)


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["6.6.6.6, 198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.1.2.3", ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["10.5.5.5, 10.9.9.9"], "10.5.5.5"),
        ("10.1.2.3", ["6.6.6.6, nonsense, 10.9.9.9"], "10.9.9.9"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1:4711"], "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("fd00::1", ["2001:db8:1:2:ffff::1"], "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", [], "203.0.113.9"),
        ("fe80::1%eth0", [], "fe80::/64"),
        (None, [], UNKNOWN),
        ("testclient", ["198.51.100.1"], UNKNOWN),
    ],
)
def test_an_address_is_the_peers_or_what_the_last_trusted_proxy_saw(
    peer: str | None, forwarded: list[str], found: str
) -> None:
    assert address(peer, *forwarded) == found


@pytest.mark.parametrize(
    ("client", "found"),
    [
        (("203.0.113.9", 1), "203.0.113.9"),
        (("::ffff:203.0.113.9", 1), "203.0.113.9"),
        (("2001:db8:1:2::3", 1), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 1), "fe80::/64"),
        (None, ""),
    ],
)
def test_connections_are_counted_by_the_same_addresses(client: tuple[str, int] | None, found: str) -> None:
    assert network_of_peer(client) == found


@given(st.lists(st.text(max_size=80), max_size=4))
def test_no_header_of_a_caller_changes_what_the_trusted_proxy_added(written: list[str]) -> None:
    forged = ",".join(written).encode("utf-8", "replace").decode("latin-1")
    assert address("10.1.2.3", forged, "198.51.100.1") == "198.51.100.1"
