"""Trees' questions in one form answer as the mixture of forms does."""

from collections import Counter
from typing import Any

import numpy as np
import onnx
import pytest

from tests.support import mixed_table
from tests.unit.tables.conftest import fit, served
from training.tables import comparisons
from training.tables.pipeline import TableModel


def questions(model: TableModel) -> dict[str, Any]:
    graph = onnx.load_model_from_string(model.to_onnx()).graph
    (trees,) = (node for node in graph.node if node.op_type == "TreeEnsembleRegressor")
    return {one.name: onnx.helper.get_attribute_value(one) for one in trees.attribute}


@pytest.fixture(scope="module")
def model() -> TableModel:
    """With questions of categories, and with missing values that go either way."""
    rule = {"imputation": "none", "scaling": "none", "categories": "native"}
    parameters = {"n_estimators": 20, "min_child_samples": 3, "min_data_per_group": 5}
    return fit(
        mixed_table.recipe("lightgbm", preprocessing=rule, estimator={"parameters": parameters}), mixed_table.data()
    )


def test_all_questions_have_one_form(model: TableModel) -> None:
    found = questions(model)
    assert set(found["nodes_modes"]) == {b"LEAF", b"BRANCH_LEQ"}
    assert set(found["nodes_missing_value_tracks_true"]) == {0}


def test_where_too_many_columns_would_be_needed_the_questions_stay_and_so_do_the_answers(
    model: TableModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    features, _ = mixed_table.rows(2_000, 3, missing=0.3)
    expected = served(model)(features)
    monkeypatch.setattr(comparisons, "MOST_COLUMNS", 0)
    found = questions(model)
    assert Counter(found["nodes_modes"])[b"BRANCH_EQ"] > 0
    assert set(found["nodes_missing_value_tracks_true"]) == {0, 1}
    np.testing.assert_array_equal(served(model)(features), expected)
