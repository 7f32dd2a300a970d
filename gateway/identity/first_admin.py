"""The first user, made by the first start."""

import asyncio
import secrets
import sys
from pathlib import Path

from gateway.identity.errors import SecretFileUnfit, UserExists
from gateway.identity.passwords import Passwords
from gateway.identity.permissions import Role
from gateway.identity.users import Users

NAME = "admin"
MAX_BYTES = 4096


async def ensure_admin(users: Users, passwords: Passwords, password_file: Path | None) -> None:
    """Make the user `admin` where there is no user at all; of several gateways that start at once, one does.

    Without a file the password is random, and printed to the standard error, this once. Raises `SecretFileUnfit`.
    """
    if not await users.is_empty():
        return
    given = await asyncio.to_thread(_read, password_file) if password_file else None
    password = given or secrets.token_urlsafe(18)
    hashed = await passwords.hash(password)
    try:
        await users.add(NAME, Role.ADMIN, hashed)
    except UserExists:
        # Another gateway was first.
        return
    if given is None:
        # Not through a log: it must lie in none.
        print(_notice(password), file=sys.stderr, flush=True)


def _notice(password: str) -> str:
    return f"\nThe first user is {NAME!r}, with the password {password}\nIt is shown this once; see docs/accounts.md.\n"


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES).decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise SecretFileUnfit("The file GATEWAY_AUTH_ADMIN_PASSWORD_FILE can't be read.") from None
    if not text:
        raise SecretFileUnfit("The file GATEWAY_AUTH_ADMIN_PASSWORD_FILE is empty.")
    return text
