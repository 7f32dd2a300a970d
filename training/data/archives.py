"""Reading single members of tar archives into memory, by name and up to a size; nothing is ever unpacked."""

import tarfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

from training.errors import DataDamaged

MAX_MEMBER_BYTES = 64 * 2**20


def read_members(archive: Path, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Give the wanted members of a gzipped tar, in its own order.

    Raises `DataDamaged` where the archive is broken, or a member is missing, too large or not a plain file.
    """
    missing = set(names)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                if member.name in missing:
                    missing.remove(member.name)
                    yield member.name, _content(tar, member)
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise DataDamaged(f"The archive {archive.name} is damaged.") from error
    if missing:
        raise DataDamaged(f"The archive {archive.name} lacks {min(missing)}.")


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member) if member.isreg() and member.size <= MAX_MEMBER_BYTES else None
    if file is None:
        raise DataDamaged(f"The archive's member {member.name} is not a plain file of a sensible size.")
    return file.read()
