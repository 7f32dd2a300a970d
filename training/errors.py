"""Training's errors.

TrainingError
├── RunUnfinished       409  run-unfinished
"""

from contract.errors import TriremeError


class TrainingError(TriremeError):
    """Data, training or publishing failed."""

    code = "training-failed"
    title = "Training failed"


class RunUnfinished(TrainingError):
    """The run's folder has no valid record."""

    status = 409
    code = "run-unfinished"
    title = "The training run isn't finished"
