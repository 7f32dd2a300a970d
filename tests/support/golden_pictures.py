"""The pinned pictures in tests/data/pictures and the tensors that they must become.

`python -m tests.support.golden_pictures` makes them anew from examples/ship.png. Do so only when the preprocessing is
meant to change: published models were trained with the old one.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from contract.inputs import ImageInput
from contract.picture import to_tensor

FOLDER = Path(__file__).parents[1] / "data" / "pictures"
EXAMPLE = Path(__file__).parents[2] / "examples" / "ship.png"
SCHEMA = ImageInput(height=32, width=32)

Save = Callable[[Image.Image, Path], None]


def _photo() -> Image.Image:
    """A 320×240 picture with an object, smooth areas, edges and fine noise, so that each step of the path matters."""
    photo = Image.open(EXAMPLE).convert("RGB").resize((320, 240), Image.Resampling.BICUBIC)
    noise = np.random.default_rng(0).normal(0, 6, (240, 320, 3))
    return Image.fromarray((np.asarray(photo) + noise).clip(0, 255).astype(np.uint8))


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


PICTURES: dict[str, Save] = {
    "baseline.jpg": lambda image, path: image.save(path, quality=85),
    "progressive-444.jpg": lambda image, path: image.save(path, quality=92, progressive=True, subsampling=0),
    "grey.jpg": lambda image, path: image.convert("L").save(path, quality=85),
    "turned.jpg": lambda image, path: image.save(path, quality=85, exif=_turned()),
    "cmyk.jpg": lambda image, path: image.convert("CMYK").save(path, quality=85),
    "colour.png": lambda image, path: image.resize((100, 75)).save(path),
    "lossy.webp": lambda image, path: image.save(path, quality=80),
}


def main() -> None:
    """Write the pictures and their tensors."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, save in PICTURES.items():
        save(_photo(), FOLDER / name)
        tensors[name] = to_tensor((FOLDER / name).read_bytes(), SCHEMA)
    np.savez_compressed(FOLDER / "tensors.npz", allow_pickle=False, **tensors)


if __name__ == "__main__":
    main()
