"""CIFAR-10's binary form: records of a label byte and 3072 bytes, the 32×32 red, green, then blue values."""

import numpy as np
from numpy.typing import NDArray

from training.data.dataset import Labels, Pixels

SIZE = 32
PIXELS = SIZE * SIZE
RECORD_BYTES = 1 + 3 * PIXELS


def read_records(*contents: bytes) -> tuple[Pixels, Labels]:
    """Read records, the contents of files one after the other: uint8 [n, 32, 32, 3] and labels int64 [n]."""
    records = np.concatenate([np.frombuffer(content, np.uint8).reshape(-1, RECORD_BYTES) for content in contents])
    planes = records[:, 1:].reshape(-1, 3, SIZE, SIZE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), records[:, 0].astype(np.int64)


def records_of_strip(strip: NDArray[np.uint8], labels: NDArray[np.uint8]) -> bytes:
    """Records from a strip uint8 [n, 1024, 3], one picture a row, and labels uint8 [n]."""
    planes = strip.transpose(0, 2, 1).reshape(len(strip), 3 * PIXELS)
    return np.concatenate([labels[:, None], planes], axis=1).tobytes()
