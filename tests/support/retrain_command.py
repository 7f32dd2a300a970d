"""`python -m training.retrain` on the sample of CIFAR-10, a few steps long; FAULT says what happens at which point.

A fault has a place: `kill:step:8`, `kill:before-reveal` or `kill:after-reveal`; `wait:step:4` makes every step from the
fourth on take a while.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.cifar10 import write_batches
from training import profiles
from training.data import cifar10
from training.profiles import Profile
from training.publish import publisher
from training.retrain import command
from training.retrain.stops import stops


def main() -> int:
    """Do an attempt."""
    cifar10.DIGESTS = write_batches(Path(os.environ["TRAINING_DATA_DIR"]))
    profiles.PROFILES["quick"] = Profile("quick", "fast", {"fast": 3}, batch_size=60)
    kind, _, place = os.environ.get("FAULT", "").partition(":")
    if place.startswith("step:"):
        _in_training(kind, int(place.removeprefix("step:")))
    elif place:
        original = vars(publisher)["reveal"]
        setattr(publisher, "reveal", _killed(original, after=place == "after-reveal"))  # noqa: B010 - for mypy
    with stops() as stop:
        return command.main(stop)


def _killed(original: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    def killed(*arguments: Any) -> None:
        if after:
            original(*arguments)
        _kill()

    return killed


def _in_training(kind: str, step: int) -> None:
    from training.learner import Learner

    original, count = Learner.learn, 0

    def learn(self: Learner, *batch: Any) -> tuple[float, int]:
        nonlocal count
        count += 1
        if count >= step:
            _kill() if kind == "kill" else time.sleep(0.5)
        return original(self, *batch)

    setattr(Learner, "learn", learn)  # noqa: B010 - for mypy


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
