"""Settings of the mirror of version cards."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Seconds = Annotated[float, Field(gt=0)]


class MirrorSettings(BaseSettings):
    """Read once from the environment (`MIRROR_…`) and `.env`; frozen.

    Credentials and region come from the environment as all clients of S3 read them (`AWS_ACCESS_KEY_ID`,
    `AWS_SECRET_ACCESS_KEY`, `AWS_DEFAULT_REGION`, or a pod's identity).
    """

    model_config = SettingsConfigDict(
        env_prefix="MIRROR_", env_file=".env", extra="ignore", frozen=True, use_attribute_docstrings=True
    )

    store: Annotated[str, StringConstraints(pattern=r"^s3://[a-z0-9][a-z0-9.-]*(/[A-Za-z0-9._-]+)*/?$")]
    """Where the version folders lie: `s3://bucket` or `s3://bucket/prefix`."""
    folder: Path = Path("model_repository")
    """Folder to keep the cards in; nothing else may write there."""
    endpoint: Annotated[str, StringConstraints(pattern=r"^https?://")] | None = None
    """Address of the S3 server, with http:// or https://, where it isn't AWS."""
    interval_s: Seconds = 5.0
    """Seconds between two looks at the store."""
    timeout_s: Seconds = 10.0
    """Seconds in which the store has to answer a request."""
    max_card_bytes: Annotated[int, Field(ge=1)] = 4 * 1024 * 1024
    """Bytes of the largest card that is copied."""
    max_file_bytes: Annotated[int, Field(ge=1)] = 4 * 1024**3
    """Bytes of the largest file besides a card that is copied: the rows of a feature table."""

    @field_validator("endpoint", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value
