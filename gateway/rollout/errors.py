"""Errors of rollouts.

TriremeError
├── RolloutOff          409  rollout-off
├── RolloutConflict     409  rollout-conflict
├── TransitionRefused   409  transition-refused
├── CanaryMissing       404  canary-missing
└── LeaseLost           500  lease-lost
"""

from contract.errors import TriremeError


class RolloutOff(TriremeError):
    """This gateway keeps no traffic: `GATEWAY_ROLLOUT` is `off`."""

    status = 409
    code = "rollout-off"
    title = "This gateway does no rollouts"


class RolloutConflict(TriremeError):
    """The model's traffic was changed meanwhile, or its revision is not the one that the caller named."""

    status = 409
    code = "rollout-conflict"
    title = "The model's traffic was changed meanwhile"


class TransitionRefused(TriremeError):
    """The version can't go there from where it is; the detail says why."""

    status = 409
    code = "transition-refused"
    title = "The version can't go there from where it is"


class CanaryMissing(TriremeError):
    """No version of the model is a canary now."""

    status = 404
    code = "canary-missing"
    title = "The model has no canary"


class LeaseLost(TriremeError):
    """Another gateway holds the lease by now, so that this one changes nothing; no caller sees it."""

    code = "lease-lost"
    title = "Another gateway holds the lease"
