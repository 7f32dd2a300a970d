"""What the users send, read once and held in memory."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from loadtest.errors import SamplesMissing

TYPES = {
    ".bmp": "image/bmp", ".gif": "image/gif", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".png": "image/png",
    ".webp": "image/webp",
}  # fmt: skip
MAX_BYTES = 256 * 1024 * 1024
"""Of all pictures together; those beyond are left out."""


@dataclass(frozen=True)
class Body:
    """A request's body and its type."""

    content: bytes
    type: str


@dataclass(frozen=True)
class Picture:
    """An encoded picture."""

    name: str
    body: Body


def pictures(folder: Path, limit: int) -> list[Picture]:
    """At most `limit` pictures of a folder and the folders in it, by chance but always the same.

    Raises `SamplesMissing` where there is none.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in TYPES and path.is_file())
    random.Random(0).shuffle(paths)  # noqa: S311 - no secret
    found, left = [], MAX_BYTES
    for path in paths[:limit]:
        content = path.read_bytes()
        left -= len(content)
        if left < 0:
            break
        found.append(Picture(path.name, Body(content, TYPES[path.suffix.lower()])))
    if not found:
        raise SamplesMissing(f"There is no picture in {folder}.")
    return found


def rows(file: Path, limit: int) -> list[dict[str, Any]]:
    """The first `limit` rows of a file: CSV, Parquet, or JSON Lines.

    Raises `SamplesMissing` where there is none, or the file can't be read as what it is called.
    """
    try:
        found = _read(file, limit)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise SamplesMissing(f"The rows of {file} can't be read: {error}.") from None
    if not found:
        raise SamplesMissing(f"There is no row in {file}.")
    return found


def _read(file: Path, limit: int) -> list[dict[str, Any]]:
    if file.suffix == ".jsonl":
        with file.open() as lines:
            return [json.loads(line) for _, line in zip(range(limit), lines, strict=False)]
    if file.suffix == ".parquet":
        batches = pyarrow.parquet.ParquetFile(file).iter_batches(limit)
        return next((batch.to_pylist() for batch in batches), [])
    return list(pyarrow.csv.read_csv(file).slice(length=limit).to_pylist())


def picture_batch(chosen: Sequence[Picture]) -> Body:
    """Many pictures in one multipart body."""
    return _multipart([("files", (one.name, one.body.content, one.body.type)) for one in chosen])


def fitting(row: dict[str, Any], taken: frozenset[str]) -> dict[str, Any]:
    """What a model takes of a row, without what is missing."""
    return {name: value for name, value in row.items() if name in taken and not _is_missing(value)}


def _is_missing(value: object) -> bool:
    """Whether there is nothing, or no number, which JSON can't say."""
    return value is None or (isinstance(value, float) and isnan(value))


def row_batch(chosen: Sequence[dict[str, Any]]) -> Body:
    """Many rows as JSON Lines."""
    return Body(b"".join(json.dumps(row, default=str).encode() + b"\n" for row in chosen), "application/x-ndjson")


def row_body(row: dict[str, Any]) -> Body:
    """One row by value."""
    return Body(json.dumps({"row": row}, default=str).encode(), "application/json")


def _multipart(files: list[tuple[str, tuple[str, bytes, str]]]) -> Body:
    # The address is never asked: the library only writes the body.
    request = httpx.Request("POST", "http://localhost", files=files)
    return Body(request.read(), request.headers["Content-Type"])
