"""The project's own users against a cluster, until a test has seen enough."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from loadtest.results import Failure, Line, Results
from loadtest.run import Now, run
from tests.cluster.serving.clients import Access

THINK_S = 0.5
"""Between an answer and the next request of a user."""


@dataclass
class Load:
    """So many users, who send picture after picture."""

    access: Access
    settings: dict[str, str]
    folder: Path
    _results: Results | None = None
    _ended: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        """Send until the end, and keep what it came to."""
        self._results = run(f"http://{self.access.address}", self.folder, self.settings, self._tell)

    def _tell(self, _: Now) -> None:
        if self._ended.is_set():
            # As Ctrl-C does: the test ends early, and what was measured counts.
            raise KeyboardInterrupt

    @property
    def total(self) -> Line:
        """All requests together, once it is over."""
        return self._over.total

    @property
    def failures(self) -> Sequence[Failure]:
        """What failed, once it is over."""
        return self._over.failures

    @property
    def _over(self) -> Results:
        assert self._results is not None, "Locust left no results"
        return self._results

    def end(self) -> None:
        """Let every user have its last answer."""
        self._ended.set()


@contextmanager
def load(
    access: Access, model: str, folder: Path, *, users: int, pictures: Path, think_s: float = THINK_S
) -> Iterator[Load]:
    """Users in the background; what it came to is there when it is over."""
    settings = {
        "TRIREME_API_KEY": access.key,
        "LOADTEST_MODEL": model,
        "LOADTEST_INPUT": "pictures",
        "LOADTEST_DATA": str(pictures),
        # All of them at once, until the test is over: no scenario of ours is as steady.
        "LOADTEST_SCENARIO": "",
        "LOCUST_RUN_TIME": "1h",
        "LOCUST_USERS": str(users),
        "LOCUST_SPAWN_RATE": str(users),
        "LOADTEST_MIX": '{"predict": 1}',
        "LOADTEST_THINK_S": f"[{think_s}, {think_s}]",
    }
    found = Load(access, settings, folder)
    thread = threading.Thread(target=found.work, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.end()
        thread.join()
