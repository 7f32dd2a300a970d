"""Passwords' hashes: Argon2id (RFC 9106), in a few threads, because each takes time and 64 MiB."""

import asyncio
import base64
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.admission import Admission
from gateway.identity.errors import PasswordUnfit

MIN_CHARACTERS = 12
MAX_BYTES = 256

T = TypeVar("T")


class Passwords:
    """Hashes passwords and checks them; at most `threads + queue` at a time, beyond that it raises `Overloaded`."""

    def __init__(self, *, threads: int, queue: int, hasher: PasswordHasher | None = None) -> None:
        # Argon2-cffi's defaults are RFC 9106's second recommended option.
        self._hasher = hasher or PasswordHasher()
        self._pool = ThreadPoolExecutor(threads, "passwords")
        self._admission = Admission(threads + queue)

    async def hash(self, password: str) -> str:
        """The hash of a new password; raises `PasswordUnfit`."""
        text = fit(password)
        return await self._run(lambda: self._hasher.hash(text))

    async def is_right(self, hashed: str | None, password: str) -> bool:
        """Whether the password has this hash; without a hash it is wrong, and takes as long to be."""
        text = _normalised(password)
        matches = await self._run(lambda: self._matches(hashed or self._nobody_s(), text))
        return matches and hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def close(self) -> None:
        """End the threads; blocks until the last hash is done."""
        self._pool.shutdown(cancel_futures=True)

    def _matches(self, hashed: str, text: bytes) -> bool:
        try:
            return self._hasher.verify(hashed, text)
        except (VerificationError, InvalidHashError):
            return False

    def _nobody_s(self) -> str:
        """A hash that no password has: checking it costs what checking a real one costs."""
        hasher = self._hasher
        parameters = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
        salt, digest = (_base64(bytes(size)) for size in (hasher.salt_len, hasher.hash_len))
        return f"$argon2id$v=19${parameters}${salt}${digest}"

    async def _run(self, work: Callable[[], T]) -> T:
        with self._admission.enter():
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def fit(password: str) -> bytes:
    """A new password as it is hashed; raises `PasswordUnfit`."""
    text = _normalised(password)
    if len(password) < MIN_CHARACTERS or len(text) > MAX_BYTES:
        raise PasswordUnfit(f"A password has at least {MIN_CHARACTERS} characters and at most {MAX_BYTES} bytes.")
    return text


def _normalised(password: str) -> bytes:
    # Two keyboards may send one accented letter in two ways; see NIST SP 800-63B, section 5.1.1.2.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")
