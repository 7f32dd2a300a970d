"""The backend folder: whole or not there, and each failure one sentence."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from modelserver import installation as installation_module
from modelserver import layout
from modelserver.errors import LayoutFailed, PathUnsafe, ServerMissing
from modelserver.installation import Installation
from modelserver.layout import lay_out


@pytest.fixture(scope="module")
def installation() -> Installation:
    return Installation.find()


def content(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_ino for path in folder.rglob("*") if path.is_file()}


def test_it_holds_the_library_the_stub_and_our_backends(installation: Installation, tmp_path: Path) -> None:
    backends = lay_out(installation, tmp_path)
    names = content(backends)
    assert {"python/libtriton_python.so", "python/triton_python_backend_stub", "onnxruntime/model.py"} <= names.keys()
    assert os.access(backends / "python" / "triton_python_backend_stub", os.X_OK)
    assert sorted(path.name for path in tmp_path.iterdir()) == [backends.parent.name]


def test_a_whole_one_is_used_again(installation: Installation, tmp_path: Path) -> None:
    before = content(lay_out(installation, tmp_path))
    assert content(lay_out(installation, tmp_path)) == before


@pytest.mark.parametrize("name", ["python/libtriton_python.so", "onnxruntime/model.py"])
@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"x")])
def test_a_damaged_one_is_replaced(installation: Installation, tmp_path: Path, name: str, damage: object) -> None:
    backends = lay_out(installation, tmp_path)
    whole = (backends / name).read_bytes()
    assert callable(damage)
    damage(backends / name)
    assert (lay_out(installation, tmp_path) / name).read_bytes() == whole


def test_another_process_that_was_faster_is_welcome(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = layout._write

    def slower(folder: Path, content: layout.Content) -> None:
        write(folder, content)
        shutil.copytree(folder, folder.parents[1] / folder.parent.name[1:].rpartition("-")[0])

    monkeypatch.setattr(layout, "_write", slower)
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert (lay_out(installation, tmp_path) / "python" / "libtriton_python.so").is_file()


@pytest.mark.parametrize(
    ("number", "sentence"), [(errno.ENOSPC, "is full"), (errno.EDQUOT, "is full"), (errno.EROFS, "can't be written")]
)
def test_a_full_or_read_only_disk_is_one_sentence_and_leaves_nothing(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(shutil, "copy", fail)
    with pytest.raises(LayoutFailed, match=rf"{sentence}.*MODELSERVER_CACHE_DIR"):
        lay_out(installation, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_is_a_file_is_refused(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(LayoutFailed):
        lay_out(installation, tmp_path / "cache")


@pytest.mark.parametrize("name", ["with space", "a;b", "$(x)", "a'b"])
def test_a_cache_path_for_the_shell_is_refused(installation: Installation, tmp_path: Path, name: str) -> None:
    with pytest.raises(PathUnsafe, match="MODELSERVER_CACHE_DIR"):
        lay_out(installation, tmp_path / name)


def test_a_missing_wheel_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation_module, "WHEEL", "no-such-wheel")
    with pytest.raises(ServerMissing, match="modelserver extra"):
        Installation.find()


def test_another_python_and_a_missing_bash_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(installation_module, "python_version", lambda: "2.7")
        with pytest.raises(ServerMissing, match=r"Python 2\.7"):
            Installation.find()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ServerMissing, match="bash"):
        Installation.find()


def test_a_damaged_wheel_is_named(installation: Installation, tmp_path: Path) -> None:
    broken = Installation(**{**vars(installation), "binary": tmp_path / "tritonserver"})
    with pytest.raises(ServerMissing, match="damaged"):
        broken.check()


def test_the_environment_finds_this_python_first_and_reports_nothing(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BASH_ENV", "evil")
    monkeypatch.setenv("LD_LIBRARY_PATH", "mine")
    environment = installation.environment()
    assert "BASH_ENV" not in environment
    assert environment["LD_LIBRARY_PATH"].split(":")[-2:] == [str(installation.libraries), "mine"]
    assert environment["ORT_DISABLE_TELEMETRY"] == "1"
