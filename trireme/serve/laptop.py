"""The parts of a laptop's serving and their order: lock, ports, a model, Triton, the gateway; and back again."""

import logging
from contextlib import ExitStack

from rich.console import Console

from gateway.settings import GatewaySettings
from modelserver.command import Ports
from modelserver.errors import ServerUnready
from modelserver.ports import check_free
from modelserver.settings import ModelServerSettings
from modelserver.status import State
from modelserver.supervisor import Supervisor
from trireme.errors import NothingToServe, StartFailed
from trireme.serve.banner import banner
from trireme.serve.first_model import ensure_model
from trireme.serve.guards import check_port, sole_server
from trireme.serve.rollout import Rollout
from trireme.serve.signals import Signals
from trireme.settings import TriremeSettings

log = logging.getLogger(__name__)


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
        with Signals() as signals, sole_server(self._settings.state_dir):
            self._check_ports()
            if first_model is not None:
                ensure_model(first_model, self._settings.repository)
            rollout = Rollout(self._settings, obeys=self._gateway.rollout == "on")
            with rollout as served:
                if not served.models:
                    raise NothingToServe("No model to serve; train a first one with: trireme train cifar10 --publish")
                self._serve(rollout, signals)

    def _serve(self, rollout: Rollout, signals: Signals) -> None:
        with ExitStack() as stack:
            with self._console.status("starting Triton"):
                with signals.deferred():
                    supervisor = stack.enter_context(Supervisor(self._model_server))
                # While Triton starts.
                from trireme.serve.gateway import Gateway  # noqa: PLC0415 - it takes seconds

                self._wait_ready(supervisor)
            rollout.wait_for(supervisor.is_ready)
            served = rollout.step()
            stack.callback(self._console.print, "stopping…")
            text = banner(served, self._settings.repository, self._gateway)
            gateway = Gateway(self._gateway, rollout, lambda: self._console.print(text))
            gateway.run()
            if gateway.lifespan.should_exit:
                raise StartFailed("The gateway didn't start; the log above says why.")

    def _wait_ready(self, supervisor: Supervisor) -> None:
        """Wait for the versions; one that can't be served stops the start only where it is the only one."""
        try:
            supervisor.wait_ready(self._settings.start_timeout_s)
        except ServerUnready as error:
            if not any(status.state is State.READY for status in supervisor.status().values()):
                raise
            log.warning("%s", error.detail)

    def _check_ports(self) -> None:
        """Training a first model takes minutes: a port that is taken is told before."""
        check_port(self._gateway.host, self._gateway.port, "GATEWAY_PORT")
        server = self._model_server
        check_free(Ports(server.http_port, server.grpc_port, server.metrics_port), server.port_timeout_s)
