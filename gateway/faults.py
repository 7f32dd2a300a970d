"""Logging what should not have happened, without a word of what a caller sent."""

import logging
import traceback
from pathlib import PurePath

log = logging.getLogger(__name__)


def log_fault(error: Exception, trace_id: str) -> None:
    """Log an unexpected error by its type and place; its text may hold parts of a body, or paths."""
    log.error("%s", described(error), extra={"trace_id": trace_id})


def described(error: BaseException) -> str:
    """An error's type and place."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    place = " < ".join(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {place}" if place else type(error).__name__
