"""`python -m gateway`: the gateway alone, until Ctrl-C or SIGTERM."""

import logging
import sys

from contract.environment import check_settings, unknown_variables
from contract.errors import SettingsInvalid
from gateway.app import create_app
from gateway.server import run
from gateway.settings import GatewaySettings
from gateway.telemetry.logs import logging_to

log = logging.getLogger(__name__)


def main() -> int:
    """Serve with the settings of the environment; returns the exit status."""
    try:
        check_settings(GatewaySettings)
        _serve(GatewaySettings())
    except SettingsInvalid as error:
        sys.stderr.writelines(f"{problem}\n" for problem in error.problems)
        return 2
    return 0


def _serve(settings: GatewaySettings) -> None:
    with logging_to(sys.stdout.fileno(), settings):
        for sentence in unknown_variables(GatewaySettings):
            log.warning("%s", sentence)
        run(create_app(settings), settings)


if __name__ == "__main__":
    sys.exit(main())
