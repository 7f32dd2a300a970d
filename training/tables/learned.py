"""What learning by a recipe gives."""

from dataclasses import dataclass

from contract.decision import Decision
from contract.metrics import Evaluation
from training.tables.fitted import FittedModel, Probabilities


@dataclass(frozen=True)
class Trial:
    """One try of a search: its parameters, and the metric of each fold."""

    parameters: dict[str, object]
    scores: tuple[float, ...]
    seconds: float


@dataclass(frozen=True)
class Learned:
    """A fitted model with its figures."""

    fitted: FittedModel
    decision: Decision | None
    evaluation: Evaluation
    """On the test rows."""
    test_probabilities: Probabilities
    parameters: dict[str, object]
    """Those that the search found, or the recipe's; of boosting, `n_estimators` is the rounds that the model has."""
    trials: tuple[Trial, ...]
    """The tries of the search, or the one cross-validation of the recipe's parameters."""
    importance: dict[str, float]
    """Permutation importance by column: how much ROC-AUC (accuracy beyond two labels) is lost on the test rows."""
