"""The parts of a laptop's serving and their order: lock, ports, a model, Triton, the gateway; and back again."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

import uvicorn
from gateway.app import create_app
from gateway.settings import GatewaySettings
from modelserver.supervisor import Supervisor
from rich.console import Console

from contract.served import Served
from modelserver.settings import ModelServerSettings
from trireme.errors import NothingToServe
from trireme.serve.banner import banner
from trireme.serve.first_model import ensure_model
from trireme.serve.guards import check_port, sole_server
from trireme.serve.rollout import Rollout
from trireme.settings import TriremeSettings


class Laptop:
    """Everything that `trireme serve` runs."""

    def __init__(
        self, settings: TriremeSettings, gateway: GatewaySettings, model_server: ModelServerSettings, console: Console
    ) -> None:
        self._settings = settings
        self._gateway = gateway
        self._model_server = model_server
        self._console = console

    def serve(self, first_model: str | None) -> None:
        """Serve until SIGINT or SIGTERM; whatever happens, nothing that was started outlives this call."""
        with _signals_unwind(), sole_server(self._settings.state_dir):
            self._check_ports()
            if first_model is not None:
                ensure_model(first_model, self._settings.repository)
            with Rollout(self._settings) as served:
                if not served.models:
                    raise NothingToServe("No model to serve; train a first one with: trireme train cifar10 --publish")
                self._serve(served)

    def _serve(self, served: Served) -> None:
        with ExitStack() as stack:
            with self._console.status("starting Triton"):
                supervisor = stack.enter_context(Supervisor(self._model_server))
                supervisor.wait_ready(self._settings.start_timeout_s)
            stack.callback(self._console.print, "stopping…")
            text = banner(served, self._settings.repository, self._gateway)
            Gateway(self._gateway, lambda: self._console.print(text)).run()

    def _check_ports(self) -> None:
        check_port(self._gateway.host, self._gateway.port, "GATEWAY_PORT")
        for name in ("http_port", "grpc_port", "metrics_port"):
            check_port("127.0.0.1", getattr(self._model_server, name), f"MODELSERVER_{name.upper()}")


class Gateway(uvicorn.Server):
    """The gateway's server, which tells when it listens."""

    def __init__(self, settings: GatewaySettings, announce: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(settings), host=settings.host, port=settings.port, log_config=None, access_log=False
            )
        )
        self._announce = announce

    async def startup(self, sockets: list[object] | None = None) -> None:
        """Start listening, then announce."""
        await super().startup(sockets)  # type: ignore[arg-type]
        self._announce()


@contextmanager
def _signals_unwind() -> Iterator[None]:
    """Make SIGTERM and SIGHUP unwind the stack as Ctrl-C does, and end quietly after any of them."""

    def unwind(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = {number: signal.signal(number, unwind) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
