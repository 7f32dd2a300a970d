"""Rows going by, with a bar on a terminal."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from training.tables.data.source import Batch


def shown(batches: Iterable[Batch], title: str, console: Console) -> Iterator[Batch]:
    """The same batches, while the console shows how far they are."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=None, rows=0)
        count = 0
        for batch in batches:
            yield batch
            count += batch.rows.num_rows
            progress.update(task, rows=count, total=None if batch.done is None else 1.0, completed=batch.done or 0.0)
