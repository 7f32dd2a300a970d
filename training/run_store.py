"""The folder of all training runs."""

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from training.data.storage import storage_errors
from training.errors import RequestInvalid, RunBusy, RunUnknown
from training.plan import PLAN, RunPlan
from training.runs import CHECKPOINT, RECORD

LOCK = ".lock"
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")


class RunStore:
    """Runs by their identifiers, which sort by time."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def new_id(self) -> str:
        """A fresh identifier: the time in UTC and a few random digits."""
        return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"

    def create(self, plan: RunPlan) -> Path:
        """Make the run's folder with its plan."""
        folder = self.root / plan.id
        with storage_errors(self.root):
            plan.write(folder)
        return folder

    def folder(self, run: str) -> Path:
        """The folder of a run; raises `RunUnknown`."""
        folder = self.root / run
        if not _ID.fullmatch(run) or not folder.is_dir():
            raise RunUnknown(f"There is no training run {run!r}.")
        return folder

    def unfinished(self, model: str) -> list[str]:
        """Runs of a model that have a checkpoint and no record, oldest first; one that is at work now counts too."""
        folders = sorted(path.parent for path in self.root.glob(f"*/{CHECKPOINT}"))
        return [path.name for path in folders if self._is_unfinished(path) and RunPlan.read(path).model == model]

    def free(self, target: Path | None) -> None:
        """Raise `RequestInvalid` where a finished run shall be moved to a place that something has already."""
        if target is not None and target.exists():
            raise RequestInvalid(f"{target} exists already; name another place for the run.")

    def move(self, folder: Path, target: Path) -> Path:
        """Move a finished run to a place that is free, out of this store; raises `StorageFailed` or `StorageFull`."""
        with storage_errors(target.parent):
            target.parent.mkdir(parents=True, exist_ok=True)
            (folder / LOCK).unlink(missing_ok=True)
            shutil.move(folder, target)
        return target

    @contextmanager
    def working_on(self, folder: Path) -> Iterator[None]:
        """Hold the run; raises `RunBusy` while another process does."""
        lock = FileLock(folder / LOCK, timeout=0)
        with storage_errors(folder):
            _acquire(lock, folder.name)
        try:
            yield
        finally:
            lock.release()

    def _is_unfinished(self, folder: Path) -> bool:
        return bool(_ID.fullmatch(folder.name)) and (folder / PLAN).is_file() and not (folder / RECORD).exists()


def _acquire(lock: FileLock, run: str) -> None:
    try:
        lock.acquire()
    except Timeout as error:
        raise RunBusy(f"Another process works on the training run {run!r}.") from error
