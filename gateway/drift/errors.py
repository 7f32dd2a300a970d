"""Errors of drift.

TriremeError
└── GatewayError
    └── ReferenceMissing    422  reference-missing
"""

from gateway.errors import GatewayError


class ReferenceMissing(GatewayError):
    """The version was published without what its data looked like: it was imported, or trained by an older Trireme."""

    status = 422
    code = "reference-missing"
    title = "The version has nothing to compare predictions with"
