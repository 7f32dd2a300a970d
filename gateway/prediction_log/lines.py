"""Entries as lines: the CRC32 of their JSON in 8 hexadecimal digits, a space, the JSON."""

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from pydantic_core import PydanticSerializationError, to_json

from gateway.prediction_log.entry import Entry
from gateway.prediction_log.looks import Look, take

HEAD = 9
"""Bytes before the JSON."""


class Read(NamedTuple):
    """What lines hold."""

    documents: list[bytes]
    """JSON objects, in order."""
    damaged: int
    """Lines that aren't what was written; the last one may be torn, and isn't counted."""


def documents(entries: Sequence[Entry]) -> list[bytes]:
    """Entries as JSON objects, once their pictures have been looked at."""
    take(one.features for one in entries if isinstance(one.features, Look))
    return [document(one) for one in entries]


def document(entry: Entry) -> bytes:
    """An entry as one JSON object, in UTF-8, without a line break."""
    try:
        return to_json(entry, inf_nan_mode="null", fallback=_plain)
    except PydanticSerializationError:
        # A half of a surrogate pair has no UTF-8, but it has an escape; what is no number has no JSON.
        found = json.loads(json.dumps(asdict(entry), default=_plain), parse_constant=lambda _: None)
        return json.dumps(found).encode()


def line(found: bytes) -> bytes:
    """The line of one JSON object."""
    return b"%08x %b\n" % (zlib.crc32(found), found)


def read(lines: Iterable[bytes]) -> Read:
    """Read lines, each with its end; one that is damaged is left out."""
    documents, damaged = [], 0
    for one in lines:
        found = one[HEAD:-1]
        if not one.endswith(b"\n"):
            continue  # torn: its writer was killed before anybody could rely on it
        if one[:HEAD] == b"%08x " % zlib.crc32(found):
            documents.append(found)
        else:
            damaged += 1
    return Read(documents, damaged)


def _plain(value: object) -> Any:
    return value.figures if isinstance(value, Look) else str(value)
