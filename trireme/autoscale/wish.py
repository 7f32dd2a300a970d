"""What is wanted of a model that is to be scaled, and what is known of the cluster."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wish:
    """The promise to callers, the load, and how quickly the cluster follows."""

    slo_s: float
    """Seconds within which 99 % of the items are to be answered."""
    rates: tuple[float, ...]
    """Items a second that are expected, such as those of the night and of the busiest hour."""
    together: float = 1.0
    """Items in a request: they arrive at once."""
    startup_s: float = 30.0
    """From the decision for a replica to its first answer."""
    growth_per_minute: float = 0.2
    """By which share the load may grow within a minute."""
    overhead_s: float = 0.005
    """What the gateway and the network add to an answer."""
    sync_s: float = 15.0
    """Between two looks of the HorizontalPodAutoscaler: Kubernetes' default."""
    window_s: float = 30.0
    """Over which the metrics are averaged: that of the shipped rules."""
    min_replicas: int = 1

    @property
    def lag_s(self) -> float:
        """From a load that has grown to a replica that answers: half a window, one look, and the start."""
        return self.window_s / 2 + self.sync_s + self.startup_s

    @property
    def growth(self) -> float:
        """Times that the load may have grown by then."""
        return 1 + self.growth_per_minute * self.lag_s / 60
