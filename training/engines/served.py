"""What a served network answers to many pictures."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from contract.card import Output
from contract.inputs import ImageInput
from modelserver.temporary import TemporaryServer
from training.data.dataset import Pixels, Split

IN_FLIGHT = 2
"""Batches under way at a time: one computes while the next one travels."""

Probabilities = NDArray[np.float32]
Advance = Callable[[int], None]


def answers(
    server: TemporaryServer,
    name: str,
    pictures: Pixels,
    *,
    schema: ImageInput,
    output: Output,
    batch: int,
    advance: Advance = lambda _: None,
) -> Probabilities:
    """Answers float32 [n, labels] for pictures uint8 [n, height, width, channels], sent in batches.

    `advance` is told how many pictures were answered since it was last called. Raises `CallFailed`.
    """

    def ask(start: int) -> Probabilities:
        part = pictures[start : start + batch]
        answer: Probabilities = server.infer(name, {schema.tensor: part}, [output.tensor])[output.tensor]
        return answer

    parts = []
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        for part in pool.map(ask, range(0, len(pictures), batch)):
            advance(len(part))
            parts.append(part)
    return np.concatenate(parts)


def accuracy(probabilities: Probabilities, truth: Split) -> float:
    """Share of right answers."""
    return float(np.mean(probabilities.argmax(axis=1) == truth.labels))
