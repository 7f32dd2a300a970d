"""Fine-tuning: a published version as the start of a new run."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from contract.card import VersionCard
from contract.names import ModelVersion
from contract.repository import SAVED_MODEL, ModelRepository
from training.checkpoint import Checkpoint
from training.errors import CheckpointInvalid, ParentUnfit, RequestInvalid

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Start:
    """What a run takes over from its parent; kept in the run's folder, so that resuming needs no repository."""

    labels: tuple[str, ...]
    mean: tuple[float, ...]
    """Of each channel of the parent's training pictures, in grey levels: the first layers are used to it."""
    deviation: tuple[float, ...]
    weights: tuple[NDArray[np.float32], ...]
    """In the order of the network's layers."""

    def write(self, path: Path) -> None:
        """Write it to a file that `read` takes, without pickle."""
        state: dict[str, NDArray[np.generic]] = {str(index): weight for index, weight in enumerate(self.weights)}
        Checkpoint(state, {"labels": self.labels, "mean": self.mean, "deviation": self.deviation}).write(path)

    @classmethod
    def read(cls, path: Path) -> "Start":
        """Read what `write` wrote; raises `CheckpointInvalid`."""
        checkpoint = Checkpoint.read(path)
        try:
            figures = {name: tuple(checkpoint.progress[name]) for name in ("labels", "mean", "deviation")}
            weights = tuple(checkpoint.state[str(index)].astype(np.float32) for index in range(len(checkpoint.state)))
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointInvalid(f"The file {path} is damaged.") from error
        return cls(**figures, weights=weights)

    def give_to(self, model: "keras.Model", labels: tuple[str, ...]) -> None:
        """Set a network's weights; of the last layer only those of labels that the parent knows by the same name.

        Raises:
            ParentUnfit: the network has other layers than the parent.
        """
        own = model.get_weights()
        last = len(next(layer for layer in reversed(model.layers) if layer.weights).weights)
        self._check(own, last)
        heads = zip(own[-last:], self.weights[-last:], strict=True)
        model.set_weights([*self.weights[:-last], *(self._head(new, old, labels) for new, old in heads)])

    def _check(self, own: list[NDArray[np.float32]], last: int) -> None:
        shapes, wanted = ([weight.shape for weight in weights] for weights in (self.weights, own))
        heads_differ = [shape[:-1] for shape in shapes[-last:]] != [shape[:-1] for shape in wanted[-last:]]
        if shapes[:-last] != wanted[:-last] or heads_differ:
            raise ParentUnfit("The parent's weights don't fit the network; another picture size may be the reason.")

    def _head(self, new: NDArray[np.float32], old: NDArray[np.float32], labels: tuple[str, ...]) -> NDArray[np.float32]:
        head = new.copy()
        for number, label in enumerate(labels):
            if label in self.labels:
                head[..., number] = old[..., self.labels.index(label)]
        return head


@dataclass(frozen=True)
class Parent:
    """A published version, its files checked against its card."""

    card: VersionCard
    folder: Path

    @property
    def name(self) -> str:
        """Such as `cifar10-v3`."""
        return self.card.name.triton_name

    @property
    def architecture(self) -> str:
        """The network's name; raises `ParentUnfit` where the version wasn't trained by this project."""
        return str(self._parameter("architecture"))

    @property
    def size(self) -> int:
        """Width and height of its pictures in pixels; raises `ParentUnfit` for a model of tables."""
        if self.card.input.kind != "image":
            raise self._no_network()
        return self.card.input.height

    def check(self, architecture: str) -> None:
        """Raise `ParentUnfit` unless a network of this architecture can begin with the version's weights."""
        if self.architecture != architecture:
            raise ParentUnfit(f"{self.name} is a network {self.architecture!r}, not {architecture!r}.")

    def start(self) -> Start:
        """Read the weights: numbers alone, nothing of the SavedModel is run. Raises `ParentUnfit`."""
        from training.saved_model import read_weights  # noqa: PLC0415 - it imports TensorFlow

        mean, deviation = self._parameter("mean"), self._parameter("deviation")
        weights = read_weights(self.folder / SAVED_MODEL)
        return Start(self.card.output.labels, tuple(mean), tuple(deviation), weights)

    def _no_network(self) -> ParentUnfit:
        return ParentUnfit(f"{self.name} is a model of tables; fine-tuning is for pictures.")

    def _parameter(self, name: str) -> Any:
        if self.card.input.kind != "image":
            raise self._no_network()
        try:
            return self.card.lineage.parameters[name]
        except KeyError:
            raise ParentUnfit(
                f"{self.name} was not trained by `trireme train`: there is nothing to go on from."
            ) from None


def find_parent(repository: ModelRepository, wanted: str) -> Parent:
    """The version that `MODEL` (its latest) or `MODEL:VERSION` names.

    Raises:
        RequestInvalid: it names no version.
        ModelUnknown, VersionUnknown: there is none of that name.
        VersionDamaged, CardInvalid: its files aren't those that were published.
    """
    model, colon, number = wanted.partition(":")
    if colon and not (number.isascii() and number.isdigit() and int(number)):
        raise RequestInvalid(f"{wanted!r} names no version; write MODEL, or MODEL:VERSION with a number.")
    name = ModelVersion(model, int(number)) if colon else repository.latest(model)
    return Parent(repository.verify(name), repository.folder(name))
