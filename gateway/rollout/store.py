"""The traffic of models in the database."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.database.engine import Database
from gateway.rollout.actions import Action, By
from gateway.rollout.errors import RolloutConflict
from gateway.rollout.leases import Lease, Leases
from gateway.rollout.tables import MODEL_EVENTS, TRAFFIC
from gateway.rollout.traffic import Traffic
from gateway.rollout.transition import Change, transition


class RolloutStore:
    """Reads and changes traffic; every method raises `DatabaseUnavailable` too."""

    def __init__(self, database: Database, leases: Leases, *, places: int | None = None) -> None:
        self._database = database
        self._leases = leases
        self._places = places
        """How many versions of a model can be loaded at once; None: all that are wanted."""

    async def all(self) -> dict[str, Traffic]:
        """The traffic of every model that has a row."""
        async with self._database.transaction() as connection:
            rows = (await connection.execute(select(TRAFFIC))).all()
        return {row.model: _traffic(row) for row in rows}

    async def find(self, model: str) -> Traffic | None:
        """The traffic of one model; None without a row."""
        async with self._database.transaction() as connection:
            return await _found(connection, model)

    async def apply(
        self, model: str, action: Action, by: By, *, revision: int | None = None, lease: Lease | None = None
    ) -> tuple[Traffic, Change]:
        """Do an action, with its event, in one transaction.

        Raises what `transition` raises; `RolloutConflict` where the traffic's revision is not `revision`, or the
        traffic is changed meanwhile; and `LeaseLost` where `lease` is given and does not hold.
        """
        try:
            async with self._database.transaction() as connection:
                if lease is not None:
                    await self._leases.check(connection, lease)
                before = await _found(connection, model)
                _check_revision(before, revision)
                after, change = transition(model, before, action, places=self._places)
                await _write(connection, before, after)
                await connection.execute(insert(MODEL_EVENTS).values(_event(after, change, by)))
        except IntegrityError:
            # Two began to keep the model's traffic at the same time.
            raise RolloutConflict from None
        return after, change


async def _found(connection: AsyncConnection, model: str) -> Traffic | None:
    row = (await connection.execute(select(TRAFFIC).where(TRAFFIC.c.model == model))).one_or_none()
    return None if row is None else _traffic(row)


def _traffic(row: Row[*tuple[Any, ...]]) -> Traffic:
    names = ("model", "revision", "versions", "previous")
    return Traffic.model_validate({name: getattr(row, name) for name in names})


def _check_revision(traffic: Traffic | None, revision: int | None) -> None:
    current = 0 if traffic is None else traffic.revision
    if revision is not None and revision != current:
        raise RolloutConflict(f"The traffic's revision is {current}, not {revision}.")


async def _write(connection: AsyncConnection, before: Traffic | None, after: Traffic) -> None:
    values = {**after.model_dump(mode="json"), "changed": datetime.now(UTC)}
    if before is None:
        await connection.execute(insert(TRAFFIC).values(values))
        return
    unchanged = TRAFFIC.c.model == before.model, TRAFFIC.c.revision == before.revision
    if not (await connection.execute(update(TRAFFIC).where(*unchanged).values(values))).rowcount:
        raise RolloutConflict


def _event(after: Traffic, change: Change, by: By) -> dict[str, Any]:
    return {
        "model": after.model,
        "version": change.version,
        "action": change.action,
        "from_state": None if change.before is None else change.before.value,
        "to_state": change.after.value,
        "weights": after.weights,
        "time": datetime.now(UTC),
        "principal": by.who,
        "numbers": dict(by.numbers),
        "note": by.note,
        "revision": after.revision,
    }
