"""What the store of versions promises; against a real S3 server: tests/integration/store."""

import re
from pathlib import Path
from typing import Any

import obstore
import pytest
from obstore.store import MemoryStore

from contract.errors import VersionDamaged, VersionUnknown
from contract.names import ModelVersion
from contract.repository import CARD, CONFIG, LABELS, ONNX_MODEL, ModelRepository
from tests.support.versions import make_version
from training.errors import PublishWithdrawn
from training.store.errors import StoreUnfit, StoreUnreachable, VersionTaken, VersionTooLarge
from training.store.objects import Objects
from training.store.versions import CLAIMS, VersionStore

NAME = ModelVersion("tiny", 3)
LARGE = 1 << 30


class Recorder(Objects):
    """Remembers what is written, and fails at one of the writes."""

    def __init__(self, store: MemoryStore, fails_at: int = 0) -> None:
        super().__init__(store)
        self.written: list[str] = []
        self._fails_at = fails_at

    def upload(self, path: str, source: Path) -> None:
        self._note(path)
        super().upload(path, source)

    def create(self, path: str, content: bytes) -> bool:
        self._note(path)
        return super().create(path, content)

    def _note(self, path: str) -> None:
        if len(self.written) + 1 == self._fails_at:
            raise StoreUnreachable
        self.written.append(path)


class Careless(Objects):
    """A server that knows no conditions."""

    def create(self, path: str, content: bytes) -> bool:
        obstore.put(self._store, path, content)
        return True


def names(bucket: MemoryStore) -> set[str]:
    return {str(meta["path"]) for chunk in obstore.list(bucket) for meta in chunk}


def other(folder: Path) -> Path:
    """A repository with another version 3."""
    make_version(folder, "tiny", 3, labels=("cat", "dog"))
    return folder


def test_a_pushed_version_is_the_folder_and_can_be_fetched(versions: VersionStore, root: Path, tmp_path: Path) -> None:
    sent: list[int] = []
    pushed = versions.push(NAME, root, advance=sent.append)
    files = [path for path in (root / str(NAME)).rglob("*") if path.is_file()]
    assert (pushed.is_new, pushed.files) == (True, len(files))
    assert pushed.size == sum(sent) == sum(path.stat().st_size for path in files)
    versions.copy_cards("tiny", tmp_path / "copy")
    versions.fetch(NAME, tmp_path / "copy", LARGE)
    assert ModelRepository(tmp_path / "copy").verify(NAME) == ModelRepository(root).card(NAME)


def test_the_claim_is_written_first_and_the_card_last(bucket: MemoryStore, root: Path) -> None:
    recorder = Recorder(bucket)
    VersionStore(recorder).push(NAME, root)
    assert recorder.written[0] == f"{CLAIMS}/{NAME}"
    assert recorder.written[-1] == f"{NAME}/{CARD}"
    assert recorder.written.count(f"{NAME}/{CARD}") == 1


@pytest.mark.parametrize("write", range(1, 8))
def test_wherever_a_push_breaks_off_there_is_no_version_and_it_can_be_taken_up(
    bucket: MemoryStore, versions: VersionStore, root: Path, tmp_path: Path, write: int
) -> None:
    try:
        VersionStore(Recorder(bucket, fails_at=write)).push(NAME, root)
    except StoreUnreachable:
        versions.copy_cards("tiny", tmp_path / "copy")
        assert ModelRepository(tmp_path / "copy").all_versions() == []
        assert versions.push(NAME, root).is_new
    else:
        assert write > 2 + len(ModelRepository(root).card(NAME).files) + 1
    assert not versions.push(NAME, root).is_new


def test_a_number_is_one_version_s(versions: VersionStore, bucket: MemoryStore, root: Path, tmp_path: Path) -> None:
    versions.push(NAME, root)
    before = bytes(obstore.get(bucket, f"{NAME}/{ONNX_MODEL}").bytes())
    with pytest.raises(VersionTaken, match="has another version 3"):
        versions.push(NAME, other(tmp_path / "other"))
    assert bytes(obstore.get(bucket, f"{NAME}/{ONNX_MODEL}").bytes()) == before
    assert not versions.push(NAME, root).is_new


@pytest.mark.parametrize("write", [3, 5])
def test_who_claimed_a_number_keeps_it_though_nothing_is_whole_yet(
    bucket: MemoryStore, versions: VersionStore, root: Path, tmp_path: Path, write: int
) -> None:
    with pytest.raises(StoreUnreachable):
        VersionStore(Recorder(bucket, fails_at=write)).push(NAME, root)
    there = names(bucket)
    with pytest.raises(VersionTaken, match=re.escape("remove .claims/tiny-v3")):
        versions.push(NAME, other(tmp_path / "other"))
    assert names(bucket) == there


def test_a_claim_that_comes_in_between_wins(bucket: MemoryStore, root: Path) -> None:
    class Late(Objects):
        def create(self, path: str, content: bytes) -> bool:
            if path.startswith(CLAIMS):
                obstore.put(bucket, path, b"somebody else's")
            return super().create(path, content)

    with pytest.raises(VersionTaken, match="Another push"):
        VersionStore(Late(bucket)).push(NAME, root)
    assert names(bucket) == {f"{CLAIMS}/{NAME}"}


def test_what_somebody_copies_by_other_means_is_left_alone(
    versions: VersionStore, bucket: MemoryStore, root: Path
) -> None:
    obstore.put(bucket, f"{NAME}/{CONFIG}", b"half of it")
    with pytest.raises(VersionTaken, match="no card"):
        versions.push(NAME, root)
    assert names(bucket) == {f"{NAME}/{CONFIG}"}


def test_a_store_without_conditional_writes_is_refused(bucket: MemoryStore, root: Path) -> None:
    with pytest.raises(StoreUnfit):
        VersionStore(Careless(bucket)).push(NAME, root)
    assert names(bucket) == {f"{CLAIMS}/{NAME}"}


def test_a_version_that_is_not_wanted_any_more_stays_invisible(
    versions: VersionStore, bucket: MemoryStore, root: Path
) -> None:
    with pytest.raises(PublishWithdrawn):
        versions.push(NAME, root, may_reveal=lambda: False)
    assert f"{NAME}/{CARD}" not in names(bucket)


def test_a_damaged_or_missing_version_is_not_pushed(versions: VersionStore, bucket: MemoryStore, root: Path) -> None:
    with pytest.raises(VersionUnknown):
        versions.push(ModelVersion("tiny", 4), root)
    (root / str(NAME) / LABELS).write_text("other\n")
    with pytest.raises(VersionDamaged):
        versions.push(NAME, root)
    assert names(bucket) == set()


def test_what_got_lost_on_the_way_gets_no_card(bucket: MemoryStore, root: Path) -> None:
    class Cut(Objects):
        def upload(self, path: str, source: Path) -> None:
            obstore.put(self._store, path, source.read_bytes()[:-1])

    with pytest.raises(StoreUnreachable, match="as they were sent"):
        VersionStore(Cut(bucket)).push(NAME, root)
    assert f"{NAME}/{CARD}" not in names(bucket)


def test_taken_are_whole_versions_and_those_on_their_way(
    versions: VersionStore, bucket: MemoryStore, root: Path, tmp_path: Path
) -> None:
    versions.push(NAME, root)
    obstore.put(bucket, "tiny-v5/config.pbtxt", b"half")
    obstore.put(bucket, f"{CLAIMS}/tiny-v7", b"claimed")
    obstore.put(bucket, "other-v9/config.pbtxt", b"of another model")
    assert versions.taken("tiny") == [3, 5, 7]
    versions.copy_cards("tiny", tmp_path / "copy")
    assert ModelRepository(tmp_path / "copy").versions("tiny") == [3]
    assert {path.name for path in (tmp_path / "copy").iterdir()} == {"tiny-v3", "tiny-v5", "tiny-v7"}


def test_a_copy_forgets_what_is_not_in_the_store(
    versions: VersionStore, bucket: MemoryStore, root: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    versions.push(NAME, root)
    make_version(copy, "tiny", 3, labels=("cat", "dog"))
    make_version(copy, "tiny", 4)
    obstore.put(bucket, f"{CLAIMS}/tiny-v4", b"claimed by a process that was killed")
    versions.copy_cards("tiny", copy)
    assert ModelRepository(copy).versions("tiny") == [3]
    assert ModelRepository(copy).card(NAME) == ModelRepository(root).card(NAME)


def test_a_version_in_the_store_is_checked_when_it_is_fetched(
    versions: VersionStore, bucket: MemoryStore, root: Path, tmp_path: Path
) -> None:
    versions.push(NAME, root)
    obstore.put(bucket, f"{NAME}/{LABELS}", b"other\n")
    versions.copy_cards("tiny", tmp_path / "copy")
    with pytest.raises(VersionDamaged):
        versions.fetch(NAME, tmp_path / "copy", LARGE)


def test_a_version_that_is_too_large_is_not_fetched(versions: VersionStore, root: Path, tmp_path: Path) -> None:
    size: Any = versions.push(NAME, root).size
    versions.copy_cards("tiny", tmp_path / "copy")
    with pytest.raises(VersionTooLarge):
        versions.fetch(NAME, tmp_path / "copy", 100)
    versions.fetch(NAME, tmp_path / "copy", size)
