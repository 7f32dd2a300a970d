"""Profiles: how long a run trains, in epochs, so that the outcome doesn't depend on how busy the machine is."""

import math
from dataclasses import dataclass

from training.errors import ProfileUnknown


@dataclass(frozen=True)
class Profile:
    """A length of training, with one schedule of the learning rate over all of it."""

    name: str
    architecture: str
    """The one to take unless the user names another."""
    epochs: dict[str, int]
    """By architecture."""
    batch_size: int = 512
    patience: int = 0
    """Epochs without a better validation accuracy after which a run ends; 0: never."""
    rate: float = 1.0
    """Share of the recipe's learning rates."""
    steps: int = 0
    """At least so many steps: where pictures are few, more epochs."""

    def epochs_of(self, architecture: str, steps_per_epoch: int) -> int:
        """How many epochs a run takes."""
        return max(self.epochs[architecture], math.ceil(self.steps / steps_per_epoch))


PROFILES = {
    # About two minutes on two cores; see docs/results.md for what was measured.
    "quick": Profile("quick", "fast", {"fast": 2, "wide": 1, "cnn4": 6}, steps=80),
    # Less than an hour on two cores. While the rate is high, validation stands still for five epochs and more.
    "full": Profile("full", "wide", {"fast": 40, "wide": 16, "cnn4": 40}, patience=10),
    # From a trained network: the first layers know much already, and a high rate would make them forget it.
    "finetune": Profile("finetune", "fast", {"fast": 8, "wide": 8, "cnn4": 8}, rate=0.3, steps=80),
}


def profile(name: str) -> Profile:
    """The profile of that name; raises `ProfileUnknown`."""
    try:
        return PROFILES[name]
    except KeyError:
        raise ProfileUnknown(f"There is no profile {name!r}; there are {', '.join(PROFILES)}.") from None
