"""Where a version is put together: inside the repository, hidden, so that one rename makes it visible."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from contract.files import sync_folder
from contract.names import ModelVersion
from training.publish.errors import DiskFull, PublishError

STAGING = ".staging"
LOCK = ".publish.lock"


@contextmanager
def staging_area(repository: Path) -> Iterator[Path]:
    """A fresh folder to stage in, alone: one publish at a time a repository; the others wait.

    Removes what a killed publish left, and its own folder at the end. Turns a full disk into `DiskFull`.
    """
    try:
        repository.mkdir(parents=True, exist_ok=True)
        with FileLock(repository / LOCK):
            area = repository / STAGING
            shutil.rmtree(area, ignore_errors=True)
            area.mkdir()
            try:
                yield Path(tempfile.mkdtemp(dir=area))
            finally:
                shutil.rmtree(area, ignore_errors=True)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull("There is no room left for the version; nothing was published.") from error
        raise PublishError(f"The repository can't be written: {os.strerror(error.errno or errno.EIO)}.") from error


def reveal(staged: Path, repository: Path, name: ModelVersion) -> Path:
    """Make a staged version visible: flush it to the disk, take its files' write permission, rename it once."""
    for path in sorted(staged.rglob("*")):
        _flush(path)
    sync_folder(staged)
    target = staged.rename(repository / name.triton_name)
    sync_folder(repository)
    return target


def _flush(path: Path) -> None:
    if path.is_dir():
        sync_folder(path)
        return
    path.chmod(0o444)
    with path.open("rb") as file:
        os.fsync(file.fileno())
