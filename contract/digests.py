"""SHA-256 digests of files and folders, in the form that cards hold."""

import hashlib
from pathlib import Path

from contract.errors import VersionDamaged


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_digests(folder: Path, *, leave_out: frozenset[str] = frozenset()) -> dict[str, str]:
    """Digest of every file below `folder` by its POSIX path inside it, sorted.

    Raises `VersionDamaged` when there is a symbolic link: a link's target is not part of the version.
    """
    paths = sorted(folder.rglob("*"))
    if any(path.is_symlink() for path in paths):
        raise VersionDamaged("The version's folder holds a symbolic link.")
    files = {path.relative_to(folder).as_posix(): path for path in paths if path.is_file()}
    return {name: file_digest(path) for name, path in files.items() if name not in leave_out}


def check_digests(folder: Path, expected: dict[str, str], *, leave_out: frozenset[str]) -> None:
    """Raise `VersionDamaged` unless `folder` holds exactly the expected files with exactly their digests."""
    found = folder_digests(folder, leave_out=leave_out)
    wrong = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
    if wrong:
        raise VersionDamaged(f"{len(wrong)} file(s) of the version differ from its card, first of them {wrong[0]!r}.")
