"""What one measurement found, and what several say together."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Measurement:
    """Requests answered within some seconds."""

    latencies_s: Sequence[float]
    seconds: float
    errors: int

    @property
    def throughput(self) -> float:
        """Good answers a second."""
        return len(self.latencies_s) / self.seconds

    def percentile_ms(self, percent: int) -> float:
        """The latency that `percent` of the good answers stayed within, in milliseconds; NaN without answers."""
        if len(self.latencies_s) < 2:
            return float("nan")
        return quantiles(self.latencies_s, n=100)[percent - 1] * 1000


@dataclass(frozen=True)
class Summary:
    """Several rounds of the same measurement."""

    throughput: float
    """Median of the rounds, a second."""
    lowest: float
    highest: float
    p50_ms: float
    p95_ms: float
    errors: int


def summarise(rounds: Sequence[Measurement]) -> Summary:
    """Medians over rounds, and the range of the throughput."""
    throughputs = [one.throughput for one in rounds]
    return Summary(
        throughput=median(throughputs),
        lowest=min(throughputs),
        highest=max(throughputs),
        p50_ms=median(one.percentile_ms(50) for one in rounds),
        p95_ms=median(one.percentile_ms(95) for one in rounds),
        errors=sum(one.errors for one in rounds),
    )
