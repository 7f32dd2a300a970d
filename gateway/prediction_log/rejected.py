"""Entries that the database refuses: set aside, so that they hold up no others, and a person can look at them."""

import os
from pathlib import Path

MAX_BYTES = 16 * 1024 * 1024


def set_aside(path: Path, document: bytes) -> None:
    """Add an entry to a file of JSON Lines; the file before it is kept under its name with `.1`. Raises `OSError`."""
    if path.exists() and path.stat().st_size + len(document) > MAX_BYTES:
        path.replace(Path(f"{path}.1"))
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, document + b"\n")
        os.fdatasync(file)
    finally:
        os.close(file)
