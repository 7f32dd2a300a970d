"""Every model that a recipe can make is explained, or says why not."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from contract.inputs import TableInput
from tests.support import mixed_table
from tests.unit.tables.conftest import fit
from training.tables.calibration import Sigmoid
from training.tables.explaining import explain as module
from training.tables.explaining.errors import Unexplained
from training.tables.explaining.explain import explain
from training.tables.explaining.features import Sources
from training.tables.pipeline import TableModel

FORESTS = product(["random_forest"], ["median", "none"], ["standard", "none"], ["one-hot"])
BOOSTERS = product(["lightgbm"], ["median", "none"], ["standard", "none"], ["one-hot", "native"])
LINEAR = product(["logistic_regression"], ["median", "zero"], ["standard", "none"], ["one-hot"])
DATA = mixed_table.data()


def model_of(kind: str, imputation: str = "median", scaling: str = "none", categories: str = "one-hot") -> TableModel:
    rule = {"imputation": imputation, "scaling": scaling, "categories": categories}
    parameters = {} if kind == "logistic_regression" else {"n_estimators": 8}
    if kind == "lightgbm":
        parameters |= {"min_child_samples": 3, "min_data_per_group": 5}
    else:
        parameters |= {"max_iter": 200} if kind == "logistic_regression" else {}
    return fit(mixed_table.recipe(kind, preprocessing=rule, estimator={"parameters": parameters}), DATA)


@pytest.mark.parametrize(("kind", "imputation", "scaling", "categories"), [*FORESTS, *BOOSTERS, *LINEAR])
@pytest.mark.parametrize("positive", ["good", "bad"])
def test_contributions_add_up_to_the_probability(
    kind: str, imputation: str, scaling: str, categories: str, positive: str
) -> None:
    model = model_of(kind, imputation, scaling, categories)
    rows, _ = mixed_table.rows(60, 9, missing=0.3)
    rows[::5, 2] = 3  # the code of unknown values
    explainer, explanation = explain(model, DATA, positive)
    assert explanation.label == positive
    assert explanation.scale == ("probability" if kind == "random_forest" else "log-odds")
    sums = np.array([base + contributions.sum() for base, contributions in map(explainer.contributions, rows)])
    found = sums if explanation.scale == "probability" else 1 / (1 + np.exp(-sums))
    np.testing.assert_allclose(found, model.probabilities(rows)[:, DATA.labels.index(positive)], atol=1e-6)


@pytest.mark.parametrize("kind", ["lightgbm", "logistic_regression"])
def test_calibrated_log_odds_are_explained_as_calibrated(kind: str) -> None:
    model = model_of(kind).calibrated(Sigmoid(0.7, -0.4))
    explainer, _ = explain(model, DATA, "bad")
    row = DATA.test.features[3]
    base, contributions = explainer.contributions(row)
    chance = model.probabilities(row[None])[0, 1]
    assert 1 / (1 + np.exp(-(base + contributions.sum()))) == pytest.approx(chance, abs=1e-6)


def test_a_calibrated_forest_and_more_labels_are_not_explained() -> None:
    with pytest.raises(Unexplained, match="calibrated forest"):
        explain(model_of("random_forest").calibrated(Sigmoid(0.7, -0.4)), DATA, "bad")
    with pytest.raises(Unexplained, match="it has 3 labels"):
        explain(model_of("random_forest"), mixed_table.data(labels=3), "bad")


def test_an_explanation_that_does_not_add_up_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    original = module.sources_of

    def shifted(model: TableModel, schema: TableInput) -> Sources:
        sources = original(model, schema)
        return replace(sources, preparation=replace(sources.preparation, centre=sources.preparation.centre + 1))

    monkeypatch.setattr(module, "sources_of", shifted)
    with pytest.raises(Unexplained, match="don't add up"):
        explain(model_of("lightgbm", scaling="standard"), DATA, "bad")
