import hashlib
import io
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from rich.console import Console

from tests.support.http_files import Files, serve_files
from training.data.download import ATTEMPTS, Downloader, Pin
from training.errors import DataDamaged, DataUnreachable

CONTENT = np.random.default_rng(1).bytes(300_000)
PIN = Pin("file.bin", len(CONTENT), "sha256", hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture
def downloader() -> Downloader:
    return Downloader(httpx.Timeout(5), Console(file=io.StringIO()))


@pytest.fixture
def files() -> Iterator[Files]:
    with serve_files(Files({"/file.bin": CONTENT})) as served:
        yield served


def test_a_file_arrives_whole(downloader: Downloader, files: Files, tmp_path: Path) -> None:
    assert downloader.fetch(f"{files.url}/file.bin", PIN, tmp_path).read_bytes() == CONTENT


def test_a_download_that_breaks_off_goes_on_where_it_broke(
    downloader: Downloader, files: Files, tmp_path: Path
) -> None:
    files.break_after = [100_000, 50_000]
    assert downloader.fetch(f"{files.url}/file.bin", PIN, tmp_path).read_bytes() == CONTENT
    assert files.requests == [None, "bytes=100000-", "bytes=150000-"]


def test_it_begins_again_where_the_server_knows_no_ranges(downloader: Downloader, files: Files, tmp_path: Path) -> None:
    files.break_after, files.ranges = [100_000], False
    assert downloader.fetch(f"{files.url}/file.bin", PIN, tmp_path).read_bytes() == CONTENT


def test_it_gives_up_after_a_few_attempts(downloader: Downloader, files: Files, tmp_path: Path) -> None:
    files.break_after = [1000] * 20
    with pytest.raises(DataUnreachable, match="broke off after 4,000 bytes"):
        downloader.fetch(f"{files.url}/file.bin", PIN, tmp_path)
    assert len(files.requests) == ATTEMPTS


@pytest.mark.parametrize(
    "content", [CONTENT[:-1] + b"x", CONTENT + b"x", CONTENT[:-1]], ids=["changed", "long", "short"]
)
def test_other_bytes_than_the_pinned_are_refused(
    downloader: Downloader, files: Files, tmp_path: Path, content: bytes
) -> None:
    files.contents["/file.bin"] = content
    with pytest.raises(DataDamaged, match=r"file\.bin is damaged"):
        downloader.fetch(f"{files.url}/file.bin", PIN, tmp_path)


def test_a_refusal_names_its_status(downloader: Downloader, files: Files, tmp_path: Path) -> None:
    with pytest.raises(DataUnreachable, match="status 404"):
        downloader.fetch(f"{files.url}/other", PIN, tmp_path)


def test_a_host_that_does_not_listen_is_unreachable(downloader: Downloader, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(DataUnreachable, match="its host can't be reached"):
            downloader.fetch(f"http://127.0.0.1:{unused.getsockname()[1]}/x", PIN, tmp_path)
