"""`trireme data infer`: from a table to the draft of a recipe."""

from dataclasses import replace
from pathlib import Path

from rich.console import Console

from training.tables.data.draft import Wishes, draft, likely_ids
from training.tables.data.profile import is_unique, profile
from training.tables.data.progress import shown
from training.tables.data.source import Batch, Source, require_columns
from training.tables.errors import TableFileInvalid


def infer(source: Source, origin: dict[str, object], wishes: Wishes, console: Console) -> str:
    """The draft's YAML; an id is guessed where the user names none.

    Raises:
        DataError: the source can't be read, or nothing can be learned from it.
    """
    require_columns(source, [name for name in (wishes.target, wishes.id) if name])
    batches = (_whole(batch, source) for batch in source.batches())
    columns = profile(source.columns, shown(batches, f"Reading {source.name}", console), is_text=source.is_text)
    candidates = likely_ids([column for column in columns if column.name != wishes.target])
    guess = next((column.name for column in candidates if is_unique(source.batches([column.name]), column.name)), None)
    return draft(source.name, origin, columns, replace(wishes, id=wishes.id or guess))


def origin_of(path: Path, recipe: Path | None, delimiter: str | None) -> dict[str, object]:
    """The origin of a file, as a recipe at that place names it."""
    folder = (recipe.parent if recipe else Path()).resolve()
    target = path.resolve()
    named = target.relative_to(folder) if target.is_relative_to(folder) else target
    return {"kind": "file", "path": str(named), **({"delimiter": delimiter} if delimiter else {})}


def _whole(batch: Batch, source: Source) -> Batch:
    if batch.broken:
        row = batch.start + min(batch.broken) + 1
        raise TableFileInvalid(
            f"Row {row:,} of {source.name} has too few or too many values. `trireme data load` and "
            "`trireme data convert` can leave such rows out with --skip-bad."
        )
    return batch
