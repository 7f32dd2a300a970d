"""Errors of `trireme autoscale`.

CommandError
├── PlanImpossible              422  plan-impossible
└── StartupUnknown              503  startup-unknown
"""

from trireme.errors import CommandError


class PlanImpossible(CommandError):
    """No plan can be made: nothing is known of the service time, it is nonsense, or it is longer than the promise."""

    status = 422
    code = "plan-impossible"
    title = "There is no such plan"


class StartupUnknown(CommandError):
    """Kubernetes doesn't answer, or there is no replica to ask about."""

    status = 503
    code = "startup-unknown"
    title = "It isn't known how long a replica takes"
