"""The chart's README."""

import json
from pathlib import Path

from trireme.chart_reference import readme

VALUES = """# Of the whole chart.

# The model.
model:
  # Its name,
  # as published.
  name: cifar10
  replicas: 1
  where:
    uri: s3://a
"""
SCHEMA = {
    "definitions": {"count": {"type": "integer", "minimum": 1, "description": "How <many>."}},
    "properties": {
        "model": {
            "type": "object",
            "properties": {"name": {"enum": ["cifar10", "pets"]}, "replicas": {"$ref": "#/definitions/count"}},
        }
    },
}


def test_each_value_is_a_row_with_its_default_what_it_may_be_and_its_comment(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text(VALUES)
    (tmp_path / "values.schema.json").write_text(json.dumps(SCHEMA))
    rows = readme(tmp_path).splitlines()[-4:]
    assert rows == [
        "| `model` |  | object | The model. |",
        "| `model.name` | `cifar10` | `cifar10`, `pets` | Its name, as published. |",
        "| `model.replicas` | `1` | integer from 1 | How &lt;many>. |",
        "| `model.where.uri` | `s3://a` |  |  |",
    ]
