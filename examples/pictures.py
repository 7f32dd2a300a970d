"""Write a small set of real pictures into folders, 40 to train and 10 to test of each label.

    python examples/pictures.py pictures frog,ship,truck

They are pictures of CIFAR-10 (Krizhevsky, 2009), 32×32 pixels, from the sample that the tests use.
"""

import gzip
import sys
from pathlib import Path

import numpy as np
from PIL import Image

SAMPLE = Path(__file__).resolve().parents[1] / "tests" / "data" / "cifar10-sample"
LABELS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SIZE = 32


def main(root: Path, labels: list[str]) -> None:
    """Write `<split>/<label>/<number>.png`."""
    for split in ("train", "test"):
        for number, (label, pixels) in enumerate(read(SAMPLE / f"{split}.bin.gz")):
            if label in labels:
                folder = root / split / label
                folder.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(folder / f"{number:03}.png")


def read(path: Path) -> list[tuple[str, np.ndarray]]:
    """The labels, and the pictures uint8 [32, 32, 3], of a file of CIFAR-10's records."""
    records = np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8).reshape(-1, 1 + 3 * SIZE * SIZE)
    pictures = records[:, 1:].reshape(-1, 3, SIZE, SIZE).transpose(0, 2, 3, 1)
    return [(LABELS[number], picture) for number, picture in zip(records[:, 0], pictures, strict=True)]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].split(","))
