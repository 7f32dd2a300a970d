"""The files that engines serve from."""

from pathlib import Path

import onnx

from contract.card import Engine, Output
from contract.inputs import Input
from contract.repository import INT8_ONNX_MODEL, ONNX_MODEL
from training.data.dataset import Pixels
from training.engines.errors import QuantisationFailed
from training.engines.quantisation import quantise
from training.publish.graph import check


def make_artefact(engine: Engine, folder: Path, pictures: Pixels | None, *, schema: Input, output: Output) -> None:
    """Make the engine's artefact inside a version's folder from the `1/model.onnx` there; nothing where that is it.

    `pictures`, uint8 [n, height, width, channels], are needed for int8. Raises `QuantisationFailed`, `StorageFull`, or
    `GraphUnsupported` where an int8 graph is not one that every supported server can load.
    """
    if engine.artefact == ONNX_MODEL:
        return
    if pictures is None:
        raise QuantisationFailed("There are no pictures to calibrate an int8 engine with.")
    quantise(folder / ONNX_MODEL, engine.artefact, folder / engine.artefact, pictures)
    if engine.artefact == INT8_ONNX_MODEL:
        check(onnx.load(folder / engine.artefact), schema=schema, output=output)
