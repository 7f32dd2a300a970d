"""Reading tensors: any form gives the same numbers, nothing that is sent gives more than an error or costs much."""

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from contract.card import VersionCard
from contract.columns import Column
from contract.errors import TriremeError
from contract.inputs import TableInput
from contract.repository import CARD
from gateway.inference import Tensor
from gateway.open_inference.body import HEADER_LENGTH, InferenceBody
from gateway.open_inference.tensors import input_tensor, wants_binary
from tests.support.table_versions import make_table_version
from tests.support.versions import MAX_BATCH_SIZE, make_version
from tests.unit.open_inference.requests import ROWS, binary, flat, nested, tensor

MAX_JSON = 10 * 1024 * 1024
WIDE = 189
ROWS_PER_BATCH = 1024


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> dict[str, VersionCard]:
    root = tmp_path_factory.mktemp("repository")
    columns = tuple(Column(name=f"c{index}", type="float", missing="nan") for index in range(WIDE))
    names = {
        "pictures": make_version(root, "tiny", 1),
        "rows": make_table_version(root, "credit", 1),
        "wide": make_table_version(
            root, "wide", 1, input=TableInput(id="key", columns=columns), batch_size=ROWS_PER_BATCH
        ),
    }
    return {key: VersionCard.parse((root / name.triton_name / CARD).read_bytes()) for key, name in names.items()}


def read(card: VersionCard, content: bytes, headers: dict[str, str] | None = None) -> Tensor:
    length = (headers or {}).get(HEADER_LENGTH)
    request, rest = InferenceBody(content, length, max_json_bytes=MAX_JSON, max_examples=10_000).read(card)
    wants_binary(request, card)
    return input_tensor(request, rest, card)


FORMS: dict[str, Callable[[Any], tuple[bytes, dict[str, str]]]] = {
    "flat": lambda array: (flat(array), {}),
    "nested": lambda array: (nested(array), {}),
    "binary": binary,
}
PICTURES = st.integers(1, 2).flatmap(lambda count: arrays(np.uint8, (count, 32, 32, 3)))
FLOATS = st.floats(width=32, allow_infinity=False)
TABLES = st.integers(1, 3).flatmap(lambda count: arrays(np.float32, (count, WIDE), elements=FLOATS))


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=20)
@given(PICTURES)
def test_pictures_arrive_as_they_are(cards: dict[str, VersionCard], form: str, array: Any) -> None:
    np.testing.assert_array_equal(read(cards["pictures"], *FORMS[form](array)), array)


@pytest.mark.parametrize("form", FORMS)
@given(TABLES)
def test_rows_arrive_bit_by_bit(cards: dict[str, VersionCard], form: str, array: Any) -> None:
    found = read(cards["wide"], *FORMS[form](array))
    assert found.dtype == np.float32
    assert found.shape == array.shape
    np.testing.assert_array_equal(found, array)


@given(st.binary(), st.none() | st.text(max_size=8) | st.integers(0, 64).map(str))
def test_any_bytes_are_an_error_of_the_caller_s(cards: dict[str, VersionCard], content: bytes, length: str) -> None:
    check_refused(cards["rows"], content, length)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
)
FIELDS = st.sampled_from(["name", "shape", "datatype", "parameters", "data"])


@given(field=FIELDS, value=VALUES)
def test_any_value_in_a_tensor_s_field_is_taken_or_an_error_of_the_caller_s(
    cards: dict[str, VersionCard], field: str, value: Any
) -> None:
    content = json.dumps({"inputs": [tensor(ROWS, **{"data": ROWS.tolist(), field: value})]}).encode()
    check_taken_or_refused(cards["rows"], content)


@given(field=st.sampled_from(["id", "parameters", "inputs", "outputs", "more"]), value=VALUES)
def test_any_value_in_a_document_s_field_is_taken_or_an_error_of_the_caller_s(
    cards: dict[str, VersionCard], field: str, value: Any
) -> None:
    check_taken_or_refused(cards["rows"], flat(ROWS, **{field: value}))


@given(data=st.lists(VALUES, min_size=4, max_size=4))
def test_any_values_of_a_tensor_are_taken_or_an_error_of_the_caller_s(
    cards: dict[str, VersionCard], data: list[Any]
) -> None:
    check_taken_or_refused(cards["rows"], json.dumps({"inputs": [tensor(ROWS[:1], data=data)]}).encode())


@given(content=st.binary(min_size=16, max_size=16))
def test_any_bytes_of_a_tensor_are_taken_or_an_error_of_the_caller_s(
    cards: dict[str, VersionCard], content: bytes
) -> None:
    sent, headers = binary(ROWS[:1])
    check_taken_or_refused(cards["rows"], sent[:-16] + content, headers)


def check_taken_or_refused(card: VersionCard, content: bytes, headers: dict[str, str] | None = None) -> None:
    try:
        found = read(card, content, headers)
    except TriremeError as error:
        assert error.status < 500
    else:
        assert found.dtype == np.float32
        assert found.shape[1:] == card.input.shape


def check_refused(card: VersionCard, content: bytes, length: str | None) -> None:
    with pytest.raises(TriremeError) as caught:
        read(card, content, None if length is None else {HEADER_LENGTH: length})
    assert caught.value.status < 500


SIZE = 2 * 1024 * 1024
BEGIN = b'{"inputs": [{"name": "features", "shape": [1, 189], "datatype": "FP32", "data": '
BOMBS = {
    "deep lists": b"[" * SIZE,
    "deep objects": b'{"a":' * (SIZE // 5),
    "empty lists": b'{"inputs": [' + b"[]," * (SIZE // 3),
    "empty objects": b'{"inputs": [' + b"{}," * (SIZE // 3),
    "numbers": b'{"inputs": [' + b"1," * (SIZE // 2),
    "lists in data": BEGIN + b"[" + b"[]," * (SIZE // 3) + b"[]]}]}",
    "keys": b"{" + b'"":1,' * (SIZE // 5),
    "parameters": b'{"parameters": {' + b",".join(b'"%d":1' % index for index in range(SIZE // 10)) + b"}}",
    "digits": BEGIN + b"[" + b"1" * SIZE + b"]}]}",
    "a long name": b'{"id": "' + b"x" * SIZE + b'"}',
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_little_more_memory_than_its_bytes(cards: dict[str, VersionCard], name: str) -> None:
    assert peak(cards["wide"], BOMBS[name], refused=True) < 4 * SIZE


@pytest.mark.parametrize("form", ["flat", "nested"])
def test_the_largest_batch_takes_memory_by_its_bytes(cards: dict[str, VersionCard], form: str) -> None:
    content, _ = FORMS[form](np.ones((ROWS_PER_BATCH, WIDE), np.float32))
    assert peak(cards["wide"], content, refused=False) < 16 * len(content)


def test_bytes_are_not_copied(cards: dict[str, VersionCard]) -> None:
    array = np.zeros((MAX_BATCH_SIZE, 32, 32, 3), np.uint8)
    content, headers = binary(array)
    tracemalloc.start()
    try:
        read(cards["pictures"], content, headers)
        assert tracemalloc.get_traced_memory()[1] < array.nbytes / 2
    finally:
        tracemalloc.stop()


def peak(card: VersionCard, content: bytes, *, refused: bool) -> int:
    tracemalloc.start()
    try:
        if refused:
            check_refused(card, content, None)
        else:
            read(card, content)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
