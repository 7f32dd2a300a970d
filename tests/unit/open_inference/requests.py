"""Requests for inference, in every form that the protocol knows."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.cells import NAN
from gateway.open_inference.body import HEADER_LENGTH

Array = NDArray[Any]
PICTURES = np.random.default_rng(0).integers(0, 10, (3, 32, 32, 3), np.uint8)
ROWS = np.array([[31, 2400.5, 1, 0], [70, NAN, 0, 2], [18, 0, 1, 1]], np.float32)
DATATYPES = {"uint8": "UINT8", "float32": "FP32"}
NAMES = {"uint8": "image", "float32": "features"}


def tensor(array: Array, **changes: Any) -> dict[str, Any]:
    kind = array.dtype.name
    return {"name": NAMES[kind], "datatype": DATATYPES[kind], "shape": list(array.shape), **changes}


def flat(array: Array, **changes: Any) -> bytes:
    return json.dumps({"inputs": [tensor(array, data=array.ravel().tolist())], **changes}).encode()


def nested(array: Array, **changes: Any) -> bytes:
    return json.dumps({"inputs": [tensor(array, data=array.tolist())], **changes}).encode()


def binary(array: Array, **changes: Any) -> tuple[bytes, dict[str, str]]:
    sent = tensor(array, parameters={"binary_data_size": array.nbytes})
    document = json.dumps({"inputs": [sent], **changes}).encode()
    return document + array.tobytes(), {HEADER_LENGTH: str(len(document))}
