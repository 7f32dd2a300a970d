"""`python -m gateway`: the gateway alone, until Ctrl-C or SIGTERM."""

import contextlib
import signal
import sys

from gateway.app import create_app
from gateway.server import run
from gateway.settings import GatewaySettings
from gateway.telemetry.logs import logging_to


def main() -> None:
    """Serve with the settings of the environment."""
    # uvicorn passes SIGTERM on when it has stopped: it must unwind, as Ctrl-C does, for the log to be written.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = GatewaySettings()
    with contextlib.suppress(KeyboardInterrupt), logging_to(sys.stdout.fileno(), settings):
        run(create_app(settings), settings)


if __name__ == "__main__":
    main()
