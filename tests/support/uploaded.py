"""Batches of uploaded pictures in a folder, as the gateway leaves them."""

import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import numpy as np
from PIL import Image

from contract.examples.batch import Batch, Picture, Use, Withdrawal, batch_path, object_path, withdrawal_path

Labelled = tuple[bytes, str]


def upload(root: Path, model: str, pictures: Sequence[Labelled], use: Use = Use.TRAINING) -> Batch:
    """Store a batch."""
    named = [Picture(digest=hashlib.sha256(body).hexdigest(), label=label) for body, label in pictures]
    batch = Batch(
        id=str(uuid4()),
        model=model,
        use=use,
        created=datetime.now(UTC),
        principal="somebody",
        counts=dict(Counter(label for _, label in pictures)),
        bytes=sum(len(body) for body, _ in pictures),
        pictures=tuple(named),
    )
    for picture, (body, _) in zip(named, pictures, strict=True):
        _write(root / object_path(model, picture.digest), body)
    _write(root / batch_path(model, batch.id), batch.model_dump_json().encode())
    return batch


def withdraw(root: Path, batch: Batch) -> None:
    """Withdraw a batch."""
    note = Withdrawal(time=datetime.now(UTC), principal="somebody")
    _write(root / withdrawal_path(batch.model, batch.id), note.model_dump_json().encode())


def png(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    """A picture's file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    return file.getvalue()


def noise(count: int, label: str, seed: int = 0) -> list[Labelled]:
    """Pictures that are like no other."""
    chance = np.random.default_rng(seed)
    return [(png(chance.integers(0, 256, (32, 32, 3), np.uint8)), label) for _ in range(count)]


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
