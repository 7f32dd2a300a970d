"""A request's body: a JSON document, and perhaps the bytes of tensors after it."""

from dataclasses import dataclass
from math import prod

from contract.card import VersionCard
from contract.inputs import TableInput
from gateway.errors import BodyTooLarge, TooManyParts, TooManyRows
from gateway.open_inference.errors import InferenceHeaderInvalid, TensorInvalid
from gateway.open_inference.request import InferenceRequest, read_request

HEADER_LENGTH = "Inference-Header-Content-Length"
"""The header that says how long the JSON document is; without it the body is all JSON."""
SPARE_VALUES = 10_000
"""Values of a JSON document that belong to no tensor."""


@dataclass(frozen=True)
class InferenceBody:
    """What was sent."""

    content: bytes
    header_length: str | None
    """As the caller wrote it."""
    max_json_bytes: int
    """Of the document."""
    max_examples: int
    """Of its tensors, each."""

    def read(self, card: VersionCard) -> tuple[InferenceRequest, memoryview]:
        """The document, and what follows it.

        Memory is bounded by the largest batch of `card`'s version, whatever the document looks like. Raises
        `InferenceHeaderInvalid`, `BodyTooLarge`, `TensorInvalid`, `JsonInvalid`, `RequestInvalid`, `TooManyRows` or
        `TooManyParts`.
        """
        length = self._json_length()
        if length > self.max_json_bytes:
            raise BodyTooLarge(
                f"The JSON document is larger than {self.max_json_bytes:,} bytes; send tensors as bytes."
            )
        text = self.content[:length]
        _check_values(text, card)
        request = read_request(text)
        self._check_examples(request, card)
        return request, memoryview(self.content)[length:]

    def _check_examples(self, request: InferenceRequest, card: VersionCard) -> None:
        if any(tensor.shape[:1] > [self.max_examples] for tensor in request.inputs):
            too_many = TooManyRows if isinstance(card.input, TableInput) else TooManyParts
            raise too_many(f"A request may have at most {self.max_examples:,} examples.")

    def _json_length(self) -> int:
        given = self.header_length
        if given is None:
            return len(self.content)
        if not given.isascii() or not given.isdecimal() or len(given) > len(str(len(self.content))):
            raise InferenceHeaderInvalid
        if not 0 < int(given) <= len(self.content):
            raise InferenceHeaderInvalid(f"The body has {len(self.content):,} bytes.")
        return int(given)


def _check_values(text: bytes, card: VersionCard) -> None:
    """Refuse a document with more values than the largest batch has, before each of them becomes an object."""
    # Each value but the first of a list or object has a comma before it.
    values = sum(map(text.count, (b",", b"[", b"{")))
    if values > _most_values(card) + SPARE_VALUES:
        raise TensorInvalid(
            f"The JSON document has more values than a batch of {card.engine.max_batch_size:,} for this model."
        )


def _most_values(card: VersionCard) -> int:
    shape = (card.engine.max_batch_size, *card.input.shape)
    # Of all dimensions the numbers, of the first ones the lists.
    return sum(prod(shape[:end]) for end in range(len(shape) + 1))
