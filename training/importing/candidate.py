"""An imported model on its way to becoming a version."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import onnx
from onnx import ModelProto

from contract.card import IMPORT, Lineage, Output
from contract.drift.reference import REFERENCE, Reference, ReferenceFile
from contract.golden import GoldenExamples
from contract.inputs import ImageInput
from contract.metrics import Evaluation
from contract.repository import GOLDEN, ONNX_MODEL
from training.hardware import read_hardware
from training.importing.answers import Kind
from training.importing.artefact import Artefact
from training.importing.spec import Spec
from training.lineage import code_version, library_versions

LIBRARIES = ("onnx", "onnxruntime", "tf2onnx")


@dataclass(frozen=True)
class Imported:
    """A `training.publish.candidate.Candidate`: what the card says, the graph to serve, and its golden examples."""

    model: str
    input: ImageInput
    output: Output
    evaluation: Evaluation
    lineage: Lineage
    graph: ModelProto
    golden: GoldenExamples
    looks: tuple[Reference, ReferenceFile] | None = None
    """What the examples look like; None where they are too few to tell."""

    @property
    def reference(self) -> ReferenceFile | None:
        """As `Candidate` says."""
        return None if self.looks is None else self.looks[1]

    def build(self, staged: Path) -> None:
        """Put the graph and the examples into a staged folder."""
        (staged / ONNX_MODEL).parent.mkdir(parents=True)
        onnx.save(self.graph, staged / ONNX_MODEL)
        self.golden.write(staged / GOLDEN)
        if self.looks is not None:
            self.looks[0].write(staged / REFERENCE)


def make_lineage(artefact: Artefact, examples: str, spec: Spec, kind: Kind) -> Lineage:
    """Where an imported model comes from; `examples` is the digest of the examples."""
    said = spec.model_dump(mode="json", exclude_unset=True)
    return Lineage(
        data={"artefact": artefact.digest, "examples": examples},
        source=IMPORT,
        code=code_version(Path(__file__).parents[1]),
        libraries=library_versions(LIBRARIES),
        machine=str(read_hardware()),
        run=f"import-{datetime.now(UTC):%Y%m%d-%H%M%S}",
        parameters={**said, "format": artefact.original.kind, "output": kind},
    )
