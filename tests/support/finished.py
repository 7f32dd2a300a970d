"""A finished run made by hand, in milliseconds and without TensorFlow; its graph is a small real one."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from contract.card import Output
from contract.repository import ANSWERS
from tests.support.cifar10 import sample
from tests.support.trained import sample_plan
from tests.support.versions import network
from training.evaluation import evaluate
from training.hardware import read_hardware
from training.lineage import make_lineage
from training.report.answers import Answers
from training.runs import CONVERTED, RunRecord


def finished_run(runs: Path, run: str, *, seed: int) -> Path:
    """A run on the sample of CIFAR-10 whose network has random weights of this seed; it can't be published."""
    plan, data, folder = sample_plan(run), sample(), runs / run
    plan.write(folder)
    answers = Answers(data.test.labels, np.full((len(data.test), 10), 0.1, np.float32))
    answers.write(folder / ANSWERS)
    (folder / CONVERTED).write_bytes(network(data.labels, seed).SerializeToString())
    record = RunRecord(
        id=run,
        model=plan.model,
        finished=datetime.now(UTC),
        input=data.input,
        output=Output(labels=data.labels),
        lineage=make_lineage(plan, read_hardware(), (0.0,) * 3, (1.0,) * 3),
        evaluation=evaluate("test", data.labels, answers.truth, answers.probabilities),
        history=(),
    )
    record.write(folder)
    return folder
