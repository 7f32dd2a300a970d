"""Rollouts' metrics; docs/gateway.md explains each of them."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge

from gateway.rollout.traffic import Traffic, VersionState

PREFIX = "trireme_gateway_"


class RolloutMetrics:
    """How the traffic of models stands, and how often this gateway changed it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        version = ["model", "version"]
        self.weight = Gauge(
            PREFIX + "version_weight", "Percent of the callers who name no version.", version, registry=registry
        )
        self.state = Gauge(
            PREFIX + "version_state",
            "1 for the state that a version is in; retired ones are left out.",
            [*version, "state"],
            registry=registry,
        )
        self.transitions = Counter(
            PREFIX + "transitions",
            "Changes of traffic that this gateway made, by action.",
            ["model", "action"],
            registry=registry,
        )
        self.keeper = Gauge(PREFIX + "rollout_keeper", "1 where this gateway keeps the rollouts.", registry=registry)
        self.shadows = Counter(
            PREFIX + "shadow_requests",
            "Copies of requests for shadow versions, by what became of them.",
            ["model", "outcome"],
            registry=registry,
        )

    def set_traffic(self, traffic: Mapping[str, Traffic]) -> None:
        """Tell how it stands."""
        self.weight.clear()
        self.state.clear()
        for model, found in traffic.items():
            for one in found.versions:
                if one.state is not VersionState.RETIRED:
                    self.weight.labels(model, str(one.version)).set(one.weight)
                    self.state.labels(model, str(one.version), one.state.value).set(1)
