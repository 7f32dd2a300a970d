"""What a child process writes, on its way to the database."""

import asyncio
import codecs
import re
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from gateway.database.errors import DatabaseUnavailable

MAX_LINE = 500
"""Characters of a line that are kept."""
MOST = 2001
"""Lines of one process that are shipped: one more than a job's log holds, so that its end tells of the others."""
CHUNK = 64 * 1024
BATCH = 200
"""Lines of one transaction."""
PAUSE_S = 0.2
"""Between two transactions of one job."""
# A progress bar goes back to its line's beginning.
ENDS = re.compile(r"[\r\n]+")

Keep = Callable[[Sequence[str]], Awaitable[None]]
"""Where lines go; it may raise `DatabaseUnavailable`."""


class Output:
    """The lines of one process; they are kept in the background, and memory holds a bounded number of them."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._waiting: deque[str] = deque()
        self._left = MOST
        self._sent: list[str] = []
        """On their way, and not yet taken."""
        self._lines = Lines()
        self._is_over = asyncio.Event()
        self.last: str | None = None
        """The last line that wasn't empty."""

    async def read(self, stream: asyncio.StreamReader) -> None:
        """Take in all that comes, until the stream's end."""
        while chunk := await stream.read(CHUNK):
            self._take(self._lines.fed(chunk))
        self._take(self._lines.rest())
        self._is_over.set()

    async def ship(self) -> None:
        """Bring lines to the database, until the end of the stream; what it doesn't take then is lost."""
        while not self._is_over.is_set():
            await self._flush()
            await _passed(self._is_over, PAUSE_S)
        while await self._flush():
            pass

    def _take(self, lines: Sequence[str]) -> None:
        self._waiting.extend(lines[: self._left])
        self._left = max(0, self._left - len(lines))
        if lines:
            self.last = lines[-1]

    async def _flush(self) -> bool:
        while self._waiting and len(self._sent) < BATCH:
            self._sent.append(self._waiting.popleft())
        if not self._sent:
            return False
        try:
            await self._keep(self._sent)
        except DatabaseUnavailable:
            return False
        self._sent.clear()
        return True


class Lines:
    """Cuts bytes into lines that can be shown: bounded, without control characters, and not empty."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def fed(self, chunk: bytes) -> list[str]:
        """The lines that are complete now."""
        *lines, rest = ENDS.split(self._rest + self._decoder.decode(chunk))
        # More of a line than is kept needn't be remembered, but where it ends.
        self._rest = rest[: 2 * MAX_LINE]
        return _shown(lines)

    def rest(self) -> list[str]:
        """What came after the last line's end."""
        return _shown([self._rest])


def _shown(lines: Sequence[str]) -> list[str]:
    cleaned = ("".join(c if c.isprintable() else " " for c in line).strip()[:MAX_LINE] for line in lines)
    return [line for line in cleaned if line]


async def _passed(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
