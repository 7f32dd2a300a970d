"""The test set that a version was measured on, and that nothing was learned from."""

from contract.card import VersionCard
from contract.inputs import ImageInput
from training.engines.served import Examples
from training.errors import RunUnfinished, RunUnknown
from training.retrain.work import Office
from training.run_store import RunStore


def held_out(card: VersionCard, base: str | None, office: Office) -> Examples:
    """The test set of a version, of its run or loaded anew; `base` names the data where its run doesn't.

    Raises `NoTestSet` where it has changed since, and what loading it raises.
    """
    return _pictures(card, base, office) if isinstance(card.input, ImageInput) else _rows(card, base, office)


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


def _pictures(card: VersionCard, base: str | None, office: Office) -> Examples:
    raise NotImplementedError
