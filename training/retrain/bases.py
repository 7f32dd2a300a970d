"""The base data of pictures: what lies under the uploaded ones, and where validation and test pictures come from."""

from pathlib import Path

from contract.card import VersionCard
from training.data.catalog import DEFAULT_SIZE, Catalog
from training.data.cifar10 import NAME as CIFAR10
from training.data.dataset import DataSet
from training.errors import RunUnknown
from training.plan import RunPlan
from training.retrain.errors import BaseUnknown, LabelsDiffer

ADVICE = "name the base data in the model's retrain policy (`base`)"


def base_of(base: str | None, champion: VersionCard | None, runs_dir: Path) -> str:
    """The base data as the catalog knows them: the policy's, else what the champion was trained on.

    Raises `BaseUnknown`, with what to do about it.
    """
    if base is not None:
        return base
    if champion is None:
        raise BaseUnknown(f"The model has no version yet that tells what to train on; {ADVICE}.")
    if champion.lineage.source == CIFAR10:
        return CIFAR10
    try:
        source = RunPlan.read(runs_dir / champion.lineage.run).source
    except RunUnknown:
        source = ""
    if not Path(source).is_dir() or not source:
        raise BaseUnknown(f"What version {champion.version} was trained on is not at hand here; {ADVICE}.")
    return source


def load_base(catalog: Catalog, source: str, champion: VersionCard | None, max_bad: float) -> DataSet:
    """Load base data at the champion's size.

    Raises `LabelsDiffer` where they have other labels than the champion, and what `Catalog.load` raises.
    """
    schema = champion.input if champion else None
    size = schema.height if schema is not None and schema.kind == "image" else DEFAULT_SIZE
    data = catalog.load(source, size=size, max_bad=max_bad)
    if champion is not None and set(champion.output.labels) != set(data.labels):
        raise LabelsDiffer(
            f"The base data have the labels {_listed(data.labels)}, version {champion.version} has "
            f"{_listed(champion.output.labels)}; they must be the same."
        )
    return data


def _listed(labels: tuple[str, ...]) -> str:
    return ", ".join(sorted(labels)[:10]) + (", …" if len(labels) > 10 else "")
