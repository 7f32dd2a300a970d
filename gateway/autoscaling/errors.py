"""Errors of the look at autoscalers.

TriremeError
└── RetryLater
    └── AutoscalerUnseen    503  autoscaler-unseen
"""

from gateway.errors import RetryLater


class AutoscalerUnseen(RetryLater):
    """Kubernetes can't be asked about autoscalers now."""

    code = "autoscaler-unseen"
    title = "The autoscaler can't be looked at"
