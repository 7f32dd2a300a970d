"""The identity's parts, put together."""

from dataclasses import dataclass

from gateway.database.engine import Database
from gateway.identity.authenticator import Anybody, Authenticator, KeysAndTokens
from gateway.identity.errors import Unauthenticated
from gateway.identity.keys import KeyRecord, Keys
from gateway.identity.lookups import Lookups, Times
from gateway.identity.principal import Principal
from gateway.identity.settings import IdentitySettings


@dataclass(frozen=True)
class Identity:
    """Who calls, and the accounts behind it."""

    authenticator: Authenticator
    keys: Keys | None
    """None where nobody is asked."""


def open_identity(settings: IdentitySettings, database: Database | None) -> Identity:
    """The identity as the settings want it."""
    if settings.auth == "off" or database is None:
        return Identity(Anybody(), None)
    keys = Keys(database)
    times = Times(settings.auth_cache_s, settings.auth_stale_s, settings.auth_lookup_timeout_s)
    lookups: Lookups[KeyRecord] = Lookups(keys.find, times, settings.auth_cache_size)
    return Identity(KeysAndTokens(lookups, _refuse), keys)


async def _refuse(_token: str) -> Principal:
    raise Unauthenticated
