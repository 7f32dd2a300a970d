"""The labels, in the order of the model's outputs."""

from collections import Counter
from pathlib import Path

from training.importing.errors import LabelsInvalid

MAX_BYTES = 2**20


def read_labels(given: str) -> tuple[str, ...]:
    """Read a file with one label a line, or a list with commas; raises `LabelsInvalid`."""
    path = Path(given)
    lines = _lines(path) if _is_file(path) else given.split(",")
    labels = tuple(label.strip() for label in lines)
    if len(labels) < 2:
        raise LabelsInvalid(f"{given!r} is neither a file with a label a line nor at least two labels with commas.")
    if not all(labels):
        raise LabelsInvalid("A label is empty.")
    if any(not label.isprintable() for label in labels):
        raise LabelsInvalid("A label has characters that can't be printed.")
    (most, times), *_ = Counter(labels).most_common(1)
    if times > 1:
        raise LabelsInvalid(f"The label {most!r} occurs twice.")
    return labels


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a long list of labels is no file name
        return False


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise LabelsInvalid(f"The file {path} is too large for a list of labels.")
        return path.read_text().rstrip().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LabelsInvalid(f"The labels in {path} can't be read.") from error
