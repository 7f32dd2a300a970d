"""What batching without waiting comes to under a load: how large batches get, and how long items wait.

The gateway lets what arrives while a call is in flight go together, so batches grow with the load: at an item rate r
of an instance, r × S(b) items arrive while a batch of b is computed, and that many are the next batch. The size is
where both are equal. The wait for a server is that of `queueing`, with the time that an item takes of an instance in
full batches as its service; to that comes the rest of the batch that is being computed when an item arrives.
"""

from dataclasses import dataclass
from math import inf

from loadtest.batch_times import BatchTimes
from loadtest.queueing import Queue

ROUNDS = 60
"""Of halving an interval: far below a nanosecond."""


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

    def mean_wait_s(self, rate: float) -> float:
        """Mean wait of an item before its batch is computed."""
        return self._queue(rate).mean_wait_s + self._rest_s(rate) / 2

    def latency_s(self, rate: float, share: float) -> float:
        """Time from arrival to answer that a share of items stays within; infinite from saturation on."""
        if rate >= self.capacity:
            return inf
        return self._queue(rate).wait_s(share) + self._rest_s(rate) + self.times.seconds(self.batch(rate))

    def in_flight(self, rate: float) -> float:
        """Mean items that wait or are computed, by Little's law."""
        return rate * (self.mean_wait_s(rate) + self.times.seconds(self.batch(rate)))

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

    def _rest_s(self, rate: float) -> float:
        """Of the batch in work: none while each item is computed alone, whose wait the queue knows."""
        batch = self.batch(rate)
        return self.times.seconds(batch) * (batch - 1) / batch
