"""Importing: from an artefact, a spec and examples to a version that was proved."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from contract.card import Output
from contract.drift.reference import Reference, ReferenceFile, reference_of_pictures
from contract.names import check_model_name
from training.data.dataset import Split
from training.data.storage import storage_errors
from training.evaluation import evaluate
from training.golden import choose_golden
from training.importing import answers
from training.importing.artefact import Artefact
from training.importing.candidate import Imported, make_lineage
from training.importing.examples import find_examples, read_examples
from training.importing.folding import Fold, fold
from training.importing.kinds import kind_of
from training.importing.onnx_file import take_onnx
from training.importing.schema import Schema, infer
from training.importing.spec import Spec
from training.publish.publisher import Publication, publish_candidate
from training.quiet import quiet_stderr
from training.settings import TrainingSettings

Tell = Callable[[str], None]
SUSPICIOUS = 1.5
"""An accuracy below so many times that of guessing is told: labels or spec are likely to be wrong."""

ENOUGH = 200
"""Examples from which on they are taken for what pictures look like: as many as a look at drift asks of predictions."""


@dataclass(frozen=True)
class ImportRequest:
    """What a user wants imported."""

    model: str
    artefact: Path
    labels: tuple[str, ...]
    spec: Spec
    examples: Path
    """A folder `<label>/*.png|jpg|…`."""


class Importer:
    """Imports models, and tells how it goes."""

    def __init__(self, settings: TrainingSettings, *, step: Tell, finding: Tell) -> None:
        self._settings = settings
        self._step = step
        """Called with what is being done."""
        self._finding = finding
        """Called with what was found out, which a person should check."""

    def run(self, request: ImportRequest, repository: Path, *, dry_run: bool = False) -> Publication:
        """Publish an artefact as the next version of the model; nothing is visible before every gate has passed.

        Raises the errors of `training.importing.errors`, and what `training.publish.publish` raises.
        """
        with storage_errors(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory(prefix="trireme-") as work:
            imported = self.prepare(request, Path(work))
        return publish_candidate(imported, imported.build, repository, dry_run=dry_run, tell=self._step)

    def prepare(self, request: ImportRequest, work: Path) -> Imported:
        """Everything but the gates and publishing; `work` is an empty folder."""
        check_model_name(request.model)
        files = find_examples(request.examples, request.labels)
        self._step("Checking the artefact.")
        artefact = self._take(request, work)
        schema = infer(artefact.model, request.spec)
        self._finding(describe(schema))
        self._step("Asking the original for its answers to the examples.")
        return self._imported(request, artefact, schema, read_examples(files, schema.input), work)

    def _take(self, request: ImportRequest, work: Path) -> Artefact:
        if kind_of(request.artefact) == "onnx":
            return take_onnx(request.artefact, work, request.spec, self._settings)
        with quiet_stderr():
            # TensorFlow takes seconds to import, and an ONNX file doesn't need it.
            from training.importing.saved_model import take_saved_model  # noqa: PLC0415
        return take_saved_model(request.artefact, work, request.spec, self._settings)

    def _imported(
        self, request: ImportRequest, artefact: Artefact, schema: Schema, split: Split, work: Path
    ) -> Imported:
        golden = choose_golden(split, request.labels, schema.input)
        pictures = np.concatenate([split.images, golden.tensors])
        raw = artefact.original.answer(pictures, schema.intake, work)
        numbers = answers.columns(raw, request.labels)
        kind = self._kind(request, artefact, schema, numbers)
        probabilities = answers.probabilities(numbers, kind)
        evaluation = evaluate("examples", request.labels, split.labels, probabilities[: len(split)])
        self._warn(evaluation.accuracy, len(request.labels))
        output = Output(labels=request.labels)
        fold(artefact.model, Fold(schema.intake, kind, numbers.shape[1], schema.input, output))
        return Imported(
            model=request.model,
            input=schema.input,
            output=output,
            evaluation=evaluation,
            lineage=make_lineage(artefact, split.digest, request.spec, kind),
            graph=artefact.model,
            golden=golden.answered(probabilities[len(split) :]),
            looks=self._looks(split, request.labels, probabilities[: len(split)]),
        )

    def _looks(
        self, split: Split, labels: tuple[str, ...], probabilities: answers.Numbers
    ) -> tuple[Reference, ReferenceFile] | None:
        if len(split) >= ENOUGH:
            return reference_of_pictures(split.images, labels, probabilities)
        self._finding(
            f"{len(split)} examples are too few to say what its pictures look like, so drift can't be found; "
            f"{ENOUGH} are enough."
        )
        return None

    def _kind(
        self, request: ImportRequest, artefact: Artefact, schema: Schema, numbers: answers.Numbers
    ) -> answers.Kind:
        last = answers.last_operator(artefact.model.graph, schema.intake.answer)
        kind, reason = answers.kind_of(last, request.spec.output, numbers)
        self._finding(f"Its answers are taken for {kind}: {reason}.")
        return kind

    def _warn(self, accuracy: float, labels: int) -> None:
        if accuracy < SUSPICIOUS / labels:
            self._finding(
                f"Only {accuracy:.1%} of the examples are answered rightly, about what guessing reaches; check the "
                "order of the labels, and `scale`, `mean`, `std` and `channel_order` in the spec."
            )


def describe(schema: Schema) -> str:
    """What a model takes, for people."""
    taken, intake = schema.input, schema.intake
    colours = "grey" if taken.channels == 1 else "BGR" if intake.reverse else "RGB"
    batch = f", {intake.batch} at once" if intake.batch else ""
    return (
        f"It takes {colours} pictures of {taken.width}×{taken.height} pixels as {intake.dtype} {intake.layout}{batch}."
    )
