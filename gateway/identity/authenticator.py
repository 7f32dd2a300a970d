"""Finds out who calls."""

import hmac
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from gateway.identity.api_key import ApiKey
from gateway.identity.credentials import credential_of
from gateway.identity.errors import Unauthenticated
from gateway.identity.keys import KeyRecord
from gateway.identity.lookups import Lookups
from gateway.identity.principal import LOCAL, Principal

RawHeaders = Iterable[tuple[bytes, bytes]]
CheckToken = Callable[[str], Awaitable[Principal]]
"""Says whose token it is; raises `Unauthenticated`."""


class Authenticator(Protocol):
    """Finds out who calls."""

    async def identify(self, headers: RawHeaders, /) -> Principal:
        """The caller; raises `Unauthenticated`, or `RetryLater` where that can't be found out now."""
        ...


class Anybody:
    """Asks nobody: `GATEWAY_AUTH=off`."""

    async def identify(self, _headers: RawHeaders, /) -> Principal:
        """Whoever calls is on this machine."""
        return LOCAL


class KeysAndTokens:
    """Takes API keys and tokens."""

    def __init__(self, keys: Lookups[KeyRecord], check_token: CheckToken) -> None:
        self._keys = keys
        self._check_token = check_token

    async def identify(self, headers: RawHeaders, /) -> Principal:
        """The caller, by the one credential in the headers."""
        credential = credential_of(headers)
        if credential.is_key:
            return await self._of_key(credential.text)
        return await self._check_token(credential.text)

    async def _of_key(self, text: str) -> Principal:
        key = ApiKey.parse(text)
        if key is None:
            raise Unauthenticated
        record = await self._keys.get(key.prefix)
        if record is None or not hmac.compare_digest(record.digest, key.digest) or not record.is_good:
            raise Unauthenticated
        return Principal("key", record.prefix, record.role)
