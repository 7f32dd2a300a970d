"""Callers who never stop asking, and remember what they got."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

CALLERS = 4


@dataclass(frozen=True)
class Answer:
    """What became of one request; times are of the monotonic clock."""

    asked: float
    came: float
    status: int
    """0 where nobody answered."""
    version: int | None
    retry_after: str | None
    text: str

    @classmethod
    def of(cls, asked: float, response: httpx.Response) -> "Answer":
        """Of an answer that came just now."""
        version = response.json()["version"] if response.status_code == 200 else None
        return cls(
            asked, time.monotonic(), response.status_code, version, response.headers.get("Retry-After"), response.text
        )


@dataclass
class Answers:
    """What the callers got."""

    noted: list[Answer] = field(default_factory=list)
    """All of it, in the order in which it came."""
    _taken: int = 0

    @property
    def failures(self) -> list[str]:
        """Everything that was no answer."""
        return [answer.text for answer in list(self.noted) if answer.status != 200]

    def taken(self) -> Counter[int]:
        """Answers by version since the last time."""
        new = self.noted[self._taken :]
        self._taken += len(new)
        return Counter(answer.version for answer in new if answer.version is not None)


@contextmanager
def steady_load(url: str, path: str, picture: bytes) -> Iterator[Answers]:
    """Callers in threads of their own, each with one request at a time, until the context ends."""
    answers, stopping = Answers(), threading.Event()

    def call() -> None:
        with httpx.Client(base_url=url, timeout=60, headers={"Content-Type": "image/png"}) as http:
            while not stopping.is_set():
                asked = time.monotonic()
                try:
                    answers.noted.append(Answer.of(asked, http.post(path, content=picture)))
                    stopping.wait(0.02)
                except httpx.TransportError as error:
                    answers.noted.append(Answer(asked, time.monotonic(), 0, None, None, repr(error)))
                    # Whoever is to start again needs the processors.
                    stopping.wait(0.1)

    threads = [threading.Thread(target=call) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
