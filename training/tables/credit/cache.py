"""Generated data in the cache: made once for what decides them, by one process at a time."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from filelock import FileLock, Timeout
from rich.console import Console

from contract.files import sync_folder
from contract.inputs import TableInput
from contract.sql.runner import SqlRunner
from training.console import tell
from training.data.storage import staging, storage_errors
from training.tables.credit.making import FEATURES, OUTCOMES, make
from training.tables.credit.plan import GENERATOR, CreditPlan


class CreditCache:
    """The files of one plan and schema; `schema` has the SQL steps.

    Raises `SqlInvalid` at construction where the steps are not plain, or make other columns.
    """

    def __init__(self, plan: CreditPlan, schema: TableInput, cache_dir: Path, console: Console) -> None:
        self.plan = plan
        self._runner = SqlRunner(schema)
        self._root = cache_dir / "credit"
        self._console = console
        self.folder = self._root / _key(plan, schema)

    @property
    def features(self) -> Path:
        """Parquet of the id and the schema's columns for all applications; there after `fill`."""
        return self.folder / f"{FEATURES}.parquet"

    @property
    def outcomes(self) -> Path:
        """Parquet of what became of the applications, as in `CreditBlock.outcomes`; there after `fill`."""
        return self.folder / f"{OUTCOMES}.parquet"

    def fill(self) -> None:
        """Make the files unless they are there; a second process waits for the first.

        Raises:
            SqlFailed: the steps fail.
            SqlInvalid: they make other features for an application alone.
            StorageFull, StorageFailed: the cache folder can't take them; nothing of them is left.
        """
        with storage_errors(self._root):
            self._root.mkdir(parents=True, exist_ok=True)
            with self._held():
                if not self.folder.is_dir():
                    self._make()

    def _make(self) -> None:
        tell(self._console, f"Generating {self.plan.applications:,} credit applications; they are not real data.")
        with staging(self._root) as unfinished:
            make(self.plan, self._runner, unfinished, self._console)
            unfinished.rename(self.folder)
        sync_folder(self._root)

    @contextmanager
    def _held(self) -> Iterator[None]:
        lock = FileLock(self._root / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            tell(self._console, "Another process generates credit applications; waiting for it.")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()


def _key(plan: CreditPlan, schema: TableInput) -> str:
    """Digest of everything that decides the files; libraries are in it, since their arithmetic may change."""
    versions = (GENERATOR, np.__version__, duckdb.__version__, pa.__version__)
    decisive = [versions, repr(plan), schema.model_dump_json()]
    return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()[:16]
