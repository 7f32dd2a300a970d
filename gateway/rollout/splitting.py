r"""How requests without a version are split, stickily: one key meets one version for as long as the weight stays.

A key's bucket is the first eight bytes of SHA-256 over `<model>\n<key>`, big-endian, modulo 10,000; the canary has the
lowest `weight` percent of the buckets. So raising the weight moves callers to the canary only, lowering it to the
stable version only, and every gateway sends a key the same way.
"""

import os
from hashlib import sha256

BUCKETS = 10_000
PER_CENT = BUCKETS // 100


def bucket(model: str, key: str | None) -> int:
    """A key's bucket, 0 to 9,999; without a key, one by chance."""
    digest = os.urandom(8) if key is None else sha256(f"{model}\n{key}".encode()).digest()[:8]
    return int.from_bytes(digest) % BUCKETS


def is_canarys(model: str, key: str | None, weight: int) -> bool:
    """Whether a canary with so many percent answers a key."""
    return bucket(model, key) < weight * PER_CENT
