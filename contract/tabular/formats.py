"""The formats of tables in files."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Format = Literal["csv", "parquet", "jsonl", "arrow"]

MEDIA_TYPES: Mapping[Format, str] = MappingProxyType(
    {
        "csv": "text/csv",
        "parquet": "application/vnd.apache.parquet",
        "jsonl": "application/x-ndjson",
        "arrow": "application/vnd.apache.arrow.stream",
    }
)
ALIASES: Mapping[str, Format] = MappingProxyType(
    {
        **{media_type: name for name, media_type in MEDIA_TYPES.items()},
        "application/csv": "csv",
        "application/x-parquet": "parquet",
        "application/jsonl": "jsonl",
        "application/jsonlines": "jsonl",
        "application/x-jsonlines": "jsonl",
    }
)
"""Formats by the media types that are taken for them."""
ENDINGS: Mapping[str, Format] = MappingProxyType(
    {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".arrows": "arrow"}
)
"""Formats by the ending of a file's name."""
