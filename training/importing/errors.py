"""Importing's errors.

ImportRefused               422  import-refused
├── ArtefactUnknown         404  artefact-unknown
├── ArtefactUnsupported     422  artefact-unsupported
├── ArtefactUnsafe          422  artefact-unsafe
├── ArtefactFailed          422  artefact-failed
├── SchemaUnclear           422  schema-unclear
├── SpecInvalid             422  preprocessing-spec-invalid
├── LabelsInvalid           422  labels-invalid
└── ExamplesInvalid         422  examples-invalid
"""

from training.errors import TrainingError


class ImportRefused(TrainingError):
    """A model that was trained elsewhere can't be imported; the repository is as it was."""

    status = 422
    code = "import-refused"
    title = "The model can't be imported"


class ArtefactUnknown(ImportRefused):
    """There is nothing at the artefact's place."""

    status = 404
    code = "artefact-unknown"
    title = "There is no such artefact"


class ArtefactUnsupported(ImportRefused):
    """The artefact is neither a SavedModel folder nor an ONNX file, or of a kind that can't be served."""

    code = "artefact-unsupported"
    title = "The artefact is not of a kind that can be imported"


class ArtefactUnsafe(ImportRefused):
    """The artefact could do more than compute, or names files outside its own folder; nothing of it was run."""

    code = "artefact-unsafe"
    title = "The artefact could do more than compute"


class ArtefactFailed(ImportRefused):
    """The artefact can't be converted, or doesn't answer the examples."""

    code = "artefact-failed"
    title = "The artefact doesn't work"


class SchemaUnclear(ImportRefused):
    """The graph doesn't tell what it takes or answers, or contradicts the spec; the detail names the spec's key."""

    code = "schema-unclear"
    title = "It isn't clear what the model takes or answers"


class SpecInvalid(ImportRefused):
    """The preprocessing spec can't be read, or breaks its schema."""

    code = "preprocessing-spec-invalid"
    title = "The preprocessing spec is invalid"


class LabelsInvalid(ImportRefused):
    """The labels can't be read, repeat, or are fewer than two."""

    code = "labels-invalid"
    title = "The labels are invalid"


class ExamplesInvalid(ImportRefused):
    """The examples are too few or too many, lack a label, or one of them is broken."""

    code = "examples-invalid"
    title = "The examples can't be used"
