"""From a trained Keras network to the TFLite file that LiteRT serves."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from detector.training.backend import keras, tf


def export(network: keras.Model, folder: Path, *, name: str = "model.tflite", float16: bool = False) -> Path:
    """Write ``folder/NAME``, a TFLite model with ``network``'s inputs and outputs, and return its path.

    Inputs are float32, in the order of ``network.inputs``, of any batch size (1 until the interpreter's input is
    resized); outputs keep the order of ``network.outputs``. With ``float16`` the weights are *stored* as float16
    (half the bytes) and widened when the model is loaded; the arithmetic stays float32: the file then equals
    ``rounded(network)``.
    """
    shapes = [tf.TensorSpec((None, *tensor.shape[1:]), tf.float32) for tensor in network.inputs]

    @tf.function(input_signature=shapes)  # type: ignore[untyped-decorator]
    def served(*inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        answers = network(inputs[0] if len(inputs) == 1 else list(inputs), training=False)
        answers = answers if isinstance(answers, list | tuple) else [answers]
        return {f"output_{i}": answer for i, answer in enumerate(answers)}

    logging.getLogger("absl").setLevel(
        logging.ERROR
    )  # the other way of conversion, which it advises, loses the weights
    converter = tf.lite.TFLiteConverter.from_concrete_functions([served.get_concrete_function()])
    if float16:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(converter.convert())
    return path


def rounded(network: keras.Model) -> keras.Model:
    """A copy of ``network`` whose weights went through float16, as they do in a file of ``export(float16=True)``."""
    copy = keras.models.clone_model(network)
    copy.set_weights([w.astype(np.float16).astype(np.float32) for w in network.get_weights()])
    return copy
