"""The shipped recipe with few applications, and what it makes of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pytest

from contract.inputs import TableInput
from contract.sql.runner import SqlRunner
from training.tables.credit.data import schema_of
from training.tables.credit.generator import generate
from training.tables.credit.making import with_features
from training.tables.credit.plan import CreditPlan, Split
from training.tables.origins import GeneratedOrigin
from training.tables.recipe import Recipe
from training.tables.recipes import load_recipe

SMALL = CreditPlan(train=1_200, validation=500, test=300)


@dataclass(frozen=True)
class Part:
    """One split of the small plan."""

    tables: Mapping[str, pa.Table]
    features: pa.Table


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    origin = GeneratedOrigin(train=SMALL.train, validation=SMALL.validation, test=SMALL.test)
    return load_recipe("credit-189").model_copy(update={"origin": origin})


@pytest.fixture(scope="session")
def schema(recipe: Recipe) -> TableInput:
    return schema_of(recipe)


@pytest.fixture(scope="session")
def runner(schema: TableInput) -> SqlRunner:
    return SqlRunner(schema)


@pytest.fixture(scope="session")
def parts(runner: SqlRunner) -> dict[Split, Part]:
    """The splits, each of one block."""
    splits: tuple[Split, ...] = ("train", "validation", "test")
    made = with_features(SMALL, runner)
    return {split: Part(block.tables, features) for split, (block, features) in zip(splits, made, strict=True)}


def tables_of(plan: CreditPlan) -> dict[str, pa.Table]:
    """The raw tables and outcomes of a whole plan."""
    blocks = list(generate(plan))
    names = (*blocks[0].tables, "outcomes")
    return {name: pa.concat_tables([{**b.tables, "outcomes": b.outcomes}[name] for b in blocks]) for name in names}
