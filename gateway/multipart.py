"""Reading multipart/form-data, part by part, each in memory as a whole; python-multipart does the parsing.

Starlette's form parser is not used, because it writes larger parts to temporary files and says by a sentence alone
which limit was passed.
"""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from gateway.errors import FieldError, MultipartInvalid, PartTooLarge, RequestInvalid, TooManyParts

NAME_MAX_LENGTH = 255
"""Characters of a file's name that are kept."""


@dataclass(eq=False)
class Part:
    """One part of a multipart body."""

    name: str = ""
    filename: str | None = None
    content: bytearray = field(default_factory=bytearray)
    is_too_large: bool = False
    """Whether it passed the limit; its content is then dropped."""

    def picture(self) -> bytes:
        """The part's content; raises `PartTooLarge`."""
        if self.is_too_large:
            raise PartTooLarge
        return bytes(self.content)


async def read_parts(
    chunks: AsyncIterator[bytes], content_type: str, *, names: tuple[str, ...], max_parts: int, max_part_bytes: int
) -> list[Part]:
    """Every part of a body; raises what `stream_parts` raises."""
    parts = stream_parts(chunks, content_type, names=names, max_parts=max_parts, max_part_bytes=max_part_bytes)
    return [part async for part in parts]


async def stream_parts(
    chunks: AsyncIterator[bytes], content_type: str, *, names: tuple[str, ...], max_parts: int, max_part_bytes: int
) -> AsyncIterator[Part]:
    """The parts of a body, each as soon as it is there; nothing more is read before the next one is asked for.

    Raises:
        MultipartInvalid: the body is not well-formed.
        RequestInvalid: a part has a name that is not among `names`.
        TooManyParts: there are more than `max_parts`; reading stops at the first too many.
    """
    collector = _Collector(names, max_parts, max_part_bytes)
    with _told():
        parser = collector.parser(_boundary(content_type))
    async for chunk in chunks:
        with _told():
            parser.write(chunk)
        for part in collector.taken():
            yield part
    with _told():
        parser.finalize()
    if not collector.has_ended:
        raise MultipartInvalid("The multipart body breaks off.")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except FormParserError:
        raise MultipartInvalid from None


def _boundary(content_type: str) -> bytes:
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise MultipartInvalid("The content type names no boundary.")
    return boundary


class _Collector:
    """What the parser tells, as parts."""

    def __init__(self, names: tuple[str, ...], max_parts: int, max_part_bytes: int) -> None:
        self._names = names
        self._max_parts = max_parts
        self._max_part_bytes = max_part_bytes
        self._header = b""
        self._value = b""
        self._disposition = b""
        self._part = Part()
        self._begun = 0
        self._ended: list[Part] = []
        self.has_ended = False

    def taken(self) -> list[Part]:
        """The parts that ended since the last call."""
        ended, self._ended = self._ended, []
        return ended

    def parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._add_header,
                "on_header_value": self._add_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
                "on_part_data": self._add_data,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    def _begin(self) -> None:
        if self._begun >= self._max_parts:
            raise TooManyParts(f"The request has more than {self._max_parts:,} part(s).")
        self._begun += 1
        self._disposition = b""
        self._part = Part()

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header, self._value = b"", b""

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        part = self._part
        part.name = _text(options.get(b"name", b""))
        if part.name not in self._names:
            allowed = " or ".join(self._names)
            raise RequestInvalid(FieldError(field="body", message=f"A part must be named {allowed}."))
        if b"filename" in options:
            part.filename = _text(options[b"filename"])[:NAME_MAX_LENGTH]

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        part.is_too_large |= len(part.content) + end - start > self._max_part_bytes
        if part.is_too_large:
            part.content.clear()
        else:
            part.content += data[start:end]

    def _end_part(self) -> None:
        self._ended.append(self._part)

    def _end(self) -> None:
        self.has_ended = True


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")
