"""Breast cancer Wisconsin (diagnostic), as scikit-learn carries it: 569 rows, 30 numbers, two labels."""

import pyarrow as pa

from training.tables.data.source import ArrowSource

NAME = "breast cancer Wisconsin (diagnostic), UCI 17, from scikit-learn"
TARGET = "diagnosis"


def breast_cancer() -> ArrowSource:
    """The table; its names are scikit-learn's with underscores, the target is `malignant` or `benign`."""
    from sklearn.datasets import load_breast_cancer  # noqa: PLC0415  takes seconds

    found = load_breast_cancer()
    names = [name.replace(" ", "_") for name in found.feature_names.tolist()]
    columns = dict(zip(names, found.data.T, strict=True))
    target = found.target_names[found.target].tolist()
    return ArrowSource(NAME, pa.table({**columns, TARGET: target}))
