"""Tokens of an external OpenID Connect issuer."""

import re
import time
from collections.abc import Mapping
from typing import Any

from gateway.identity.errors import Unauthenticated
from gateway.identity.issuer_keys import FRESH_S, IssuerKeys
from gateway.identity.jwts import JwtRules, VerifiedTokens
from gateway.identity.permissions import Role
from gateway.identity.principal import Principal
from gateway.identity.settings import IdentitySettings

_SUBJECT = re.compile(r"[!-~]{1,255}", re.ASCII)


class IssuerTokens:
    """Checks an issuer's tokens, and says which of our roles their holders have."""

    def __init__(self, keys: IssuerKeys, settings: IdentitySettings) -> None:
        self._keys = keys
        self._rules = JwtRules(
            algorithm=settings.auth_algorithm,
            issuer=settings.auth_issuer,
            audience=settings.auth_audience,
            required=("iss", "aud", "exp", "iat", "sub"),
            leeway_s=30.0,
        )
        self._claim = settings.auth_roles_claim
        self._roles = settings.auth_roles
        self._verified: VerifiedTokens[Principal] = VerifiedTokens(settings.auth_cache_size)

    async def check(self, token: str) -> Principal:
        """Whose token it is; raises `Unauthenticated` or `IssuerUnavailable`."""
        return self._verified.get(token) or await self._verify(token)

    async def _verify(self, token: str) -> Principal:
        key = await self._keys.find(self._rules.kid(token))
        if key is None:
            raise Unauthenticated
        claims = self._rules.claims(token, key)
        if _SUBJECT.fullmatch(claims["sub"]) is None:
            raise Unauthenticated
        principal = Principal("issuer", claims["sub"], role_of(claims, self._claim, self._roles))
        # No longer than keys are: one that the issuer withdraws doesn't live on in tokens.
        self._verified.put(token, min(float(claims["exp"]), time.time() + FRESH_S), principal)
        return principal


def role_of(claims: Mapping[str, Any], claim: str, roles: Mapping[str, Role]) -> Role | None:
    """Our role for the groups in a token's claim; None, which may do nothing, where none of them has one."""
    found = claims.get(claim, _inside(claims, claim.split(".")))
    groups = {found} if isinstance(found, str) else set(map(str, found)) if isinstance(found, list) else set()
    return next((role for group, role in roles.items() if group in groups), None)


def _inside(value: Any, names: list[str]) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
