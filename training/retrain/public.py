"""Text that leaves the machine: into a job's log and its reason."""

import re

LONGEST = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# A space, quote or bracket before it: `32/60` and `http://host/x` are none.
_PATH = re.compile(r"(?<![^\s'\"(\[=:,])/[^\s'\",;:)\]]+(?<!\.)")


def public(text: str) -> str:
    """One line of at most 500 characters, without control characters and absolute paths."""
    line = _PATH.sub("…", _CONTROL.sub(" ", text)).strip()
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
