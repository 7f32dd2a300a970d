"""What a report is made of."""

from dataclasses import dataclass

from pydantic import JsonValue

from contract.card import Lineage
from contract.metrics import Evaluation
from training.data.dataset import DataSet
from training.report.answers import Answers
from training.report.comparison.verdict import Verdict
from training.report.findings import Findings

History = tuple[dict[str, JsonValue], ...]


@dataclass(frozen=True)
class Material:
    """What is known of a trained model; the sections that need what is missing are left out."""

    model: str
    evaluation: Evaluation
    lineage: Lineage
    history: History = ()
    """One entry an epoch, as `training.runs.RunRecord` has it."""
    answers: Answers | None = None
    """To the test examples."""
    data: DataSet | None = None
    """The pictures that the model was trained and tested on."""
    version: int | None = None
    """None for a run that isn't published yet."""
    findings: Findings | None = None
    """There exactly for models of tables."""
    verdict: Verdict | None = None
    """How it did against the version that served, where a retrain job compared them."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the model's output."""
        return tuple(scores.label for scores in self.evaluation.classes)

    @property
    def noun(self) -> str:
        """What an example is."""
        return "picture" if self.findings is None else "row"

    @property
    def title(self) -> str:
        """The model with its version or run."""
        return f"{self.model} version {self.version}" if self.version else f"{self.model}, run {self.lineage.run}"
