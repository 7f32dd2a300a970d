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
from training.errors import StorageFull
from training.publish.errors import PublishError

STAGING = ".staging"
LOCK = ".publish.lock"


@contextmanager
def staging_area(repository: Path) -> Iterator[Path]:
    """A fresh folder to stage in, alone: one publish at a time a repository; the others wait.

    Removes what a killed publish left, and its own folder at the end. Turns a full disk into `StorageFull`.
    """
    with _written():
        repository.mkdir(parents=True, exist_ok=True)
        with FileLock(repository / LOCK):
            area = repository / STAGING
            shutil.rmtree(area, ignore_errors=True)
            area.mkdir()
            try:
                yield Path(tempfile.mkdtemp(dir=area))
            finally:
                shutil.rmtree(area, ignore_errors=True)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder; raises as `staging_area` does."""
    # shutil gathers the files' errors as texts, which would hide that the disk is full.
    shutil.copytree(source, target, copy_function=_copy_file)


def _copy_file(source: str, target: str) -> None:
    with _written():
        shutil.copyfile(source, target)


@contextmanager
def _written() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull("There is no room left for the version; nothing was published.") from error
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
