"""`python -m modelserver`: the supervisor alone, until SIGINT or SIGTERM."""

import logging
import signal
import sys
import threading

from contract.errors import TriremeError
from modelserver.settings import ModelServerSettings
from modelserver.supervisor import Supervisor


def main() -> int:
    """Run the supervisor as the environment says; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    try:
        with Supervisor(ModelServerSettings()):
            ended.wait()
    except TriremeError as error:
        sys.stderr.write(f"{error.detail}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
