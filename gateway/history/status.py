"""How the log stands: what the database holds, and what waits on the disk."""

from pathlib import Path

from pydantic import AwareDatetime, BaseModel
from sqlalchemy import func, select

from gateway.database.engine import Database
from gateway.prediction_log.ids import time_of
from gateway.prediction_log.segment import SUFFIX
from gateway.prediction_log.spill import Spill
from gateway.prediction_log.tables import FEEDBACK, PREDICTIONS


class Stored(BaseModel):
    """What the database holds."""

    predictions: int
    feedback: int
    oldest: AwareDatetime | None
    newest: AwareDatetime | None


class Waiting(BaseModel):
    """What lies on this machine's disk."""

    journals: int
    """Folders; each running gateway has one."""
    bytes: int
    rejected_bytes: int
    """Entries that the database refused."""


async def stored(database: Database) -> Stored:
    """Ask the database; raises `DatabaseUnavailable`."""
    ends = select(PREDICTIONS.c.id).limit(1)
    async with database.transaction() as connection:
        predictions = await connection.scalar(select(func.count()).select_from(PREDICTIONS))
        feedback = await connection.scalar(select(func.count()).select_from(FEEDBACK))
        oldest = await connection.scalar(ends.order_by(PREDICTIONS.c.id))
        newest = await connection.scalar(ends.order_by(PREDICTIONS.c.id.desc()))
    return Stored(
        predictions=predictions or 0,
        feedback=feedback or 0,
        oldest=oldest and time_of(oldest),
        newest=newest and time_of(newest),
    )


def waiting(spill: Spill) -> Waiting:
    """Look at the disk."""
    folders = spill.folders()
    return Waiting(
        journals=len(folders),
        bytes=sum(_size(path) for folder in folders for path in folder.glob(f"*{SUFFIX}")),
        rejected_bytes=sum(_size(path) for path in spill.root.glob(f"{spill.rejected.name}*")),
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # shipped a moment ago
