"""Errors of the store of versions.

StoreError                  500  store-failed
├── StoreRefused            403  store-refused
├── StoreUnreachable        503  store-unreachable
├── StoreUnfit              501  store-unfit
├── VersionTaken            409  version-taken
└── VersionTooLarge         413  version-too-large
"""

from training.errors import TrainingError


class StoreError(TrainingError):
    """The store of versions can't be used as it was wanted; no version of it has changed."""

    code = "store-failed"
    title = "The store of versions failed"


class StoreRefused(StoreError):
    """The store refuses the credentials, or they lack a right."""

    status = 403
    code = "store-refused"
    title = "The store of versions refuses"


class StoreUnreachable(StoreError):
    """The store doesn't answer, or there is no such bucket."""

    status = 503
    code = "store-unreachable"
    title = "The store of versions can't be reached"


class StoreUnfit(StoreError):
    """The store has no conditional writes, so that two who push the same number can't be kept apart."""

    status = 501
    code = "store-unfit"
    title = "The store of versions has no conditional writes"


class VersionTaken(StoreError):
    """The number belongs to another version, which is in the store or on its way there."""

    status = 409
    code = "version-taken"
    title = "The version's number is taken"


class VersionTooLarge(StoreError):
    """A version in the store is larger than a job may fetch."""

    status = 413
    code = "version-too-large"
    title = "The version is too large to fetch"
