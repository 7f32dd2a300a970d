"""The folder of all journals below one path: who owns which, and which have lost their owner.

A journal is a folder with a file that its owner holds locked; a process that dies, however it dies, lets go of it.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.identifiers import Identifiers

LOCK = "lock"
REJECTED = "rejected.jsonl"


@dataclass(frozen=True)
class Claim:
    """A journal's folder, held by this process."""

    folder: Path
    lock: int
    """The descriptor of the locked file."""

    def release(self) -> None:
        """Let go of it; the folder goes too if nothing is left in it."""
        if all(path.name == LOCK for path in self.folder.glob("*")):
            # Whoever waits for the lock gets that of a file that is gone, and finds nothing beside it.
            (self.folder / LOCK).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                self.folder.rmdir()
        os.close(self.lock)


@dataclass(frozen=True)
class Spill:
    """The folder of all journals."""

    root: Path

    def begin(self) -> Claim:
        """A new journal of this process; raises `OSError`."""
        name = Identifiers().prediction_id()
        hidden = self.root / f".{name}"
        hidden.mkdir(mode=0o700, parents=True)
        lock = os.open(hidden / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Seen by others only now: none must take it for one without an owner.
        return Claim(hidden.rename(self.root / name), lock)

    @property
    def rejected(self) -> Path:
        """Where entries lie that the database refuses."""
        return self.root / REJECTED

    def folders(self) -> list[Path]:
        """All journals, the oldest first."""
        return sorted(path for path in self.root.glob("[!.]*") if path.is_dir())

    def orphans(self) -> Iterator[Claim]:
        """Journals that no process holds, the oldest first; each is this process's from then on."""
        for folder in self.folders():
            claim = _claimed(folder)
            if claim is not None:
                yield claim


def _claimed(folder: Path) -> Claim | None:
    try:
        lock = os.open(folder / LOCK, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return Claim(folder, lock)
