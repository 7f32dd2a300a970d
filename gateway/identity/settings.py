"""Settings of the identity."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from gateway.identity.addresses import check_address
from gateway.identity.permissions import Role
from gateway.settings_group import SettingsGroup

SIGNING_KEYS = Path(".trireme/signing-keys.json")
Seconds = Annotated[float, Field(gt=0)]


class IdentitySettings(SettingsGroup):
    """Read once from the environment (`GATEWAY_AUTH…`); frozen."""

    auth: Literal["accounts", "issuer", "off"] = "accounts"
    """Who says who a caller is. `accounts`: users and API keys of the database. `issuer`: an OpenID Connect issuer; API
    keys work too. `off`: nobody is asked and everybody may do everything; only on a loopback address."""
    auth_signing_keys: Path = SIGNING_KEYS
    """File of the keys that sign tokens, a JWK set whose first key signs. The first start makes it if it is the
    default's; another file must be there."""
    auth_token_s: Annotated[int, Field(ge=1, le=86_400)] = 900
    """Seconds that a token is valid."""
    auth_admin_password_file: Path | None = None
    """File with the password of the first user, `admin`; empty: a random one, which the first start prints once."""
    auth_cache_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    """Seconds that an answer of the database about a key or user is reused: how long a revoked key still works."""
    auth_stale_s: Annotated[float, Field(ge=0)] = 300.0
    """Seconds that keys and users known to be good keep working while the database is away."""
    auth_lookup_timeout_s: Seconds = 2.0
    """Seconds in which the database has to say what it knows of a key or user."""
    auth_cache_size: Annotated[int, Field(ge=1)] = 10_000
    """Keys, users and tokens that are remembered, of each."""
    auth_password_threads: Annotated[int, Field(ge=1, le=64)] = 2
    """Threads that compute passwords' hashes; each takes 64 MiB while it does."""
    auth_password_queue: Annotated[int, Field(ge=0)] = 16
    """Passwords that may wait for a thread; beyond that the answer is 503."""
    auth_login_failures: Annotated[int, Field(ge=1)] = 5
    """Failed logins of one name from one address before the next has to wait: a second, then twice as long each."""
    auth_login_wait_s: Seconds = 300.0
    """The longest of these waits, in seconds; after twice that without a login the count begins anew."""
    auth_issuer: str = ""
    """The issuer's URL, as its tokens say it; with `issuer`. https, except on loopback."""
    auth_audience: str = ""
    """What the issuer's tokens must name as their audience; with `issuer`."""
    auth_algorithm: Literal["RS256", "ES256", "EdDSA"] = "RS256"
    """The one algorithm by which the issuer signs."""
    auth_roles_claim: str = "roles"
    """The claim that holds the caller's groups, a text or list; dots lead into objects: `realm_access.roles`."""
    auth_roles: dict[str, Role] = Field(default={})
    """Our role by the issuer's group, as a JSON object. Of a caller's several the first in this order counts."""
    metrics_access: Literal["read", "open"] = "read"
    """Who may see `/metrics`: callers with the permission `read`, or, with `open`, everybody."""

    @model_validator(mode="after")
    def _issuer_is_known(self) -> Self:
        if self.auth == "issuer" and not (self.auth_issuer and self.auth_audience and self.auth_roles):
            raise ValueError("GATEWAY_AUTH=issuer needs GATEWAY_AUTH_ISSUER, _AUDIENCE and _ROLES")
        if self.auth_issuer:
            check_address(self.auth_issuer)
        return self

    @field_validator("auth_admin_password_file", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value
