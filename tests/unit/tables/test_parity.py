"""The graph answers as the fitted libraries do, for every estimator and preprocessing."""

from collections.abc import Callable
from itertools import product

import lightgbm
import numpy as np
import onnx
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from contract.columns import Column
from contract.inputs import TableInput
from contract.triton import IR_VERSION, OPSET
from tests.support import mixed_table
from tests.support.mixed_table import COLUMNS, SCHEMA, rows
from tests.unit.tables.conftest import fit, served
from training.tables import trees
from training.tables.calibration import Sigmoid
from training.tables.dataset import Features, TableData, TableSplit
from training.tables.errors import GraphTooLarge
from training.tables.estimators.boosting import FittedBooster
from training.tables.estimators.forest import FittedForest
from training.tables.pipeline import Pipeline, TableModel
from training.tables.rows import Rows

FORESTS = product(["random_forest"], ["median", "mean", "zero", "none"], ["standard", "none"], ["one-hot"])
BOOSTERS = product(["lightgbm"], ["median", "mean", "zero", "none"], ["standard", "none"], ["one-hot", "native"])
LINEAR = product(["logistic_regression"], ["median", "mean", "zero"], ["standard", "none"], ["one-hot"])
COMBINATIONS = [*FORESTS, *BOOSTERS, *LINEAR]
KINDS = ("random_forest", "lightgbm", "logistic_regression")
CLOSE = 1e-5


def model_of(kind: str, imputation: str, scaling: str, categories: str, labels: int = 2) -> TableModel:
    rule = {"imputation": imputation, "scaling": scaling, "categories": categories}
    parameters = {"max_iter": 50} if kind == "logistic_regression" else {"n_estimators": 8}
    if kind == "lightgbm":
        parameters |= {"min_child_samples": 3, "min_data_per_group": 5}
    recipe = mixed_table.recipe(kind, labels=labels, preprocessing=rule, estimator={"parameters": parameters})
    return fit(recipe, mixed_table.data(labels=labels))


def strange(count: int) -> Features:
    """Rows of which a third of the cells is missing, with categories that training didn't have."""
    features, _ = rows(count, 7, missing=0.3)
    features[::5, 2] = 77
    features[::7, 5] = -3
    features[::11, 0] = 3e38
    return features


@pytest.mark.parametrize(("kind", "imputation", "scaling", "categories"), COMBINATIONS)
@pytest.mark.parametrize("labels", [2, 3])
def test_the_graph_answers_as_the_libraries_do(
    kind: str, imputation: str, scaling: str, categories: str, labels: int
) -> None:
    model = model_of(kind, imputation, scaling, categories, labels)
    features = strange(500)
    answers = served(model)(features)
    assert answers.dtype == np.float32
    assert answers.shape == (500, labels)
    assert np.abs(answers - model.probabilities(features)).max() <= CLOSE
    assert np.abs(answers.sum(axis=1) - 1).max() <= CLOSE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sigmoid", [None, Sigmoid(1.7, -0.4), Sigmoid(0.3, 1.0)])
def test_one_row_alone_and_one_of_many_have_the_same_answer(kind: str, sigmoid: Sigmoid | None) -> None:
    model = model_of(kind, "median", "standard", "one-hot").calibrated(sigmoid)
    features = strange(9_000)
    answer = served(model)
    together = answer(features)
    alone = np.concatenate([answer(features[place : place + 1]) for place in range(50)])
    assert np.abs(together[:50] - alone).max() <= 1e-6
    assert np.abs(together - model.probabilities(features)).max() <= CLOSE


_CODES = st.one_of(st.just(np.nan), st.integers(-2, 40).map(float))
_NUMBERS = st.one_of(_CODES, st.floats(width=32, allow_infinity=False, allow_subnormal=False))
_ROWS = st.integers(1, 6).flatmap(
    lambda count: st.tuples(
        *(
            arrays.arrays(np.float32, count, elements=_CODES if column.type == "category" else _NUMBERS)
            for column in COLUMNS
        )
    ).map(np.column_stack)
)


@pytest.fixture(scope="module", params=[c for c in COMBINATIONS if c[1] in {"median", "none"}], ids="-".join)
def pair(request: pytest.FixtureRequest) -> tuple[TableModel, Callable[[Features], Features]]:
    model = model_of(*request.param)
    return model, served(model)


@given(features=_ROWS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_graph_answers_any_row_as_the_libraries_do(
    pair: tuple[TableModel, Callable[[Features], Features]], features: Features
) -> None:
    model, answer = pair
    assert np.abs(answer(features) - model.probabilities(features)).max() <= CLOSE


@pytest.mark.parametrize("scaling", ["standard", "none"])
@pytest.mark.parametrize("kind", ["random_forest", "lightgbm"])
def test_neighbouring_numbers_stay_on_their_sides_of_a_threshold(kind: str, scaling: str) -> None:
    """Near 2^24, thresholds lie between two neighbouring float32 and are none themselves."""
    random = np.random.default_rng(0)
    steps = random.integers(0, 6, (600, 4))
    features = (np.float32(2**24 - 8) + steps).astype(np.float32)
    targets = (steps[:, 0] + 2 * steps[:, 1] > 7).astype(np.int64)
    columns = tuple(Column(name=f"day{number}", type="float") for number in range(4))
    recipe = mixed_table.recipe(kind, preprocessing={"scaling": scaling}).model_copy(update={"columns": columns})
    pipeline = Pipeline(recipe, TableInput(columns=columns), 2, threads=1)
    model = pipeline.fit(recipe.estimator.parameters, Rows(features, targets))
    assert np.abs(served(model)(features) - model.probabilities(features)).max() <= CLOSE


def test_numbers_that_were_never_missing_in_training_may_be_missing_later() -> None:
    recipe = mixed_table.recipe("lightgbm", preprocessing={"imputation": "none", "categories": "native"})
    model = fit(recipe, mixed_table.data(missing=0))
    features = strange(500)
    assert np.abs(served(model)(features) - model.probabilities(features)).max() <= CLOSE


def test_sets_of_many_categories_are_served() -> None:
    random = np.random.default_rng(0)
    codes = random.integers(0, 400, (4_000, 1)).astype(np.float32)
    targets = (random.permutation(400)[codes[:, 0].astype(int)] < 200).astype(np.int64)
    column = Column(name="code", type="category", allowed=tuple(map(str, range(500))), missing="nan")
    recipe = mixed_table.recipe("lightgbm", preprocessing={"categories": "native"})
    parameters = {"n_estimators": 5, "max_cat_threshold": 400, "min_data_per_group": 1, "cat_smooth": 1.0}
    pipeline = Pipeline(recipe, TableInput(columns=(column,)), 2, threads=1)
    model = pipeline.fit(parameters, Rows(codes, targets))
    asked = np.array([*range(-1, 500), np.nan], np.float32)[:, None]
    assert np.abs(served(model)(asked) - model.probabilities(asked)).max() <= CLOSE


def test_the_answers_are_the_libraries_own() -> None:
    features = strange(200)
    forest = model_of("random_forest", "median", "standard", "one-hot")
    assert isinstance(forest.estimator, FittedForest)
    expected = forest.estimator.library.predict_proba(forest.preparation.apply(features))
    assert np.abs(forest.probabilities(features) - expected).max() <= 1e-7
    boosted = model_of("lightgbm", "none", "none", "native", labels=3)
    assert isinstance(boosted.estimator, FittedBooster)
    assert isinstance(boosted.estimator.library, lightgbm.Booster)
    expected = np.asarray(boosted.estimator.library.predict(boosted.preparation.apply(features)))
    assert np.abs(boosted.probabilities(features) - expected).max() <= 1e-7


@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_has_the_contracts_ends_and_age(kind: str) -> None:
    model = onnx.load_model_from_string(model_of(kind, "median", "standard", "one-hot").to_onnx())
    onnx.checker.check_model(model, full_check=True)
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    assert opsets == ({"": OPSET} if kind == "logistic_regression" else {"": OPSET, "ai.onnx.ml": 3})
    assert model.ir_version == IR_VERSION
    ends = [*model.graph.input, *model.graph.output]
    assert [end.name for end in ends] == ["features", "probabilities"]
    sizes = [[size.dim_value or None for size in end.type.tensor_type.shape.dim] for end in ends]
    assert sizes == [[None, len(COLUMNS)], [None, 2]]
    assert {end.type.tensor_type.elem_type for end in ends} == {onnx.TensorProto.FLOAT}


@pytest.mark.parametrize("kind", ["random_forest", "lightgbm"])
def test_trees_that_are_too_many_to_serve_are_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MAX_NODES", 20)
    with pytest.raises(GraphTooLarge, match="more than the 20"):
        model_of(kind, "median", "none", "one-hot").to_onnx()


def test_a_table_of_one_row_trees_is_served() -> None:
    """Trees that found nothing to split are one leaf."""
    features, targets = rows(30, 1)
    data = TableData("x", SCHEMA, ("a", "b"), TableSplit(features, targets, pa.table({})), mixed_table.split(9, 2))
    recipe = mixed_table.recipe("lightgbm", estimator={"parameters": {"min_child_samples": 100}})
    model = fit(recipe, data)
    assert np.abs(served(model)(features) - targets.mean() * np.array([-1, 1]) - [1, 0]).max() <= CLOSE
