"""What is seen of the replicas while a cell runs, second by second."""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import psutil

from loadtest.errors import LoadTestError, ServerMissing
from loadtest.experiment.targets.target import Sample, Target

INTERVAL_S = 1.0


@dataclass
class Recording:
    """Samples with their times, in seconds since 1970."""

    samples: list[tuple[float, Sample]] = field(default_factory=list)
    error: LoadTestError | None = None
    """What ended it early."""

    @property
    def last(self) -> Sample | None:
        """The newest sample."""
        return self.samples[-1][1] if self.samples else None

    def cores(self) -> Sequence[float | None]:
        """Processors that were taken until each sample; None for what isn't known."""
        found: list[float | None] = [None] * len(self.samples)
        for place, (now, sample) in enumerate(self.samples):
            found[place] = sample.cpu_cores
            then, before = self.samples[place - 1] if place else (now, sample)
            if sample.cpu_s is not None and before.cpu_s is not None and now > then:
                found[place] = (sample.cpu_s - before.cpu_s) / (now - then)
        return found


@contextlib.contextmanager
def recorded(target: Target) -> Iterator[Recording]:
    """Look at a target each second, in a thread of its own, until the end of the block."""
    recording, stopping = Recording(), threading.Event()
    thread = threading.Thread(target=_follow, args=(target, recording, stopping), daemon=True)
    thread.start()
    try:
        yield recording
    finally:
        stopping.set()
        thread.join()


def _follow(target: Target, recording: Recording, stopping: threading.Event) -> None:
    due = time.monotonic()
    while not stopping.wait(max(0.0, due - time.monotonic())):
        due = max(due + INTERVAL_S, time.monotonic())
        try:
            recording.samples.append((time.time(), target.sample()))
        except LoadTestError as error:
            recording.error = error
            return
        except psutil.NoSuchProcess:
            recording.error = ServerMissing("A replica ended under the load.")
            return
