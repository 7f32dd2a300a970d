"""Which rates hold for which request, and in whose name it is counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import limits
from starlette.types import Scope

from gateway.identity.principal import principal_of
from gateway.limits.address import Addresses
from gateway.limits.settings import LimitSettings

EXEMPT = frozenset({"/health", "/health/live", "/health/ready", "/metrics", "/v2/health/live", "/v2/health/ready"})
"""Addresses that are not limited: who watches the gateway must see it under attack, too."""
TOKEN = "/v1/auth/token"  # noqa: S105 - an address
KEPT = 64
"""Characters of a caller's name that are kept as they are; a longer one by its digest."""


def is_exempt(path: str) -> bool:
    """Whether requests for an address are not limited."""
    return path in EXEMPT


@dataclass(frozen=True)
class Rule:
    """Rates under one name, the shortest window first."""

    name: str
    rates: tuple[limits.RateLimitItem, ...]
    items: tuple[str, ...]
    """The name of each rate in headers."""
    header: bytes
    """`RateLimit-Policy`."""

    @classmethod
    def of(cls, name: str, rates: Iterable[str]) -> "Rule":
        """The rule of rates such as `600/minute`."""
        ordered = sorted(map(limits.parse, rates), key=lambda rate: (rate.get_expiry(), rate.amount))
        items = tuple(f'"{name}-{rate.get_expiry()}s"' for rate in ordered)
        parts = (f"{item};q={rate.amount};w={rate.get_expiry()}" for item, rate in zip(items, ordered, strict=True))
        return cls(name, tuple(ordered), items, ", ".join(parts).encode())


class RatePolicy:
    """Decides by address and principal: one with an identity is counted by it, anybody else by the address."""

    def __init__(self, settings: LimitSettings) -> None:
        self._addresses = Addresses(settings.trusted_proxies)
        self._token = Rule.of("token", settings.rate_limits_token)
        self._default = Rule.of("default", settings.rate_limits)
        self._roles = {role: Rule.of(role, rates) for role, rates in settings.rate_limits_by_role.items()}

    def of(self, scope: Scope) -> tuple[Rule, str] | None:
        """The rule for an ASGI request and the caller's name; None where nothing is counted.

        The local caller is not limited: where nobody is asked who they are, all of them are one.
        """
        rule, caller = self._found(scope)
        if not rule.rates or caller is None:
            return None
        return rule, f"{rule.name}:{_short(caller)}"

    def _found(self, scope: Scope) -> tuple[Rule, str | None]:
        path, principal = scope["path"], principal_of(scope)
        if path == TOKEN:
            return self._token, self._addresses.of(scope)
        if is_exempt(path) or principal.kind == "local":
            return self._default, None
        rule = self._roles.get(principal.role, self._default) if principal.role else self._default
        return rule, self._addresses.of(scope) if principal.kind == "nobody" else principal.id


def _short(caller: str) -> str:
    return caller if len(caller) <= KEPT else blake2b(caller.encode(errors="replace"), digest_size=16).hexdigest()
