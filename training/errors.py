"""Errors of data, training and runs. What publishing raises is in `training.publish`.

TrainingError                   500  training-failed
├── DataError                   500  data-failed
│   ├── DataUnknown             404  data-unknown
│   ├── DataInvalid             422  data-invalid
│   ├── DataUnreachable         503  data-unreachable
│   ├── DataDamaged             502  data-damaged
│   └── StorageFailed           500  storage-failed
│       └── StorageFull         507  storage-full
├── ArchitectureUnknown         422  architecture-unknown
├── ProfileUnknown              422  profile-unknown
├── RequestInvalid              422  training-request-invalid
├── ParentUnfit                 422  parent-unfit
├── RunUnknown                  404  run-unknown
├── RunBusy                     409  run-busy
├── RunUnfinished               409  run-unfinished
├── RunFinished                 409  run-finished
├── RunChanged                  409  run-changed
├── MemoryShort                 507  memory-short
├── CheckpointInvalid           500  checkpoint-invalid
├── TrainingDiverged            500  training-diverged
└── PublishWithdrawn            409  publish-withdrawn
"""

from contract.errors import TriremeError


class TrainingError(TriremeError):
    """Data, training or publishing failed."""

    code = "training-failed"
    title = "Training failed"


class DataError(TrainingError):
    """The data can't be had or used."""

    code = "data-failed"
    title = "The data can't be used"


class DataUnknown(DataError):
    """There is no data set of that name, or no folder at that place."""

    status = 404
    code = "data-unknown"
    title = "No such data set"


class DataInvalid(DataError):
    """A picture folder breaks its layout, or holds what can't be trained on."""

    status = 422
    code = "data-invalid"
    title = "The data set is invalid"


class DataUnreachable(DataError):
    """No source of the data set answers."""

    status = 503
    code = "data-unreachable"
    title = "The data set can't be downloaded"


class DataDamaged(DataError):
    """A file of the data set differs from its pinned digest."""

    status = 502
    code = "data-damaged"
    title = "The data set's files are damaged"


class StorageFailed(DataError):
    """A local folder can't be read or written."""

    code = "storage-failed"
    title = "A local folder can't be read or written"


class StorageFull(StorageFailed):
    """The disk is full; what was written in part is gone."""

    status = 507
    code = "storage-full"
    title = "The disk is full"


class ArchitectureUnknown(TrainingError):
    """There is no architecture of that name."""

    status = 422
    code = "architecture-unknown"
    title = "No such architecture"


class ProfileUnknown(TrainingError):
    """There is no profile of that name."""

    status = 422
    code = "profile-unknown"
    title = "No such profile"


class RequestInvalid(TrainingError):
    """The wishes for a run don't fit together, or not the data."""

    status = 422
    code = "training-request-invalid"
    title = "The training request is invalid"


class ParentUnfit(TrainingError):
    """The version to fine-tune from has another network, or none that can be gone on from."""

    status = 422
    code = "parent-unfit"
    title = "The version can't be fine-tuned"


class RunUnknown(TrainingError):
    """There is no run of that identifier."""

    status = 404
    code = "run-unknown"
    title = "No such training run"


class RunBusy(TrainingError):
    """Another process works on the run."""

    status = 409
    code = "run-busy"
    title = "Another process works on the training run"


class RunUnfinished(TrainingError):
    """The run's folder has no valid record."""

    status = 409
    code = "run-unfinished"
    title = "The training run isn't finished"


class RunFinished(TrainingError):
    """The run is finished already: there is nothing to resume."""

    status = 409
    code = "run-finished"
    title = "The training run is finished already"


class RunChanged(TrainingError):
    """A run can't go on, because its data or its machine are not what they were."""

    status = 409
    code = "run-changed"
    title = "The training run can't go on as it began"


class MemoryShort(TrainingError):
    """A run would need more memory than is free."""

    status = 507
    code = "memory-short"
    title = "There is too little memory"


class CheckpointInvalid(TrainingError):
    """A checkpoint is damaged or belongs to another network."""

    code = "checkpoint-invalid"
    title = "The checkpoint is damaged"


class TrainingDiverged(TrainingError):
    """The loss is no number any more."""

    code = "training-diverged"
    title = "Training diverged"


class PublishWithdrawn(TrainingError):
    """Whoever wanted the version doesn't want it any more; asked right before it would have become visible."""

    status = 409
    code = "publish-withdrawn"
    title = "The version is not wanted any more"
