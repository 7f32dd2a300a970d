"""What a user asks for, and the plan that follows from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from contract.names import check_model_name
from training.batches import fitting
from training.class_weights import Choice, class_weights
from training.data.catalog import DEFAULT_SIZE
from training.data.cifar10 import NAME as CIFAR10
from training.data.dataset import DataSet
from training.data.reading import MAX_BAD
from training.errors import ArchitectureUnknown, RequestInvalid
from training.hardware import Precision
from training.parent import Parent
from training.plan import RunPlan
from training.profiles import profile

PROFILE, FINE_TUNING = "quick", "finetune"
MINIMUM_SIZE = 16
"""Three max-pools and a 2×2 convolution leave one pixel of sixteen."""


@dataclass(frozen=True)
class TrainingRequest:
    """The wishes for a new run."""

    model: str
    profile: str = PROFILE
    architecture: str | None = None
    """Instead of the profile's."""
    folder: Path | None = None
    """A picture folder; without it the model's name must be that of a known data set."""
    base: str | None = None
    """The data set as the catalog knows it, where neither folder nor name tells it."""
    size: int = DEFAULT_SIZE
    seed: int = 0
    epochs: int | None = None
    """Instead of the profile's."""
    patience: int | None = None
    """Instead of the profile's."""
    mirrored: bool = False
    """Average the answers to a picture and to its mirror image, in the exported graph."""
    parent: Parent | None = None
    """The version to fine-tune from."""
    class_weights: Choice = "auto"
    max_bad: float = MAX_BAD
    """Share of a folder's files that may be left out because they can't be read."""
    job: str | None = None
    """The retrain job that wants the run."""
    batches: tuple[str, ...] = ()
    """The batches of uploaded examples among the training pictures."""

    @classmethod
    def of(
        cls,
        model: str,
        parent: Parent | None,
        *,
        profile: str | None = None,
        architecture: str | None = None,
        size: int | None = None,
        **wishes: Any,
    ) -> Self:
        """A request whose defaults are the parent's network and pictures and a gentle profile, where there is one."""
        if parent is None:
            return cls(model, profile or PROFILE, architecture, size=size or DEFAULT_SIZE, **wishes)
        profile, architecture = profile or FINE_TUNING, architecture or parent.architecture
        return cls(model, profile, architecture, size=size or parent.size, parent=parent, **wishes)

    def check(self) -> None:
        """Find what is wrong before any data are seen.

        Raises:
            NameInvalid: the model's name breaks the naming rule.
            ProfileUnknown, ArchitectureUnknown: there is no such profile or architecture.
            ParentUnfit: the parent is another network.
            RequestInvalid: there are no data for this model, or a number is out of its range.
        """
        check_model_name(self.model)
        if self.folder is None and self.base is None and self.model != CIFAR10:
            raise RequestInvalid(f"There is no data set {self.model!r}; give a picture folder with --data.")
        if self.size < MINIMUM_SIZE:
            raise RequestInvalid(f"Pictures must be at least {MINIMUM_SIZE} pixels wide and high.")
        if self.seed < 0 or (self.epochs is not None and self.epochs < 1) or (self.patience or 0) < 0:
            raise RequestInvalid("A seed and a patience are 0 or more, and there is at least one epoch.")
        if not 0 <= self.max_bad <= 1:
            raise RequestInvalid("The share of pictures that may be left out is from 0 to 1.")
        self._check_architecture()
        if self.parent:
            self.parent.check(self.architecture or profile(self.profile).architecture)

    def _check_architecture(self) -> None:
        known = profile(self.profile).epochs
        if self.architecture is not None and self.architecture not in known:
            raise ArchitectureUnknown(f"There is no architecture {self.architecture!r}; there are {', '.join(known)}.")

    @property
    def source(self) -> str:
        """The data set, as the catalog knows it."""
        if self.base is not None:
            return self.base
        return CIFAR10 if self.folder is None else str(self.folder.resolve())

    def plan(self, run: str, data: DataSet, precision: Precision) -> RunPlan:
        """The plan of a run with this data."""
        chosen = profile(self.profile)
        architecture = self.architecture or chosen.architecture
        fits = fitting(chosen.batch_size, data.input.height, data.input.width)
        batch = min(fits, len(data.train))
        return RunPlan(
            id=run,
            model=self.model,
            source=self.source,
            origin=data.origin,
            input=data.input,
            labels=data.labels,
            data=data.digests(),
            architecture=architecture,
            profile=self.profile,
            epochs=self.epochs or chosen.epochs_of(architecture, len(data.train) // batch),
            batch_size=batch,
            seed=self.seed,
            precision=precision,
            patience=chosen.patience if self.patience is None else self.patience,
            mirrored=self.mirrored,
            parent=self.parent and self.parent.name,
            # In proportion to the batch: an epoch moves the weights as far in many small steps as in few large ones.
            rate=chosen.rate * fits / chosen.batch_size,
            class_weights=class_weights(data.train.labels, len(data.labels), self.class_weights),
            max_bad=self.max_bad,
            job=self.job,
            batches=self.batches,
        )
