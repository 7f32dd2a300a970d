"""Pictures with the answers of the embedded server, which is what a laptop answers with."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from contract.golden import GoldenExamples
from contract.names import ModelVersion
from contract.repository import GOLDEN, ModelRepository
from modelserver.temporary import TemporaryServer


@dataclass(frozen=True)
class Picture:
    """An encoded picture and its probabilities by label."""

    data: bytes
    probabilities: dict[str, float]


@dataclass(frozen=True)
class Published:
    """A version in a repository of this machine, and what it answers here."""

    folder: Path
    name: ModelVersion
    pictures: tuple[Picture, ...]


def answered_here(repository: Path, name: ModelVersion, *, count: int) -> Published:
    """Ask a real server on this machine for the first `count` golden pictures of a version."""
    card = ModelRepository(repository).verify(name)
    golden = GoldenExamples.read(repository / name.triton_name / GOLDEN)
    tensors = np.ascontiguousarray(golden.tensors[:count])
    with TemporaryServer(repository, [name]) as server:
        answers = server.infer(name, {card.input.tensor: tensors}, [card.output.tensor])[card.output.tensor]
    pictures = tuple(
        Picture(data, dict(zip(card.output.labels, map(float, row), strict=True)))
        for data, row in zip(golden.bodies[:count], answers, strict=True)
    )
    return Published(repository / name.triton_name, name, pictures)
