"""What a user asks for, and the plan that follows from it."""

from dataclasses import dataclass
from pathlib import Path

from contract.names import check_model_name
from training.data.catalog import DEFAULT_SIZE
from training.data.cifar10 import NAME as CIFAR10
from training.data.dataset import DataSet
from training.errors import ArchitectureUnknown, RequestInvalid
from training.hardware import Precision
from training.plan import RunPlan
from training.profiles import profile

MINIMUM_SIZE = 16
"""Three max-pools and a 2×2 convolution leave one pixel of sixteen."""


@dataclass(frozen=True)
class TrainingRequest:
    """The wishes for a new run."""

    model: str
    profile: str = "quick"
    architecture: str | None = None
    """Instead of the profile's."""
    folder: Path | None = None
    """A picture folder; without it the model's name must be that of a known data set."""
    size: int = DEFAULT_SIZE
    seed: int = 0
    epochs: int | None = None
    """Instead of the profile's."""
    patience: int | None = None
    """Instead of the profile's."""
    mirrored: bool = False
    """Average the answers to a picture and to its mirror image, in the exported graph."""

    def check(self) -> None:
        """Find what is wrong before any data are seen.

        Raises:
            NameInvalid: the model's name breaks the naming rule.
            ProfileUnknown, ArchitectureUnknown: there is no such profile or architecture.
            RequestInvalid: there are no data for this model, or a number is out of its range.
        """
        check_model_name(self.model)
        if self.folder is None and self.model != CIFAR10:
            raise RequestInvalid(f"There is no data set {self.model!r}; give a picture folder with --folder.")
        if self.size < MINIMUM_SIZE:
            raise RequestInvalid(f"Pictures must be at least {MINIMUM_SIZE} pixels wide and high.")
        if self.seed < 0 or (self.epochs is not None and self.epochs < 1) or (self.patience or 0) < 0:
            raise RequestInvalid("A seed and a patience are 0 or more, and there is at least one epoch.")
        self._check_architecture()

    def _check_architecture(self) -> None:
        known = profile(self.profile).epochs
        if self.architecture is not None and self.architecture not in known:
            raise ArchitectureUnknown(f"There is no architecture {self.architecture!r}; there are {', '.join(known)}.")

    @property
    def source(self) -> str:
        """The data set, as the catalog knows it."""
        return CIFAR10 if self.folder is None else str(self.folder.resolve())

    def plan(self, run: str, data: DataSet, precision: Precision) -> RunPlan:
        """The plan of a run with this data."""
        chosen = profile(self.profile)
        architecture = self.architecture or chosen.architecture
        return RunPlan(
            id=run,
            model=self.model,
            source=self.source,
            input=data.input,
            labels=data.labels,
            data=data.digests(),
            architecture=architecture,
            profile=self.profile,
            epochs=self.epochs or chosen.epochs[architecture],
            batch_size=min(chosen.batch_size, len(data.train)),
            seed=self.seed,
            precision=precision,
            patience=chosen.patience if self.patience is None else self.patience,
            mirrored=self.mirrored,
        )
