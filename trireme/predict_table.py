"""`trireme predict` for the rows of a file."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from contract.tabular.formats import ENDINGS, MEDIA_TYPES, Format
from trireme.client import Client
from trireme.errors import FileUnreadable, FileUnwritable

BLOCK = 1 << 20


def table_format(path: Path) -> Format | None:
    """The format that a file's name ends with; None for what is no table."""
    return ENDINGS.get(path.suffix.lower())


def predict_table(client: Client, model: str, path: Path, out: Path | None, *, version: int | None) -> None:
    """Send a file, and write the answer to `out`, in the format of its name, or to the standard output in the file's.

    What is at `out` is replaced when the answer is whole. Raises `FileUnreadable` and what `Client` raises.
    """
    sent = table_format(path)
    wanted = sent if out is None else table_format(out)
    if sent is None or wanted is None:
        raise FileUnreadable(f"A table's file ends with one of {', '.join(ENDINGS)}.")
    with sending(path) as body:
        answer = client.predict_file(model, body, sent=MEDIA_TYPES[sent], wanted=MEDIA_TYPES[wanted], version=version)
        _write(answer, out)


@contextmanager
def sending(path: Path) -> Iterator[Iterator[bytes]]:
    """The bytes of a file, with a bar of how many were taken; raises `FileUnreadable`."""
    with _opened(path) as source, _progress(path) as progress:
        yield _blocks(source, progress, path.stat().st_size)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise FileUnreadable(f"{path} can't be read: {error.strerror}.") from error


def _progress(path: Path) -> Progress:
    columns = (TextColumn(f"sending {path.name}"), BarColumn(), DownloadColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _blocks(file: BinaryIO, progress: Progress, size: int) -> Iterator[bytes]:
    task = progress.add_task("", total=size)
    while block := file.read(BLOCK):
        yield block
        progress.advance(task, len(block))


def _write(answer: Iterator[bytes], out: Path | None) -> None:
    if out is None:
        for piece in answer:
            sys.stdout.buffer.write(piece)
        return
    try:
        _write_file(answer, out)
    except OSError as error:
        raise FileUnwritable(f"{out} can't be written: {error.strerror}.") from error


def _write_file(answer: Iterator[bytes], out: Path) -> None:
    handle, temporary = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(answer)
            os.fchmod(file.fileno(), 0o644)
        Path(temporary).replace(out)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
