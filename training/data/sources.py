"""Where CIFAR-10's six binary files come from: the official archive, or a folder of the user's."""

import shutil
from pathlib import Path
from typing import Protocol

from training.data.archives import read_members
from training.data.download import Downloader, Pin
from training.data.storage import storage_errors
from training.errors import DataUnknown

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
ARCHIVE = Pin(
    name="cifar-10-binary.tar.gz",
    bytes=170_052_171,
    algorithm="sha256",
    digest="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)
INNER_FOLDER = "cifar-10-batches-bin"
BATCHES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST = "test_batch.bin"
FILES = (*BATCHES, TEST)


class Source(Protocol):
    """Somewhere that the six files can be had from."""

    name: str

    def fetch(self, folder: Path) -> None:
        """Put the six files into an empty folder; anything else in it is thrown away.

        Raises:
            DataUnreachable: this source can't be used, another may.
            DataError: the data is damaged, or the folder can't be written.
        """


class OfficialArchive:
    """The data set's home page."""

    name = "the official archive"

    def __init__(self, downloader: Downloader, *, url: str = URL, pin: Pin = ARCHIVE) -> None:
        self._downloader = downloader
        self._url = url
        self._pin = pin

    def fetch(self, folder: Path) -> None:
        """Download the archive and take the files out of it."""
        unpack_official(self._downloader.fetch(self._url, self._pin, folder), folder)


class LocalFolder:
    """A folder with the official archive, or with the six files, perhaps in the archive's inner folder."""

    def __init__(self, path: Path) -> None:
        self.name = f"the folder {path}"
        self._path = path

    def fetch(self, folder: Path) -> None:
        """Copy the files; raises `DataUnknown` where the folder holds neither."""
        for place in (self._path, self._path / INNER_FOLDER):
            if all((place / file).is_file() for file in FILES):
                return self._copy(place, folder)
        if not (self._path / ARCHIVE.name).is_file():
            raise DataUnknown(f"The folder {self._path} holds neither {ARCHIVE.name} nor the six files {FILES[0]} ….")
        return unpack_official(self._path / ARCHIVE.name, folder)

    def _copy(self, place: Path, folder: Path) -> None:
        with storage_errors(folder):
            for file in FILES:
                shutil.copyfile(place / file, folder / file)


def unpack_official(archive: Path, folder: Path) -> None:
    """Write the archive's six files into `folder`; raises `DataDamaged`."""
    with storage_errors(folder):
        for name, content in read_members(archive, [f"{INNER_FOLDER}/{file}" for file in FILES]):
            (folder / Path(name).name).write_bytes(content)
