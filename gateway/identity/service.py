"""The identity's parts, put together."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from gateway.database.engine import Database
from gateway.identity import signing_keys
from gateway.identity.attempts import Attempts
from gateway.identity.authenticator import Anybody, Authenticator, KeysAndTokens
from gateway.identity.errors import AccountsOff
from gateway.identity.first_admin import ensure_admin
from gateway.identity.issuer import IssuerTokens
from gateway.identity.issuer_keys import open_issuer_keys
from gateway.identity.keys import KeyRecord, Keys
from gateway.identity.logins import Logins
from gateway.identity.lookups import Lookups, Times
from gateway.identity.passwords import Passwords
from gateway.identity.settings import SIGNING_KEYS, IdentitySettings
from gateway.identity.tokens import Tokens
from gateway.identity.users import User, Users


@dataclass(frozen=True)
class Accounts:
    """Users with passwords, and their tokens."""

    users: Users
    passwords: Passwords
    logins: Logins
    tokens: Tokens


@dataclass(frozen=True)
class Identity:
    """Who calls, and the accounts behind it."""

    authenticator: Authenticator
    accounts: Accounts | None = None
    """None where users are not ours."""
    keys: Keys | None = None
    """None where nobody is asked."""
    forget: Callable[[], None] = lambda: None
    """Ask the database anew: an account was changed."""

    def ours(self) -> Accounts:
        """The users; raises `AccountsOff`."""
        if self.accounts is None:
            raise AccountsOff("Users are not this gateway's own: GATEWAY_AUTH is not `accounts`.")
        return self.accounts

    def all_keys(self) -> Keys:
        """The API keys; raises `AccountsOff`."""
        if self.keys is None:
            raise AccountsOff("There are no API keys: GATEWAY_AUTH is `off`.")
        return self.keys


@contextlib.asynccontextmanager
async def open_identity(settings: IdentitySettings, database: Database | None) -> AsyncIterator[Identity]:
    """The identity as the settings want it; makes what a first start has to make."""
    if settings.auth == "off" or database is None:
        yield Identity(Anybody())
        return
    keys = Keys(database)
    known: Lookups[KeyRecord] = Lookups(keys.find, _times(settings), settings.auth_cache_size)
    if settings.auth == "issuer":
        async with open_issuer_keys(settings.auth_issuer, settings.auth_algorithm) as issuer:
            tokens = IssuerTokens(issuer, settings)
            yield Identity(KeysAndTokens(known, tokens.check), keys=keys, forget=known.forget)
        return
    users = Users(database)
    known_users: Lookups[User] = Lookups(users.find, _times(settings), settings.auth_cache_size)

    def forget() -> None:
        known.forget()
        known_users.forget()

    async with _accounts(settings, users, known_users) as accounts:
        yield Identity(KeysAndTokens(known, accounts.tokens.check), accounts, keys, forget)


@contextlib.asynccontextmanager
async def _accounts(settings: IdentitySettings, users: Users, known: Lookups[User]) -> AsyncIterator[Accounts]:
    path = settings.auth_signing_keys
    signers = await asyncio.to_thread(signing_keys.load, path, create=path == SIGNING_KEYS)
    tokens = Tokens(signers, known, lifetime_s=settings.auth_token_s, size=settings.auth_cache_size)
    passwords = Passwords(threads=settings.auth_password_threads, queue=settings.auth_password_queue)
    try:
        await ensure_admin(users, passwords, settings.auth_admin_password_file)
        attempts = Attempts(settings.auth_login_failures, settings.auth_login_wait_s)
        yield Accounts(users, passwords, Logins(users, passwords, attempts), tokens)
    finally:
        await asyncio.to_thread(passwords.close)


def _times(settings: IdentitySettings) -> Times:
    return Times(settings.auth_cache_s, settings.auth_stale_s, settings.auth_lookup_timeout_s)
