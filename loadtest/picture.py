"""The picture that clients send."""

import io

import numpy as np
from PIL import Image


def jpeg(width: int = 320, height: int = 240) -> bytes:
    """A JPEG that is about as hard to decode as a photograph: soft shapes with some grain, always the same."""
    random = np.random.default_rng(0)
    coarse = Image.fromarray(random.integers(0, 256, (height // 20, width // 20, 3), np.uint8))
    soft = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), np.float32)
    grain = random.normal(0, 6, soft.shape)
    file = io.BytesIO()
    Image.fromarray((soft + grain).clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=85)
    return file.getvalue()
