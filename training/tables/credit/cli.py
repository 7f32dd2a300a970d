"""`trireme data generate`; what it needs is imported when it runs."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from training.console import tell
from training.data.storage import appearing, storage_errors
from training.errors import DataUnknown
from training.options import JsonOption

RECIPE = "credit-189"


def generate(
    name: Annotated[str, typer.Argument(help="What to generate: credit.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new or empty folder.")],
    applications: Annotated[int, typer.Option(min=3, help="In all splits together.")] = 356_255,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same data.")] = 0,
    drift: Annotated[
        float, typer.Option(min=0, max=5, help="Shift of the test rows' raw columns, in standard deviations.")
    ] = 0.0,
    missing: Annotated[
        float, typer.Option(min=0, max=1, help="Share of missing values, in the columns that may miss any.")
    ] = 0.05,
    as_json: JsonOption = False,
) -> None:
    """Write credit applications with their history and features as Parquet files; they are not real data."""
    from contract.sql.runner import SqlRunner  # noqa: PLC0415  see the module's docstring
    from training.tables.credit.data import schema_of  # noqa: PLC0415
    from training.tables.credit.making import make  # noqa: PLC0415
    from training.tables.credit.plan import CreditPlan  # noqa: PLC0415
    from training.tables.recipes import load_recipe  # noqa: PLC0415

    if name != "credit":
        raise DataUnknown(f"There is nothing {name!r} to generate; there is credit.")
    plan = CreditPlan.scaled(applications, seed=seed, drift=drift, missing=missing)
    runner = SqlRunner(schema_of(load_recipe(RECIPE)))
    with storage_errors(out), appearing(out) as unfinished:
        make(plan, runner, unfinished, Console(stderr=True), keep_raw=True)
    _show(out, as_json=as_json)


def _show(out: Path, *, as_json: bool) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415  see the module's docstring

    from training.tables.credit.bayes import describe  # noqa: PLC0415

    splits = describe(pq.read_table(out / "outcomes.parquet"))
    if as_json:
        return typer.echo(json.dumps({"folder": str(out), "generated": True, "splits": splits}, indent=2))
    table = Table("split", "applications", "defaulted", "Bayes ROC-AUC", title="Generated, not real data")
    for name, split in splits.items():
        figures = (f"{split['applications']:,}", f"{split['defaulted']:.2%}", f"{split['bayes_roc_auc']:.4f}")
        table.add_row(name, *figures)
    Console().print(table)
    return tell(Console(), f"The raw tables, features and outcomes are in {out}.")
