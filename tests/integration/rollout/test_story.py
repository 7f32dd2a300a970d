"""What `GET …/versions` tells of where versions come from, and of the last verdict on each."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from contract.card import VersionCard
from contract.jobs.tables import JOBS
from contract.repository import CARD
from gateway.database.engine import Database
from gateway.rollout.actions import Announce, Begin, By, Canary, Fail, Prove, Rollback
from gateway.rollout.leases import Leases
from gateway.rollout.store import RolloutStore
from tests.integration.rollout.rig import VERSIONS, done, releasing
from tests.support.versions import make_version

JOB = "019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f"
RULE = "The new version is 0.3 points better."


def retrained(repository: Path, version: int, job: str) -> None:
    """A version whose card names a job and two batches."""
    path = repository / make_version(repository, "tiny", version).triton_name / CARD
    card = VersionCard.parse(path.read_bytes())
    lineage = card.lineage.model_copy(update={"job": job, "batches": (JOB, JOB)})
    path.write_text(card.model_copy(update={"lineage": lineage}).model_dump_json())


async def add_job(database: Database, job: str) -> None:
    result = {"kind": "retrain", "run": "r", "champion": 1, "published": 3, "rule": RULE}
    row: dict[str, Any] = {
        "id": job,
        "model": "tiny",
        "kind": "retrain",
        "state": "succeeded",
        "parameters": {"kind": "retrain"},
    }
    row |= {"result": result, "trigger": "request", "principal": "eve", "created": datetime.now(UTC)}
    row |= {"time_limit_s": 60, "attempt": 1, "cancel_asked": False}
    async with database.transaction() as connection:
        await connection.execute(insert(JOBS).values(row))


async def test_a_retrained_version_names_its_job_its_champion_and_the_rule(
    repository: Path, url: str, unkept: Database
) -> None:
    retrained(repository, 3, JOB)
    retrained(repository, 4, "no-uuid")
    await add_job(unkept, JOB)
    async with releasing(repository, url) as http:
        first, _, third, fourth = (await http.get(VERSIONS)).json()["versions"]
    assert (third["job"], third["challenged"], third["rule"], third["batches"]) == (JOB, 1, RULE, 2)
    assert (fourth["job"], fourth["challenged"], fourth["rule"]) == ("no-uuid", None, None)
    assert (first["job"], first["batches"], first["source"], first["macro_f1"]) == (None, 0, "made by hand", 1.0)


async def test_the_last_verdict_is_the_judge_s_or_the_smoke_test_s(
    repository: Path, url: str, unkept: Database
) -> None:
    store = RolloutStore(unkept, Leases(unkept))
    await done(unkept, Begin(1), Announce(2), Prove(2), Canary(2, 10))
    await store.apply("tiny", Rollback(), By("judge:criteria", "It fails too often.", {"errors": 31.0}))
    await done(unkept, Announce(3))
    await store.apply("tiny", Fail(3), By("smoke-test"))
    async with releasing(repository, url) as http:
        versions = (await http.get(VERSIONS)).json()["versions"]
    told = [one["last_verdict"] for one in versions]
    assert told[0] is None
    assert (told[1]["principal"], told[1]["note"], told[1]["numbers"]) == (
        "judge:criteria",
        "It fails too often.",
        {"errors": 31.0},
    )
    assert (told[2]["principal"], told[2]["action"]) == ("smoke-test", "fail")
