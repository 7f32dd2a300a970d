"""Checking JSON Web Tokens (RFC 7519) as RFC 8725 wants it: one algorithm, claims that must be there, own keys only."""

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import jwt
from jwt.algorithms import AllowedPublicKeys

from gateway.identity.errors import Unauthenticated

HOSTILE_HEADERS = frozenset({"crit", "b64", "jku", "jwk", "x5u", "x5c"})
"""What would change how a token is read, or bring or name a key: we know our keys."""


@dataclass(frozen=True)
class JwtRules:
    """What a token must be."""

    algorithm: str
    issuer: str
    audience: str
    required: tuple[str, ...]
    leeway_s: float
    typ: str | None = None
    """The header `typ` that it must have; None for any."""

    def kid(self, token: str) -> str:
        """Which key is to have signed it, once its header passes; raises `Unauthenticated`."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise Unauthenticated from None
        kid = header.get("kid")
        is_fit = header.get("alg") == self.algorithm and (self.typ is None or header.get("typ") == self.typ)
        if not is_fit or HOSTILE_HEADERS & header.keys() or not isinstance(kid, str):
            raise Unauthenticated
        return kid

    def claims(self, token: str, key: AllowedPublicKeys) -> dict[str, Any]:
        """The claims of a token that the key has signed; raises `Unauthenticated`."""
        try:
            return jwt.decode(
                token,
                key=key,
                algorithms=[self.algorithm],
                issuer=self.issuer,
                audience=self.audience,
                leeway=self.leeway_s,
                options={"require": list(self.required), "enforce_minimum_key_length": True},
            )
        except (jwt.PyJWTError, TypeError, ValueError):
            raise Unauthenticated from None


V = TypeVar("V")


class VerifiedTokens(Generic[V]):
    """What was found in tokens that were checked, by their digests: a signature takes a tenth of a millisecond."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._found: OrderedDict[bytes, tuple[float, V]] = OrderedDict()

    def get(self, token: str) -> V | None:
        """What a token holds; None where it wasn't checked, or is over."""
        found = self._found.get(_digest(token))
        return found[1] if found is not None and found[0] > time.time() else None

    def put(self, token: str, until: float, value: V) -> None:
        """Remember a token until a time, in seconds since 1970."""
        self._found[_digest(token)] = (until, value)
        if len(self._found) > self._size:
            self._found.popitem(last=False)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
