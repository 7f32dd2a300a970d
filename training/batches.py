"""Batches of large pictures hold fewer of them, so that they take no more memory."""

REFERENCE = 32 * 32


def fitting(batch: int, height: int, width: int) -> int:
    """How many pictures of this size take the memory of `batch` pictures of 32×32; at least 8, at most `batch`."""
    return min(batch, max(8, batch * REFERENCE // (height * width)))
