"""What keeps a load test from running; each message is one sentence."""


class LoadTestError(Exception):
    """A load test can't run."""


class ScenarioUnknown(LoadTestError):
    """No scenario has the name."""


class SamplesMissing(LoadTestError):
    """There is nothing to send: no picture or row in the folder or file that was named."""


class GatewaySilent(LoadTestError):
    """No gateway answers at the address, or it refuses the caller."""


class ServerMissing(LoadTestError):
    """A server that was started ended or did not become ready, or it has no model."""


class LocustFailed(LoadTestError):
    """Locust ended before it had measured anything."""


class TimesInvalid(LoadTestError):
    """Service times that can't be right."""


class CapacityInvalid(LoadTestError):
    """A file for `trireme capacity` that can't be read, or says what can't be."""


class ExperimentInvalid(LoadTestError):
    """A file for `trireme experiment` that can't be read or says what can't be, or a folder that is no experiment."""


class LimitImpossible(LoadTestError):
    """Replicas can't be held to their share of the processors on this machine."""


class ClusterAway(LoadTestError):
    """Kubernetes doesn't answer, refuses, or doesn't have what the plan names."""
