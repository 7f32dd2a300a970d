"""The model server's errors.

ModelServerError
├── ServerMissing           500  server-missing
├── LayoutFailed            507  layout-failed
├── SharedMemoryTooSmall    507  shared-memory-too-small
├── PathUnsafe              422  path-unsafe
├── PortTaken               409  port-taken
├── ServerFailed            500  server-failed
├── ServerUnready           503  server-unready
├── CallFailed              502  call-failed
├── LoadFailed              500  load-failed
└── ConfigRefused           422  config-refused
"""

from contract.errors import TriremeError


class ModelServerError(TriremeError):
    """The embedded server can't do what was asked; these errors are for the person at the machine, not for REST."""

    code = "embedded-server-failed"
    title = "The embedded model server failed"


class ServerMissing(ModelServerError):
    """The wheel with the server, or its stub for this Python, or bash, is not installed."""

    code = "server-missing"
    title = "The embedded Triton isn't installed; install Trireme with its modelserver extra"


class LayoutFailed(ModelServerError):
    """The backends can't be laid out in the cache folder."""

    status = 507
    code = "layout-failed"
    title = "The backends can't be laid out in the cache folder"


class SharedMemoryTooSmall(ModelServerError):
    """`/dev/shm` is missing, read-only or too full for a model's messages."""

    status = 507
    code = "shared-memory-too-small"
    title = "There is too little shared memory"


class PathUnsafe(ModelServerError):
    """A name or path would be read by the shell through which Triton starts its stubs."""

    status = 422
    code = "path-unsafe"
    title = "A path holds characters that Triton's shell would interpret"


class PortTaken(ModelServerError):
    """Another program listens on a port that the server needs."""

    status = 409
    code = "port-taken"
    title = "A port is taken"


class ServerFailed(ModelServerError):
    """The server ended or stayed silent while it was started."""

    code = "server-failed"
    title = "Triton could not be started"


class ServerUnready(ModelServerError):
    """A served version doesn't answer."""

    status = 503
    code = "server-unready"
    title = "A served version doesn't answer"


class CallFailed(ModelServerError):
    """Triton answered a call with an error, or not in time; the detail is Triton's own."""

    status = 502
    code = "call-failed"
    title = "Triton answered with an error"

    def __init__(self, detail: str | None = None, *, timed_out: bool = False) -> None:
        super().__init__(detail)
        self.timed_out = timed_out


class LoadFailed(ModelServerError):
    """Triton refused to load a model."""

    code = "load-failed"
    title = "Triton could not load the model"


class ConfigRefused(ModelServerError):
    """A version's configuration asks for more than the embedded server gives: another backend, a program to run."""

    status = 422
    code = "config-refused"
    title = "The version's configuration is refused"
