"""The kinds of estimators by the names that recipes use."""

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from training.tables.errors import ParametersRefused
from training.tables.estimators.base import Fitted, Kind, Parameters, Task, Watch
from training.tables.estimators.boosting import BoostingKind
from training.tables.estimators.forest import ForestKind
from training.tables.estimators.logistic import LogisticKind
from training.tables.recipe import EstimatorKind
from training.tables.rows import Rows

KINDS: Mapping[EstimatorKind, Kind] = MappingProxyType(
    {"random_forest": ForestKind(), "lightgbm": BoostingKind(), "logistic_regression": LogisticKind()}
)
_OURS = {
    "class_weight": "estimator.class_weights",
    "early_stopping_round": "estimator.early_stopping",
    "early_stopping_rounds": "estimator.early_stopping",
    "is_unbalance": "estimator.class_weights",
    "random_state": "seed",
    "seed": "seed",
}
"""Where a recipe says what the libraries take as parameters."""


def check_names(kind: EstimatorKind, names: Parameters) -> None:
    """Raise `ParametersRefused` for the first name that the estimator doesn't know."""
    for name in names:
        if name not in KINDS[kind].parameters:
            raise ParametersRefused(f"The estimator {kind} takes no parameter {name!r}{_hint(kind, name)}.")


def fit(kind: EstimatorKind, rows: Rows, parameters: Parameters, task: Task, watch: Watch | None = None) -> Fitted:
    """Fit an estimator; raises `ParametersRefused` for a value that the library refuses."""
    try:
        return KINDS[kind].fit(rows, parameters, task, watch)
    except (TypeError, ValueError) as error:
        if not parameters:
            raise
        raise ParametersRefused(f"The estimator {kind} refuses {_refused(parameters, error)}.") from error


def _hint(kind: EstimatorKind, name: str) -> str:
    if name in _OURS:
        return f"; a recipe says it as `{_OURS[name]}`"
    near = get_close_matches(name, KINDS[kind].parameters, n=1)
    return f"; is {near[0]!r} meant?" if near else ""


def _refused(parameters: Parameters, error: Exception) -> str:
    # Libraries name the parameter somewhere in their sentence.
    named = [name for name in parameters if name in str(error)] or parameters
    return ", ".join(f"{name} = {parameters[name]!r}" for name in named)
