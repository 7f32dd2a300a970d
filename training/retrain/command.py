"""The command that does one attempt at a job.

Exit codes: 0, the job's row says how it ended (or that another attempt does it); 2, wrong arguments or settings; 4, the
database could not be told how it ended.
"""

import argparse
import sys
from collections.abc import Sequence
from uuid import UUID

from contract.environment import check_settings
from contract.errors import SettingsInvalid
from training.retrain.database import open_engine
from training.retrain.desk import open_desk
from training.retrain.errors import JobStoreAway
from training.retrain.harness import Find, Harness
from training.retrain.kinds import find_work
from training.retrain.stops import Stop
from training.settings import TrainingSettings

DONE, WRONG, UNTOLD = 0, 2, 4


def main(stop: Stop, arguments: Sequence[str] | None = None, find: Find = find_work) -> int:
    """Do one attempt at a job; returns the exit code."""
    try:
        check_settings(TrainingSettings)
        settings = TrainingSettings()
        job, attempt = _order(settings, arguments)
    except SettingsInvalid as error:
        return _tell(*error.problems, code=WRONG)
    try:
        engine = open_engine(settings.database.get_secret_value())
        with open_desk(engine, job, attempt) as desk:
            is_ours = Harness(settings, desk, stop, find).run()
    except JobStoreAway as error:
        return _tell(error.detail, code=UNTOLD)
    return DONE if is_ours else _tell("superseded", code=DONE)


def _order(settings: TrainingSettings, arguments: Sequence[str] | None) -> tuple[str, int]:
    parser = argparse.ArgumentParser("python -m training.retrain", description="Do one attempt at a job.")
    parser.add_argument("--job", type=UUID, default=settings.job, help="the job's id")
    parser.add_argument("--attempt", type=int, default=settings.attempt, help="the attempt that it was launched as")
    given = parser.parse_args(arguments)
    if given.job is None or given.attempt is None:
        raise SettingsInvalid(["A job and an attempt must be named: --job and --attempt."])
    return str(given.job), given.attempt


def _tell(*sentences: str, code: int) -> int:
    sys.stderr.writelines(f"{sentence}\n" for sentence in sentences)
    return code
