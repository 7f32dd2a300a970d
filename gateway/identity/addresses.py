"""Which addresses are this machine's own, and which may be an issuer's."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host's address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_address(url: Any) -> str:
    """The URL again, if what it leads to can be trusted to be the issuer's; raises ValueError."""
    parts = urlsplit(str(url))
    is_trusted = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not is_trusted or not parts.hostname:
        raise ValueError("an issuer's address begins with https://, except on loopback")
    return str(url)
