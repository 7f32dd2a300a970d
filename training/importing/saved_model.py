"""A SavedModel folder as the artefact to import."""

import shutil
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx import ModelProto
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel as SavedModelProto

from training.data.storage import storage_errors
from training.importing.artefact import Artefact, artefact_digest
from training.importing.errors import ArtefactFailed, ArtefactUnsafe, ArtefactUnsupported, SchemaUnclear
from training.importing.onnx_safety import check_safe as check_graph
from training.importing.original import Original
from training.importing.saved_model_safety import check_safe
from training.importing.spec import Spec
from training.publish.errors import ConversionFailed
from training.publish.graph import run_tf2onnx
from training.settings import TrainingSettings

PROGRAM = "saved_model.pb"
VARIABLES = "variables"
COPY = "original.savedmodel"
INIT = "__saved_model_init_op"
DEFAULT = "serving_default"


def take_saved_model(path: Path, work: Path, spec: Spec, settings: TrainingSettings) -> Artefact:
    """Copy the graph and the variables into the folder `work`, check the copy, and convert it.

    Raises:
        ArtefactUnsafe: it is too large, has links, or an operation that does more than compute.
        ArtefactUnsupported: it isn't a SavedModel of TensorFlow 2.
        ArtefactFailed: tf2onnx can't convert it.
        SchemaUnclear: there are several signatures, and the spec names none of them.
    """
    copy = work / COPY
    with storage_errors(path):
        files = _files(path, settings.import_max_bytes)
    with storage_errors(work):
        copies = [_copy(file, copy / file.relative_to(path)) for file in files]
    graph = _parse(copy / PROGRAM)
    check_safe(graph)
    original = Original("savedmodel", copy, _signature(graph, spec), settings.import_timeout)
    return Artefact(original, artefact_digest(copy, copies), _convert(original, work))


def _copy(file: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(file, target))


def _convert(original: Original, work: Path) -> ModelProto:
    target = work / "converted.onnx"
    try:
        run_tf2onnx(original.path, target, signature=original.signature, timeout=original.timeout)
    except ConversionFailed as error:
        raise ArtefactFailed(error.detail) from error
    model = onnx.load(target)
    check_graph(model)
    return model


def _files(folder: Path, max_bytes: int) -> list[Path]:
    """What a SavedModel needs; assets and Keras's own metadata are not used, so they are left where they are."""
    files = [folder / PROGRAM, *sorted((folder / VARIABLES).glob("variables.*"))]
    if any(path.is_symlink() for path in (folder / VARIABLES, *files)):
        raise ArtefactUnsafe("The SavedModel has a symbolic link.")
    if sum(path.stat().st_size for path in files) > max_bytes:
        raise ArtefactUnsafe(f"The artefact is larger than the limit of {max_bytes:,} bytes.")
    return files


def _parse(path: Path) -> MetaGraphDef:
    found = SavedModelProto()
    try:
        found.ParseFromString(path.read_bytes())
    except DecodeError as error:
        raise ArtefactUnsupported(f"The file {PROGRAM} isn't a SavedModel's.") from error
    # The first graph is the one that TensorFlow loads; of several, others could hide behind it.
    if len(found.meta_graphs) != 1 or not found.meta_graphs[0].HasField("object_graph_def"):
        raise ArtefactUnsupported(
            "The SavedModel isn't one graph of TensorFlow 2; export it anew, for example with Keras's model.export."
        )
    return found.meta_graphs[0]


def _signature(graph: MetaGraphDef, spec: Spec) -> str:
    names = sorted(set(graph.signature_def) - {INIT})
    if spec.signature is not None and spec.signature in names:
        return spec.signature
    if spec.signature is None and (len(names) == 1 or DEFAULT in names):
        return DEFAULT if DEFAULT in names else names[0]
    listed = ", ".join(names) or "none"
    raise SchemaUnclear(f"The SavedModel's signatures are: {listed}; say which one as `signature` in the spec.")
