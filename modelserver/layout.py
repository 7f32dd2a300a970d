"""The backend folder that Triton wants, laid out once in the user's cache.

    <cache>/triton-<wheel>-py<python>/backends/python/        the library and the stub, copies from the wheel
    <cache>/triton-<wheel>-py<python>/backends/<ours>/model.py  one line that imports `modelserver.backends.<ours>`

Copies, because Triton refuses a library whose real path lies outside its backend folder.
"""

import errno
import re
import shutil
import tempfile
from pathlib import Path

from contract.triton import BACKEND_PARAMETERS
from modelserver.errors import LayoutFailed, PathUnsafe
from modelserver.installation import Installation, python_version

SAFE_PATH = re.compile(r"[\w./+-]+", re.ASCII)
"""What a path may hold that Triton puts, unquoted, into the shell command of a stub."""


def lay_out(installation: Installation, cache: Path) -> Path:
    """The backend folder; made where it is missing or damaged, in one rename. Raises `LayoutFailed`, `PathUnsafe`."""
    folder = cache.absolute() / f"triton-{installation.wheel_version}-py{python_version()}"
    if not SAFE_PATH.fullmatch(str(folder)):
        raise PathUnsafe(
            f"The cache folder {str(cache)!r} has characters in its path that Triton can't take; "
            "set MODELSERVER_CACHE_DIR to another one."
        )
    try:
        if not _is_whole(folder, _content(installation)):
            _replace(folder, _content(installation))
    except OSError as error:
        raise LayoutFailed(_reason(error, cache)) from error
    return folder / "backends"


Content = dict[str, Path | str]
"""What each file of the layout is: a copy of a file, or a text."""


def _content(installation: Installation) -> Content:
    copies: Content = {
        f"backends/python/{path.name}": path
        for path in (*installation.python_backend.iterdir(), installation.stub)
        if path.is_file()
    }
    shims = {
        f"backends/{name}/model.py": f"from modelserver.backends.{name}.model import TritonPythonModel\n"
        for name in BACKEND_PARAMETERS
    }
    return copies | shims


def _is_whole(folder: Path, content: Content) -> bool:
    return all(_is_there(folder / name, source) for name, source in content.items())


def _is_there(path: Path, source: Path | str) -> bool:
    if not path.is_file():
        return False
    if isinstance(source, str):
        return path.read_text() == source
    return path.stat().st_size == source.stat().st_size


def _replace(folder: Path, content: Content) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        fresh = Path(scratch) / "fresh"
        _write(fresh, content)
        # A damaged one is moved aside first; a server that runs from it keeps its open files.
        if folder.exists():
            folder.rename(Path(scratch) / "old")
        try:
            fresh.rename(folder)
        except OSError:
            # Another process was faster, which is as good.
            if not _is_whole(folder, content):
                raise


def _write(folder: Path, content: Content) -> None:
    for name, source in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, str):
            path.write_text(source)
        else:
            shutil.copy(source, path)


def _reason(error: OSError, cache: Path) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk of the cache folder {str(cache)!r} is full; free some space or set MODELSERVER_CACHE_DIR."
    return f"The cache folder {str(cache)!r} can't be written; set MODELSERVER_CACHE_DIR to another one."
