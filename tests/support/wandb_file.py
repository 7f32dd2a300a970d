"""Reading what Weights & Biases wrote offline: records in the log format of LevelDB, behind a header of 7 bytes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wandb.proto import wandb_internal_pb2 as pb

HEADER = 7
BLOCK = 32 * 1024
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


def records(folder: Path, kind: str) -> list[Any]:
    """All records of a kind (`run`, `history`, `artifact`, `exit`) of the runs below a folder, oldest run first."""
    files = sorted(folder.glob("wandb/offline-run-*/*.wandb"))
    return [record for file in files for record in _of_kind(file, kind)]


def _of_kind(file: Path, kind: str) -> Iterator[Any]:
    for data in _chunks(file.read_bytes()):
        record = pb.Record.FromString(data)  # type: ignore[attr-defined]
        if record.WhichOneof("record_type") == kind:
            yield getattr(record, kind)


def _chunks(data: bytes) -> Iterator[bytes]:
    place, whole = HEADER, b""
    while place + 7 <= len(data):
        left = BLOCK - place % BLOCK
        if left < 7:
            place += left
            continue
        length, kind = int.from_bytes(data[place + 4 : place + 6], "little"), data[place + 6]
        whole = (b"" if kind in {FULL, FIRST} else whole) + data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in {FULL, LAST}:
            yield whole
