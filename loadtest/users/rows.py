"""Users that send rows of a table."""

from functools import cache
from typing import Any

from locust import between, task

from loadtest.models import describe_model
from loadtest.samples import Body, row_batch, row_body, rows
from loadtest.users.base import SETTINGS, GatewayUser, chosen


@cache
def _columns(host: str) -> frozenset[str]:
    """What the model takes of a row; a row by value must have nothing else, such as the label of a training set."""
    described = describe_model(host, SETTINGS.model)["input"]
    return frozenset({column["name"] for column in described["columns"]} | {described["id"]})


@cache
def _rows(host: str) -> list[dict[str, Any]]:
    taken = _columns(host)
    return [_without_missing(row, taken) for row in rows(SETTINGS.data, SETTINGS.samples)]


def _without_missing(row: dict[str, Any], taken: frozenset[str]) -> dict[str, Any]:
    # What isn't equal to itself is no number, which JSON can't say.
    return {name: value for name, value in row.items() if name in taken and value is not None and value == value}  # noqa: PLR0124


class RowsUser(GatewayUser):
    """What the users below have in common."""

    abstract = True

    def bodies(self, count: int) -> list[Body]:
        """So many rows, each a body of its own."""
        return [row_body(row) for row in chosen(_rows(self.host or ""), count)]


class RowUser(RowsUser):
    """One row after the other, with time to look at each answer."""

    weight = SETTINGS.mix.get("predict", 0)

    @task
    def one(self) -> None:
        """One row."""
        self.predict(self.bodies(1)[0], "predict")


class RowBatchUser(RowsUser):
    """Many rows in each request."""

    weight = SETTINGS.mix.get("batch", 0)

    @task
    def many(self) -> None:
        """One file of JSON Lines."""
        body = row_batch(chosen(_rows(self.host or ""), SETTINGS.batch))
        self.predict(body, f"batch of {SETTINGS.batch}", count=SETTINGS.batch)


class RowSpikeUser(RowsUser):
    """Nothing for a while, and then many rows at once."""

    weight = SETTINGS.mix.get("spike", 0)
    wait_time = between(*SETTINGS.spike_pause_s)
    concurrency = SETTINGS.spike

    @task
    def spike(self) -> None:
        """One spike."""
        self.at_once(self.bodies(SETTINGS.spike), "predict, spike")
