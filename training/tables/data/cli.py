"""The verbs of `trireme data` for tables; what they need is imported when they run."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from contract.files import write_atomically
from training.console import tell
from training.data.storage import storage_errors
from training.errors import RequestInvalid, StorageFailed
from training.options import JsonOption
from training.tables.errors import RowsInvalid, TableFileInvalid

if TYPE_CHECKING:
    from training.tables.data.problems import Problems
    from training.tables.data.source import Source
    from training.tables.data.typed import TypedTable

File = Annotated[Path, typer.Argument(metavar="FILE", help="A .csv, .tsv or .parquet file.")]
Delimiter = Annotated[
    str | None, typer.Option(help="Of a CSV file: a comma, ';', '|' or 'tab'. Default: a comma; of .tsv a tab.")
]
Texts = Annotated[
    list[str], typer.Option("--text", metavar="COLUMN", help="Holds texts, even if they look like numbers; repeatable.")
]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave out rows with problems instead of stopping.")]
Errors = Annotated[
    Path | None,
    typer.Option(
        "--errors", metavar="FILE", help="Where problems are listed, at most 100,000. Default: FILE.errors.jsonl."
    ),
]


def add_verbs(data: typer.Typer) -> None:
    """Add the verbs to `trireme data`."""
    for verb in (recipes, infer, load, convert):
        data.command(verb.__name__)(verb)


def recipes(as_json: JsonOption = False) -> None:
    """List the recipes for tables that come with Trireme; `trireme train <recipe>` follows one."""
    from training.tables.recipes import load_recipe, shipped_recipes  # noqa: PLC0415  see the module's docstring

    found = {name: load_recipe(name) for name in shipped_recipes()}
    if as_json:
        return _print_json({name: recipe.model_dump(mode="json") for name, recipe in found.items()})
    table = Table("recipe", "estimator", "columns", "description")
    for name, recipe in found.items():
        table.add_row(name, recipe.estimator.kind, str(len(recipe.columns)), recipe.description)
    return Console().print(table)


def infer(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A .csv, .tsv or .parquet file.")] = None,
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column to predict.")] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", metavar="COLUMN", help="The column that names a row. Default: a guess.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="A new YAML file. Default: standard output.")] = None,
    from_sql: Annotated[
        str | None, typer.Option(metavar="VARIABLE", help="Instead of a file: the variable with a database's URL.")
    ] = None,
    table: Annotated[str | None, typer.Option(help="With --from-sql: the table.")] = None,
    query: Annotated[str | None, typer.Option(help="With --from-sql: a SELECT instead of a table.")] = None,
    model: Annotated[str | None, typer.Option(help="The model's name. Default: made of the file's or table's.")] = None,
    max_categories: Annotated[
        int, typer.Option(min=2, max=10_000, help="Texts with more different values are left out.")
    ] = 100,
    delimiter: Delimiter = None,
) -> None:
    """Write a recipe for a table, for you to review: types, ranges, allowed values, missing values."""
    from training.tables.data.draft import Wishes, model_name  # noqa: PLC0415  see the module's docstring
    from training.tables.data.inference import infer as infer_recipe  # noqa: PLC0415
    from training.tables.data.inference import origin_of  # noqa: PLC0415

    if out is not None and out.exists():
        raise StorageFailed(f"The file {out} exists already, perhaps with your changes; name another.")
    if from_sql is not None:
        source, origin = _query(from_sql, table, query)
    elif file is not None:
        source, origin = _open(file, delimiter), origin_of(file, out, _mark(delimiter))
    else:
        raise RequestInvalid("Name a file, or a database with --from-sql.")
    wishes = Wishes(model or model_name(table or (file.stem if file else "query")), target, id_column, max_categories)
    text = infer_recipe(source, origin, wishes, Console(stderr=True))
    if out is None:
        return typer.echo(text, nl=False)
    with storage_errors(out.parent):
        write_atomically(out, text.encode())
    return tell(Console(stderr=True), f"The draft is in {out}; review it, then: trireme train {out}")


def load(
    file: File,
    to: Annotated[
        str, typer.Option(metavar="URL", help="postgresql://… or sqlite:///…; better env:VARIABLE, which hides it.")
    ],
    table: Annotated[str, typer.Option(help="The table's name.")],
    if_exists: Annotated[
        Literal["fail", "append", "replace"], typer.Option(help="What to do where the table exists.")
    ] = "fail",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, and show the table; load nothing.")] = False,
    skip_bad: SkipBad = False,
    texts: Texts = [],  # noqa: B006  Typer reads it only
    errors: Errors = None,
    delimiter: Delimiter = None,
    as_json: JsonOption = False,
) -> None:
    """Load a file into a database's table: all of it, or nothing."""
    from training.tables.data.databases import connect, database_url  # noqa: PLC0415  see the module's docstring
    from training.tables.data.table_loader import TableLoader  # noqa: PLC0415

    console = Console(stderr=True)
    engine = connect(database_url(to))
    rows = _look(file, delimiter, texts, console)
    loader = TableLoader(engine, table, rows, console)
    with _reported(file, errors, console) as problems:
        done = loader.check(problems) if dry_run else loader.load(problems, if_exists, skip_bad=skip_bad)
    if as_json:
        return _print_json({**asdict(done), "loaded": not dry_run, "columns": rows.kinds})
    if dry_run:
        typer.echo(loader.statement)
    verb = "would go" if dry_run else "are"
    return tell(Console(), f"{done.rows:,} rows {verb} in the table {table}, {done.left_out:,} left out.")


def convert(
    file: File,
    target: Annotated[Path, typer.Argument(metavar="PARQUET", help="The file to write; one that exists is replaced.")],
    skip_bad: SkipBad = False,
    texts: Texts = [],  # noqa: B006  Typer reads it only
    errors: Errors = None,
    delimiter: Delimiter = None,
    as_json: JsonOption = False,
) -> None:
    """Write a file as Parquet: smaller, typed, and far faster to read."""
    from training.tables.data.conversion import convert_file  # noqa: PLC0415  see the module's docstring

    if target.suffix != ".parquet" or target.resolve() == file.resolve():
        raise TableFileInvalid("The file to write must be another one, and end with .parquet.")
    console = Console(stderr=True)
    rows = _look(file, delimiter, texts, console)
    with _reported(file, errors, console) as problems:
        done = convert_file(rows, target, problems, console, skip_bad=skip_bad)
    before = file.stat().st_size
    if as_json:
        return _print_json({**asdict(done), "columns": rows.kinds, "bytes_before": before})
    sizes = f"{before / 10**6:,.1f} MB became {done.bytes / 10**6:,.1f} MB"
    return tell(Console(), f"{done.rows:,} rows are in {target}, {done.left_out:,} left out; {sizes}.")


def _look(file: Path, delimiter: str | None, texts: list[str], console: Console) -> "TypedTable":
    from training.tables.data.typed import look  # noqa: PLC0415  see the module's docstring

    return look(_open(file, delimiter), texts, console)


def _open(file: Path, delimiter: str | None) -> "Source":
    from training.tables.data.opening import open_file  # noqa: PLC0415  see the module's docstring

    return open_file(file, _mark(delimiter))


def _mark(delimiter: str | None) -> str | None:
    mark = "\t" if delimiter == "tab" else delimiter
    if mark not in {None, ",", ";", "|", "\t"}:
        raise TableFileInvalid("A delimiter is a comma, a semicolon, a bar, or `tab`.")
    return mark


def _query(variable: str, table: str | None, query: str | None) -> "tuple[Source, dict[str, object]]":
    from training.tables.data.sql_query import SqlQuery  # noqa: PLC0415  see the module's docstring
    from training.tables.origins import SqlOrigin  # noqa: PLC0415

    if (table is None) == (query is None):
        raise RequestInvalid("With --from-sql, name either a --table or a --query.")
    origin = SqlOrigin(url_variable=variable, table=table, query=query)
    return SqlQuery.of(origin), origin.model_dump(exclude_none=True)


@contextmanager
def _reported(file: Path, errors: Path | None, console: Console) -> "Iterator[Problems]":
    """Collects problems; shows and lists them at the end, also where they stop the verb."""
    from training.tables.data.problems import Problems  # noqa: PLC0415  see the module's docstring

    problems = Problems()
    try:
        yield problems
    except RowsInvalid as error:
        raise RowsInvalid(f"{error.detail[:-1]}. {_report(problems, file, errors, console)}") from error
    if problems:
        tell(console, _report(problems, file, errors, console))


def _report(problems: "Problems", file: Path, errors: Path | None, console: Console) -> str:
    path = errors or file.with_name(f"{file.name}.errors.jsonl")
    problems.show(console)
    problems.write(path)
    kept = "All problems" if len(problems) == len(problems.first) else f"The first {len(problems.first):,} problems"
    return f"{kept} are listed in {path}."


def _print_json(content: object) -> None:
    typer.echo(json.dumps(content, indent=2))
