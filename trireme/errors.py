"""Errors of the command and the client.

TriremeError
├── CommandError
│   ├── ExtraMissing        500  extra-missing
│   ├── AlreadyServing      409  already-serving
│   ├── NothingToServe      409  nothing-to-serve
│   ├── StartFailed         500  start-failed
│   ├── FileUnreadable      422  file-unreadable
│   └── FileUnwritable      500  file-unwritable
└── ClientError
    ├── GatewayAway         503  gateway-away
    └── Refused             (the gateway's own status and code)
"""

from collections.abc import Mapping

from contract.errors import TriremeError


class CommandError(TriremeError):
    """A command can't do what was asked."""

    code = "command-failed"
    title = "The command failed"


class ExtraMissing(CommandError):
    """A part of the project isn't installed."""

    code = "extra-missing"
    title = "A part of Trireme isn't installed"


class AlreadyServing(CommandError):
    """Another `trireme serve` works on the same state folder."""

    status = 409
    code = "already-serving"
    title = "Another `trireme serve` runs here"


class NothingToServe(CommandError):
    """The repository is empty."""

    status = 409
    code = "nothing-to-serve"
    title = "The repository holds no model"


class StartFailed(CommandError):
    """A part didn't become ready."""

    code = "start-failed"
    title = "Serving didn't start"


class FileUnreadable(CommandError):
    """A file that was named on the command line can't be read."""

    status = 422
    code = "file-unreadable"
    title = "The file can't be read"


class FileUnwritable(CommandError):
    """A file that was named on the command line can't be written; what was there before is still there."""

    code = "file-unwritable"
    title = "The file can't be written"


class ClientError(TriremeError):
    """A request to the gateway failed."""

    code = "request-failed"
    title = "The request failed"


class GatewayAway(ClientError):
    """No gateway answers at the address."""

    status = 503
    code = "gateway-away"
    title = "No gateway answers"


class Refused(ClientError):
    """The gateway answered with a problem; status and code are the gateway's."""

    def __init__(self, *, status: int, code: str, detail: str, refused: Mapping[str, int] | None = None) -> None:
        super().__init__(detail)
        self.problem_status = status
        self.problem_code = code
        self.refused = dict(refused or {})
        """Of an upload: how many examples were refused, by code."""
