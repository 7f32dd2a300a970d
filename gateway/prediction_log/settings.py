"""Settings of the prediction log."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from gateway.settings_group import SettingsGroup

MIB = 1024 * 1024


class LogSettings(SettingsGroup):
    """Read once from the environment (`GATEWAY_LOG…`); frozen."""

    log: Literal["on", "off"] = "on"
    """Whether predictions are kept in the database. `off`: nothing is kept, and there is no history."""
    log_durability: Literal["window", "sync"] = "window"
    """`window`: an answer may go out up to `GATEWAY_LOG_WINDOW_MS` before its entry is written. `sync`: an answer goes
    out when its entry is on the disk."""
    log_window_ms: Annotated[int, Field(ge=10, le=10_000)] = 200
    """Milliseconds of predictions that a killed process may lose, with `window`."""
    log_spill: Path = Path(".trireme/predictions")
    """Folder where entries lie until the database has them; each gateway makes a folder of its own in it."""
    log_spill_bytes: Annotated[int, Field(ge=16 * MIB)] = 1024 * MIB
    """Bytes of entries that one gateway keeps there; beyond that predictions are refused."""
    log_queue: Annotated[int, Field(ge=100, le=1_000_000)] = 10_000
    """Entries in memory that wait to be written; where there are so many, predictions wait, and then are refused."""
    log_drain_s: Annotated[float, Field(ge=0)] = 5.0
    """Seconds in which a gateway that stops brings what is left into the database; the rest is for the next start."""
    log_retention_days: Annotated[int, Field(ge=1, le=36_500)] = 90
    """Days after which predictions are deleted, with what was said about them."""
    log_values: Literal["no", "yes"] = "no"
    """`yes`: the log keeps a row's values as they were sent, and the row's own id. `no`: only digests."""
    log_hashed_columns: tuple[str, ...] = ()
    """Columns, as a JSON list, whose values are kept as a keyed hash (HMAC-SHA256)."""
    log_hash_key_file: Path | None = None
    """File with the key for that: at least 32 bytes."""
    log_files: Literal["summary", "rows"] = "summary"
    """What is kept of a scored file: one entry with its summary, or one entry a row."""
    log_jsonl: Path | None = None
    """File for the same entries as JSON Lines, beside the database; empty: none."""
    log_jsonl_bytes: Annotated[int, Field(ge=MIB)] = 256 * MIB
    """Bytes after which that file is put aside, under its name with `.1`, and a new one begun."""
    log_jsonl_files: Annotated[int, Field(ge=1, le=1000)] = 8
    """Files put aside that are kept."""

    @field_validator("log_hash_key_file", "log_jsonl", mode="before")
    @classmethod
    def _unset_where_empty(cls, value: Any) -> Any:
        return None if value == "" else value

    @model_validator(mode="after")
    def _hashing_has_a_key(self) -> Self:
        if self.log_hashed_columns and self.log_hash_key_file is None:
            raise ValueError("GATEWAY_LOG_HASHED_COLUMNS needs GATEWAY_LOG_HASH_KEY_FILE")
        return self
