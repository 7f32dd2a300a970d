"""A recipe for a person to review, drafted from what is in a table."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contract.names import MODEL_MAX_LENGTH
from training.errors import DataInvalid
from training.tables.data.profile import ColumnProfile
from training.tables.errors import ColumnsUnfit
from training.tables.yaml_text import flow

MAX_CATEGORIES = 100
"""A text with more different values is no category, unless the user says so."""
MAX_LABELS = 100
MANY_ROWS = 5_000
"""From so many rows on, LightGBM is the first choice; below it overfits more easily than a forest."""
_ID_NAME = re.compile(r"(?:^|_|\b)(?:id|key|uuid|guid)$|[a-z]I[dD]$|^ID$", re.IGNORECASE)

HEADER = """\
# A draft, made from {rows:,} rows of {name}. Review it:
# - Ranges and allowed values are those that occur; rows beyond them are refused, in training and in serving.
#   Widen them where other values are right; `unknown: other` takes categories that aren't listed.
# - `missing: nan` stands where values are missing here; elsewhere a missing value is refused.
"""
LIGHTGBM = """\
preprocessing: {imputation: none, categories: native}
estimator:
  kind: lightgbm
  parameters: {n_estimators: 300, learning_rate: 0.05, num_leaves: 31, min_child_samples: 50}
search: {kind: none}
"""
FOREST = """\
preprocessing: {imputation: median, categories: one-hot}
estimator:
  kind: random_forest
  parameters: {n_estimators: 300, min_samples_leaf: 2}
search:
  kind: grid
  space:
    max_features: [sqrt, 0.5]
    min_samples_leaf: [1, 3]
"""
NO_TARGET = """\
# Which column is to be predicted? Name it with --target, or here:
# target:
#   column: …
#   labels: {"0": "no", "1": "yes"}
"""


@dataclass(frozen=True)
class Wishes:
    """What the user says of the table."""

    model: str
    target: str | None = None
    id: str | None = None
    max_categories: int = MAX_CATEGORIES


def draft(name: str, origin: dict[str, object], columns: Sequence[ColumnProfile], wishes: Wishes) -> str:
    """The recipe's YAML.

    Raises:
        ColumnsUnfit: there is no such target or id, or no column can be a feature.
        DataInvalid: the target has one value, or too many for labels.
    """
    rows = columns[0].rows if columns else 0
    if rows == 0:
        raise DataInvalid(f"There is no row in {name}.")
    features = [column for column in columns if column.name not in {wishes.target, wishes.id}]
    kept = [(column, *_feature(column, wishes)) for column in features]
    if not any(text for _, text, _ in kept):
        raise ColumnsUnfit(f"No column of {name} can be a feature.")
    header = HEADER.format(rows=rows, name=" ".join(name.split()))
    parts = [header, f"model: {wishes.model}\n", f"origin: {flow(origin)}\n"]
    parts += [_target(_named(columns, wishes.target)) if wishes.target else NO_TARGET]
    parts += [f"id: {flow(wishes.id)}\n"] if wishes.id else []
    parts += ["columns:\n", *(_line(*entry) for entry in kept), LIGHTGBM if rows >= MANY_ROWS else FOREST]
    return "".join([*parts, *_decision(columns, wishes)])


def likely_ids(columns: Sequence[ColumnProfile]) -> Iterator[ColumnProfile]:
    """Columns that are named like an id, and may be one."""
    for column in columns:
        is_distinct = column.distinct is None or len(column.distinct) == column.rows
        if _ID_NAME.search(column.name) and not column.missing and column.kind in {"int", "text"} and is_distinct:
            yield column


def model_name(text: str) -> str:
    """A model's name made of a file's or a table's."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    name = re.sub(r"-v(\d+)$", r"-\1", name if name[:1].isalpha() else f"model-{name}")
    return name[:MODEL_MAX_LENGTH].strip("-")


def _line(column: ColumnProfile, text: str | None, comment: str) -> str:
    if text is None:
        return f"  # left out: {flow(column.name)}: {comment}\n"
    return f"  - {text}  # {comment}\n"


def _feature(column: ColumnProfile, wishes: Wishes) -> tuple[str | None, str]:
    """The column's rules, or None, and what a reader should know of it."""
    why_not = _why_not(column, wishes)
    if why_not is not None:
        return None, why_not
    kind = "bool" if column.is_zero_or_one else "category" if column.kind == "text" else column.kind
    rules: dict[str, object] = {"name": column.name, "type": kind}
    if kind == "category":
        rules["allowed"] = sorted(column.distinct or ())
    if kind in {"int", "float"}:
        rules |= {"minimum": _number(column.minimum), "maximum": _number(column.maximum)}
    if column.missing:
        rules["missing"] = "nan"
    return flow(rules), _comment(column)


def _why_not(column: ColumnProfile, wishes: Wishes) -> str | None:
    if column.known == 0:
        return "no values"
    if column.kind in {"date", "timestamp"}:
        return "dates; make numbers of them, such as days since then"
    if column.kind == "other":
        return "values that are no numbers, texts or truth values"
    if column.kind == "text" and (column.distinct is None or len(column.distinct) > wishes.max_categories):
        return f"text with {_distinct(column)}, more than --max-categories {wishes.max_categories}"
    if column.distinct is not None and len(column.distinct) == 1 and not column.missing:
        return "one value in all rows"
    return None


def _comment(column: ColumnProfile) -> str:
    parts = [_distinct(column)]
    parts += [f"{column.missing:,} missing"] if column.missing else []
    parts += [f"{column.bad:,} values are of another type, and stop a training"] if column.bad else []
    return ", ".join(parts)


def _distinct(column: ColumnProfile) -> str:
    return "over 10,000 distinct" if column.distinct is None else f"{len(column.distinct):,} distinct"


def _number(value: float | None) -> float | int | None:
    return int(value) if value is not None and value.is_integer() and abs(value) < 2**53 else value


def _named(columns: Sequence[ColumnProfile], name: str) -> ColumnProfile:
    return next(column for column in columns if column.name == name)


def _labels(target: ColumnProfile) -> list[str]:
    found = sorted({value.strip(" ") for value in target.distinct or ()})
    if target.distinct is None or not 2 <= len(found) <= MAX_LABELS:
        count = "over 10,000" if target.distinct is None else f"{len(found):,}"
        raise DataInvalid(
            f"The target {target.name!r} has {count} different values; a classifier needs 2 to {MAX_LABELS}."
        )
    return found


def _target(target: ColumnProfile) -> str:
    labels = {value: value for value in _labels(target)}
    missing = f"  # {target.missing:,} missing, which stop a training" if target.missing else ""
    return f"target:\n  column: {flow(target.name)}{missing}\n  labels: {flow(labels)}\n"


def _decision(columns: Sequence[ColumnProfile], wishes: Wishes) -> list[str]:
    is_binary = wishes.target is not None and len(_labels(_named(columns, wishes.target))) == 2
    return ["decision: {threshold: f1}  # or a number, or `cost` with costs\n"] if is_binary else []
