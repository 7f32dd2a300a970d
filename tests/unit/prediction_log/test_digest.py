"""Digests of pictures."""

import hashlib

import pytest

from gateway.prediction_log.digest import HELD_BLOCK, HELD_BYTES, digest_of


@pytest.mark.parametrize("size", [0, 1, HELD_BLOCK, HELD_BLOCK + 1, HELD_BYTES, HELD_BYTES + 1])
def test_a_digest_is_that_of_all_bytes_however_they_are_taken(size: int) -> None:
    content = bytes(n % 251 for n in range(size))
    assert digest_of(content) == hashlib.sha256(content).hexdigest()
