"""`python -m training.tables.credit.benchmark`: what features by SQL cost, for one application and for many.

One application comes as JSON rows, is checked, and becomes 189 features; a block has 8,192 that are Arrow tables.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from contract.sql.raw import read_raw
from contract.sql.runner import SqlRunner
from training.tables.credit.data import schema_of
from training.tables.credit.generator import CreditBlock, generate
from training.tables.credit.plan import FIRST_ID, CreditPlan
from training.tables.recipes import load_recipe

ROUNDS = 50


def main() -> None:
    """Print milliseconds: the median, and the range."""
    runner = SqlRunner(schema_of(load_recipe("credit-189")))
    block = next(generate(CreditPlan(train=10_000, validation=1, test=1)))
    rows = {name: _own(table) for name, table in block.tables.items()}
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    _tell("check and prepare the steps", lambda: SqlRunner(schema_of(load_recipe("credit-189"))), 5)
    _tell("one application from JSON rows", lambda: runner.run(read_raw(runner.features, rows).tables), ROUNDS)
    _tell(f"{len(block):,} applications", lambda: runner.run(block.tables), 10)
    _tell(f"generate {len(block):,} applications", _generate, 10)


def _own(table: pa.Table) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = table.filter(pc.equal(table["application_id"], FIRST_ID)).to_pylist()
    return rows


def _generate() -> CreditBlock:
    return next(generate(CreditPlan(train=10_000, validation=1, test=1)))


def _tell(what: str, run: Callable[[], object], rounds: int) -> None:
    run()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1_000)
    print(f"{what:<34} {statistics.median(times):8.1f} ms ({min(times):.1f} to {max(times):.1f})")


if __name__ == "__main__":
    main()
