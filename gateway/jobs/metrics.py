"""Jobs' metrics; docs/gateway.md explains each of them."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge

from contract.jobs.documents import JobKind, JobState

PREFIX = "trireme_gateway_"


class JobMetrics:
    """How jobs stand, and what starting them came to."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.jobs = Gauge(
            PREFIX + "jobs", "Jobs in the database, by kind and state.", ["kind", "state"], registry=registry
        )
        self.launches = Counter(
            PREFIX + "job_launches", "Tries to start a job, by outcome.", ["kind", "outcome"], registry=registry
        )
        self.streams = Gauge(PREFIX + "job_streams", "Open streams of jobs' events.", registry=registry)

    def set_jobs(self, counts: Mapping[tuple[JobKind, JobState], int]) -> None:
        """Tell how many jobs there are."""
        for kind in JobKind:
            for state in JobState:
                self.jobs.labels(kind.value, state.value).set(counts.get((kind, state), 0))
