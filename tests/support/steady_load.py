"""Callers who never stop asking, and remember what they got."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

CALLERS = 4


@dataclass
class Answers:
    """What the callers got."""

    versions: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    """Everything that was no answer."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: httpx.Response) -> None:
        """Keep what is to be known of one answer."""
        with self.lock:
            if answer.status_code == 200:
                self.versions[answer.json()["version"]] += 1
            else:
                self.failures.append(answer.text)

    def taken(self) -> Counter[int]:
        """Answers by version since the last time."""
        with self.lock:
            found, self.versions = self.versions, Counter()
            return found


@contextmanager
def steady_load(url: str, path: str, picture: bytes) -> Iterator[Answers]:
    """Callers in threads of their own, each with one request at a time, until the context ends."""
    answers, stopping = Answers(), threading.Event()

    def call() -> None:
        with httpx.Client(base_url=url, timeout=60, headers={"Content-Type": "image/png"}) as http:
            while not stopping.is_set():
                try:
                    answers.note(http.post(path, content=picture))
                except httpx.TransportError as error:
                    answers.failures.append(repr(error))
                stopping.wait(0.005)

    threads = [threading.Thread(target=call) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
