"""docs/judge.md tells each field of the policies, with its default."""

from pathlib import Path

import pytest

from contract.base import Document
from gateway.judge.ab import AbSettings
from gateway.judge.policy import JudgePolicy

PAGE = Path(__file__).parents[3] / "docs/judge.md"


@pytest.mark.parametrize("document", [JudgePolicy, AbSettings])
def test_every_field_is_described_with_its_default(document: type[Document]) -> None:
    rows = [
        [cell.strip(" `") for cell in line.split("|")[1:3]] for line in PAGE.read_text().splitlines() if "|" in line
    ]
    told = {(row[0], row[1]) for row in rows if len(row) == 2}
    for name, field in document.model_fields.items():
        default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
        assert (name, default) in told
