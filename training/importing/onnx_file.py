"""An ONNX file as the artefact to import."""

import hashlib
from pathlib import Path

from google.protobuf.message import DecodeError
from onnx import ModelProto

from training.data.storage import storage_errors
from training.importing.artefact import Artefact, artefact_digest
from training.importing.errors import ArtefactUnsafe, ArtefactUnsupported, SchemaUnclear
from training.importing.external_data import embed
from training.importing.onnx_safety import check_safe
from training.importing.opsets import to_our_opset
from training.importing.original import Original
from training.importing.spec import Spec
from training.settings import TrainingSettings

COPY = "original.onnx"
NOT_ONNX = "The file isn't an ONNX model; taken are ONNX files and SavedModel folders."


def take_onnx(path: Path, work: Path, spec: Spec, settings: TrainingSettings) -> Artefact:
    """Read and check a file, and copy it into the folder `work`, weights in other files included.

    Raises:
        ArtefactUnsafe: it is too large, names files outside its folder, or holds foreign operators.
        ArtefactUnsupported: it isn't ONNX, or of an operator set that can't be converted to ours.
    """
    if spec.signature is not None:
        raise SchemaUnclear("An ONNX file has no signatures; leave out `signature` in the spec.")
    with storage_errors(path.parent):
        content = _read(path, settings.import_max_bytes)
    model = _parse(content)
    check_safe(model)
    files = embed(model, path.parent, settings.import_max_bytes - len(content))
    known = {path.name: hashlib.sha256(content).hexdigest()}
    original = Original("onnx", work / COPY, None, settings.import_timeout)
    with storage_errors(work):
        original.path.write_bytes(model.SerializeToString())
    return Artefact(original, artefact_digest(path.parent, files, known), to_our_opset(model))


def _read(path: Path, max_bytes: int) -> bytes:
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ArtefactUnsafe(f"The artefact is larger than the limit of {max_bytes:,} bytes.")
    return content


def _parse(content: bytes) -> ModelProto:
    model = ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError as error:
        raise ArtefactUnsupported(NOT_ONNX) from error
    if model.ir_version < 1 or not model.graph.node:
        raise ArtefactUnsupported(NOT_ONNX)
    return model
