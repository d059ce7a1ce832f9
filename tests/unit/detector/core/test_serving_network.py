"""LiteModel on a small network whose answers are known. TensorFlow is imported here once to make its file."""

import numpy as np
import pytest

from detector.errors import WeightsUnusable
from detector.serving import open_model, write_manifest


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((None, 4, 4, 1), tf.float32)])
    def sums(pictures):
        total = tf.reduce_sum(pictures, axis=(1, 2, 3))
        return {"output_0": tf.stack([total, -total], axis=1), "output_1": pictures * 2.0}

    @tf.function(input_signature=[tf.TensorSpec((1, 4, 4, 1), tf.float32)])
    def fixed(picture):
        return tf.reshape(picture, (1, 16)) * 3.0

    made = tmp_path_factory.mktemp("network")
    for name, function in (("model.tflite", sums), ("fixed.tflite", fixed)):
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
        (made / name).write_bytes(converter.convert())
    write_manifest(made, method="made", version="1")
    return made


@pytest.mark.parametrize("name", ["model.tflite", "fixed.tflite"])
@pytest.mark.parametrize("counts", [(1,), (5,), (3, 1, 8)])
def test_batches_of_any_size_are_answered_row_by_row(folder, name, counts):
    model = open_model(folder, name)
    for count in counts:
        batch = np.random.default_rng(count).normal(size=(count, 4, 4, 1)).astype(np.float32)
        found = model.run(batch)
        if name == "fixed.tflite":
            assert found[0] == pytest.approx(batch.reshape(count, 16) * 3)
        else:
            assert found[0][:, 0] == pytest.approx(batch.sum(axis=(1, 2, 3)), abs=1e-5)


def test_outputs_keep_their_order(folder):
    batch = np.ones((2, 4, 4, 1), np.float32)
    first, second = open_model(folder).run(batch)
    assert first.tolist() == [[16.0, -16.0]] * 2
    assert second == pytest.approx(batch * 2)


def test_answers_outlive_the_next_run(folder):
    model = open_model(folder)
    first = model.run(np.ones((1, 4, 4, 1), np.float32))[0]
    model.run(np.zeros((1, 4, 4, 1), np.float32))
    assert first.tolist() == [[16.0, -16.0]]


@pytest.mark.parametrize("shape", [(1, 4, 4, 3), (4, 4, 1), (0, 4, 4, 1)])
def test_inputs_of_another_shape_are_refused(folder, shape):
    with pytest.raises(WeightsUnusable, match="not the model's"):
        open_model(folder).run(np.zeros(shape, np.float32))
