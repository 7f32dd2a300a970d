"""What happens to encoded rows before the estimator: imputation, scaling, one-hot encoding."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from contract.columns import Column
from training.tables.dataset import Features
from training.tables.errors import RecipeUnfit
from training.tables.graph import INPUT, LARGEST, Graph
from training.tables.recipe import Preprocessing

Places = NDArray[np.int64]
MAX_WIDTH = 5_000
_MISSING_CODE = np.float32(-1)
"""Stands for a missing category while it is one-hot encoded; no category has it."""


@dataclass(frozen=True)
class Preparation:
    """Turns encoded rows float32 [n, columns] into what the estimator takes, float32 [n, width].

    First the columns that stay one number each, then one 0 or 1 for each category seen in training, missing among them.
    All arithmetic is float32 with float32 constants, so that the graph gives the same bits: a value that differs in its
    last place may fall on the other side of a tree's threshold.
    """

    fill: Features
    """What a missing value becomes, float32 [columns]; NaN stays NaN."""
    kept: Places
    """Columns that stay one number each, int64 [k]."""
    places: Places
    """Columns that the 0s and 1s are of, int64 [width - k]."""
    codes: Features
    """Codes that they stand for, float32 [width - k]."""
    natives: tuple[int, ...] = ()
    """Which of the `kept`, counted among themselves, are codes of categories."""
    scaling: tuple[Features, Features] | None = None
    """Mean and deviation of the `kept`, float32 [k] each."""

    @property
    def sources(self) -> Places:
        """The column that each prepared one comes from, int64 [width]."""
        return np.concatenate([self.kept, self.places])

    def apply(self, features: Features) -> Features:
        """Prepare rows; may return the very same array."""
        filled = np.where(np.isnan(features), self.fill, features) if self._fills else features
        numbers = filled if self._keeps_all else filled[:, self.kept]
        if self.scaling is not None:
            with np.errstate(over="ignore"):
                numbers = np.clip((numbers - self.scaling[0]) / self.scaling[1], -LARGEST, LARGEST)
        if not len(self.places):
            return numbers
        hot = (filled[:, self.places] == self.codes).astype(np.float32)
        return np.concatenate([numbers, hot], axis=1)

    def add_to(self, graph: Graph) -> str:
        """Add the same to a graph; returns the name of the prepared rows."""
        filled = INPUT
        if self._fills:
            filled = graph.add("Where", graph.add("IsNaN", INPUT), graph.constant(self.fill), INPUT)
        parts = [self._add_numbers(graph, filled)] if len(self.kept) else []
        if len(self.places):
            found = graph.add("Gather", filled, graph.constant(self.places), axis=1)
            parts.append(graph.cast(graph.add("Equal", found, graph.constant(self.codes)), TensorProto.FLOAT))
        return graph.add("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]

    def _add_numbers(self, graph: Graph, filled: str) -> str:
        kept = filled if self._keeps_all else graph.add("Gather", filled, graph.constant(self.kept), axis=1)
        if self.scaling is None:
            return kept
        mean, deviation = map(graph.constant, self.scaling)
        return graph.clip(graph.add("Div", graph.add("Sub", kept, mean), deviation), LARGEST)

    @property
    def _fills(self) -> bool:
        return not np.isnan(self.fill).all()

    @property
    def _keeps_all(self) -> bool:
        return len(self.kept) == len(self.fill)


def fit_preparation(rule: Preprocessing, columns: Sequence[Column], features: Features) -> Preparation:
    """Learn from training rows float32 [n, columns]; raises `RecipeUnfit` where one-hot encoding grows too wide."""
    is_category = np.array([column.type == "category" for column in columns])
    is_hot = is_category & (rule.categories == "one-hot")
    fill = np.full(len(columns), np.nan, np.float32)
    fill[~is_category] = _statistics(rule, features[:, ~is_category])
    fill[is_hot] = _MISSING_CODE
    places, codes = _hot(features, np.flatnonzero(is_hot))
    kept = np.flatnonzero(~is_hot)
    return Preparation(
        fill=fill,
        kept=kept,
        places=places,
        codes=codes,
        natives=tuple(np.flatnonzero(is_category[kept]).tolist()),
        scaling=_scaling(features, fill, kept, is_category) if rule.scaling == "standard" else None,
    )


def _statistics(rule: Preprocessing, numbers: Features) -> Features:
    if rule.imputation == "none" or not numbers.shape[1]:
        return np.full(numbers.shape[1], np.nan, np.float32)
    if rule.imputation == "zero":
        return np.zeros(numbers.shape[1], np.float32)
    imputer = SimpleImputer(strategy=rule.imputation, keep_empty_features=True).fit(numbers)
    return np.asarray(imputer.statistics_, np.float32)


def _hot(features: Features, hot: Places) -> tuple[Places, Features]:
    seen = [np.unique(np.nan_to_num(features[:, place], nan=float(_MISSING_CODE))) for place in hot]
    width = sum(map(len, seen))
    if width > MAX_WIDTH:
        raise RecipeUnfit(
            f"One-hot encoding would make {width:,} columns, more than {MAX_WIDTH:,}; use native categories."
        )
    places = np.repeat(hot, [len(codes) for codes in seen])
    return places.astype(np.int64), np.concatenate([*seen, np.empty(0)]).astype(np.float32)


def _scaling(
    features: Features, fill: Features, kept: Places, is_category: NDArray[np.bool_]
) -> tuple[Features, Features]:
    mean, deviation = np.zeros(len(kept), np.float32), np.ones(len(kept), np.float32)
    numbers = ~is_category[kept]
    if numbers.any():
        chosen = features[:, kept[numbers]]
        with np.errstate(invalid="ignore"):  # a column without any value has no mean
            scaler = StandardScaler().fit(np.where(np.isnan(chosen), fill[kept[numbers]], chosen))
        mean[numbers] = np.nan_to_num(scaler.mean_)
        deviation[numbers] = np.nan_to_num(scaler.scale_, nan=1.0)
    deviation[deviation == 0] = 1  # below what float32 holds
    return mean, deviation
