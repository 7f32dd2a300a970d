"""Two versions of a model that are to be compared, and on which ground they can be."""

from dataclasses import dataclass

from contract.metrics import ClassScores
from training.data.dataset import DataSet
from training.report.comparison.paired import Paired
from training.report.errors import ComparisonInvalid
from training.report.material import Material


@dataclass(frozen=True)
class Contest:
    """The first and the second version.

    Raises `ComparisonInvalid` when they are one version or have no label in common.
    """

    first: Material
    second: Material
    data: DataSet | None = None
    """The test pictures of both, where they are at hand."""

    def __post_init__(self) -> None:
        if self.first.version == self.second.version:
            raise ComparisonInvalid("A version can't be compared with itself.")
        if not self.shared_labels:
            raise ComparisonInvalid(f"{self.first.title} and {self.second.title} have no label in common.")

    @property
    def names(self) -> tuple[str, str]:
        """How plots and tables call the versions."""
        return f"version {self.first.version}", f"version {self.second.version}"

    @property
    def shared_labels(self) -> tuple[str, ...]:
        """The labels that both versions know, in the first one's order."""
        known = set(self.second.labels)
        return tuple(label for label in self.first.labels if label in known)

    @property
    def classes(self) -> tuple[tuple[ClassScores, ClassScores], ...]:
        """Both versions' scores of each shared label."""
        first, second = ({s.label: s for s in side.evaluation.classes} for side in (self.first, self.second))
        return tuple((first[label], second[label]) for label in self.shared_labels)

    @property
    def obstacle(self) -> str | None:
        """Why the versions can't be compared example by example; None where they can."""
        one, other = (side.lineage.data.get("test") for side in (self.first, self.second))
        if one is None or one != other or self.first.labels != self.second.labels:
            return f"they were tested on different {self.first.noun}s or labels"
        sides = zip(self.names, (self.first, self.second), strict=True)
        missing = [name for name, side in sides if side.answers is None]
        return f"the answers of {' and '.join(missing)} were not kept" if missing else None

    @property
    def paired(self) -> Paired | None:
        """The answers example by example, where they can be compared so."""
        if self.obstacle or self.first.answers is None or self.second.answers is None:
            return None
        return Paired(self.first.answers.right, self.second.answers.right)

    @property
    def lacks_pictures(self) -> bool:
        """Whether the pictures that they answered differently should be shown and are not at hand."""
        return self.paired is not None and self.data is None and self.first.findings is None
