"""What batching without waiting comes to under a load: how large batches get, and how long items wait.

The gateway lets what arrives while a call is in flight go together, so batches grow with the load: at an item rate r
of an instance, r × S(b) items arrive while a batch of b is computed, and that many are the next batch. The size is
where both are equal. The wait for a server is that of `queueing`, with the time that an item takes of an instance in
full batches as its service; to that comes the rest of the batch that is being computed when an item arrives.

Batches differ by chance: what arrives in a time is a Poisson count, and a larger batch takes longer, in which more
arrives. So the size's variance is that of an autoregression whose factor is how much each item adds to the next batch.
"""

from dataclasses import dataclass
from math import inf, sqrt
from statistics import NormalDist

from loadtest.batch_times import BatchTimes
from loadtest.queueing import Queue

ROUNDS = 60
"""Of halving an interval: far below a nanosecond."""
MOST_FEEDBACK = 0.98
"""Beyond it the largest batch bounds what the variance doesn't."""


@dataclass(frozen=True)
class Replica:
    """One replica of a model: its instances, and how long they take."""

    times: BatchTimes
    instances: int
    max_batch: int
    arrivals_cv2: float = 1.0
    """How uneven arrivals are: see `queueing.Queue`."""

    @property
    def capacity(self) -> float:
        """Items a second with full batches on all instances."""
        return self.instances * self.max_batch / self.times.seconds(self.max_batch)

    def batch(self, rate: float) -> float:
        """Mean items in a batch at an item rate, from 1 to the largest."""
        each = rate / self.instances
        low, high = 1.0, float(self.max_batch)
        if each * self.times.seconds(low) <= low:
            return low
        for _ in range(ROUNDS):
            middle = (low + high) / 2
            low, high = (middle, high) if each * self.times.seconds(middle) > middle else (low, middle)
        return high

    def busy(self, rate: float) -> float:
        """Share of the time that an instance computes; 1 where batches are what keeps up."""
        batch = self.batch(rate)
        return min(1.0, rate / self.instances * self.times.seconds(batch) / batch)

    def mean_wait_s(self, rate: float, together: float = 1) -> float:
        """Mean wait of an item before its batch is computed, where so many items arrive at once.

        Groups wait as many times as long as single items do (M^X/D/1); one that is too large for a batch is computed
        piece by piece.
        """
        pieces = max(1.0, together / self.max_batch)
        others = (pieces - 1) / 2 * self.times.seconds(self.max_batch) / self.instances
        return together * self._queue(rate).mean_wait_s + self._rest_s(rate, together) / 2 + others

    def latency_s(self, rate: float, share: float) -> float:
        """Time from arrival to answer that a share of items stays within; infinite from saturation on."""
        if rate >= self.capacity:
            return inf
        size = self.large_batch(rate, share)
        seconds = self.times.seconds(size)
        return self._queue(rate).wait_s(share) + seconds * (size - 1) / size + seconds

    def large_batch(self, rate: float, share: float) -> float:
        """Items in a batch that only so few (1 - share) batches are larger than."""
        batch, each = self.batch(rate), rate / self.instances
        mean = min(batch, each * self.times.seconds(batch))
        feedback = min(MOST_FEEDBACK, each * (self.times.seconds(batch + 1) - self.times.seconds(batch)))
        deviation = sqrt(mean / (1 - feedback**2))
        return min(float(self.max_batch), max(1.0, mean + NormalDist().inv_cdf(share) * deviation))

    def in_flight(self, rate: float, together: float = 1) -> float:
        """Mean items that wait or are computed, by Little's law, where so many items arrive at once."""
        size = max(self.batch(rate), min(together, self.max_batch))
        return rate * (self.mean_wait_s(rate, together) + self.times.seconds(size))

    def highest_rate(self, latency_s: float, share: float) -> float:
        """The highest item rate at which a share of items is answered in time; 0 where there is none."""
        if self.times.seconds(1) > latency_s:
            return 0.0
        low, high = 0.0, self.capacity
        for _ in range(ROUNDS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.latency_s(middle, share) <= latency_s else (low, middle)
        return low

    def _queue(self, rate: float) -> Queue:
        return Queue(rate, self.instances / self.capacity, self.instances, self.arrivals_cv2)

    def _rest_s(self, rate: float, together: float = 1) -> float:
        """Of the batch in work: none while each arrival is computed alone, whose wait the queue knows."""
        batch = self.batch(rate)
        return self.times.seconds(batch) * max(0.0, batch - together) / batch
