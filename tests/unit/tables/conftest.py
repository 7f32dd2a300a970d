"""What the tests of table models share."""

import io
from collections.abc import Callable

import numpy as np
import onnxruntime
import pytest
from rich.console import Console

from tests.support.mixed_table import SCHEMA
from training.settings import TrainingSettings
from training.tables.dataset import Features, TableData
from training.tables.fitted import FittedModel, Probabilities
from training.tables.learned import Learned
from training.tables.learning import learn
from training.tables.pipeline import Pipeline, TableModel
from training.tables.recipe import Recipe
from training.tables.rows import Rows

Learn = Callable[[Recipe, TableData], Learned]


@pytest.fixture
def console() -> Console:
    """A console that is no terminal, with what was told in its file."""
    return Console(file=io.StringIO(), width=300)


@pytest.fixture
def learned(console: Console) -> Learn:
    """Learns as a user does."""
    return lambda recipe, data: learn(recipe, data, TrainingSettings(threads=1), console)


def fit(recipe: Recipe, data: TableData) -> TableModel:
    """Fit a recipe's model without searching."""
    pipeline = Pipeline(recipe, SCHEMA, len(data.labels), threads=1)
    return pipeline.fit(recipe.estimator.parameters, Rows.of(data.train))


def served(model: FittedModel) -> Callable[[Features], Probabilities]:
    """The model's graph in ONNX Runtime, as it is served."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.to_onnx(), options, providers=["CPUExecutionProvider"])
    return lambda features: np.asarray(session.run(["probabilities"], {"features": features})[0])
