"""From a fitted model to its explanations, proved on rows."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from contract.explaining.additive import Additive
from contract.explaining.explanation import Explainer, Explanation, Preparation
from contract.explaining.tree_paths import TreePaths
from contract.inputs import TableInput
from training.tables.dataset import Features, TableData
from training.tables.estimators.boosting import FittedBooster
from training.tables.estimators.forest import FittedForest
from training.tables.estimators.logistic import FittedLogistic
from training.tables.explaining.boosting import boosted_paths
from training.tables.explaining.errors import Unexplained
from training.tables.explaining.features import Feature, Sources
from training.tables.explaining.forest import forest_paths
from training.tables.explaining.linear import linear_terms
from training.tables.fitted import FittedModel
from training.tables.pipeline import TableModel

PROVED = 100
"""Test rows whose contributions must add up to the model's answers ..."""
TOLERANCE = 1e-5
"""... within this, in probability: the model computes some of it in float32."""


def explain(fitted: FittedModel, data: TableData, positive: str) -> tuple[Explainer, Explanation]:
    """What explains the probability of the label `positive`; raises `Unexplained`."""
    if len(data.labels) != 2:
        raise Unexplained(f"it has {len(data.labels)} labels, and explanations are of two")
    if not isinstance(fitted, TableModel):
        raise Unexplained("it is of an unknown form")
    place = data.labels.index(positive)
    sources = sources_of(fitted, data.schema)
    explainer = Explainer(sources.preparation, _model(fitted, sources, data.train.features, sign=2 * place - 1))
    scale = fitted.estimator.link
    _prove(explainer, scale, data.test.features[:PROVED], fitted, place)
    return explainer, Explanation(method=explainer.method, scale=scale, label=positive)


def sources_of(model: TableModel, schema: TableInput) -> Sources:
    """What the estimator's features are made of."""
    prepared, plain = model.preparation, Sources.plain(schema)
    fill = np.where(plain.coded, np.nan, prepared.fill).astype(np.float32)
    centre, spread = plain.preparation.centre.copy(), plain.preparation.spread.copy()
    if prepared.scaling is not None:
        centre[prepared.kept], spread[prepared.kept] = prepared.scaling
    hot = zip(prepared.places.tolist(), prepared.codes.tolist(), strict=True)
    # A missing category is one-hot encoded as a code below 0.
    coded = [Feature(place, int(code) if code >= 0 else plain.missing) for place, code in hot]
    kept = [Feature(place) for place in prepared.kept.tolist()]
    return Sources(schema, (*kept, *coded), Preparation(fill, centre, spread))


def _model(fitted: TableModel, sources: Sources, train: Features, *, sign: int) -> TreePaths | Additive:
    """For the probability of the second label where `sign` is 1, of the first one where it is -1."""
    library, sigmoid = fitted.estimator.library, fitted.sigmoid
    slope, intercept = (1.0, 0.0) if sigmoid is None else (sigmoid.slope, sigmoid.intercept)
    match fitted.estimator:
        case FittedBooster():
            dump = library.dump_model(num_iteration=fitted.rounds)
            return boosted_paths(dump, sources, factor=sign * slope, offset=sign * intercept)
        case FittedLogistic():
            weights, bias = library.coef_[0].astype(np.float64), float(library.intercept_[0])
            return linear_terms(weights, bias, train, sources, factor=sign * slope, offset=sign * intercept)
        case FittedForest() if sigmoid is None:
            return forest_paths(library, sources, factor=sign, offset=0.0 if sign > 0 else 1.0)
        case FittedForest():
            raise Unexplained("the probabilities of a calibrated forest are no sum over its trees")
        case _:
            raise Unexplained("it is of an unknown form")


def _prove(explainer: Explainer, scale: str, rows: Features, fitted: FittedModel, place: int) -> None:
    sums = np.array([_sum(explainer, row) for row in rows])
    found = expit(sums) if scale == "log-odds" else sums
    worst = np.abs(found - fitted.probabilities(rows)[:, place]).max()
    if not worst <= TOLERANCE:
        raise Unexplained(f"its contributions don't add up to its answers: {worst:.1g} is missing")


def _sum(explainer: Explainer, row: NDArray[np.float32]) -> float:
    base, contributions = explainer.contributions(row)
    return base + float(contributions.sum())
