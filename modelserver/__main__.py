"""`python -m modelserver`: the supervisor alone, until SIGINT, SIGTERM or SIGHUP."""

import logging
import sys

from contract.ending import ending
from contract.errors import TriremeError
from modelserver.settings import ModelServerSettings
from modelserver.supervisor import Supervisor


def main() -> int:
    """Run the supervisor as the environment says; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        with ending() as end, Supervisor(ModelServerSettings()):
            end.wait()
    except TriremeError as error:
        sys.stderr.write(f"{error.detail}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
