"""The test set that a version was measured on, and that nothing was learned from."""

import numpy as np

from contract.card import VersionCard
from contract.inputs import ImageInput
from contract.picture import Pixels, to_tensor
from training.data.catalog import Catalog
from training.data.dataset import Split
from training.engines.served import Examples
from training.errors import RunUnfinished, RunUnknown
from training.evaluating.errors import NoTestSet
from training.retrain.bases import base_of, load_base
from training.retrain.work import Office
from training.run_store import RunStore

MAX_BAD = 1.0
"""A data set that was trained on is read again as it was, however many of its files can't be read."""


def held_out(card: VersionCard, base: str | None, office: Office) -> Examples:
    """The test set of a version, of its run or loaded anew; `base` names the data where its run doesn't.

    Raises `NoTestSet` where it has changed since, and what loading it raises.
    """
    if isinstance(card.input, ImageInput):
        return _pictures(card, card.input, base, office)
    return _rows(card, base, office)


def _pictures(card: VersionCard, schema: ImageInput, base: str | None, office: Office) -> Examples:
    source = base_of(base, card, office.settings.runs_dir)
    data = load_base(Catalog(office.settings, office.console), source, card, MAX_BAD)
    recorded = card.lineage.data.get("test", data.test.digest)
    if recorded != data.test.digest or data.labels != card.output.labels:
        raise NoTestSet(f"The test pictures of {card.name} can't be had any more: the data have changed since.")
    is_same = data.input.shape == schema.shape and data.input.fit == schema.fit
    return Examples(data.test.images if is_same else _again(data.test, schema), data.test.labels)


def _again(split: Split, schema: ImageInput) -> Pixels:
    """The pictures of a split as another schema takes them."""
    return np.stack([to_tensor(split.body(index), schema) for index in range(len(split))])


def _rows(card: VersionCard, base: str | None, office: Office) -> Examples:
    from training.tables.data.loading import load_data  # noqa: PLC0415 - readers that pictures don't need
    from training.tables.retraining.base import base_recipe, check_untouched  # noqa: PLC0415
    from training.tables.run import TEST, read_test  # noqa: PLC0415

    settings, run = office.settings, card.lineage.run
    try:
        return read_test(RunStore(settings.runs_dir).folder(run) / TEST)
    except (RunUnknown, RunUnfinished):
        recipe = base_recipe(card.model, base, run, settings.runs_dir)
    data = load_data(recipe, settings, office.console)
    check_untouched(data, card)
    return Examples(data.test.features, data.test.targets)
