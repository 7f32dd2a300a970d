"""When a client's answers count: after a warm-up, for some seconds."""

import time
from dataclasses import dataclass, field

from loadtest.measurement import Measurement


@dataclass
class Schedule:
    """The clock and the tally of one measurement, shared by its clients."""

    warm_up_s: float
    seconds: float
    started: float = field(default_factory=time.perf_counter)
    latencies_s: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def is_over(self) -> bool:
        """Whether no further request is to be sent."""
        return time.perf_counter() >= self.started + self.warm_up_s + self.seconds

    def note(self, sent: float, *, good: bool) -> None:
        """Count an answer that came now to a request sent at `sent`."""
        now = time.perf_counter()
        if self.started + self.warm_up_s <= now < self.started + self.warm_up_s + self.seconds:
            if good:
                self.latencies_s.append(now - sent)
            else:
                self.errors += 1

    def measurement(self) -> Measurement:
        """What was counted."""
        return Measurement(self.latencies_s, self.seconds, self.errors)
