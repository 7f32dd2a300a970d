"""Publishing's errors.

PublishError
├── ConversionFailed    500  conversion-failed
├── GraphUnsupported    422  graph-unsupported
├── EngineUnproven      422  engine-unproven
└── GateFailed          422  gate-failed
"""

from training.errors import TrainingError


class PublishError(TrainingError):
    """A run could not be published; the repository is as it was."""

    code = "publish-failed"
    title = "Publishing failed"


class ConversionFailed(PublishError):
    """The SavedModel could not be turned into ONNX."""

    code = "conversion-failed"
    title = "The SavedModel could not be converted to ONNX"


class GraphUnsupported(PublishError):
    """The ONNX graph has another operator set, IR version, input or output than what the oldest server can take."""

    status = 422
    code = "graph-unsupported"
    title = "The ONNX graph is not one that every supported server can load"


class EngineUnproven(PublishError):
    """A tuned engine was to be published without the test pictures that would prove it."""

    status = 422
    code = "engine-unproven"
    title = "A tuned engine can't be published without test pictures"


class GateFailed(PublishError):
    """The candidate doesn't answer as the trained model does."""

    status = 422
    code = "gate-failed"
    title = "The candidate failed a gate"
