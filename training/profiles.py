"""Profiles: how long a run trains, in epochs, so that the outcome doesn't depend on how busy the machine is."""

from dataclasses import dataclass

from training.errors import ProfileUnknown


@dataclass(frozen=True)
class Profile:
    """A length of training, with one schedule of the learning rate over all of it."""

    name: str
    epochs: dict[str, int]
    """By architecture."""
    batch_size: int = 512


PROFILES = {
    # About three minutes on two cores; see docs/results.md for what was measured.
    "quick": Profile("quick", {"fast": 2, "wide": 1, "cnn4": 6}),
    # Less than an hour on two cores.
    "full": Profile("full", {"fast": 40, "wide": 16, "cnn4": 40}),
}


def profile(name: str) -> Profile:
    """The profile of that name; raises `ProfileUnknown`."""
    try:
        return PROFILES[name]
    except KeyError:
        raise ProfileUnknown(f"There is no profile {name!r}; there are {', '.join(PROFILES)}.") from None
