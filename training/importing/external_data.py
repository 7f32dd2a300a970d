"""Weights that an ONNX file keeps in other files beside it."""

from pathlib import Path

from onnx import ModelProto, TensorProto
from onnx.external_data_helper import ExternalDataInfo, load_external_data_for_tensor, uses_external_data

from contract.card import is_contained
from training.importing.errors import ArtefactUnsafe, ArtefactUnsupported
from training.importing.graphs import all_tensors


def embed(model: ModelProto, folder: Path, max_bytes: int) -> set[Path]:
    """Read the weights into the model; gives the files that they came from.

    Raises:
        ArtefactUnsafe: a file lies outside `folder` or is reached by a link, or there are more than `max_bytes`.
        ArtefactUnsupported: a file is missing or too short.
    """
    files, room = set(), max_bytes
    for tensor in filter(uses_external_data, all_tensors(model.graph)):
        path, length = _locate(tensor, folder)
        room -= length
        if room < 0:
            raise ArtefactUnsafe(f"The artefact's weights are larger than the limit of {max_bytes:,} bytes.")
        try:
            load_external_data_for_tensor(tensor, str(folder))
        except Exception as error:
            raise ArtefactUnsupported(f"The weights {tensor.name!r} can't be read from {path.name}.") from error
        files.add(path)
    return files


def _locate(tensor: TensorProto, folder: Path) -> tuple[Path, int]:
    try:
        place = ExternalDataInfo(tensor)
    except ValueError as error:
        raise ArtefactUnsafe(f"The weights {tensor.name!r} don't say rightly where they are.") from error
    if not is_contained(place.location) or "\\" in place.location or "\0" in place.location:
        raise ArtefactUnsafe(f"The weights {tensor.name!r} lie outside the artefact's folder.")
    path = folder / place.location
    if any(part.is_symlink() for part in (path, *path.parents) if part.is_relative_to(folder) and part != folder):
        raise ArtefactUnsafe(f"The weights {tensor.name!r} are reached by a symbolic link.")
    if not path.is_file():
        raise ArtefactUnsupported(f"The file {place.location} with weights of the artefact is missing.")
    # Without a length the weights go on to the file's end.
    length: int | None = place.length
    return path, length or path.stat().st_size
