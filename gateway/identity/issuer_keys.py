"""The keys of an OpenID Connect issuer, fetched and remembered (OpenID Connect Discovery 1.0, RFC 7517)."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import httpx
from jwt import PyJWK
from jwt.algorithms import AllowedPublicKeys
from jwt.exceptions import PyJWTError

from gateway.identity.addresses import check_address
from gateway.identity.errors import IssuerUnavailable

log = logging.getLogger(__name__)

DISCOVERY = "/.well-known/openid-configuration"
TIMEOUT_S = 5.0
MAX_BYTES = 1 << 20
MAX_KEYS = 100
FRESH_S = 600.0
"""Keys that old are fetched anew, while the old ones go on being used."""
RETRY_S = 30.0
"""Between two fetches at least: tokens with made-up key names cause no more."""
DAMAGED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading a document raises that isn't what it should be."""
PLAIN = {"Accept-Encoding": "identity"}
"""How far a compressed answer unpacks can't be limited."""
KEY_TYPES = {"RS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}


class IssuerKeys:
    """Finds an issuer's public keys; those that were fetched stay in use while the issuer is away."""

    def __init__(
        self, http: httpx.AsyncClient, issuer: str, algorithm: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._http = http
        self._issuer = issuer
        self._algorithm = algorithm
        self._clock = clock
        self._keys: Mapping[str, AllowedPublicKeys] | None = None
        self._fetched = self._tried = float("-inf")
        self._lock = asyncio.Lock()
        self._refresh: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> AllowedPublicKeys | None:
        """A key by its name; None where the issuer has none. Raises `IssuerUnavailable` where it never answered."""
        if self._keys is None or kid not in self._keys:
            await self._update()
        elif self._clock() - self._fetched > FRESH_S and (self._refresh is None or self._refresh.done()):
            self._refresh = asyncio.create_task(self._update())
        if self._keys is None:
            raise IssuerUnavailable
        return self._keys.get(kid)

    async def close(self) -> None:
        """End a fetch that is under way."""
        if self._refresh is not None:
            self._refresh.cancel()
            await asyncio.wait([self._refresh])

    async def _update(self) -> None:
        async with self._lock:
            if self._clock() - self._tried < RETRY_S:
                return
            self._tried = self._clock()
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    self._keys = await self._fetch()
                self._fetched = self._clock()
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, *DAMAGED) as error:
                log.warning("the issuer's keys can't be fetched: %s", type(error).__name__)

    async def _fetch(self) -> Mapping[str, AllowedPublicKeys]:
        configuration = await self._document(self._issuer.rstrip("/") + DISCOVERY)
        if configuration["issuer"] != self._issuer:
            raise ValueError("the document is another issuer's")
        jwks = await self._document(check_address(configuration["jwks_uri"]))
        return dict(_usable(jwks["keys"], self._algorithm))

    async def _document(self, url: str) -> dict[str, Any]:
        body = bytearray()
        async with self._http.stream("GET", url) as response:
            response.raise_for_status()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ValueError("the document is too large")
        document = json.loads(body)
        if not isinstance(document, dict):
            raise TypeError("the document is no object")
        return document


@contextlib.asynccontextmanager
async def open_issuer_keys(issuer: str, algorithm: str) -> AsyncIterator[IssuerKeys]:
    """The keys of an issuer, which are fetched when they are first needed."""
    async with httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, headers=PLAIN) as http:
        keys = IssuerKeys(http, issuer, algorithm)
        try:
            yield keys
        finally:
            await keys.close()


def _usable(jwks: list[dict[str, Any]], algorithm: str) -> Iterator[tuple[str, AllowedPublicKeys]]:
    """The set's public keys for the algorithm, by name; others are left out."""
    for jwk in jwks[:MAX_KEYS]:
        fits = jwk.get("kty") == KEY_TYPES[algorithm] and jwk.get("alg", algorithm) == algorithm
        if not fits or jwk.get("use", "sig") != "sig" or not isinstance(jwk.get("kid"), str):
            continue
        with contextlib.suppress(PyJWTError):
            public = {name: value for name, value in jwk.items() if name != "d"}
            yield jwk["kid"], PyJWK(public, algorithm).key
