"""From a request's document to encoded rows; everything here blocks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from contract.cells import value_class
from contract.errors import TableEmpty
from contract.sql.raw import read_raw
from contract.table import CellProblem, Row
from gateway.errors import IdsUnknown, RowInvalid, TooManyRows
from gateway.inference import Features
from gateway.row_report import RowReport
from gateway.tables.answers import RowId
from gateway.tables.feature_index import FeatureIndex
from gateway.tables.ids import ID_MAX, ID_MAX_LENGTH, is_id
from gateway.tables.model import TableModel


@dataclass(frozen=True)
class Rows:
    """Encoded rows, float32 [rows, columns], each with its id where it has one."""

    features: Features
    ids: Sequence[RowId | None]
    values: Sequence[Row] | None = None
    """As they were sent, where they were."""


def encode(rows: Sequence[Row], model: TableModel, *, max_problems: int) -> Rows:
    """Encode rows as JSON gives them; raises `RowInvalid` if any of them breaks a rule."""
    found = model.encoder.rows(rows)
    report = RowReport(max_problems)
    report.add(_id_problems(rows, model.schema.id))
    report.add(found.problems)
    _check(report)
    return Rows(found.features, [_id(row, model.schema.id) for row in rows], rows)


def encode_raw(tables: Mapping[str, Sequence[Row]], model: TableModel, *, max_rows: int, max_problems: int) -> Rows:
    """Rows by the version's SQL over raw tables.

    Raises `RawTablesNotTaken`, `RowInvalid`, `TooManyRows`, and what `read_raw` and `SqlRunner.run` raise.
    """
    runner = model.sql
    raw = read_raw(runner.features, tables)
    report = RowReport(max_problems)
    report.add(raw.problems)
    _check(report)
    found = runner.run(raw.tables)
    if len(found) > max_rows:
        raise TooManyRows(f"The raw tables come to more than {max_rows:,} rows.")
    if not len(found):
        raise TableEmpty("The raw tables come to no row.")
    (batch,) = found.combine_chunks().to_batches()
    encoded = model.encoder.batch(batch)
    report.add(encoded.problems)
    _check(report)
    return Rows(encoded.features, batch.column(model.schema.id).to_pylist())


def find(ids: Sequence[RowId], index: FeatureIndex, *, max_problems: int) -> Rows:
    """Rows of a feature table; raises `IdsUnknown`."""
    features, unknown = index.find(ids)
    if unknown:
        raise IdsUnknown([_shortened(one) for one in unknown[:max_problems]], len(unknown))
    return Rows(features, ids)


def _shortened(one: RowId) -> RowId:
    return one[:ID_MAX_LENGTH] if isinstance(one, str) else max(-ID_MAX, min(one, ID_MAX))


def _check(report: RowReport) -> None:
    if report.total:
        raise RowInvalid(report)


def _id(row: Row, name: str | None) -> RowId | None:
    value = None if name is None else row.get(name)
    return value if isinstance(value, str | int) else None


def _id_problems(rows: Sequence[Row], name: str | None) -> Iterator[CellProblem]:
    if name is None:
        return
    for index, row in enumerate(rows):
        value = row.get(name)
        if value is not None and not is_id(value):
            yield CellProblem(index, name, value_class(value), "type")
