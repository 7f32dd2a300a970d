"""Telling artefacts apart, and what to do instead with those that can't be taken."""

from pathlib import Path
from typing import Literal

from training.data.storage import storage_errors
from training.importing.errors import ArtefactUnknown, ArtefactUnsupported

HDF5 = b"\x89HDF\r\n\x1a\n"
ZIP = b"PK\x03\x04"
PICKLE = b"\x80"
PICKLE_PROTOCOLS = range(2, 6)

KERAS_ADVICE = (
    "A .keras or .h5 file can hold code, so it isn't taken; open it where you trust it and export a SavedModel with "
    "model.export('folder')."
)
TORCH_ADVICE = (
    "A PyTorch file can hold code, so it isn't taken; open it where you trust it and export it with "
    "torch.onnx.export(model, example, 'model.onnx', opset_version=17) and a dynamic batch axis."
)
PICKLE_ADVICE = (
    "A pickle runs code when it is opened, so it isn't taken; open it where you trust it and export ONNX, for example "
    "with skl2onnx."
)
ADVICE = {
    **dict.fromkeys((".keras", ".h5", ".hdf5"), KERAS_ADVICE),
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".torchscript", ".bin"), TORCH_ADVICE),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), PICKLE_ADVICE),
    ".safetensors": "The file holds weights without their network; export the whole model as ONNX.",
    ".zip": "Archives aren't taken; unpack it first.",
}


def kind_of(path: Path) -> Literal["onnx", "savedmodel"]:
    """What lies at a path, by its content first and its name second.

    Raises `ArtefactUnknown` where there is nothing, and `ArtefactUnsupported` with advice for what isn't taken.
    """
    if path.is_dir():
        if (path / "saved_model.pb").is_file():
            return "savedmodel"
        raise ArtefactUnsupported(f"The folder {path} has no saved_model.pb, so it isn't a SavedModel.")
    if not path.is_file():
        raise ArtefactUnknown(f"There is neither a file nor a folder {path}.")
    advice = _advice_by_content(path) or ADVICE.get(path.suffix.lower())
    if advice is not None:
        raise ArtefactUnsupported(advice)
    return "onnx"


def _advice_by_content(path: Path) -> str | None:
    with storage_errors(path.parent), path.open("rb") as file:
        head = file.read(len(HDF5))
    if head == HDF5:
        return KERAS_ADVICE
    if head.startswith(ZIP):
        return ADVICE.get(path.suffix.lower(), TORCH_ADVICE)
    if head.startswith(PICKLE) and head[1:2] and head[1] in PICKLE_PROTOCOLS:
        return PICKLE_ADVICE
    return None
