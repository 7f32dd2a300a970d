"""Write a small real picture set: handwritten digits zero, one and two, in folders.

    python examples/digits.py digits

The pictures are those of scikit-learn's digits (UCI, Alpaydin and Kaynak): 8×8 pixels, enlarged to 32×32.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

LABELS = ("zero", "one", "two")
SIZE = (32, 32)
TEST_EVERY = 5


def main(root: Path) -> None:
    """Write `<split>/<label>/<number>.png`; every fifth picture of a label is a test picture."""
    digits = load_digits()
    for digit, label in enumerate(LABELS):
        for number, levels in enumerate(digits.images[digits.target == digit]):
            split = "test" if number % TEST_EVERY == 0 else "train"
            save(levels, root / split / label / f"{number:03}.png")


def save(levels: np.ndarray, path: Path) -> None:
    """Save grey levels from 0 to 16 as a PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray((levels * 255 / 16).round().astype(np.uint8))
    picture.resize(SIZE, Image.Resampling.BICUBIC).save(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
