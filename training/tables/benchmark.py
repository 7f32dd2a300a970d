"""`python -m training.tables.benchmark RECIPE`: what single rows cost the libraries themselves.

Learns the recipe, and answers as `loadtest.tables.in_process` asks: one row after the other, in one thread of Python.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice

import numpy as np
import onnxruntime as ort
from rich.console import Console

from training.settings import TrainingSettings
from training.tables.data.loading import load_data
from training.tables.dataset import Features, TableData
from training.tables.fitted import FittedModel
from training.tables.learning import learn
from training.tables.recipe import CrossValidation, Search
from training.tables.recipes import load_recipe

ROWS = 1000
"""Different rows, so that a cache can't answer."""

Predict = Callable[[Features], object]


def main() -> None:
    """Learn, then answer until the input ends."""
    console = Console(stderr=True)
    recipe = load_recipe(sys.argv[1])
    # The figures aren't looked at.
    recipe = recipe.model_copy(update={"cross_validation": CrossValidation(folds=2), "search": Search()})
    settings = TrainingSettings()
    data = load_data(recipe, settings, console)
    fitted = learn(recipe, data, settings, console).fitted
    ways = {recipe.estimator.kind: fitted.probabilities, "ONNX Runtime": _onnx(fitted)}
    sys.stdout.write(json.dumps(list(ways)) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        wanted = json.loads(line)
        rows = cycle(_rows(data))
        list(_latencies(ways[wanted["name"]], rows, wanted["warm_up_s"]))
        sys.stdout.write(json.dumps(list(_latencies(ways[wanted["name"]], rows, wanted["seconds"]))) + "\n")
        sys.stdout.flush()


def _onnx(fitted: FittedModel) -> Predict:
    session = ort.InferenceSession(fitted.to_onnx(), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda row: session.run(None, {name: row})


def _rows(data: TableData) -> list[Features]:
    return [np.ascontiguousarray(row[None]) for row in islice(data.test.features, ROWS)]


def _latencies(predict: Predict, rows: Iterator[Features], seconds: float) -> Iterator[float]:
    end = time.perf_counter() + seconds
    while (started := time.perf_counter()) < end:
        predict(next(rows))
        yield time.perf_counter() - started


if __name__ == "__main__":
    main()
