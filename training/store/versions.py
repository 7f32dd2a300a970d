"""The versions in a store: which there are, how one gets there, and how one is fetched.

A number is claimed before anything of a version is written, by an object that names the card's digest. The card names
the digests of all files, so whoever holds a claim writes the same bytes, however often and from however many processes.
"""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from contract.card import VersionCard
from contract.files import write_atomically
from contract.names import ModelVersion, parse_triton_name
from contract.repository import CARD, RETRAIN, ModelRepository
from training.errors import PublishWithdrawn
from training.store.errors import StoreUnfit, StoreUnreachable, VersionTaken, VersionTooLarge
from training.store.objects import Objects

CLAIMS = ".claims"
"""Folder of the claims, beside the versions' folders."""

Advance = Callable[[int], None]
"""Is told how many more bytes are in the store."""


class Pushed(NamedTuple):
    """What a push did."""

    card: VersionCard
    files: int
    """With the card."""
    size: int
    """Bytes of all files."""
    is_new: bool
    """False: this very version was there already."""


class VersionStore:
    """The versions below a bucket's prefix. All methods raise what `Objects` raises."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def taken(self, model: str) -> list[int]:
        """The numbers that can't be had any more, sorted: of whole versions, and of what is or was on its way."""
        names = {*self._objects.folders(), *self._objects.sizes(CLAIMS)}
        found = (parse_triton_name(name) for name in names)
        return sorted(name.version for name in found if name is not None and name.model == model)

    def copy_cards(self, model: str, root: Path) -> None:
        """Make the folder `root` know a model's versions: their cards, and an empty folder for each other taken number.

        What `root` holds of a version that isn't whole in the store is removed. Raises `OSError` where `root` can't be
        written.
        """
        taken = self.taken(model)
        for number in {*ModelRepository(root).versions(model), *taken}:
            name = ModelVersion(model, number)
            folder, content = root / str(name), self._objects.read(f"{name}/{CARD}")
            if content is None or not _holds(folder / CARD, content):
                shutil.rmtree(folder, ignore_errors=True)
            if number in taken:
                folder.mkdir(parents=True, exist_ok=True)
            if content is not None:
                self._copy_card(name, folder, content)

    def fetch(self, name: ModelVersion, root: Path, max_bytes: int) -> None:
        """Copy a version whose card is in `root` there, as a whole; nothing where it is no version.

        Raises `VersionTooLarge`, `CardInvalid`, `VersionDamaged`, and `OSError` where `root` can't be written.
        """
        repository = ModelRepository(root)
        if name.version not in repository.versions(name.model):
            return
        card, sizes = repository.card(name), self._objects.sizes(str(name))
        size = sum(sizes.get(file, 0) for file in card.files)
        if size > max_bytes:
            raise VersionTooLarge(f"{name} has {size:,} bytes; a job may fetch {max_bytes:,}.")
        for file in sorted(card.files.keys() & sizes.keys()):
            self._objects.download(f"{name}/{file}", sizes[file], repository.folder(name) / file)
        repository.verify(name)

    def check_free(self, name: ModelVersion, root: Path) -> Pushed:
        """What pushing a version would do; writes nothing. Raises as `push` does."""
        repository = ModelRepository(root)
        card = repository.verify(name)
        content = (repository.folder(name) / CARD).read_bytes()
        is_new = not self._is_there(name, content)
        claim = self._objects.read(f"{CLAIMS}/{name}")
        if is_new and claim not in {None, _digest(content)}:
            raise _claimed(name)
        if is_new and claim is None and self._objects.sizes(str(name)):
            raise VersionTaken(f"The store's folder {name} holds files, but no card; remove it, or wait for its card.")
        sizes = _sizes(repository.folder(name), card)
        return Pushed(card, len(sizes) + 1, sum(sizes.values()) + len(content), is_new)

    def push(
        self,
        name: ModelVersion,
        root: Path,
        *,
        may_reveal: Callable[[], bool] = lambda: True,
        advance: Advance = lambda _: None,
    ) -> Pushed:
        """Copy a version of the folder `root` into the store, its card last: before that it doesn't exist.

        A push that was killed is taken up by pushing the same version again. `may_reveal` is asked before the card.

        Raises:
            VersionTaken: the number is another version's.
            StoreUnfit: the store has no conditional writes.
            PublishWithdrawn: `may_reveal` said no.
            ModelUnknown, VersionUnknown, CardInvalid, VersionDamaged: `root` has no such version, or no whole one.
        """
        pushed = self.check_free(name, root)
        if not pushed.is_new:
            return pushed
        folder = ModelRepository(root).folder(name)
        content = (folder / CARD).read_bytes()
        self._claim(name, content)
        sizes = _sizes(folder, pushed.card)
        for file, size in sizes.items():
            self._objects.upload(f"{name}/{file}", folder / file)
            advance(size)
        self._check_sizes(name, sizes)
        if not may_reveal():
            raise PublishWithdrawn
        if not self._objects.create(f"{name}/{CARD}", content):
            self._is_there(name, content)
        advance(len(content))
        return pushed

    def _copy_card(self, name: ModelVersion, folder: Path, content: bytes) -> None:
        if (folder / CARD).is_file():
            return
        memo = self._objects.read(f"{name}/{RETRAIN}")
        if memo is not None:
            write_atomically(folder / RETRAIN, memo)
        write_atomically(folder / CARD, content)

    def _claim(self, name: ModelVersion, content: bytes) -> None:
        path, digest = f"{CLAIMS}/{name}", _digest(content)
        if self._objects.create(path, digest) and self._objects.create(path, digest):
            raise StoreUnfit("The store of versions ignores conditions of writes (If-None-Match).")
        if self._objects.read(path) != digest:
            raise _claimed(name)

    def _is_there(self, name: ModelVersion, content: bytes) -> bool:
        """Whether the version is in the store; raises `VersionTaken` where another one of its number is."""
        found = self._objects.read(f"{name}/{CARD}")
        if found not in {None, content}:
            raise VersionTaken(f"The store has another version {name.version} of {name.model!r}.")
        return found is not None

    def _check_sizes(self, name: ModelVersion, sizes: dict[str, int]) -> None:
        if self._objects.sizes(str(name)) | {CARD: 0} != sizes | {CARD: 0}:
            raise StoreUnreachable(f"The store doesn't hold the files of {name} as they were sent.")


def _sizes(folder: Path, card: VersionCard) -> dict[str, int]:
    return {file: (folder / file).stat().st_size for file in sorted(card.files)}


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _claimed(name: ModelVersion) -> VersionTaken:
    return VersionTaken(
        f"Another push has begun version {name.version} of {name.model!r}. If it is dead, remove {CLAIMS}/{name} and "
        f"the folder {name} from the store."
    )
