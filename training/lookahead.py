"""Lookahead: slow weights that follow the fast ones, and pull them back every few steps.

The method is that of Zhang et al. (arXiv:1907.08610) with the growing memory of Jordan (arXiv:2404.00498): at first the
slow weights are the fast ones; towards the end they hold on to 77 % of what they were.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

EVERY = 5
"""Steps between two updates."""
MEMORY = 0.95**EVERY
"""The share that the slow weights keep at an update, at the end of training; it grows with the cube of the steps."""


class Lookahead:
    """Slow copies of `variables`, for `steps` steps in all; BatchNorm's statistics are averaged as weights are."""

    def __init__(self, variables: Sequence[keras.Variable], steps: int) -> None:
        self._fast = [variable for variable in variables if "float" in variable.dtype]
        self._steps = steps
        self.slow = [keras.Variable(variable.numpy(), dtype=variable.dtype, trainable=False) for variable in self._fast]
        self._compiled_update = tf.function(self._update)

    def after(self, step: int) -> None:
        """To be called after each step; steps count from 1."""
        if step % EVERY == 0 or step == self._steps:
            self._compiled_update(tf.constant(MEMORY * (step / self._steps) ** 3, tf.float32))

    def _update(self, memory: tf.Tensor) -> None:
        for slow, fast in zip(self.slow, self._fast, strict=True):
            slow.assign(memory * slow + (1 - memory) * fast)
            fast.assign(slow)
