"""Uploaded batches of pictures, as what a server can be asked."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np

from contract.errors import PictureError
from contract.examples.batch import Batch
from contract.inputs import ImageInput
from contract.picture import Pixels, to_tensor
from training.engines.served import Examples
from training.evaluating.errors import UploadUnfit

Fetch = Callable[[str], bytes]
"""Gets an object of the model's by its digest."""


def uploaded_pictures(
    batches: Sequence[Batch], fetch: Fetch, schema: ImageInput, labels: tuple[str, ...], block: int
) -> Iterator[Examples]:
    """The pictures of batches, in their order, `block` at a time; each is fetched when it is wanted.

    Raises `UploadUnfit` where a batch holds rows, a label that is none of `labels`, or what can't be read as a picture;
    and what `fetch` raises.
    """
    known = _pictures(batches, fetch, schema, labels)
    while part := list(islice(known, block)):
        tensors, numbers = zip(*part, strict=True)
        yield Examples(np.stack(tensors), np.array(numbers, np.int64))


def _pictures(
    batches: Sequence[Batch], fetch: Fetch, schema: ImageInput, labels: tuple[str, ...]
) -> Iterator[tuple[Pixels, int]]:
    numbers = {label: number for number, label in enumerate(labels)}
    for batch in batches:
        if batch.rows is not None:
            raise UploadUnfit(f"Batch {batch.id} holds rows; the model takes pictures.")
        if unknown := sorted(batch.counts.keys() - numbers.keys()):
            raise UploadUnfit(f"Batch {batch.id} has the label {unknown[0]!r}, which is none of the model's.")
        for picture in batch.pictures:
            yield _tensor(batch, fetch(picture.digest), schema), numbers[picture.label]


def _tensor(batch: Batch, content: bytes, schema: ImageInput) -> Pixels:
    try:
        return to_tensor(content, schema)
    except PictureError:
        raise UploadUnfit(f"Batch {batch.id} holds a picture that can't be read.") from None
