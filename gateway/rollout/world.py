"""What makes versions be loaded as the traffic wants them: the embedded server's list on a laptop, say."""

from collections.abc import Callable, Iterable
from typing import Protocol

from contract.names import ModelVersion
from contract.served import Served, ServedModel
from gateway.catalogue import Catalogue, Model
from gateway.rollout.traffic import Traffic


class World(Protocol):
    """Where versions are loaded; both methods block and come from a thread."""

    keep: int
    """How many versions of a model to have loaded at least, so that callers may name them."""
    places: int | None
    """How many versions of a model can be loaded at once; None: all that are wanted."""

    def apply(self, wanted: Served) -> None:
        """Have these versions loaded, and after a while no others; asked again and again. Raises `OSError`."""

    def is_ready(self, name: ModelVersion) -> bool:
        """Whether a version is loaded everywhere."""
        ...


class AsServed:
    """A world that somebody else makes: what counts as served is taken to be loaded."""

    keep = 0
    places: int | None = None

    def __init__(self, catalogue: Callable[[], Catalogue]) -> None:
        self._catalogue = catalogue

    def apply(self, wanted: Served) -> None:
        """Nothing."""

    def is_ready(self, name: ModelVersion) -> bool:
        """Whether the version counts as served."""
        model = self._catalogue().models.get(name.model)
        return model is not None and name.version in model.served


def wanted(
    model: Model, traffic: Traffic | None, *, first: int | None, keep: int, places: int | None = None
) -> ServedModel | None:
    """What is to be loaded of a model: what its traffic wants, filled up to `keep` versions with the newest.

    With `places`, no more than so many.

    `first` is the version that begins its traffic where it has none yet.
    """
    if traffic is not None:
        there = _filled(traffic, keep, places) & model.cards.keys()
        stable = traffic.stable.version
        # One that is not in the repository any more can't answer; any other that was wanted can.
        return _served(stable if stable in there else max(there), there) if there else None
    if first is None:
        return None
    stable = first if model.stable is None else model.stable
    found = dict.fromkeys((stable, first, *reversed(model.served)))
    return _served(stable, list(found)[:places])


def _filled(traffic: Traffic, keep: int, places: int | None) -> set[int]:
    loaded = traffic.wanted_in(places)
    fit = sorted((one.version for one in traffic.versions if not one.failed), reverse=True)
    others = [version for version in fit if version not in loaded]
    return {*loaded, *others[: max(0, keep - len(loaded))]}


def _served(stable: int, versions: Iterable[int]) -> ServedModel:
    return ServedModel(stable=stable, versions=tuple(sorted(versions)))
