"""The version that is tuned, with its pictures."""

from dataclasses import dataclass
from pathlib import Path

from contract.card import VersionCard
from contract.inputs import ImageInput
from contract.names import ModelVersion
from contract.repository import ONNX_MODEL, ModelRepository
from training.data.catalog import Catalog
from training.data.cifar10 import NAME as CIFAR10
from training.data.dataset import DataSet
from training.errors import DataInvalid, RequestInvalid


@dataclass(frozen=True)
class Subject:
    """A published version and the data that it was trained and tested on."""

    card: VersionCard
    schema: ImageInput
    graph: Path
    """Its float32 ONNX graph."""
    data: DataSet


def load_subject(
    repository: ModelRepository, name: ModelVersion, catalog: Catalog, *, pictures: Path | None = None
) -> Subject:
    """Read and check a version, and load its data: `cifar10` by itself, or from `pictures`.

    Raises:
        RepositoryError, CardInvalid: there is no such version, or it is damaged.
        RequestInvalid: it can't be tuned, or `pictures` of a user's are missing.
        DataInvalid: the pictures are not those that it was trained and tested on.
        DataError: the data can't be had.
    """
    card = repository.verify(name)
    schema, graph = card.input, repository.folder(name) / ONNX_MODEL
    if not isinstance(schema, ImageInput):
        raise RequestInvalid(f"{name} is a model of tables; tuning chooses among engines for pictures.")
    if not graph.is_file():
        raise RequestInvalid(f"{name} has no ONNX graph, so there is nothing to choose from.")
    data = catalog.load(_source(card, pictures), size=schema.height, data_dir=pictures, max_bad=1.0)
    _check(card, data)
    return Subject(card, schema, graph, data)


def _source(card: VersionCard, pictures: Path | None) -> str:
    if card.lineage.source == CIFAR10:
        return CIFAR10
    if pictures is None:
        raise RequestInvalid(f"{card.name} was trained on pictures of yours; say where they are with --data.")
    return str(pictures)


def _check(card: VersionCard, data: DataSet) -> None:
    digests = data.digests()
    changed = [split for split, digest in card.lineage.data.items() if digests.get(split, digest) != digest]
    if changed or data.labels != card.output.labels:
        raise DataInvalid(f"These are not the pictures that {card.name} was trained and tested on.")
