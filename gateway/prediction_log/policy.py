"""What of an input the log may keep."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from gateway.prediction_log.errors import HashKeyInvalid
from gateway.prediction_log.settings import LogSettings

KEY_MIN_BYTES = 32
KEY_MAX_BYTES = 64 * 1024
TEXT_MAX_LENGTH = 1000
"""Characters of a text that are kept."""


@dataclass(frozen=True)
class Policy:
    """Keeps values of rows, or not; `hashed` columns as a keyed hash."""

    keeps_values: bool
    hashed: frozenset[str]
    key: bytes

    @classmethod
    def of(cls, settings: LogSettings) -> Self:
        """The policy that the settings ask for; raises `HashKeyInvalid`."""
        file = settings.log_hash_key_file
        key = b"" if file is None else _read(file)
        return cls(settings.log_values == "yes", frozenset(settings.log_hashed_columns), key)

    def features(self, row: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any] | None:
        """A row's values of these columns, where they may be kept."""
        if not self.keeps_values:
            return None
        return {name: self._kept(name, row[name]) for name in columns if name in row}

    def row_id(self, value: str | int | None, column: str | None) -> str | None:
        """A row's own id, where it may be kept."""
        if value is None or not self.keeps_values:
            return None
        return str(self._kept(column or "", str(value)))

    def _kept(self, column: str, value: Any) -> Any:
        if column in self.hashed and value is not None:
            return hmac.new(self.key, str(value).encode(errors="surrogatepass"), hashlib.sha256).hexdigest()
        return _storable(value[:TEXT_MAX_LENGTH]) if isinstance(value, str) else value


def _storable(value: str) -> str:
    # PostgreSQL stores no NUL, and halves of a surrogate pair have no UTF-8.
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            key = opened.read(KEY_MAX_BYTES).strip()
    except OSError:
        raise HashKeyInvalid from None
    if len(key) < KEY_MIN_BYTES:
        raise HashKeyInvalid
    return key
