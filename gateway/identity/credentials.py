"""What a caller shows: an API key, or a token."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.identity.api_key import looks_like_key
from gateway.identity.errors import Unauthenticated

HEADERS = frozenset({b"authorization", b"x-api-key"})
MAX_LENGTH = 8192


@dataclass(frozen=True, slots=True)
class Credential:
    """A text that is to prove who calls."""

    text: str
    is_key: bool


def credential_of(headers: Iterable[tuple[bytes, bytes]]) -> Credential:
    """The one credential among a request's headers; raises `Unauthenticated` where there is none, or more than one."""
    found = [(name, value) for name, value in headers if name in HEADERS]
    if len(found) != 1 or len(found[0][1]) > MAX_LENGTH:
        raise Unauthenticated
    name, value = found[0]
    text = value.decode("latin-1").strip()
    if name == b"x-api-key":
        return Credential(text, is_key=True)
    scheme, _, text = text.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated
    return Credential(text.strip(), is_key=looks_like_key(text.strip()))
