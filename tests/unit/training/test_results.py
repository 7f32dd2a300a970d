from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from contract.card import Lineage, Output
from contract.inputs import ImageInput
from training.evaluation import evaluate
from training.results import rows
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
    header, rule, *lines = rows(tmp_path)
    assert lines == ["| fast | quick | 3 | 75.00% | 0.733 | 35 | 90 | float32 | CPU, 2 cores |"]
    assert header.count("|") == rule.count("|") == lines[0].count("|")
