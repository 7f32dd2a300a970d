"""Local folders: what goes wrong with them becomes an error of one sentence."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from training.errors import StorageFailed, StorageFull

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn an `OSError` inside into `StorageFull` or `StorageFailed`, naming the folder."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageFull(f"The disk that holds {folder} is full.") from error
        reason = (error.strerror or "the operation failed").lower()
        raise StorageFailed(f"The folder {folder} can't be read or written: {reason}.") from error


@contextmanager
def staging(folder: Path, name: str = ".staging") -> Iterator[Path]:
    """An empty folder inside `folder`, gone at the end; also removes what a killed process left.

    The caller holds a lock: there is one staging folder of a name.
    """
    path = folder / name
    shutil.rmtree(path, ignore_errors=True)
    try:
        path.mkdir(parents=True)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def appearing(out: Path) -> Iterator[Path]:
    """A folder whose files move to `out`, a new or empty folder, at the end, if all goes well.

    Raises `StorageFailed` where there is something already.
    """
    name = ".staging"
    if out.exists() and (not out.is_dir() or any(path.name != name for path in out.iterdir())):
        raise StorageFailed(f"{out} exists already and isn't an empty folder; name another.")
    out.mkdir(parents=True, exist_ok=True)
    with staging(out, name) as unfinished:
        yield unfinished
        for path in sorted(unfinished.iterdir()):
            path.rename(out / path.name)
