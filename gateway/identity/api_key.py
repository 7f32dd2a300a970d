"""API keys: `trk_<prefix>_<secret>`, of which the database holds the prefix and a digest.

The secret has 256 random bits, so a fast digest is enough: there is nothing to guess.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass

START = "trk_"
_FORM = re.compile(r"trk_(?P<prefix>[a-z2-7]{8})_[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, repr=False)
class ApiKey:
    """A key as its owner has it."""

    prefix: str
    """Names the key; not secret."""
    text: str
    """The whole key; secret."""

    @classmethod
    def new(cls) -> "ApiKey":
        """A new random key."""
        prefix = base64.b32encode(secrets.token_bytes(5)).decode().lower()
        return cls(prefix, f"{START}{prefix}_{secrets.token_urlsafe(32)}")

    @classmethod
    def parse(cls, text: str) -> "ApiKey | None":
        """The key that a caller shows; None for what has no key's form."""
        match = _FORM.fullmatch(text)
        return cls(match["prefix"], text) if match else None

    @property
    def digest(self) -> bytes:
        """SHA-256 of the whole key: 32 bytes."""
        return hashlib.sha256(self.text.encode()).digest()


def looks_like_key(text: str) -> bool:
    """Whether a bearer's text is meant as a key rather than a token."""
    return text.startswith(START)
