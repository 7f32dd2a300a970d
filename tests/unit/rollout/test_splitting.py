"""Splitting by key: sticky, fair, and moving in one direction."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from gateway.rollout.splitting import bucket, is_canarys

KEYS = [f"user-{number}" for number in range(20_000)]


def test_the_hash_is_the_documented_one() -> None:
    digest = sha256(b"cifar10\nuser:anna").digest()
    assert bucket("cifar10", "user:anna") == int.from_bytes(digest[:8], "big") % 10_000


@given(st.text(), st.text(max_size=20), st.integers(0, 100), st.integers(0, 100))
def test_more_weight_moves_callers_to_the_canary_only(model: str, key: str, one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert is_canarys(model, key, low) <= is_canarys(model, key, high)
    assert is_canarys(model, key, 100)
    assert not is_canarys(model, key, 0)


def test_a_canary_gets_its_share_of_keys_and_of_requests_without_one() -> None:
    for keys in (KEYS, [None] * len(KEYS)):
        share = sum(is_canarys("tiny", key, 10) for key in keys) / len(keys)
        assert 0.08 < share < 0.12


def test_another_model_splits_otherwise() -> None:
    both = sum(is_canarys("tiny", key, 10) and is_canarys("other", key, 10) for key in KEYS)
    assert both < len(KEYS) * 0.03
