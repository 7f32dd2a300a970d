"""From a request's document to encoded rows; everything here blocks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contract.cells import value_class
from contract.table import CellProblem, Row
from gateway.errors import RowInvalid
from gateway.inference import Features
from gateway.row_report import RowReport
from gateway.tables.answers import RowId
from gateway.tables.model import TableModel

ID_MAX_LENGTH = 256
ID_MAX = 2**63


@dataclass(frozen=True)
class Rows:
    """Encoded rows, float32 [rows, columns], each with its id where it has one."""

    features: Features
    ids: Sequence[RowId | None]


def encode(rows: Sequence[Row], model: TableModel, *, max_problems: int) -> Rows:
    """Encode rows as JSON gives them; raises `RowInvalid` if any of them breaks a rule."""
    found = model.encoder.rows(rows)
    report = RowReport(max_problems)
    report.add(_id_problems(rows, model.schema.id))
    report.add(found.problems)
    if report.total:
        raise RowInvalid(report)
    return Rows(found.features, [_id(row, model.schema.id) for row in rows])


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


def is_id(value: object) -> bool:
    """Whether a value may be a row's id: a text that is not too long, or a whole number of 64 bits."""
    if isinstance(value, str):
        return len(value) <= ID_MAX_LENGTH
    return isinstance(value, int) and not isinstance(value, bool) and -ID_MAX <= value < ID_MAX
