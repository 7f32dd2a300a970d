"""Setting up TensorFlow and Keras for a run: seeds, determinism, threads and arithmetic."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import keras
import tensorflow as tf

from training.hardware import Hardware, Precision, read_hardware
from training.settings import TrainingSettings


def wake(threads: int) -> None:
    """Start TensorFlow with so many threads (0: one a core); what it says then may be silenced by the caller.

    It takes the number once in a process; when it has computed before, the number stays as it is.
    """
    with suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.list_physical_devices("GPU")
    tf.constant(0)


def make_repeatable(seed: int) -> None:
    """Seed every generator, and have every sum done in the same order; measured to cost nothing on a CPU."""
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    if not tf.config.list_physical_devices("GPU"):
        # Whatever Grappler rewrites differs in the last bits of gradients from one call to the next on large batches,
        # kernels deterministic or not. Without it two runs with one seed are equal bit for bit, and no slower.
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def hardware() -> Hardware:
    """This machine, with the GPUs that TensorFlow sees."""
    return read_hardware(len(tf.config.list_physical_devices("GPU")))


def precision(settings: TrainingSettings) -> Precision:
    """The arithmetic to train in, as the settings and the machine want it."""
    return hardware().precision if settings.precision == "auto" else settings.precision


@contextmanager
def arithmetic(policy: str) -> Iterator[None]:
    """Build layers with this Keras policy inside."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
