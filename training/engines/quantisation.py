"""From a float32 ONNX graph to int8, by post-training quantisation.

`python -m training.engines.quantisation onnxruntime|openvino GRAPH PICTURES TARGET` does it in a process of its own:
OpenVINO's CPU plugin changes the signal stack of the thread that it computes in, and memory goes back at once. PICTURES
is an .npy file, uint8 [n, height, width, channels], read without pickle.
"""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from contract.repository import INT8_ONNX_MODEL, OPENVINO_MODEL
from training.data.dataset import Pixels
from training.engines.errors import QuantisationFailed
from training.errors import StorageFull

BATCH = 32
HEAVY = ["Conv", "Gemm", "MatMul"]
"""What ONNX Runtime quantises: rounding around cheap operators gains no time, and was seen to lose accuracy."""
FULL = 28
"""Exit status for a full disk: its errno."""

_FAILED_TAIL = 300
_METHODS = {INT8_ONNX_MODEL: "onnxruntime", OPENVINO_MODEL: "openvino"}


def quantise(graph: Path, artefact: str, target: Path, pictures: Pixels) -> None:
    """Write the int8 form `artefact` (a path of `contract.repository`) of `graph` to `target`.

    Raises:
        QuantisationFailed: the library refused the graph.
        StorageFull: there is no room for it.
    """
    calibration = target.with_suffix(".npy")
    try:
        _save(calibration, pictures)
        arguments = [_METHODS[artefact], str(graph), str(calibration), str(target)]
        done = subprocess.run(
            [sys.executable, "-m", __name__, *arguments],
            # ONNX Runtime would report its use to its maker.
            env={**os.environ, "ORT_DISABLE_TELEMETRY": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        calibration.unlink(missing_ok=True)
    if done.returncode == FULL:
        raise StorageFull("There is no room left for the quantised network.")
    if done.returncode != 0:
        raise QuantisationFailed(f"{arguments[0]} can't quantise the network: {done.stderr.strip()[-_FAILED_TAIL:]}")


def _save(path: Path, pictures: Pixels) -> None:
    try:
        np.save(path, pictures, allow_pickle=False)
    except OSError as error:
        raise StorageFull("There is no room left for the calibration's pictures.") from error


def with_onnxruntime(graph: Path, pictures: Pixels, target: Path) -> None:
    """Static, per channel, as QuantizeLinear and DequantizeLinear of ONNX's own domain."""
    from onnxruntime import quantization as ort  # noqa: PLC0415 - for the child process alone

    class Reader(ort.CalibrationDataReader):  # type: ignore[misc]  # ONNX Runtime has no types
        """Hands the calibration's pictures out in batches."""

        def __init__(self) -> None:
            self._batches = _batches(pictures)

        def get_next(self) -> dict[str, Pixels] | None:
            """The next batch, None after the last."""
            batch = next(self._batches, None)
            return None if batch is None else {_input_name(graph): batch}

    # The advice to run shape inference first, which tf2onnx has done.
    logging.getLogger().setLevel(logging.ERROR)
    ort.quantize_static(
        str(graph),
        str(target),
        Reader(),
        quant_format=ort.QuantFormat.QDQ,
        op_types_to_quantize=HEAVY,
        per_channel=True,
        activation_type=ort.QuantType.QUInt8,
        weight_type=ort.QuantType.QInt8,
    )


def with_openvino(graph: Path, pictures: Pixels, target: Path) -> None:
    """NNCF's post-training quantisation; writes `target` (.xml) and its weights beside it (.bin)."""
    # NNCF would report its use to its maker; without this module it can't.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # Python's way to forbid a module
    import nncf  # noqa: PLC0415 - after the line above, and for the child process alone
    import openvino  # noqa: PLC0415 - as above

    model = openvino.Core().read_model(str(graph))
    batches = list(_batches(pictures))
    quantised = nncf.quantize(model, nncf.Dataset(batches), subset_size=len(batches))
    # float16 weights would be another rounding, of those layers that stay in floats.
    openvino.save_model(quantised, str(target), compress_to_fp16=False)


METHODS: dict[str, Callable[[Path, Pixels, Path], None]] = {
    "onnxruntime": with_onnxruntime,
    "openvino": with_openvino,
}


def _batches(pictures: Pixels) -> Iterator[Pixels]:
    return (pictures[start : start + BATCH] for start in range(0, len(pictures), BATCH))


def _input_name(graph: Path) -> str:
    import onnx  # noqa: PLC0415 - for the child process alone

    return str(onnx.load(graph, load_external_data=False).graph.input[0].name)


def main() -> int:
    """Quantise as the command line says; returns the exit status."""
    method, graph, pictures, target = sys.argv[1:]
    try:
        METHODS[method](Path(graph), np.load(pictures, allow_pickle=False), Path(target))
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return FULL if error.errno == FULL else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
