"""`python -m gateway`: the gateway alone, until Ctrl-C."""

import logging

from gateway.app import create_app
from gateway.server import run
from gateway.settings import GatewaySettings


def main() -> None:
    """Serve with the settings of the environment."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = GatewaySettings()
    run(create_app(settings), settings)


if __name__ == "__main__":
    main()
