"""From a recipe to its data."""

from pathlib import Path

import pyarrow.compute as pc
from rich.console import Console

from training.console import tell
from training.settings import TrainingSettings
from training.tables.data.held import held_rows, hold_rows
from training.tables.data.known import known_source
from training.tables.data.opening import open_file
from training.tables.data.reading import Labelled, LabelledReader
from training.tables.data.source import Source
from training.tables.data.splitting import Indices, split_by_column, split_by_share
from training.tables.data.targets import label_names
from training.tables.dataset import TableData, TableSplit
from training.tables.errors import RecipeInvalid
from training.tables.origins import FileOrigin, GeneratedOrigin, KnownOrigin, SqlOrigin
from training.tables.recipe import Recipe


def load_data(recipe: Recipe, settings: TrainingSettings, console: Console, *, held: Path | None = None) -> TableData:
    """Get a recipe's rows, check and encode all of them, and split them.

    They come from their origin, or from the folder that `hold_data` wrote.

    Raises:
        DataError: they can't be had, or break the recipe's rules.
    """
    if isinstance(recipe.origin, GeneratedOrigin):
        return _generated(recipe, settings, console, held)
    if recipe.sql is not None:
        raise RecipeInvalid("Features by SQL need raw tables, which the origin `generated` alone has.")
    source = held_rows(held) if held else open_source(recipe.origin, settings, console)
    reader = LabelledReader(recipe, console)
    found = _in_order(reader.read(source), recipe, console)
    splits = {name: _part(found, indices) for name, indices in _split(found, recipe).items()}
    validation = splits["validation"] if len(splits["validation"]) else None
    labels = label_names(recipe.target)
    return TableData(source.name, reader.schema, labels, splits["train"], splits["test"], validation)


def hold_data(recipe: Recipe, folder: Path, settings: TrainingSettings, console: Console) -> int:
    """Write a recipe's raw rows into a new or empty folder; gives their number.

    Raises:
        DataError: they can't be had, or the folder isn't empty or can't be written.
    """
    if isinstance(recipe.origin, GeneratedOrigin):
        from training.tables.credit.held import hold_credit  # noqa: PLC0415  the generator is of use to nobody else

        return hold_credit(recipe, folder, console)
    return hold_rows(open_source(recipe.origin, settings, console), folder, console)


def _generated(recipe: Recipe, settings: TrainingSettings, console: Console, held: Path | None) -> TableData:
    from training.tables.credit.data import credit_data  # noqa: PLC0415  the generator is of use to nobody else
    from training.tables.credit.held import held_credit_data  # noqa: PLC0415

    return held_credit_data(recipe, held, console) if held else credit_data(recipe, settings, console)


def open_source(origin: FileOrigin | SqlOrigin | KnownOrigin, settings: TrainingSettings, console: Console) -> Source:
    """The rows of an origin, which aren't read yet."""
    match origin:
        case FileOrigin():
            return open_file(Path(origin.path), origin.delimiter)
        case SqlOrigin():
            from training.tables.data.sql_query import SqlQuery  # noqa: PLC0415  SQLAlchemy takes a while to import

            return SqlQuery.of(origin)
        case KnownOrigin():
            return known_source(origin.name, settings, console)


def _in_order(found: Labelled, recipe: Recipe, console: Console) -> Labelled:
    """Rows of a database in the order of their ids: it gives them in any order, and the split shall be the same."""
    if not isinstance(recipe.origin, SqlOrigin):
        return found
    if recipe.id is None:
        tell(console, "The recipe names no id, so the split depends on the order in which the database gives the rows.")
        return found
    order = pc.sort_indices(found.rows[recipe.id]).to_numpy()
    splits = [found.splits[index] for index in order] if found.splits else found.splits
    return Labelled(found.features[order], found.targets[order], found.rows.take(order), splits)


def _split(found: Labelled, recipe: Recipe) -> dict[str, Indices]:
    wanted = recipe.splits
    if wanted.column is not None:
        return split_by_column(found.splits, wanted.column)
    labels = label_names(recipe.target)
    seed = recipe.seed if wanted.seed is None else wanted.seed
    return split_by_share(found.targets, labels, test=wanted.test, validation=wanted.validation, seed=seed)


def _part(found: Labelled, indices: Indices) -> TableSplit:
    return TableSplit(found.features[indices], found.targets[indices], found.rows.take(indices))
