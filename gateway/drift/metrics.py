"""Drift's metrics; docs/gateway.md explains each of them. A feature's name is no label: there are thousands."""

import math

from prometheus_client import CollectorRegistry, Gauge

from gateway.drift.answers import DriftReport

PREFIX = "trireme_gateway_drift_"


class DriftMetrics:
    """How models that a policy watches stand, at the last look."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.highest = Gauge(
            PREFIX + "highest_psi",
            "Largest stability index of a watched model's features.",
            ["model"],
            registry=registry,
        )
        self.features = Gauge(
            PREFIX + "features", "Features of a watched model, by verdict.", ["model", "verdict"], registry=registry
        )
        self.predictions = Gauge(
            PREFIX + "predictions", "Predictions of a watched model that were looked at.", ["model"], registry=registry
        )

    def set(self, found: DriftReport) -> None:
        """Tell what a look found."""
        highest = math.nan if found.highest_psi is None else found.highest_psi
        self.highest.labels(found.model).set(highest)
        self.features.labels(found.model, "major").set(found.major)
        self.features.labels(found.model, "moderate").set(found.moderate)
        self.predictions.labels(found.model).set(found.predictions)
