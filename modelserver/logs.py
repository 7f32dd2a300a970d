"""Triton's output, line by line, as records of Python's logging."""

import logging
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

TRITON = "modelserver.triton"
"""Name of the logger that carries Triton's own messages."""
KEPT_LINES = 50

_LEVELS = {"E": logging.ERROR, "W": logging.WARNING, "I": logging.DEBUG, "F": logging.CRITICAL}
# glog's form: level and date, time, process, file:line], message (in quotes since 24.08).
_LINE = re.compile(r'^(?P<level>[IWEF])\d{4} [\d:.]+ \d+ (?P<file>[\w.]+):\d+\] ?"?(?P<message>.*?)"?$')
# What Triton says on every machine without a GPU.
_NO_GPU = re.compile(r"CUDA|Cuda|NVML|DCGM|pinned memory")
# What Triton says of each folder beside `1/`: a version's plots are none of its business.
_PLOTS = re.compile(r"ignore version directory 'plots'")


@dataclass(frozen=True)
class Record:
    """One message and its level of `logging`."""

    level: int
    message: str


def parse(line: str) -> Record | None:
    """The record in a line; None for an empty line or a part of the tables that Triton prints at its start.

    Triton's routine messages become debug, and so do its complaints about a missing GPU and about plots. A line in no
    known form, such as the output of a library inside a stub, becomes info.
    """
    text = line.strip()
    if not text or text[0] in "+|":
        return None
    match = _LINE.match(text)
    if match is None:
        return Record(logging.DEBUG if _NO_GPU.search(text) else logging.INFO, text)
    routine = _NO_GPU.search(match["message"]) or _PLOTS.search(match["message"])
    level = logging.DEBUG if routine else _LEVELS[match["level"]]
    return Record(level, match["message"]) if match["message"] else None


class Tail:
    """Forwards lines to a logger and keeps the last errors, which explain why a server ended."""

    def __init__(self, logger: logging.Logger, least: int) -> None:
        self._logger = logger
        self._least = least
        self._errors: deque[str] = deque(maxlen=KEPT_LINES)

    def forward(self, lines: Iterable[str]) -> None:
        """Forward lines until they end."""
        for line in lines:
            record = parse(line)
            if record is not None:
                self._take(record)

    def last_error(self) -> str | None:
        """The latest message of level error, or None."""
        return self._errors[-1] if self._errors else None

    def _take(self, record: Record) -> None:
        if record.level >= logging.ERROR:
            self._errors.append(record.message)
        if record.level >= self._least:
            self._logger.log(record.level, "%s", record.message)
