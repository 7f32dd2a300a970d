"""Errors of engines and of tuning.

EngineError
├── QuantisationFailed      500  quantisation-failed
├── TuningFailed            500  tuning-failed
├── TuningBusy              409  tuning-busy
├── TuningInvalid           500  tuning-invalid
└── EngineUnknown           422  engine-unknown
"""

from training.errors import TrainingError


class EngineError(TrainingError):
    """An engine can't be made or measured."""

    code = "engine-failed"
    title = "The engine can't be used"


class QuantisationFailed(EngineError):
    """A network could not be brought to int8."""

    code = "quantisation-failed"
    title = "The network could not be quantised"


class TuningFailed(EngineError):
    """No engine could be served and measured."""

    code = "tuning-failed"
    title = "No engine could be measured"


class TuningBusy(EngineError):
    """Another process tunes; both would measure each other."""

    status = 409
    code = "tuning-busy"
    title = "Another process tunes"


class TuningInvalid(EngineError):
    """What an earlier tuning left can't be read."""

    code = "tuning-invalid"
    title = "The tuning's record is invalid"


class EngineUnknown(EngineError):
    """There is no engine of that name, or it can't run on this machine."""

    status = 422
    code = "engine-unknown"
    title = "No such engine"
