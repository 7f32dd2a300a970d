import keras
import numpy as np
import pytest
import tensorflow as tf

from contract.inputs import ImageInput
from tests.support.cifar10 import sample
from training import backend, whitening
from training.architectures import ARCHITECTURES, Shape, architecture
from training.errors import ArchitectureUnknown
from training.job import shape_of
from training.learner import Learner
from training.recipe import Triangular


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize(("size", "channels"), [(16, 3), (32, 1), (45, 3)])
def test_a_network_takes_pictures_of_its_shape_and_answers_probabilities(name: str, size: int, channels: int) -> None:
    schema = ImageInput(height=size, width=size, channels=channels)
    model = architecture(name).build(Shape(schema, 4, (120.0,) * channels, (60.0,) * channels))
    assert [(tensor.name, tensor.dtype) for tensor in model.inputs] == [("image", "uint8")]
    images = np.random.default_rng(0).integers(0, 256, (5, size, size, channels), dtype=np.uint8)
    answers = keras.ops.convert_to_numpy(model(images))
    assert answers.dtype == np.float32
    assert answers.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_an_unknown_architecture_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ArchitectureUnknown, match="fast, wide, cnn4"):
        architecture("resnet")


def test_a_network_normalises_its_pictures_itself() -> None:
    shape = shape_of(sample())
    model = architecture("cnn4").build(shape)
    normalise = keras.Model(model.input, model.get_layer("normalise").output)
    normalised = keras.ops.convert_to_numpy(normalise(sample().train.images))
    assert normalised.mean(axis=(0, 1, 2)) == pytest.approx(0, abs=1e-3)
    assert normalised.std(axis=(0, 1, 2)) == pytest.approx(1, abs=1e-3)


def test_whitened_patches_are_uncorrelated() -> None:
    shape = shape_of(sample())
    images = (sample().train.images - np.array(shape.mean)) / np.array(shape.deviation)
    kernel = whitening.whitening_kernel(images)
    assert kernel.shape == (2, 2, 3, 24)
    patches = np.lib.stride_tricks.sliding_window_view(images, (2, 2), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
    answers = patches.reshape(-1, 12) @ kernel[..., :12].reshape(12, 12)
    covariance = answers.T @ answers / len(answers)
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-3
    assert np.array_equal(kernel[..., :12], -kernel[..., 12:])


def test_the_first_layer_of_fast_never_learns() -> None:
    data, chosen = sample(), architecture("fast")
    model = chosen.build(shape_of(data))
    chosen.prepare(model, data.train.images, shape_of(data))
    before = model.get_layer(whitening.LAYER).get_weights()[0]
    Learner(model, chosen.recipe, 4).learn(data.train.images[:32], data.train.labels[:32])
    assert np.array_equal(model.get_layer(whitening.LAYER).get_weights()[0], before)


def test_a_label_counts_in_the_loss_as_much_as_its_weight_says() -> None:
    data, chosen = sample(), architecture("fast")
    images, label = data.train.images[:32], np.full(32, 3)
    losses = []
    for weights in (None, [1.0] * 10, [0.5] * 3 + [2.5] + [1.0] * 6):
        keras.utils.set_random_seed(0)
        model = chosen.build(shape_of(data))
        losses.append(Learner(model, chosen.recipe, 4, weights).learn(images, label)[0])
    assert losses[1:] == pytest.approx([losses[0], 2.5 * losses[0]], rel=1e-5)


def test_the_rate_rises_and_falls_in_straight_lines() -> None:
    rates = [float(Triangular(2.0, 100)(step)) for step in range(101)]
    assert rates[0] == pytest.approx(0.4)
    assert max(rates) == rates[23] == pytest.approx(2.0)
    assert rates[100] == pytest.approx(0.14)
    assert rates == [*sorted(rates[:24]), *sorted(rates[24:], reverse=True)]


def test_layers_outside_the_block_keep_their_arithmetic() -> None:
    before = keras.config.dtype_policy().name
    with backend.arithmetic("mixed_bfloat16"):
        assert keras.layers.Dense(1).compute_dtype == "bfloat16"
    assert keras.config.dtype_policy().name == before


@pytest.mark.parametrize(
    ("name", "precision"), [("fast", "float32"), ("fast", "mixed_bfloat16"), ("wide", "float32"), ("cnn4", "float32")]
)
def test_a_network_learns_a_batch_by_heart(name: str, precision: str) -> None:
    keras.utils.set_random_seed(0)
    data, chosen = sample(), architecture(name)
    with backend.arithmetic(precision):
        model = chosen.build(shape_of(data))
    chosen.prepare(model, data.train.images, shape_of(data))
    learner = Learner(model, chosen.recipe, 25)
    images, labels = data.train.images[:40], data.train.labels[:40]
    losses = [learner.learn(images, labels)[0] for _ in range(25)]
    assert losses[-1] < losses[0] - 0.5
    assert learner.accuracy(images, labels) > 0.6
    assert tf.as_dtype(model.output.dtype) == tf.float32
