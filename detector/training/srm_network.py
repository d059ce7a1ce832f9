"""Rao and Ni's network, layer by layer."""

from __future__ import annotations

import numpy as np

from detector.training.backend import keras, tf
from detector.training.srm_kernels import first_layer

SIDE = 128


def networks() -> tuple[keras.Model, keras.Model]:
    """One network as two models that share all layers: patch → softmax of 2, and patch → (softmax of 2, 400 figures).

    (128, 128, 3) in 0..1 → 124 → 60 → pool 30 → 28 → 26 → pool 13 → 11 → 9 → 7 → 5 → 5×5×16 = 400: 'valid' everywhere,
    the second convolution has the stride 2, ReLU, local response normalisation before each pool, dropout 0.5. The first
    layer begins as the high-pass kernels, on grey levels 0 to 255, and is trained like the others. 41,548 parameters.
    """
    patch = keras.Input((SIDE, SIDE, 3))
    flow = keras.layers.Rescaling(255.0)(patch)
    flow = keras.layers.Conv2D(30, 5, activation="relu", name="srm")(flow)
    flow = _convolution(30, 5, 2)(flow)
    flow = keras.layers.MaxPooling2D(2)(LocalResponse()(flow))
    flow = _convolution(16)(_convolution(16)(flow))
    flow = keras.layers.MaxPooling2D(2)(LocalResponse()(flow))
    for _ in range(4):
        flow = _convolution(16)(flow)
    figures = keras.layers.Flatten(name="figures")(flow)
    shares = keras.layers.Dense(2, activation="softmax")(keras.layers.Dropout(0.5)(figures))
    judge = keras.Model(patch, shares, name="srm_cnn")
    judge.get_layer("srm").set_weights([first_layer(), np.zeros(30, np.float32)])
    return judge, keras.Model(patch, [shares, figures], name="srm_cnn_figures")


def _convolution(width: int, kernel: int = 3, stride: int = 1) -> keras.layers.Conv2D:
    return keras.layers.Conv2D(width, kernel, stride, activation="relu", kernel_initializer="he_normal")


class LocalResponse(keras.layers.Layer):  # type: ignore[misc]
    """Local response normalisation across five neighbouring channels (Krizhevsky et al. 2012, section 3.3: k 2,
    α 1e-4, β 0.75). Rao and Ni do not print their constants."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Each value divided by a power of its neighbours' energy; the shape stays."""
        return tf.nn.local_response_normalization(inputs, depth_radius=2, bias=2.0, alpha=1e-4, beta=0.75)
