"""How a network is optimised: the optimiser with its figures, and the learning rate's course."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras
from keras import ops

RISE, START, END = 0.23, 0.2, 0.07
"""The rate rises during the first 23 % of all steps from 20 % of its peak, and falls to 7 % of it (airbench)."""


@dataclass(frozen=True)
class Recipe:
    """An optimiser's figures, per architecture; `peak_rate` is for batches of 512."""

    optimizer: Literal["sgd", "adamw"]
    peak_rate: float
    weight_decay: float
    """Decoupled: each step shrinks a weight by this share times the rate."""
    bias_boost: float
    """BatchNorm's offsets learn this much faster than the rest."""
    label_smoothing: float
    lookahead: bool = False
    """Whether slow weights are averaged beside the fast ones; see `training.lookahead`."""


class Triangular(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # Keras has no types
    """Up in a straight line, then down in a straight line."""

    def __init__(self, peak: float, steps: int) -> None:
        self.peak = peak
        self.steps = steps

    def __call__(self, step: keras.KerasTensor) -> keras.KerasTensor:
        """The rate at a step (an integer scalar, from 0) as a float32 scalar."""
        done = ops.cast(step, "float32") / self.steps
        rise = START + (1 - START) * done / RISE
        fall = 1 - (1 - END) * (done - RISE) / (1 - RISE)
        return self.peak * ops.maximum(ops.minimum(rise, fall), 0.0)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as Keras wants them."""
        return {"peak": self.peak, "steps": self.steps}


def make_optimizer(recipe: Recipe, variables: Sequence[keras.Variable], steps: int) -> keras.optimizers.Optimizer:
    """A built optimiser of `variables` whose rate ends after `steps` steps."""
    rate = Triangular(recipe.peak_rate, steps)
    if recipe.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(rate, momentum=0.85, nesterov=True, weight_decay=recipe.weight_decay)
    else:
        optimizer = keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay)
    optimizer.exclude_from_weight_decay(var_list=[variable for variable in variables if len(variable.shape) < 2])
    optimizer.build(variables)
    return optimizer


def boosts(recipe: Recipe, variables: Sequence[keras.Variable]) -> list[float]:
    """By how much each variable's gradient is multiplied."""
    return [recipe.bias_boost if variable.name == "beta" else 1.0 for variable in variables]
