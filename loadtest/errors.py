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
