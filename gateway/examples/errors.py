"""Errors of uploaded examples.

TriremeError
├── ExampleRefused
│   ├── LabelMissing             422  label-missing
│   ├── LabelUnknown             422  label-unknown
│   ├── LabelConflict            422  label-conflict
│   └── UsedOtherwise            422  used-otherwise
├── ExamplesRefused              422  examples-refused
├── BatchUnknown                 404  batch-unknown
├── ExamplesOff                  409  examples-off
├── ExamplesFull                 507  examples-full
└── RetryLater
    ├── ExamplesUnavailable      503  examples-unavailable
    └── ExamplesErased           503  examples-erased
"""

from contract.errors import TriremeError
from gateway.errors import RetryLater
from gateway.examples.report import UploadReport


class ExampleRefused(TriremeError):
    """One example of an upload can't be taken; the others can."""

    status = 422
    code = "example-refused"
    title = "The example can't be taken"


class LabelMissing(ExampleRefused):
    """The example has no label."""

    code = "label-missing"
    title = "The example has no label"


class LabelUnknown(ExampleRefused):
    """The label is none of the stable version's."""

    code = "label-unknown"
    title = "The label is none of the model's"


class LabelConflict(ExampleRefused):
    """The same example is there with another label: withdraw its batch first, or leave this one out."""

    code = "label-conflict"
    title = "The same example has another label already"


class UsedOtherwise(ExampleRefused):
    """The same example is there for training, and should now be for evaluation, or the other way round."""

    code = "used-otherwise"
    title = "An example is for training or for evaluation, never for both"


class ExamplesRefused(TriremeError):
    """No example of the upload can be taken, or with `strict` not all; nothing was stored. `refused` says why."""

    status = 422
    code = "examples-refused"
    title = "The examples can't be taken"

    def __init__(self, report: UploadReport) -> None:
        super().__init__(report.sentence())
        self.report = report


class BatchUnknown(TriremeError):
    """The model has no batch of this id, or it was erased."""

    status = 404
    code = "batch-unknown"
    title = "The model has no such batch"


class ExamplesOff(TriremeError):
    """This gateway keeps no uploaded examples: `GATEWAY_EXAMPLES` is empty."""

    status = 409
    code = "examples-off"
    title = "This gateway keeps no uploaded examples"


class ExamplesFull(TriremeError):
    """The model has as many uploaded examples, batches or bytes as it may have; nothing was stored."""

    status = 507
    code = "examples-full"
    title = "The model has all the examples that it may have"


class ExamplesUnavailable(RetryLater):
    """The store of examples is away, full, or refuses the gateway; nothing was stored."""

    code = "examples-unavailable"
    title = "The store of examples can't be used"


class ExamplesErased(RetryLater):
    """While the upload was under way, a batch that shares a file with it was withdrawn; send it again."""

    code = "examples-erased"
    title = "A batch with the same files was withdrawn meanwhile"
