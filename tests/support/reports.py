"""Material for reports, made by hand: no training, no TensorFlow."""

from typing import Any

import numpy as np
from pydantic import JsonValue

from contract.card import Lineage
from contract.inputs import ImageInput
from training.data.dataset import DataSet, PngBodies, Split
from training.evaluation import evaluate
from training.report.answers import Answers
from training.report.material import Material


def make_split(labels: int, each: int, *, size: int = 32, channels: int = 3, seed: int = 0) -> Split:
    """Noise of `each` pictures a label, a label's pictures brighter than those of the one before."""
    chance = np.random.default_rng(seed)
    truth = np.repeat(np.arange(labels), each)
    noise = chance.integers(0, 128, (len(truth), size, size, channels))
    images = (noise + (127 * truth / labels).astype(int)[:, None, None, None]).astype(np.uint8)
    return Split(images, truth, PngBodies(images))


def make_data(labels: tuple[str, ...], each: int = 4, *, size: int = 32, channels: int = 3) -> DataSet:
    """Three splits of noise."""
    train, validation, test = (
        make_split(len(labels), each, size=size, channels=channels, seed=seed) for seed in range(3)
    )
    return DataSet("noise", labels, ImageInput(height=size, width=size, channels=channels), train, validation, test)


def make_answers(truth: "np.typing.NDArray[np.int64]", labels: int, *, skill: float = 2.0, seed: int = 0) -> Answers:
    """Probabilities that favour the true label the more, the greater the skill."""
    logits = np.random.default_rng(seed).normal(size=(len(truth), labels))
    logits[np.arange(len(truth)), truth] += skill
    exponentials = np.exp(logits)
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    return Answers(truth, probabilities.astype(np.float32))


def make_history(epochs: int) -> tuple[dict[str, JsonValue], ...]:
    """Epochs that get better and better."""
    return tuple(
        {"epoch": n, "loss": 1 / n, "accuracy": 1 - 1 / (n + 1), "validation_accuracy": 0.5, "learning_rate": 0.1}
        for n in range(1, epochs + 1)
    )


def make_lineage(data: DataSet | None = None, **parameters: JsonValue) -> Lineage:
    """The lineage of a run that never was."""
    return Lineage(
        data=data.digests() if data else {},
        source="picture folder",
        code="0.1.0",
        libraries={"python": "3.11"},
        machine="a test's",
        run="20260101-000000-abcdef",
        parameters=parameters,
    )


def make_material(labels: tuple[str, ...], *, skill: float = 2.0, seed: int = 0, **shape: Any) -> Material:
    """Everything that a report can have."""
    data = make_data(labels, **shape)
    answers = make_answers(data.test.labels, len(labels), skill=skill, seed=seed)
    evaluation = evaluate("test", labels, answers.truth, answers.probabilities)
    return Material("noise", evaluation, make_lineage(data), make_history(5), answers, data)
