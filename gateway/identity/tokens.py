"""The gateway's own tokens: short-lived JWTs of users, signed with Ed25519."""

import time
import uuid
from collections.abc import Sequence
from typing import NamedTuple

import jwt

from gateway.identity.errors import Unauthenticated
from gateway.identity.jwts import JwtRules, VerifiedTokens
from gateway.identity.lookups import Lookups
from gateway.identity.principal import Principal
from gateway.identity.signing_keys import SigningKey
from gateway.identity.users import User

ISSUER = "trireme"
AUDIENCE = "trireme-gateway"
TYPE = "at+jwt"
"""An access token (RFC 9068): no other kind of JWT passes for one."""
GENERATION = "gen"
"""The claim that says with which of the user's passwords the token was got."""
RULES = JwtRules(
    algorithm="EdDSA",
    issuer=ISSUER,
    audience=AUDIENCE,
    required=("iss", "aud", "exp", "iat", "sub", "jti", "role", GENERATION),
    leeway_s=5.0,
    typ=TYPE,
)


class Holder(NamedTuple):
    """Whose token it is."""

    name: str
    generation: int


class Tokens:
    """Issues tokens, and checks them."""

    def __init__(self, keys: Sequence[SigningKey], users: Lookups[User], *, lifetime_s: int, size: int) -> None:
        self._signer = keys[0]
        self._publics = {key.kid: key.public for key in keys}
        self._users = users
        self._verified: VerifiedTokens[Holder] = VerifiedTokens(size)
        self.lifetime_s = lifetime_s

    def issue(self, user: User) -> str:
        """A new token for a user."""
        issued = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user.name,
            "iat": issued,
            "exp": issued + self.lifetime_s,
            "jti": str(uuid.uuid4()),
            "role": user.role.value,
            GENERATION: user.generation,
        }
        headers = {"kid": self._signer.kid, "typ": TYPE}
        return jwt.encode(claims, self._signer.private, RULES.algorithm, headers)

    async def check(self, token: str) -> Principal:
        """Whose token it is, with the role that the user has now; raises `Unauthenticated` or `RetryLater`."""
        holder = self._verified.get(token) or self._verify(token)
        user = await self._users.get(holder.name)
        if user is None or user.disabled is not None or user.generation != holder.generation:
            raise Unauthenticated
        return user.principal

    def _verify(self, token: str) -> Holder:
        key = self._publics.get(RULES.kid(token))
        if key is None:
            raise Unauthenticated
        claims = RULES.claims(token, key)
        holder = Holder(claims["sub"], claims[GENERATION])
        self._verified.put(token, float(claims["exp"]), holder)
        return holder
