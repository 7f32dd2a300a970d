"""Settings of the limits."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Self

import limits
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from gateway.identity.permissions import Role
from gateway.settings_group import SettingsGroup


def _is_rate(text: str) -> str:
    try:
        (found,) = limits.parse_many(text)
    except ValueError:
        raise ValueError("it is not a rate such as 600/minute") from None
    if found.amount < 1 or found.get_expiry() < 1:
        raise ValueError("a rate lets at least one request in")
    return text


def _is_store(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("redis://", "rediss://", "redis+unix://")):
        raise ValueError("it must begin with redis://, rediss:// or redis+unix://")
    return url


Rate = Annotated[str, AfterValidator(_is_rate)]
Origin = Annotated[str, StringConstraints(pattern=r"^(\*|https?://[A-Za-z0-9.\-\[\]:]+)$")]
Limit = Annotated[int, Field(ge=1)]


class RoleLimits(BaseModel):
    """What a request of one role may hold at most; what is not given is as for everybody, and none is higher."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    body_bytes: Limit | None = None
    batch_bytes: Limit | None = None
    table_bytes: Limit | None = None
    parts: Limit | None = None
    rows: Limit | None = None
    upload_bytes: Limit | None = None
    upload_parts: Limit | None = None


class LimitSettings(SettingsGroup):
    """Read once from the environment; frozen."""

    rate_limits: tuple[Rate, ...] = ("12000/minute", "500/second")
    """Requests that one caller may send, as a JSON list of rates; an empty list: as many as it likes."""
    rate_limits_by_role: Mapping[Role, tuple[Rate, ...]] = Field(default={})
    """Other rates for the callers of some roles, as a JSON object: `{"viewer": ["60/minute"]}`."""
    rate_limits_token: tuple[Rate, ...] = ("20/minute",)
    """Requests for a token that may come from one address."""
    rate_store: Annotated[SecretStr, AfterValidator(_is_store)] | None = None
    """URL of the Redis or Valkey in which several gateways count together; empty: each one counts alone, in memory."""
    rate_store_timeout_s: Annotated[float, Field(gt=0, le=5)] = 0.05
    """Seconds in which it has to answer; where it doesn't, the gateway counts alone for some seconds."""
    rate_callers: Limit = 100_000
    """Callers that are counted in memory; beyond that the one that was silent for longest is forgotten."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks of proxies whose `X-Forwarded-For` is believed, as a JSON list; from others it is not looked at."""
    role_limits: Mapping[Role, RoleLimits] = Field(default={})
    """Lower limits for some roles, as a JSON object: `{"viewer": {"body_bytes": 1000000, "rows": 100}}`; it knows
    `body_bytes`, `batch_bytes`, `table_bytes`, `parts`, `rows`, `upload_bytes` and `upload_parts`."""
    max_wait_s: Annotated[float, Field(gt=0)] = 1.0
    """Seconds that an input may have to wait for its call; where more is to be expected, the answer is 503 at once."""
    model_share: Annotated[float, Field(gt=0, le=1)] = 0.75
    """The part of the places for predictions that one model may take, so that a slow one leaves room for others."""
    max_batches_per_caller: Limit = 4
    """Batch requests that one user or key may have in work; beyond that the answer is 429."""
    min_bytes_per_s: Limit = 8192
    """Bytes that a body has to bring in each second it is waited for, on average."""
    body_grace_s: Annotated[float, Field(gt=0)] = 5.0
    """Seconds of waiting for a body that are free."""
    write_timeout_s: Annotated[float, Field(gt=0)] = 30.0
    """Seconds after which the connection of a caller that doesn't read its answer is broken."""
    cors_origins: tuple[Origin, ...] = ()
    """Origins whose pages may use the API from a browser, as a JSON list; `["*"]`: all; empty: none."""
    cors_credentials: bool = False
    """Whether such a page may send the browser's own credentials for the gateway (cookies, client certificates)."""

    @field_validator("rate_store", mode="before")
    @classmethod
    def _empty_store_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @model_validator(mode="after")
    def _no_credentials_for_all(self) -> Self:
        if self.cors_credentials and "*" in self.cors_origins:
            raise ValueError("GATEWAY_CORS_CREDENTIALS can't be had for every origin: name the origins")
        return self
