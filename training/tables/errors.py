"""Errors of table models.

TrainingError
├── EncodingChanged             500  encoding-changed
└── RecipeUnfit                 422  recipe-unfit
    ├── ParametersRefused       422  parameters-refused
    └── GraphTooLarge           422  graph-too-large
"""

from training.errors import TrainingError


class RecipeUnfit(TrainingError):
    """A recipe's parts don't fit together, or not the data."""

    status = 422
    code = "recipe-unfit"
    title = "The recipe doesn't fit"


class ParametersRefused(RecipeUnfit):
    """The estimator doesn't know one of the recipe's parameters, or not that value."""

    code = "parameters-refused"
    title = "The estimator refuses its parameters"


class GraphTooLarge(RecipeUnfit):
    """The model has more nodes than a served graph may have."""

    code = "graph-too-large"
    title = "The model is too large to serve"


class EncodingChanged(TrainingError):
    """Rows that were read back from their features don't become the same features again."""

    code = "encoding-changed"
    title = "A row doesn't become the same features again"
