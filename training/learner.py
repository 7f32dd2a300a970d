"""One network while it learns: its weights, its optimiser, and the compiled step."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray

from training.batches import fitting
from training.lookahead import Lookahead
from training.recipe import Recipe, boosts, make_optimizer

State = dict[str, NDArray[np.generic]]
EVALUATION_BATCH = 500


class Learner:
    """Trains `model` on logits (the input of its last layer) for `steps` steps in all.

    `class_weights` are the labels' weights in the loss; without them all count the same.
    """

    def __init__(
        self, model: keras.Model, recipe: Recipe, steps: int, class_weights: Sequence[float] | None = None
    ) -> None:
        self.model = model
        self._logits = keras.Model(model.input, model.layers[-1].input)
        self._variables = self._logits.trainable_variables
        self._boosts = boosts(recipe, self._variables)
        self._optimizer = make_optimizer(recipe, self._variables, steps)
        self._lookahead = Lookahead(model.variables, steps) if recipe.lookahead else None
        self._loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing)
        self._class_weights = None if class_weights is None else tf.constant(class_weights, tf.float32)
        self._compiled_step: Callable[..., tuple[tf.Tensor, tf.Tensor]] = tf.function(self._step)
        self._compiled_logits: Callable[..., tf.Tensor] = tf.function(self._logits, reduce_retracing=True)

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return float(self._optimizer.learning_rate)

    def learn(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> tuple[float, int]:
        """One step on a batch; returns its mean loss and how many it got right before the step."""
        loss, right = self._compiled_step(tf.constant(images), tf.constant(labels))
        if self._lookahead:
            self._lookahead.after(int(self._optimizer.iterations))
        return float(loss), int(right)

    def accuracy(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
        """Share of pictures that the network gets right as it is now."""
        size = fitting(EVALUATION_BATCH, *images.shape[1:3])
        batches = (images[start : start + size] for start in range(0, len(images), size))
        answers = [np.argmax(self._compiled_logits(tf.constant(batch), training=False), axis=1) for batch in batches]
        return float(np.mean(np.concatenate(answers) == labels))

    def state(self) -> State:
        """Copies of everything that the next step depends on: weights, statistics, random states, optimiser."""
        return {name: np.array(variable.numpy()) for name, variable in self._named()}

    def restore(self, state: State) -> None:
        """Take over what `state` gave; raises `KeyError` or `ValueError` where it is not of such a network."""
        for name, variable in self._named():
            variable.assign(state[name])

    def _step(self, images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            logits = ops.cast(self._logits(images, training=True), "float32")
            weights = None if self._class_weights is None else tf.gather(self._class_weights, labels)
            loss = self._loss(ops.one_hot(labels, logits.shape[-1]), logits, sample_weight=weights)
        gradients = tape.gradient(loss, [variable.value for variable in self._variables])
        boosted = [gradient * boost for gradient, boost in zip(gradients, self._boosts, strict=True)]
        self._optimizer.apply(boosted)
        return loss, ops.count_nonzero(ops.equal(ops.argmax(logits, axis=-1), labels))

    def _named(self) -> list[tuple[str, keras.Variable]]:
        # By position: the paths of Keras count up with each network that a process builds.
        slow = self._lookahead.slow if self._lookahead else []
        groups = {"model": self.model.variables, "optimizer": self._optimizer.variables, "lookahead": slow}
        return [(f"{name}/{index}", variable) for name, group in groups.items() for index, variable in enumerate(group)]
