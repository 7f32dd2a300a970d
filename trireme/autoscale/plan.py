"""Targets and bounds for scaling a model, from its measured service time."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from loadtest.batching import Replica
from trireme.autoscale.behaviour import Behaviour, behaviour
from trireme.autoscale.errors import PlanImpossible
from trireme.autoscale.service import Service
from trireme.autoscale.wish import Wish

SHARE = 0.99
TOO_BUSY = 0.95
"""A busy share from which on it says nothing more: batches grow, and instances are always busy."""
CPU_MARGIN = 10
MIN_CPU, MAX_CPU = 50, 90
EXACT = 1e-9


@dataclass(frozen=True)
class Targets:
    """What each signal is held at; None: the signal isn't used."""

    in_flight: float
    """Items that wait or are computed, a ready replica."""
    item_rate: float
    """Items a second that a ready replica computes."""
    busy_share: float | None
    """Of the time that an instance computes."""
    queue_ratio: float | None
    """Time in Triton's queue over time of computing."""
    cpu_percent: int
    """Of what the container asks for."""


@dataclass(frozen=True)
class Plan:
    """What `trireme autoscale plan` came to."""

    model: str
    service: Service
    wish: Wish
    highest_rate: float
    """Items a second of one replica at which the promise just holds."""
    target_rate: float
    """Items a second of one replica that it is to have: less, because the load grows while a replica starts."""
    targets: Targets
    min_replicas: int
    max_replicas: int
    behaviour: Behaviour

    def replicas(self, rate: float) -> int:
        """Replicas for items a second, however they are packed into requests."""
        return max(self.wish.min_replicas, _needed(rate, self.target_rate))


def plan(model: str, service: Service, wish: Wish) -> Plan:
    """Derive everything; raises `PlanImpossible` where no number of replicas keeps the promise."""
    highest = service.replica.highest_rate(wish.slo_s - wish.overhead_s, SHARE)
    if highest <= 0:
        alone = service.replica.times.seconds(1) + wish.overhead_s
        raise PlanImpossible(
            f"One item alone takes {alone * 1000:,.1f} ms with the gateway, longer than the "
            f"{wish.slo_s * 1000:,.0f} ms promised: no number of replicas helps."
        )
    target = highest / wish.growth
    most = _bound(wish.rates, target)
    return Plan(
        model=model,
        service=service,
        wish=wish,
        highest_rate=highest,
        target_rate=target,
        targets=_targets(service.replica, target, wish.together),
        min_replicas=max(wish.min_replicas, _needed(min(wish.rates), target)),
        max_replicas=max(wish.min_replicas, most),
        behaviour=behaviour(wish, max_replicas=most, target_rate=target),
    )


def _targets(replica: Replica, rate: float, together: float) -> Targets:
    busy = replica.busy(rate)
    ratio = replica.mean_wait_s(rate) / replica.times.seconds(replica.batch(rate))
    share = 100 * rate / replica.capacity
    return Targets(
        in_flight=_rounded(replica.in_flight(rate, together)),
        item_rate=_rounded(rate, digits=3),
        busy_share=_rounded(busy) if busy < TOO_BUSY else None,
        # Less than this is what chance and the measuring do.
        queue_ratio=_rounded(max(0.1, ratio)),
        cpu_percent=round(min(MAX_CPU, max(MIN_CPU, share + CPU_MARGIN))),
    )


def _bound(rates: Sequence[float], target: float) -> int:
    """For the highest rate, and one more: a node that dies at that hour, or a rollout, takes one away."""
    return _needed(max(rates), target) + 1


def _needed(rate: float, target: float) -> int:
    return max(1, ceil(rate / target - EXACT))


def _rounded(value: float, digits: int = 2) -> float:
    """So many digits that count, downwards: what is rounded up would promise more."""
    places = digits - 1 - floor(log10(value))
    scale = 10.0**places
    return floor(value * scale + EXACT) / scale
