"""The keys that sign tokens: a file with a JWK set (RFC 7517) of Ed25519 keys (RFC 8037).

The first signs, all verify.
"""

import base64
import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from filelock import FileLock
from jwt.algorithms import OKPAlgorithm
from jwt.exceptions import InvalidKeyError

from contract.files import write_atomically
from gateway.identity.errors import SecretFileUnfit

MAX_BYTES = 64 * 1024


@dataclass(frozen=True, repr=False)
class SigningKey:
    """One key."""

    kid: str
    """Its thumbprint (RFC 7638)."""
    private: Ed25519PrivateKey

    @classmethod
    def of(cls, private: Ed25519PrivateKey) -> "SigningKey":
        """A key with the name that follows from it."""
        public = OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
        members = json.dumps({name: public[name] for name in ("crv", "kty", "x")}, separators=(",", ":"))
        thumbprint = hashlib.sha256(members.encode()).digest()
        return cls(base64.urlsafe_b64encode(thumbprint).decode().rstrip("="), private)

    @property
    def public(self) -> Ed25519PublicKey:
        """What verifies."""
        return self.private.public_key()

    def document(self) -> dict[str, Any]:
        """The key as a JWK, its secret included."""
        jwk: dict[str, Any] = OKPAlgorithm.to_jwk(self.private, as_dict=True)
        return {"kty": jwk["kty"], "crv": jwk["crv"], "x": jwk["x"], "d": jwk["d"], "kid": self.kid, "use": "sig"}


def load(path: Path, *, create: bool) -> tuple[SigningKey, ...]:
    """The keys of a file, which is made where it is missing and `create` says so. Blocks.

    Of several processes that start at once one makes it. Raises `SecretFileUnfit`.
    """
    if create and not path.exists():
        with _locked(path):
            if not path.exists():
                _write(path, (SigningKey.of(Ed25519PrivateKey.generate()),))
    return _read(path)


def create(path: Path) -> SigningKey:
    """Make a file with one new key. Blocks; raises `SecretFileUnfit` where there is a file already."""
    with _locked(path):
        if path.exists():
            raise SecretFileUnfit(f"{path} exists already.")
        key = SigningKey.of(Ed25519PrivateKey.generate())
        _write(path, (key,))
    return key


def rotate(path: Path, keep: int) -> tuple[SigningKey, ...]:
    """Put a new key in front of a file's, of which the newest `keep` stay. Blocks; raises `SecretFileUnfit`."""
    with _locked(path):
        keys = (SigningKey.of(Ed25519PrivateKey.generate()), *_read(path)[:keep])
        _write(path, keys)
    return keys


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError:
        raise SecretFileUnfit("The file of signing keys, GATEWAY_AUTH_SIGNING_KEYS, can't be written.") from None
    try:
        yield
    finally:
        lock.release()


def _read(path: Path) -> tuple[SigningKey, ...]:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES)
    except OSError:
        raise SecretFileUnfit("The file of signing keys, GATEWAY_AUTH_SIGNING_KEYS, can't be read.") from None
    try:
        keys = tuple(_key(jwk) for jwk in json.loads(text)["keys"])
    except (ValueError, LookupError, TypeError, InvalidKeyError):
        keys = ()
    if not keys:
        raise SecretFileUnfit(
            "The file of signing keys, GATEWAY_AUTH_SIGNING_KEYS, is no JWK set of private Ed25519 keys."
        )
    return keys


def _key(jwk: dict[str, Any]) -> SigningKey:
    private = OKPAlgorithm.from_jwk(jwk)
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError
    return SigningKey.of(private)


def _write(path: Path, keys: tuple[SigningKey, ...]) -> None:
    text = json.dumps({"keys": [key.document() for key in keys]}, indent=2)
    try:
        write_atomically(path, f"{text}\n".encode(), mode=0o600)
    except OSError:
        raise SecretFileUnfit("The file of signing keys, GATEWAY_AUTH_SIGNING_KEYS, can't be written.") from None
