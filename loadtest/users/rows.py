"""Users that send rows of a table."""

from functools import cache
from typing import Any

from locust import between, task

from loadtest.models import describe_model, row_columns
from loadtest.samples import Body, fitting, row_batch, row_body, rows
from loadtest.users.base import SETTINGS, GatewayUser, chosen


@cache
def _columns(host: str) -> frozenset[str]:
    return row_columns(describe_model(host, SETTINGS.model))


@cache
def _rows(host: str) -> list[dict[str, Any]]:
    taken = _columns(host)
    return [fitting(row, taken) for row in rows(SETTINGS.data, SETTINGS.samples)]


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
