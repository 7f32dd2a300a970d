"""Errors of the prediction log.

TriremeError
├── HashKeyInvalid        500  log-hash-key-invalid
├── LogFolderInvalid      500  log-folder-invalid
├── LogOff                404  log-off
└── RetryLater
    └── LogUnavailable    503  log-unavailable
"""

from contract.errors import TriremeError
from gateway.errors import RetryLater


class HashKeyInvalid(TriremeError):
    """The file with the key for hashed columns is missing, or too short."""

    code = "log-hash-key-invalid"
    title = "The prediction log's key can't be read, or has less than 32 bytes"


class LogFolderInvalid(TriremeError):
    """The folder for entries, `GATEWAY_LOG_SPILL`, can't be made or written to."""

    code = "log-folder-invalid"
    title = "The prediction log's folder can't be used"


class LogOff(TriremeError):
    """This gateway keeps no log of predictions."""

    status = 404
    code = "log-off"
    title = "This gateway keeps no log of predictions"


class LogUnavailable(RetryLater):
    """The prediction can't be noted: the gateway's disk, or its place for entries, is full. It was not answered."""

    code = "log-unavailable"
    title = "The prediction can't be noted in the log"
