import io
import tarfile
from pathlib import Path

import pytest

from training.data import archives
from training.data.archives import read_members
from training.data.storage import staging, storage_errors
from training.errors import DataDamaged, StorageFailed, StorageFull


def make_archive(path: Path, members: dict[str, bytes], link: str | None = None) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        if link:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/hostname"
            tar.addfile(info)
    return path


def test_only_the_wanted_members_are_read(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "a.tgz", {"x/one": b"1", "../evil": b"2", "x/three": b"3"})
    assert dict(read_members(archive, ["x/one", "x/three"])) == {"x/one": b"1", "x/three": b"3"}
    assert [path.name for path in tmp_path.iterdir()] == ["a.tgz"]


def test_a_missing_member_is_named(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "a.tgz", {"one": b"1"})
    with pytest.raises(DataDamaged, match="lacks two"):
        list(read_members(archive, ["one", "two"]))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "a.tgz", {}, link="one")
    with pytest.raises(DataDamaged, match="plain file"):
        list(read_members(archive, ["one"]))


def test_a_huge_member_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBER_BYTES", 10)
    archive = make_archive(tmp_path / "a.tgz", {"one": b"x" * 11})
    with pytest.raises(DataDamaged, match="sensible size"):
        list(read_members(archive, ["one"]))


@pytest.mark.parametrize("keep", [0, 10, 60])
def test_a_truncated_archive_is_damaged(tmp_path: Path, keep: int) -> None:
    archive = make_archive(tmp_path / "a.tgz", {"one": bytes(range(256)) * 40})
    archive.write_bytes(archive.read_bytes()[:keep])
    with pytest.raises(DataDamaged):
        list(read_members(archive, ["one"]))


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    full = Path("/dev/full")
    with pytest.raises(StorageFull, match="is full"), storage_errors(tmp_path), full.open("wb", buffering=0) as file:
        file.write(b"x")


def test_another_trouble_with_a_folder_names_the_folder_and_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "x"
    with pytest.raises(StorageFailed, match=r"x can't be read or written: not a directory"), storage_errors(folder):
        folder.mkdir()


def test_a_staging_folder_is_gone_whatever_happens(tmp_path: Path) -> None:
    (tmp_path / ".staging").mkdir()
    (tmp_path / ".staging" / "left by a killed process").touch()

    def interrupted() -> None:
        with staging(tmp_path) as folder:
            assert list(folder.iterdir()) == []
            (folder / "part").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []
