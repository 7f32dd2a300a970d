from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from contract.card import Lineage, Output
from contract.inputs import ImageInput
from training.evaluation import evaluate
from training.results import Result, finished, table
from training.runs import RunRecord

LABELS = ("cat", "dog")


def record(run: str) -> RunRecord:
    parameters = {"architecture": "fast", "profile": "quick", "seed": 3, "precision": "float32"}
    return RunRecord(
        id=run,
        model="pets",
        finished=datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC),
        input=ImageInput(height=32, width=32),
        output=Output(labels=LABELS),
        lineage=Lineage(
            data={}, source="x", code="0", libraries={}, machine="CPU, 2 cores", run=run, parameters=parameters
        ),
        evaluation=evaluate("test", LABELS, np.array([0, 1, 1, 1]), np.eye(2, dtype=np.float32)[[0, 1, 1, 0]]),
        history=({"seconds": 40.0}, {"seconds": 30.0}),
    )


def test_the_table_has_a_line_for_each_finished_run(tmp_path: Path) -> None:
    record("20260101-000000-abcdef").write(tmp_path / "20260101-000000-abcdef")
    (tmp_path / "unfinished").mkdir()
    header, rule, *lines = table([Result(found) for found in finished(tmp_path)])
    assert lines == ["| pets | fast | quick | 3 | 75.00% |  | 0.733 | 2 | 35 | 90 | float32 | CPU, 2 cores |"]
    assert header.count("|") == rule.count("|") == lines[0].count("|")


def test_runs_that_differ_in_their_seeds_alone_have_a_line_of_mean_and_spread() -> None:
    other = record("20260101-000000-abcdee").model_copy(
        update={"evaluation": evaluate("test", LABELS, np.array([0, 1]), np.eye(2, dtype=np.float32)[[0, 1]])}
    )
    longer = other.model_copy(deep=True)
    longer.lineage.parameters["profile"] = "full"
    lines = list(table([Result(record("20260101-000000-abcdef"), 0.5), Result(longer), Result(other, 0.7)]))
    assert sum("| full |" in line for line in lines) == 1
    (summary,) = (line for line in lines if "mean of" in line)
    assert "| mean of 2 | 87.50% ± 17.68 | 60.00% ± 14.14 | 0.867 |" in summary
