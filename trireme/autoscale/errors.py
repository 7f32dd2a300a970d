"""Errors of `trireme autoscale`.

CommandError
└── PlanImpossible              422  plan-impossible
"""

from trireme.errors import CommandError


class PlanImpossible(CommandError):
    """No plan can be made: nothing is known of the service time, it is nonsense, or it is longer than the promise."""

    status = 422
    code = "plan-impossible"
    title = "There is no such plan"
