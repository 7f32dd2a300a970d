"""When what came true."""

import time
from collections.abc import Callable

from tests.cluster.kit.kubectl import wait_until

Say = Callable[[str], None]


class Watch:
    """Tells when what came true, in seconds since the beginning."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._began = time.monotonic()

    def until(self, what: str, true: Callable[[], bool], timeout_s: float) -> None:
        """Wait for it, and tell."""
        wait_until(what, true, timeout_s=timeout_s, every_s=0.5)
        self.tell(what)

    def tell(self, what: str) -> None:
        """Tell that it came true now."""
        self._say(f"{time.monotonic() - self._began:6.1f} s  {what}")
