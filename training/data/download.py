"""Downloads of pinned files, with a progress bar; a broken connection is taken up where it broke."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from training.data.storage import storage_errors
from training.errors import DataDamaged, DataUnreachable

ATTEMPTS = 4


@dataclass(frozen=True)
class Pin:
    """What a downloaded file must be."""

    name: str
    bytes: int
    algorithm: str
    digest: str
    """In hexadecimal."""

    def check(self, path: Path) -> None:
        """Raise `DataDamaged` unless the file is the pinned one."""
        with path.open("rb") as file:
            found = hashlib.file_digest(file, self.algorithm).hexdigest()
        if found != self.digest:
            raise DataDamaged(f"The download {self.name} is damaged: its {self.algorithm} differs from the pinned one.")


class Downloader:
    """Downloads files over HTTP."""

    def __init__(self, timeout: httpx.Timeout, console: Console) -> None:
        self._timeout = timeout
        self._console = console

    def fetch(self, url: str, pin: Pin, folder: Path) -> Path:
        """Download `url` to `folder/<pin's name>` and check it.

        Raises:
            DataUnreachable: the server can't be reached, refuses, or breaks off again and again.
            DataDamaged: what it sent is not the pinned file.
            StorageFull: the file doesn't fit.
        """
        target = folder / pin.name
        with self._progress() as progress:
            task = progress.add_task(pin.name, total=pin.bytes)
            self._persist(url, pin, target, lambda done: progress.update(task, completed=done))
        pin.check(target)
        return target

    def _persist(self, url: str, pin: Pin, target: Path, tell: Callable[[int], None], attempts: int = ATTEMPTS) -> None:
        try:
            self._continue(url, pin, target, tell)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            have = target.stat().st_size if target.exists() else 0
            if attempts == 1 or not have:
                reason = f"it broke off after {have:,} bytes" if have else "its host can't be reached"
                raise DataUnreachable(f"{pin.name} can't be downloaded: {reason}.") from error
            self._persist(url, pin, target, tell, attempts - 1)

    def _continue(self, url: str, pin: Pin, target: Path, tell: Callable[[int], None]) -> None:
        have = target.stat().st_size if target.exists() else 0
        # Pinned bytes are counted and continued by position, so nothing may compress them on the way.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with httpx.stream("GET", url, headers=headers, timeout=self._timeout, follow_redirects=True) as answer:
            if not answer.is_success:
                raise DataUnreachable(f"The host of {pin.name} answers with status {answer.status_code}.")
            continued = answer.status_code == httpx.codes.PARTIAL_CONTENT
            _save(answer, target, have if continued else 0, pin, tell)

    def _progress(self) -> Progress:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        return Progress(*columns, console=self._console, transient=True)


def _save(answer: httpx.Response, target: Path, have: int, pin: Pin, tell: Callable[[int], None]) -> None:
    """Write the body behind the first `have` bytes of the file, which is cut there."""
    with storage_errors(target.parent), target.open("ab") as file:
        file.truncate(have)
        for chunk in answer.iter_raw():
            have += file.write(chunk)
            if have > pin.bytes:
                raise DataDamaged(f"The download {pin.name} is damaged: it is longer than it should be.")
            tell(have)
