"""Where a request comes from."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNKNOWN = "unknown"
MAX_LENGTH = 64
"""Characters of an address; a longer one is none."""
PREFIX_BITS = 64
"""Of an IPv6 address: what one customer has; the rest it chooses as it likes."""


class Addresses:
    """Finds callers' addresses: the peer's, or the one that a trusted proxy names."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def of(self, scope: Scope) -> str:
        """The address of an ASGI request: an IPv4 address, an IPv6 network of 64 bits, or `unknown`.

        Each proxy adds the address it was called from at the end of `X-Forwarded-For`. So it is read backwards, up to
        the first one that isn't trusted; what stands before that, anybody may have written.
        """
        peer = _parsed((scope.get("client") or ("",))[0])
        if peer is None:
            return UNKNOWN
        return _name(self._behind(peer, Headers(scope=scope)) if self._trusts(peer) else peer)

    def _behind(self, peer: Address, headers: Headers) -> Address:
        for hop in _hops(headers):
            address = _parsed(hop)
            if address is None:
                return peer
            peer = address
            if not self._trusts(peer):
                return peer
        return peer

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def network_of(address: str) -> str | None:
    """What counts as one address: one of IPv4, or an IPv6 network of 64 bits; None for a text that is none."""
    parsed = _parsed(address)
    return None if parsed is None else _name(parsed)


def _hops(headers: Headers) -> Iterable[str]:
    hops = reversed(",".join(headers.getlist("x-forwarded-for")).split(","))
    return (hop.strip()[:MAX_LENGTH] for hop in hops)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address if isinstance(address, IPv4Address) else address.ipv4_mapped or address


@lru_cache(maxsize=4096)
def _name(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address), PREFIX_BITS), strict=False))
