"""A recipe: everything that makes a table model, as one YAML file says it."""

from collections import Counter
from typing import Annotated, Any, Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from contract.base import Document
from contract.columns import Column, ColumnName
from contract.decision import Band
from contract.metrics import Fraction
from contract.names import ModelName
from contract.sql.features import SqlFeatures
from training.tables.origins import Origin

EstimatorKind = Literal["random_forest", "lightgbm", "logistic_regression"]
Metric = Literal["roc_auc", "accuracy", "f1", "log_loss"]
Value = str | int | float | bool | None


class Target(Document):
    """What is predicted: a column, and its values in the order of the model's labels."""

    column: ColumnName
    labels: Annotated[dict[str, str], Field(min_length=2)]
    """The column's values as texts, each with the label that it stands for; one label, one value."""
    positive: str | None = None
    """The label that a decision is about; with two labels, the second one unless named."""

    @model_validator(mode="after")
    def _labels(self) -> Self:
        if len(set(self.labels.values())) != len(self.labels):
            raise ValueError("two values have one label")
        if self.positive is not None and self.positive not in self.labels.values():
            raise ValueError("the positive label is none of the labels")
        return self


class Splits(Document):
    """Which rows are for what; stratified by the target unless a column says it."""

    column: ColumnName | None = None
    """Holds `train`, `validation` or `test` for each row."""
    test: Fraction = 0.2
    """Share of the rows, where no column says it."""
    validation: Fraction = 0.0
    seed: NonNegativeInt | None = None
    """Of the draw; the recipe's seed unless named, so that another seed of learning can leave the split as it is."""


class Preprocessing(Document):
    """What the graph does before the estimator."""

    imputation: Literal["median", "mean", "zero", "none"] = "median"
    """Of missing numbers; `none` leaves NaN to an estimator that takes it."""
    scaling: Literal["standard", "none"] = "none"
    categories: Literal["one-hot", "native"] = "one-hot"
    """`native` leaves codes to an estimator that knows categories."""


class Interval(Document):
    """Values of a parameter, both ends included."""

    low: float
    high: float
    log: bool = False
    integer: bool = False


class Search(Document):
    """How the estimator's parameters are searched, each try judged by cross-validation on the training rows."""

    kind: Literal["none", "grid", "random", "bayesian"] = "none"
    space: dict[str, tuple[Value, ...] | Interval] = Field(default_factory=dict)
    """Values, or for `random` and `bayesian` also intervals, of each parameter."""
    trials: PositiveInt = 20
    """Of `random` and `bayesian`."""
    budget_s: PositiveFloat | None = None
    """Seconds after which no new try begins."""


class CrossValidation(Document):
    """Stratified folds."""

    folds: Annotated[int, Field(ge=2, le=20)] = 5
    repeats: PositiveInt = 1
    metric: Metric = "roc_auc"
    """What the search maximises (log_loss: minimises); `roc_auc` is one-vs-rest beyond two labels."""


class Cost(Document):
    """What wrong decisions cost, in any unit."""

    false_positive: NonNegativeFloat
    false_negative: NonNegativeFloat


class DecisionRule(Document):
    """How a probability becomes a decision, for two labels."""

    threshold: Fraction | Literal["f1", "cost"] = 0.5
    """A fixed one; or that with the best F1; or that with the least cost."""
    cost: Cost | None = None
    bands: tuple[Band, ...] = ()

    @model_validator(mode="after")
    def _cost_given(self) -> Self:
        if (self.threshold == "cost") != (self.cost is not None):
            raise ValueError("costs are given exactly when the threshold is by cost")
        return self


class Estimator(Document):
    """What learns."""

    kind: EstimatorKind
    parameters: dict[str, Any] = Field(default_factory=dict)
    """As the library names them."""
    class_weights: Literal["none", "balanced"] = "none"
    early_stopping: NonNegativeInt = 0
    """Rounds of boosting without a better validation score after which it ends; 0: never. LightGBM only."""


class Recipe(Document):
    """A table model; `trireme train <name or file>` follows it."""

    model: ModelName
    description: str = ""
    origin: Origin
    target: Target
    id: ColumnName | None = None
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    """The features; `trireme data infer` writes them for review."""
    sql: SqlFeatures | None = None
    """How raw tables become the columns; without it the origin holds them."""
    feature_table: bool = False
    """Publish the rows with their ids, so that callers may name them."""
    splits: Splits = Splits()
    preprocessing: Preprocessing = Preprocessing()
    estimator: Estimator
    search: Search = Search()
    cross_validation: CrossValidation = CrossValidation()
    calibration: Literal["none", "sigmoid"] = "none"
    """`sigmoid`: Platt's, for two labels, in the graph."""
    decision: DecisionRule | None = None
    seed: NonNegativeInt = 0

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.decision is not None and len(self.target.labels) != 2:
            raise ValueError("a decision needs two labels")
        if self.feature_table and self.id is None:
            raise ValueError("a feature table needs an id")
        return self

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [*(column.name for column in self.columns), self.target.column, self.id, self.splits.column]
        named = [name for name in names if name is not None]
        if len(set(named)) < len(named):
            repeated = Counter(named).most_common(1)[0][0]
            raise ValueError(f"the column {repeated!r} stands twice among columns, target, id and the splits' column")
        return self
