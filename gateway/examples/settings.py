"""Settings of uploaded examples."""

from typing import Annotated

from pydantic import Field

from gateway.settings_group import SettingsGroup

GIB = 1024 * 1024 * 1024
Limit = Annotated[int, Field(ge=1)]


class ExampleSettings(SettingsGroup):
    """Read once from the environment; frozen."""

    examples: str = ".trireme/examples"
    """Where uploaded training data lies: a folder, or `s3://bucket/prefix`, whose credentials come from the environment
    as all clients of S3 read them (`AWS_ACCESS_KEY_ID`, …). Empty: none is taken."""
    examples_endpoint: str = ""
    """URL of an S3 server that isn't Amazon's; empty: Amazon's."""
    examples_timeout_s: Annotated[float, Field(gt=0)] = 30.0
    """Seconds in which that store has to answer."""
    examples_per_model: Limit = 1_000_000
    """Examples of one model that are in effect; beyond that uploads are refused."""
    examples_bytes: Limit = 50 * GIB
    """Bytes of one model's batches, withdrawn ones that were not erased among them."""
    examples_batches: Limit = 10_000
    """Batches of one model, withdrawn ones that were not erased among them."""
    examples_orphan_hours: Annotated[int, Field(ge=1, le=87_600)] = 24
    """Hours after which an object that no batch names, as a broken upload leaves it, is put aside; after as many again
    it is deleted. An upload must not take longer."""
    max_upload_bytes: Limit = 4 * GIB
    """Bytes of an upload of training data. It is written to the disk, and counted there with files of tables
    (`GATEWAY_MAX_SPOOLED_BYTES`)."""
    max_upload_parts: Limit = 10_000
    """Pictures in one upload."""
    max_uploads: Limit = 4
    """Uploads in work; beyond that the answer is 503."""
    upload_timeout_s: Annotated[float, Field(gt=0)] = 600.0
    """Seconds in which an upload has to arrive."""
